"""What the cockpit's pages read: lists, runs, the newest commands, what was spent, what the camera sees."""

from base64 import b64encode

from anyio import to_thread
from fastapi import APIRouter

from llmos.errors import LLMosError
from llmos.messages import JSON
from llmos.robots.base import RobotError
from llmos.robots.camera import View
from llmos.server.answers import JSONAnswer, not_found
from llmos.server.cockpit import listings
from llmos.server.service import Service

_MOST_RUNS = 100


def looking_router(service: Service) -> APIRouter:
    """The endpoints over this service."""
    router = APIRouter(include_in_schema=False, prefix="/cockpit")
    _add_lists(router, service)
    _add_runs(router, service)

    @router.get("/actions")
    async def actions() -> JSONAnswer:
        return JSONAnswer({"actions": [beat for action in service.history.actions for beat in action_beats(action)]})

    @router.get("/camera")
    async def camera(view: View = "overview") -> JSONAnswer:
        words = await service.body.view("camera")
        try:
            picture = await service.body.picture(view)
        except RobotError as error:
            return JSONAnswer({"words": words, "picture": None, "why": str(error)})
        return JSONAnswer({"words": words, "picture": f"data:image/png;base64,{b64encode(picture).decode()}"})

    return router


def _add_lists(router: APIRouter, service: Service) -> None:
    @router.get("/agents")
    async def agents() -> JSONAnswer:
        return JSONAnswer({"agents": await to_thread.run_sync(listings.agents, service)})

    @router.get("/skills")
    async def skills() -> JSONAnswer:
        return JSONAnswer({"skills": await to_thread.run_sync(listings.skills, service)})

    @router.get("/volumes")
    async def volumes() -> JSONAnswer:
        return JSONAnswer({"volumes": await to_thread.run_sync(listings.volumes, service)})

    @router.get("/documents/{kind}/{name}")
    async def document(kind: listings.Kind, name: str) -> JSONAnswer:
        try:
            return JSONAnswer({"text": await to_thread.run_sync(listings.text, service, kind, name)})
        except listings.MissingDocumentError as error:
            return not_found(error)


def _add_runs(router: APIRouter, service: Service) -> None:
    @router.get("/runs")
    async def runs() -> JSONAnswer:
        return JSONAnswer(await to_thread.run_sync(listings.runs, service, _MOST_RUNS))

    @router.get("/runs/{run_id}")
    async def run(run_id: str) -> JSONAnswer:
        beats = await to_thread.run_sync(listings.run, service, run_id)
        return JSONAnswer({"beats": beats, "going_on": service.running.goes_on(run_id)})

    @router.get("/runs/{run_id}/why")
    async def why(run_id: str) -> JSONAnswer:
        return JSONAnswer({"decisions": await to_thread.run_sync(listings.why, service, run_id)})

    @router.get("/savings")
    async def savings() -> JSONAnswer:
        return JSONAnswer({"savings": await to_thread.run_sync(listings.savings, service)})

    @router.post("/runs/{run_id}/interrupt")
    async def interrupt(run_id: str) -> JSONAnswer:
        if not service.running.interrupt(run_id):
            raise LLMosError(f"the run {run_id} is not going on here; it has ended, or another program runs it")
        return JSONAnswer({"success": True})


def action_beats(action: dict[str, JSON]) -> list[dict[str, JSON]]:
    """A remembered command as the beats that the live line told of it."""
    why = {key: action.get(key, "") for key in ("rule", "reason", "suggestion", "by")}
    refused = action.get("success") is False and "rule" in action
    at = {"at": action["timestamp"], "run": action["run"]}
    verdict = {"kind": "verdict", "verb": action["tool"], "args": action["args"], "allowed": not refused, **why, **at}
    if "measured" not in action:
        return [verdict]
    motion = {"kind": "motion", "verb": action["tool"], "measured": action["measured"], "reached": action["success"]}
    return [verdict, {**motion, "error_m": None, "duration_s": action.get("duration_s", 0.0), **at}]
