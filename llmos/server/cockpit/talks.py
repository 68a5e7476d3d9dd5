"""Conversations of the cockpit: what a person says to an agent becomes a run, and what follows belongs to it.

Knows no page. Runs go on when the page is closed; whoever wants one to end interrupts it.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import anyio

from llmos.boot.ground import Conversation
from llmos.errors import LLMosError
from llmos.server.cockpit.beats import Beat, note
from llmos.server.cockpit.live import TALK
from llmos.server.service import Service
from llmos.traces.events import Event, RunStarted

_MOST = 32


@dataclass(slots=True)
class Talk:
    """One conversation with one agent, and the scope of the run that is going on in it."""

    id: str
    talk: Conversation
    scope: anyio.CancelScope | None = None
    runs: list[str] = field(default_factory=list)


class Talks:
    """The conversations of all open pages; the one not used for longest is forgotten."""

    def __init__(self, service: Service, publish: Callable[[Beat], None]) -> None:
        self._service = service
        self._publish = publish
        self._talks: OrderedDict[str, Talk] = OrderedDict()
        service.system.bus.subscribe(self._hear)

    def of(self, agent: str, talk_id: str | None) -> Talk:
        """The conversation with this id, or a new one; LLMosError when nobody could answer in it, or it is busy."""
        found = self._talks.get(talk_id or "")
        if found is None or found.talk.agent != agent:
            self._service.system.require(agent)
            found = Talk(secrets.token_hex(8), self._service.system.conversation(agent))
            self._talks[found.id] = found
            while len(self._talks) > _MOST:
                self._talks.popitem(last=False)
        if found.scope is not None:
            raise LLMosError(f"{agent} is still answering; wait for the answer, or interrupt the run")
        self._talks.move_to_end(found.id)
        return found

    def claim(self, who: str, talk: Talk) -> ExitStack:
        """Have the robot for the run to come; close it afterwards. Raises BusyError."""
        with ExitStack() as claimed:
            claimed.enter_context(self._service.arbiter.claim(who, f"a run of {talk.talk.agent}"))
            talk.scope = anyio.CancelScope()
            return claimed.pop_all()

    async def say(self, talk: Talk, text: str, claimed: ExitStack) -> None:
        """Run the goal to its end; what keeps it from beginning is told to the pages."""
        token = TALK.set(talk.id)
        try:
            with claimed, self._telling():
                await self._service.system.say(talk.talk, text, scope=talk.scope)
        finally:
            talk.scope = None
            TALK.reset(token)

    def interrupt(self, run_id: str) -> bool:
        """End a run that was begun here; False when there is none such going on."""
        for talk in self._talks.values():
            if run_id in talk.runs and talk.scope is not None:
                talk.scope.cancel()
                return True
        return False

    def goes_on(self, run_id: str) -> bool:
        """Whether this run was begun here and has not ended."""
        return any(run_id in talk.runs and talk.scope is not None for talk in self._talks.values())

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except LLMosError as error:
            self._publish(note("bad", "not begun", str(error)))

    def _hear(self, event: Event, run: str) -> None:
        talk = self._talks.get(TALK.get())
        if talk is not None and isinstance(event, RunStarted):
            talk.runs.append(run or event.run_id)
