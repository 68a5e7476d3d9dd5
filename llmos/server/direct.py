"""The journal of what people command directly: a run without a model, in which each command is a tool call.

So the recording of a hand-driven robot is a trace like any other. Knows no HTTP; one command at a time (the arbiter's
affair).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import anyio
import anyio.to_thread

from llmos import __version__
from llmos.boot.body import Body
from llmos.boot.deeds import CURRENT, Deeds
from llmos.boot.system import LLMOS
from llmos.errors import LLMosError, StorageError
from llmos.messages import JSON, Effect, Text, ToolResult, Usage
from llmos.robots.evidence.report import result_sentence
from llmos.robots.verdict import Result
from llmos.traces.events import DocumentRef, Event, Outcome, RunFinished, RunStarted, ToolCalled, ToolReturned
from llmos.traces.index import record_run
from llmos.traces.journal import Journal, new_run_id

MODE: Final = "DIRECT"
_EFFECTS: Final[Mapping[str, Effect]] = {"move_to": Effect.IDEMPOTENT, "go_home": Effect.IDEMPOTENT}


class DirectRun:
    """Opens its journal with the first command and ends it with `close`; then the next command begins another.

    A journal that the disk refuses is given up, so that the next command finds a new one once the disk is well again.
    """

    def __init__(self, system: LLMOS, body: Body, goal: str = "Direct commands of people, without a model") -> None:
        self._system = system
        self._body = body
        self._goal = goal
        self._journal: Journal | None = None
        self._deeds: Deeds | None = None
        self._calls = 0
        self._began_s = 0.0
        self._broken: tuple[Outcome, str] | None = None
        """How the last command broke off, and why; None where it came to an end, which the deeds tell of."""

    @property
    def run_id(self) -> str:
        """The id of the open journal; empty when there is none."""
        return self._journal.run_id if self._journal else ""

    async def perform(
        self, verb: str, args: Mapping[str, JSON], carry_out: Callable[[], Awaitable[Result]], by: str
    ) -> Result:
        """The result of a command, journaled before it begins and after it ended; StorageError when it cannot be."""
        journal, deeds = self._open(by)
        self._calls += 1
        call_id, began_s = f"direct-{self._calls}", self._system.clock.monotonic_s()
        effect = _EFFECTS.get(verb, Effect.REVERSIBLE)
        self._write(journal, ToolCalled(call_id=call_id, tool=verb, args=dict(args), effect=effect), durable=True)
        broken: Outcome | None = "failed"
        said, ok = "It broke off before its end.", False
        token = CURRENT.set(deeds)
        try:
            result = await carry_out()
            broken, said, ok = None, result_sentence(result), result.ok
        except anyio.get_cancelled_exc_class():
            broken, said = "interrupted", "It was interrupted before its end."
            raise
        except LLMosError as error:
            said = str(error)
            raise
        finally:
            CURRENT.reset(token)
            self._broken = (broken, said) if broken else None
            duration_s = self._system.clock.monotonic_s() - began_s
            returned = ToolResult(call_id, (Text(said),), is_error=not ok)
            self._write(journal, ToolReturned.of(returned, verb, duration_s))
        return result

    async def close(self) -> None:
        """End the journal, if one was begun; safe to call twice."""
        journal, deeds = self._journal, self._deeds
        if journal is None or deeds is None:
            return
        self._journal = self._deeds = None
        found = deeds.outcome()
        outcome, answer = self._broken or ((found.outcome, found.sentence) if found else ("done", "Nothing was moved."))
        self._write(
            journal,
            RunFinished(
                outcome=outcome,
                answer=answer,
                usage=Usage(),
                cost_usd=0.0,
                steps=0,
                duration_s=self._system.clock.monotonic_s() - self._began_s,
                evidence=dict(found.evidence) if found else {},
            ),
            durable=True,
        )
        journal.close()
        await anyio.to_thread.run_sync(record_run, self._system.environment.home, journal.path)

    def _open(self, by: str) -> tuple[Journal, Deeds]:
        if self._journal is None or self._deeds is None:
            system = self._system
            run_id = new_run_id(system.clock)
            secrets = system.environment.secrets
            started = self._started(run_id, by)  # which asks the robot, and so comes before there is a journal
            self._journal = Journal.create(system.environment.home, run_id, system.clock, system.bus, secrets)
            self._deeds, self._calls, self._began_s = Deeds(self._journal), 0, system.clock.monotonic_s()
            self._write(self._journal, started, durable=True)
        return self._journal, self._deeds

    def _write(self, journal: Journal, event: Event, *, durable: bool = False) -> None:
        """Journal the event; StorageError ends the journal, and nothing more is asked of it."""
        try:
            journal.write(event, durable=durable)
        except StorageError:
            self._journal = self._deeds = None
            journal.close()
            raise

    def _started(self, run_id: str, by: str) -> RunStarted:
        profile, scene = self._body.profile, self._body.scene
        documents = (("robot", profile.document), ("scene", scene.document))
        return RunStarted(
            run_id=run_id,
            agent=by,
            goal=self._goal,
            model="none",
            model_reason="a person commands the robot",
            mode=MODE,
            mode_reason="no model is asked",
            workspace=str(self._system.workspace),
            robot=self._body.name,
            scene=scene.name,
            documents=tuple(DocumentRef(str(each.path), each.content_hash, None, kind) for kind, each in documents),
            version=__version__,
        )
