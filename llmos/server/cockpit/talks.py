"""Conversations of the cockpit: what a person says to an agent becomes a run, and what follows belongs to it.

Knows no page. Runs go on when the page is closed; whoever wants one to end interrupts it.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import anyio

from llmos.boot.ground import Conversation
from llmos.errors import LLMosError
from llmos.server.cockpit.beats import Beat, note
from llmos.server.cockpit.live import TALK
from llmos.server.service import Service

_MOST = 32


@dataclass(slots=True)
class Talk:
    """One conversation with one agent, and the scope of the run that is going on in it; None while none is."""

    id: str
    talk: Conversation
    scope: anyio.CancelScope | None = None


class Talks:
    """The conversations of all open pages; the one not used for longest is forgotten."""

    def __init__(self, service: Service, publish: Callable[[Beat], None]) -> None:
        self._service = service
        self._publish = publish
        self._talks: OrderedDict[str, Talk] = OrderedDict()

    def of(self, agent: str, talk_id: str | None) -> Talk:
        """The conversation with this id, or a new one; LLMosError when nobody could answer in it, or it is busy."""
        found = self._talks.get(talk_id or "")
        if found is None or found.talk.agent != agent:
            self._service.system.require(agent)
            return Talk(secrets.token_hex(8), self._service.system.conversation(agent))
        if found.scope is not None:
            raise LLMosError(f"{agent} is still answering; wait for the answer, or interrupt the run")
        return found

    def claim(self, who: str, talk: Talk) -> ExitStack:
        """Have the robot for the run to come; close it afterwards. Raises BusyError, and then remembers no new talk."""
        with ExitStack() as claimed:
            talk.scope = claimed.enter_context(self._service.running.claim(who, f"a run of {talk.talk.agent}"))
            self._remember(talk)
            return claimed.pop_all()

    def _remember(self, talk: Talk) -> None:
        self._talks[talk.id] = talk
        self._talks.move_to_end(talk.id)
        while len(self._talks) > _MOST:
            del self._talks[next(id_ for id_, each in self._talks.items() if each.scope is None)]

    async def say(self, talk: Talk, text: str, claimed: ExitStack) -> None:
        """Run the goal to its end; what keeps it from beginning is told to the pages."""
        token = TALK.set(talk.id)
        try:
            with claimed, self._telling():
                await self._service.system.say(talk.talk, text, scope=talk.scope)
        finally:
            talk.scope = None
            TALK.reset(token)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except LLMosError as error:
            self._publish(note("bad", "not begun", str(error)))
