"""The newest commands to the robot with their verdicts and ends, whoever gave them, for `/state` and `/safety`.

Knows no robot: it listens to the events of journals, so that nothing is shown which is not witnessed there.
"""

from collections import deque
from collections.abc import Mapping

from llmos.clock import Clock
from llmos.messages import JSON
from llmos.robots.latch import Stop
from llmos.traces.bus import Bus
from llmos.traces.events import Event, GateVerdict, MotionMeasured


class History:
    """Remembers the last `size` commands and refusals; listens until `close`."""

    def __init__(self, bus: Bus, clock: Clock, size: int) -> None:
        self._clock = clock
        self._actions: deque[dict[str, JSON]] = deque(maxlen=size)
        self._violations: deque[dict[str, JSON]] = deque(maxlen=size)
        self._total = 0
        self._stop: Stop | None = None
        self.close = bus.subscribe(self._hear)

    @property
    def actions(self) -> list[dict[str, JSON]]:
        """The last commands, the newest last."""
        return list(self._actions)

    @property
    def violations(self) -> dict[str, JSON]:
        """How many commands were refused, and the last of them."""
        return {"total_violations": self._total, "violations": [dict(each) for each in self._violations]}

    def clear(self) -> None:
        """Forget everything; the journals do not."""
        self._actions.clear()
        self._violations.clear()
        self._total = 0

    def see(self, stop: Stop | None) -> None:
        """Take down that the robot was stopped or rearmed, when it was, from whichever process."""
        if stop == self._stop:
            return
        if stop is not None:
            self._add("emergency_stop", {}, "", success=True, reason=stop.reason, by=stop.by)
        else:
            self._add("rearm", {}, "", success=True)
        self._stop = stop

    def _hear(self, event: Event, run: str) -> None:
        if isinstance(event, GateVerdict):
            self._hear_verdict(event, run)
        elif isinstance(event, MotionMeasured):
            self._hear_end(event, run)

    def _hear_verdict(self, event: GateVerdict, run: str) -> None:
        target = {name: value for name, value in event.command.items() if name != "verb"}
        verb = str(event.command.get("verb", ""))
        if verb == "emergency_stop":
            return  # told by `see`, once, whoever stopped it
        if event.allowed:
            self._add(verb, target, run, success=None)
            return
        why = {"reason": event.reason, "rule": event.rule, "suggestion": event.suggestion}
        self._add(verb, target, run, success=False, **why)
        self._total += 1
        self._violations.append({"tool": verb, "target": target, **why, "timestamp": self._now()})

    def _hear_end(self, event: MotionMeasured, run: str) -> None:
        for action in reversed(self._actions):
            if action["run"] == run and action["success"] is None:
                action.update(success=event.reached, measured=dict(event.measured), duration_s=event.duration_s)
                return

    def _add(self, verb: str, args: Mapping[str, JSON], run: str, **more: JSON) -> None:
        self._actions.append({"tool": verb, "args": dict(args), "run": run, "timestamp": self._now(), **more})

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="milliseconds")
