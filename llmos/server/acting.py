"""The endpoints that move the robot or let it move again; each goes through the gate, and says what was measured.

Whoever hangs up while a motion runs makes the robot decelerate, as one who lets go of a dead-man's switch.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from typing import TypeVar

import anyio
from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from llmos.messages import JSON
from llmos.robots import homing
from llmos.robots.controls import Principal
from llmos.robots.evidence.report import result_sentence
from llmos.robots.verdict import Result
from llmos.server.access import Caller
from llmos.server.answers import REFUSALS, JSONAnswer, refuse, refused
from llmos.server.background import Background
from llmos.server.feed import now, pose_json
from llmos.server.service import Service
from llmos.server.shapes import Accepted, MoveBody, Moved, Reset, ResetBody, Stopped, ToolBody
from llmos.server.stopping import USUAL_REASON, reason_of, stopped_body

T = TypeVar("T")


def acting_router(service: Service) -> APIRouter:
    """The endpoints over this service."""
    router = APIRouter(responses=REFUSALS)

    @router.post("/move", response_model=Moved, responses={202: {"model": Accepted}}, summary="Move to a position")
    async def move(body: MoveBody, request: Request, wait: bool = True) -> Response:  # noqa: FBT001 - a query parameter
        asked = {"x": body.x, "y": body.y, "z": body.z, "theta_deg": body.theta}
        args: dict[str, JSON] = {name: value for name, value in asked.items() if value is not None}
        if wait:
            result = await while_there(request, lambda: perform(service, request, "move_to", args))
            return told(service, result)
        return await _begin(service, request, "move_to", args)

    @router.post("/tool", response_model=Moved, summary="Close or open the tool")
    async def tool(body: ToolBody, request: Request) -> Response:
        args = {"activate": body.activate}
        result = await while_there(request, lambda: perform(service, request, "toggle_tool", args))
        motion = result.motion
        closed = body.activate and motion is not None and motion.halted is None and motion.after.gripper_closed
        return told(service, result, good_enough=closed)

    @router.post("/reset", response_model=Reset, summary="Rearm; or, when nothing is stopped, clear and go home")
    async def reset(request: Request, body: ResetBody | None = None) -> Response:
        profile = body.profile if body else ""
        if service.snapshot().stop is not None or profile:
            await service.rearm(who(request).name, profile)
            return _reset(service, rearmed=True)
        with service.arbiter.claim(who(request).name, "reset"):  # nobody's journal ends while he moves
            service.history.clear()
            await service.direct.close()
            result = await while_there(request, lambda: _carry_out(service, who(request), "go_home", {}))
        return _reset(service, homed=True) if result.ok else told(service, result)

    @router.post("/emergency", response_model=Stopped, summary="Stop the robot until a person rearms it")
    async def emergency(request: Request, reason: str = USUAL_REASON) -> Response:
        stopped = await service.stop(who(request).name, reason_of(reason))
        return JSONAnswer(stopped_body(stopped, now(service)))

    return router


def who(request: Request) -> Caller:
    """Who asks, as the guard found."""
    caller = request.state.caller
    assert isinstance(caller, Caller)
    return caller


async def perform(service: Service, request: Request, verb: str, args: Mapping[str, JSON]) -> Result:
    """One command of a person, journaled; raises BusyError when somebody else has the robot."""
    with service.arbiter.claim(who(request).name, verb):
        return await _carry_out(service, who(request), verb, args)


async def _carry_out(service: Service, caller: Caller, verb: str, args: Mapping[str, JSON]) -> Result:
    pilot = service.pilot(Principal("person", caller.name))
    return await service.direct.perform(verb, args, lambda: homing.perform(pilot, verb, args), f"person {caller.name}")


async def _begin(service: Service, request: Request, verb: str, args: Mapping[str, JSON]) -> Response:
    """Begin a motion and answer at once; it goes on when the caller hangs up."""
    caller = who(request)
    background: Background = request.app.state.background
    with ExitStack() as stack:
        stack.enter_context(service.arbiter.claim(caller.name, verb))
        ruling = await service.pilot(Principal("person", caller.name)).preview(verb, args)
        if ruling.verdict.refusal is not None:
            return refused(ruling.verdict.refusal)
        held = stack.pop_all()

    async def work() -> None:
        with held:
            await _carry_out(service, caller, verb, args)

    background.start_soon(work)
    message = "The motion has begun; /state and /ws tell how it goes"
    answer = {"success": True, "accepted": True, "message": message}
    return JSONAnswer({**answer, "duration_s": round(ruling.duration_s, 3), "timestamp": now(service)}, 202)


def told(service: Service, result: Result, *, good_enough: bool = False) -> Response:
    """What came of a command: 200 with the measured state only where it holds what was asked for."""
    measured = result.measured
    facts: dict[str, JSON] = {
        "position": pose_json(measured.pose),
        "tool_active": measured.gripper_closed,
        "holding": measured.holding,
        "timestamp": now(service),
    }
    if result.refusal is not None and not result.ok:
        return refused(result.refusal, **facts)
    if not (result.ok or good_enough) or result.motion is None:
        return refuse(409, "postcondition", result_sentence(result), "look at /state, then ask again", **facts)
    duration_s = round(result.duration_s, 3)
    return JSONAnswer({"success": True, "message": result_sentence(result), "duration_s": duration_s, **facts})


def _reset(service: Service, *, rearmed: bool = False, homed: bool = False) -> Response:
    after = "The robot may move again, and stays where it is" if rearmed else "The robot is at home, the history empty"
    then = "POST /reset once more sends it home" if rearmed else "POST /move or POST /command"
    return JSONAnswer(
        {
            "success": True,
            "rearmed": rearmed,
            "homed": homed,
            "message": after,
            "next": then,
            "position": pose_json(service.snapshot().measured.pose),
            "timestamp": now(service),
        }
    )


async def while_there(request: Request, work: Callable[[], Awaitable[T]], leave: Callable[[], None] | None = None) -> T:
    """The result of the work; when the caller hangs up before, `leave` is called, or else the work is cancelled.

    The same when the service ends.
    """
    background: Background = request.app.state.background
    service: Service = request.app.state.service
    working, watching = anyio.CancelScope(), anyio.CancelScope()
    end = leave or working.cancel

    async def watch() -> None:
        with watching:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            end()

    background.start_soon(watch)
    service.under_way.append(end)
    try:
        with working:
            return await work()
    finally:
        service.under_way.remove(end)
        watching.cancel()
    raise ClientDisconnect  # nobody is there to be answered
