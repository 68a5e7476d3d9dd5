"""`POST /command`: an agent reaches a goal in plain English with the robot of this service.

Knows no agent. The answer is what was decided about the run, never what a model claimed.
"""

from contextlib import ExitStack
from typing import Final, NamedTuple

import anyio
from anyio import CancelScope
from fastapi import APIRouter, Request, Response

from llmos.errors import LLMosError
from llmos.messages import JSON
from llmos.runtime.outcome import RunOutcome
from llmos.server.acting import while_there
from llmos.server.answers import REFUSALS, JSONAnswer, broken, failed, refuse
from llmos.server.background import Background
from llmos.server.feed import now
from llmos.server.service import Service
from llmos.server.shapes import Accepted, CommandBody, Commanded
from llmos.tools.names import USUAL_AGENT
from llmos.traces.events import Event, GateVerdict, RunStarted

_RULE: Final = {"failed": "goal-not-reached", "refused": "policy", "budget": "budget", "interrupted": "interrupted"}
_NEXT: Final = {
    "failed": "say it in other words, or look at the run's journal",
    "refused": "choose another goal",
    "budget": "start the service with a larger budget",
    "interrupted": "ask again",
}


class Asked(NamedTuple):
    """A goal, and the agent that is to reach it."""

    command: str
    agent: str


class Watch:
    """What one command caused, as its journals tell: the run's id, and the last refusal of the gate."""

    def __init__(self, service: Service) -> None:
        self.run_id = ""
        self.began = anyio.Event()
        self.refusal: GateVerdict | None = None
        self.close = service.system.bus.subscribe(self._hear)

    def _hear(self, event: Event, _: str) -> None:
        if isinstance(event, RunStarted) and not self.run_id:
            self.run_id = event.run_id
            self.began.set()
        elif isinstance(event, GateVerdict) and not event.allowed:
            self.refusal = event


def commanding_router(service: Service) -> APIRouter:
    """The endpoints over this service."""
    router = APIRouter(responses=REFUSALS)

    @router.post("/command", response_model=Commanded, responses={202: {"model": Accepted}}, summary="Reach a goal")
    async def command(body: CommandBody, request: Request, wait: bool = True) -> Response:  # noqa: FBT001
        asked = Asked(body.command, body.agent or USUAL_AGENT[service.body.profile.kind])
        with ExitStack() as stack:
            scope = stack.enter_context(service.running.claim(f"agent {asked.agent}", asked.command[:60]))
            watch = Watch(service)
            stack.callback(watch.close)
            if wait:
                return await while_there(request, lambda: _answer(service, asked, scope, watch), scope.cancel)
            held = stack.pop_all()
        return await _begin(service, asked, request.app.state.background, scope, watch, held)

    @router.post("/interrupt", summary="End the agent's run that is under way")
    async def interrupt() -> JSONAnswer:
        ends = service.running.interrupt()
        message = "The run ends; the robot decelerates" if ends else "No run is under way"
        return JSONAnswer({"success": True, "message": message, "timestamp": now(service)})

    return router


async def _begin(
    service: Service, asked: Asked, background: Background, scope: CancelScope, watch: Watch, held: ExitStack
) -> Response:
    """Begin a run and answer with its id as soon as it has one; it goes on when the caller hangs up."""
    early: list[Response] = []

    async def work() -> None:
        try:
            with held:
                early.append(await _answer(service, asked, scope, watch))
        finally:
            watch.began.set()

    background.start_soon(work)
    await watch.began.wait()
    if not watch.run_id:
        return early[0] if early else broken()
    message = f"Run {watch.run_id} has begun; /ws and the cockpit tell how it goes"
    answer = {"success": True, "accepted": True, "message": message, "run_id": watch.run_id, "duration_s": 0.0}
    return JSONAnswer({**answer, "timestamp": now(service)}, 202)


async def _answer(service: Service, asked: Asked, scope: CancelScope, watch: Watch) -> Response:
    try:
        outcome = await service.system.execute(asked.command, asked.agent, scope=scope)
    except LLMosError as error:
        return failed(error, command=asked.command, agent=asked.agent, timestamp=now(service))
    return _told(service, asked, outcome, watch.refusal)


def _told(service: Service, asked: Asked, outcome: RunOutcome, refusal: GateVerdict | None) -> Response:
    facts: dict[str, JSON] = {
        "command": asked.command,
        "agent": outcome.agent,
        "response": outcome.answer,
        "outcome": outcome.outcome,
        "run_id": outcome.run_id,
        "mode": outcome.mode,
        "mode_reason": outcome.mode_reason,
        "model": outcome.model,
        "steps": outcome.steps,
        "cost_usd": outcome.cost_usd,
        "timestamp": now(service),
    }
    if outcome.outcome == "done":
        return JSONAnswer({"success": True, **facts})
    rule, reason, suggestion = _RULE[outcome.outcome], outcome.reason, _NEXT[outcome.outcome]
    if outcome.outcome == "refused" and refusal is not None:
        rule, reason, suggestion = refusal.rule, refusal.reason, refusal.suggestion
    return refuse(402 if outcome.outcome == "budget" else 409, rule, reason, suggestion, **facts)
