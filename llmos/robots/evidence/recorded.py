"""Controls whose every order, verdict, motion and state goes into a recording on its way.

Knows no file format and no gate: it passes everything on as it is, and a recording that breaks stops no robot.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

import anyio
import anyio.to_thread

from llmos.errors import LLMosError, ungrouped
from llmos.messages import JSON
from llmos.robots.controls import Controls, Order, Ruling, Snapshot
from llmos.robots.evidence.record import command_json, measured_json, motion_event, pose_json, verdict_event
from llmos.robots.judgement.asked import is_stop, plain
from llmos.robots.latch import Stop
from llmos.robots.verdict import Result, Verdict
from llmos.traces.recording import Recording

_log = logging.getLogger(__name__)

SAMPLE_S: Final = 1 / 30
"""How far apart two recorded states are, on the robot's clock."""


class RecordedControls:
    """Implements Controls over others.

    `now` is the wall time on the robot's own clock, `wait` lets the time until the next sample pass, `photograph` makes
    a picture where the robot has a camera; one is taken before the order of each motion and after it, never during it.
    """

    def __init__(
        self,
        controls: Controls,
        recording: Recording,
        now: Callable[[], datetime],
        wait: Callable[[float], Awaitable[None]],
        photograph: Callable[[Snapshot], bytes] | None = None,
    ) -> None:
        self._controls = controls
        self._recording: Recording | None = recording
        self._now = now
        self._wait = wait
        self._photograph = photograph
        self._sampled_s = -1.0

    def snapshot(self) -> Snapshot:
        """The newest known state, without waiting."""
        return self._controls.snapshot()

    async def judge(self, order: Order, *, preview: bool = False) -> Ruling:
        """The gate's verdict; a preview is not recorded."""
        if not preview and not is_stop(order.verb) and self._photograph is not None:
            likely = await self._controls.judge(order, preview=True)
            if likely.verdict.allowed:  # a picture takes long, and no approval may grow old meanwhile
                await self._keep_picture()
        ruling = await self._controls.judge(order, preview=preview)
        if not preview:
            self._keep(lambda to: to.command(self._now(), _order_json(order)))
            self._keep_verdict(ruling.verdict)
        return ruling

    async def dispatch(self, ruling: Ruling) -> Result:
        """Carry out what was approved, with its states."""
        with ungrouped():
            async with anyio.create_task_group() as group:
                group.start_soon(self._sample)
                result = await self._controls.dispatch(ruling)
                group.cancel_scope.cancel()
        if result.verdict != ruling.verdict:
            self._keep_verdict(result.verdict)
        self._keep_result(result)
        await self._keep_picture()
        return result

    async def stop(self, by: str, reason: str) -> Result:
        """Emergency stop; it waits for nothing here."""
        result = await self._controls.stop(by, reason)
        self._keep_verdict(result.verdict)
        self._keep_result(result)
        return result

    async def rearm(self, by: str, profile_hash: str = "") -> Stop | None:
        """A person's permission to move again."""
        stop = await self._controls.rearm(by, profile_hash)
        self._keep(lambda to: to.command(self._now(), {"verb": "rearm", "principal": by, "profile": profile_hash}))
        return stop

    def close(self) -> None:
        """Bring the recording to its end."""
        self._keep(lambda to: to.close())
        self._recording = None

    async def _sample(self) -> None:
        while True:
            self._keep_state(self._controls.snapshot())
            await self._wait(SAMPLE_S)

    def _keep_state(self, known: Snapshot) -> None:
        measured = known.measured
        if measured.timestamp_s - self._sampled_s >= SAMPLE_S:
            self._sampled_s = measured.timestamp_s
            self._keep(lambda to: to.state(self._now(), measured_json(measured), pose_json(measured.pose)))

    def _keep_verdict(self, verdict: Verdict) -> None:
        event = verdict_event(verdict)
        content: dict[str, JSON] = {"command": dict(event.command), "allowed": event.allowed}
        if verdict.refusal:
            content |= {"rule": event.rule, "reason": event.reason, "suggestion": event.suggestion}
        sentence = str(verdict.refusal) if verdict.refusal else f"{verdict.verb} is allowed."
        self._keep(lambda to: to.verdict(self._now(), content, sentence))

    def _keep_result(self, result: Result) -> None:
        if result.motion is None:
            return
        event = motion_event(result.motion)
        content: dict[str, JSON] = {
            "command": command_json(result.verdict),
            "commanded": dict(event.commanded),
            "measured": dict(event.measured),
            "reached": event.reached,
            "halted": event.halted,
            "duration_s": event.duration_s,
        }
        self._sampled_s = -1.0
        self._keep_state(self._controls.snapshot())
        self._keep(lambda to: to.motion(self._now(), content))

    async def _keep_picture(self) -> None:
        if self._photograph is None or self._recording is None:
            return
        try:
            picture = await anyio.to_thread.run_sync(self._photograph, self._controls.snapshot())
        except LLMosError as error:
            _log.warning("The recording has no pictures: %s", error)
            self._photograph = None
            return
        self._keep(lambda to: to.frame(self._now(), picture))

    def _keep(self, write: Callable[[Recording], None]) -> None:
        """Write to the recording; one that cannot be written to ends, and the robot goes on."""
        if self._recording is None:
            return
        try:
            write(self._recording)
        except LLMosError as error:
            _log.warning("The recording ends here: %s", error)
            broken, self._recording = self._recording, None
            with suppress(LLMosError):
                broken.close()


def _order_json(order: Order) -> dict[str, JSON]:
    return {**plain(order.args), "verb": order.verb, "principal": str(order.principal)}
