"""What the cockpit does with the robot: preview, move, jog, teach, talk, rearm, and edit its zones.

Every motion goes through the gate. Stopping is not here: the service answers `/emergency` before all else.
"""

from contextlib import suppress
from typing import Final

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup
from fastapi import APIRouter, Request, WebSocket
from pydantic import ValidationError
from starlette.websockets import WebSocketDisconnect

from llmos.documents.robot_profile import RobotProfile
from llmos.errors import LLMosError
from llmos.messages import JSON
from llmos.robots.controls import Principal, Snapshot
from llmos.robots.verdict import Refusal
from llmos.server.access import Role
from llmos.server.acting import while_there, who
from llmos.server.answers import JSONAnswer, refusal_body, refusal_of, refused
from llmos.server.arbiter import BusyError
from llmos.server.cockpit.arena import Arena
from llmos.server.cockpit.bodies import OrderBody, RearmBody, SayBody, TeachBody, Way, ZonesBody
from llmos.server.cockpit.hand import perform, preview_json, result_json
from llmos.server.cockpit.jog import Lease, jog
from llmos.server.cockpit.live import Live
from llmos.server.cockpit.talks import Talks
from llmos.server.cockpit.teach import Lesson
from llmos.server.cockpit.zones import ZoneEditor, saved_sentence
from llmos.server.service import Service

_LOOKS: Final = 50
_LOOK_S: Final = 0.02


def driving_router(service: Service, live: Live, talks: Talks, arena: Arena) -> APIRouter:
    """The endpoints over this service."""
    router = APIRouter(include_in_schema=False, prefix="/cockpit")
    lesson = Lesson(service)
    _add_motion(router, service, lesson, arena)
    _add_lessons(router, lesson, live)
    _add_zones(router, service)

    @router.post("/rearm")
    async def rearm(body: RearmBody, request: Request) -> JSONAnswer:
        stop = await service.rearm(who(request).name, body.profile_hash)
        return JSONAnswer({"success": True, "rearmed": stop is not None})

    @router.post("/say")
    async def say(body: SayBody, request: Request) -> JSONAnswer:
        talk = await to_thread.run_sync(talks.of, body.agent, body.talk)
        claimed = talks.claim(who(request).name, talk)
        request.app.state.background.start_soon(talks.say, talk, body.text, claimed)
        return JSONAnswer({"success": True, "talk": talk.id}, 202)

    return router


def _add_motion(router: APIRouter, service: Service, lesson: Lesson, arena: Arena) -> None:
    @router.post("/preview")
    async def preview(body: OrderBody, request: Request) -> JSONAnswer:
        ruling = await service.pilot(Principal("person", who(request).name)).preview(body.verb, body.args)
        arena.ghost(ruling.path, allowed=ruling.verdict.allowed)
        return JSONAnswer(preview_json(ruling))

    @router.post("/perform")
    async def carry_out(body: OrderBody, request: Request) -> JSONAnswer:
        name = who(request).name
        if lesson.records and body.verb != "move_relative":
            result = await while_there(request, lambda: lesson.add(name, body.verb, body.args))
        else:
            result = await while_there(request, lambda: perform(service, name, body.verb, body.args))
        arena.ghost((), allowed=True)
        if result.verdict.refusal is not None:
            return refused(result.verdict.refusal)
        return JSONAnswer(result_json(result))

    @router.websocket("/jog")
    async def hold(socket: WebSocket) -> None:
        if socket.state.caller.role < Role.OPERATOR:
            await socket.send_denial_response(refused(Refusal("role", "A viewer may not do this", "use another token")))
            return
        await socket.accept()
        await _Holding(service, socket).serve()


class _Holding:
    """One page's hand on the robot: each message renews the lease, an empty one lets go.

    What ended while it was held begins again only when it is pressed anew: nobody's rearm may move the robot.
    """

    def __init__(self, service: Service, socket: WebSocket) -> None:
        self._service = service
        self._socket = socket
        self._lease: Lease | None = None
        self._held = Way()
        self._due = False
        self._rearms = 0

    async def serve(self) -> None:
        """Until the page goes; then the robot decelerates."""
        async with anyio.create_task_group() as tasks:
            try:
                while True:
                    way = Way.model_validate_json(await self._socket.receive_text())
                    try:
                        self._take(way, tasks)
                    except LLMosError as error:
                        await self._answer(refusal_of(error))
            except (WebSocketDisconnect, ValidationError, KeyError):
                self._let_go()

    def _take(self, way: Way, tasks: TaskGroup) -> None:
        """One message of the page; RobotError where nothing can be known of the robot."""
        if way != self._held:
            self._press(way)
        elif self._lease is not None:
            self._lease.renew()
        if self._due and self._lease is None:
            self._begin(tasks)

    def _press(self, way: Way) -> None:
        """Another way is held from now on, or none; it begins once the robot rests."""
        self._let_go()
        self._held, self._due = way, False
        if way != Way():
            self._rearms = self._service.snapshot().rearms
            self._due = True

    def _begin(self, tasks: TaskGroup) -> None:
        """Move the way that is held, unless somebody rearmed since it was pressed."""
        self._due = False
        known = self._service.snapshot()
        if known.rearms == self._rearms:
            self._lease = Lease(known.profile.lease_s)
            tasks.start_soon(self._move, self._held, self._lease)

    def _let_go(self) -> None:
        if self._lease is not None:
            self._lease.end()

    async def _move(self, held: Way, lease: Lease) -> None:
        way: dict[str, float] = {axis: value for axis, value in held.model_dump().items() if value}
        refusal: Refusal | None = None
        try:
            refusal = await jog(self._service, self._socket.state.caller.name, way, lease)
            if refusal is None and not lease.scope.cancel_called:
                self._due = True  # as far as one order goes, and still held
        except BusyError as error:
            refusal = error.refusal
        except LLMosError as error:
            refusal = refusal_of(error)
        finally:
            self._lease = None
        await self._answer(refusal)

    async def _answer(self, refusal: Refusal | None) -> None:
        body: dict[str, JSON] = refusal_body(refusal) if refusal else {"success": True}
        with suppress(WebSocketDisconnect, RuntimeError):  # the page may be gone
            await self._socket.send_json(body)


def _add_lessons(router: APIRouter, lesson: Lesson, live: Live) -> None:
    @router.get("/teach")
    async def lesson_now() -> JSONAnswer:
        return JSONAnswer({"lesson": lesson.as_json()})

    @router.post("/teach")
    async def teach(body: TeachBody, request: Request) -> JSONAnswer:
        run_id = ""
        if body.action == "begin":
            lesson.begin(body.goal.strip() or "What a person showed")
        elif body.action == "keep":
            result = await lesson.keep(who(request).name)
            if result.refusal is not None:
                return refused(result.refusal)
        elif body.action == "finish":
            run_id = await lesson.finish(who(request).name)
        else:
            await lesson.discard(who(request).name)
        told = lesson.as_json()
        live.publish({"kind": "lesson", "lesson": told})
        return JSONAnswer({"success": True, "lesson": told, "run_id": run_id or None})


def _add_zones(router: APIRouter, service: Service) -> None:
    editor = ZoneEditor(service)

    @router.get("/zones")
    async def zones() -> JSONAnswer:
        return JSONAnswer(await to_thread.run_sync(editor.read))

    @router.put("/zones")
    async def change(body: ZonesBody) -> JSONAnswer:
        measured = service.snapshot().measured
        profile = await to_thread.run_sync(editor.write, body.zones, body.over, body.reason, measured)
        answer, snapshot = await to_thread.run_sync(editor.read), await _noticed(service, profile)
        waits = snapshot.pending == profile.document.content_hash
        said = saved_sentence(profile, snapshot)
        return JSONAnswer({**answer, "success": True, "waits": waits, "sentence": said})


async def _noticed(service: Service, profile: RobotProfile) -> Snapshot:
    """The robot as it is when its gate has taken note of the new profile, or has had time enough to."""
    wanted = profile.document.content_hash
    for _ in range(_LOOKS):
        known = service.snapshot()
        if wanted in {known.profile.document.content_hash, known.pending}:
            return known
        await anyio.sleep(_LOOK_S)
    return service.snapshot()
