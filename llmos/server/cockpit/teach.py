"""Teaching by showing: what a person keeps of moving the robot by hand becomes a run's journal like any other.

Knows no page. A kept point is a `move_to` to where the robot is measured to be, judged and carried out by the gate, so
that the journal holds a verdict and a measurement for each step.
"""

from collections.abc import Mapping

from llmos.documents.verbs import VERBS
from llmos.errors import LLMosError, StorageError
from llmos.messages import JSON
from llmos.robots.verdict import Result
from llmos.server.cockpit.hand import perform
from llmos.server.direct import DirectRun
from llmos.server.service import Service

_DIGITS = 4


class Lesson:
    """What is being shown now: at most one lesson at a time, for the robot is one."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._run: DirectRun | None = None
        self._goal = ""
        self._steps: list[dict[str, JSON]] = []

    def as_json(self) -> dict[str, JSON] | None:
        """The lesson that is going on, if one is."""
        return None if self._run is None else {"goal": self._goal, "steps": [dict(step) for step in self._steps]}

    def begin(self, goal: str) -> None:
        """Record from now on; LLMosError while another lesson is recorded."""
        if self._run is not None:
            raise LLMosError(f"a lesson is being recorded already, “{self._goal}”; finish or discard it first")
        self._goal, self._steps = goal, []
        self._run = DirectRun(self._service.system, self._service.body, goal)

    async def keep(self, who: str) -> Result:
        """Keep the point where the robot is measured to be."""
        snapshot = self._service.snapshot()
        pose, takes = snapshot.measured.pose, VERBS[snapshot.profile.kind]["move_to"]
        point = {"x": pose.x, "y": pose.y, "z": pose.z, "theta_deg": pose.theta_deg}
        return await self.add(who, "move_to", {axis: round(at, _DIGITS) for axis, at in point.items() if axis in takes})

    async def add(self, who: str, verb: str, args: Mapping[str, JSON]) -> Result:
        """Carry out a command as a step of the lesson; a refused one is no step, but stands in the journal.

        StorageError when the disk does not let it: the lesson then begins anew with the next step, in a new journal.
        """
        try:
            result = await perform(self._service, who, verb, args, self._current)
        except StorageError:
            if not self._current.run_id:
                self._steps.clear()
            raise
        if result.ok:
            self._steps.append({"tool": verb, "args": dict(args)})
        return result

    @property
    def records(self) -> bool:
        """Whether a lesson is going on."""
        return self._run is not None

    async def finish(self, who: str) -> str:
        """End the lesson; the id of its run. LLMosError when nothing was shown, BusyError while a step is under way."""
        run_id = self._current.run_id
        if not run_id:
            raise LLMosError("nothing has been shown yet; keep a point or use the gripper, then finish")
        await self.discard(who)
        return run_id

    async def discard(self, who: str) -> None:
        """End the lesson without offering it; what moved the robot stays in its journal. BusyError as for `finish`."""
        run = self._current
        with self._service.arbiter.claim(who, "teach"):  # nobody's journal ends while the robot moves for it
            await run.close()
            self._run = None

    @property
    def _current(self) -> DirectRun:
        if self._run is None:
            raise LLMosError("no lesson is being recorded; begin one first")
        return self._run
