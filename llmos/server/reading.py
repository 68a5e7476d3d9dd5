"""The endpoints that only look: what there is, how it is, and what it sees; they work while the robot is stopped."""

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from llmos import __version__
from llmos.messages import JSON
from llmos.server.answers import REFUSALS, JSONAnswer
from llmos.server.feed import limits_json, now, sentience_json, state_json, why_unsafe, zone_distances
from llmos.server.service import Service
from llmos.server.shapes import ViewBody

_ENDPOINTS: dict[str, JSON] = {
    "GET /": "this list",
    "GET /health": "whether the service and its robot are well",
    "GET /state": "the measured state, the limits, the last actions",
    "GET /safety": "whether the robot is where it may be, and what was refused",
    "GET /sentience": "the Sentience Layer",
    "GET /metrics": "figures for Prometheus",
    "GET /openapi.json": "every field of every endpoint",
    "GET /cockpit": "the cockpit, for a browser",
    "POST /command": "let an agent reach a goal in plain English",
    "POST /move": "move the tool to a position",
    "POST /tool": "close or open the tool",
    "POST /view": "look: cockpit, operator or camera",
    "POST /reset": "rearm after an emergency stop; otherwise clear the history and go home",
    "POST /interrupt": "end the agent's run that is under way",
    "POST /emergency": "stop the robot until a person rearms it",
    "WS /ws": "the state, many times a second",
}


def reading_router(service: Service) -> APIRouter:
    """The endpoints over this service."""
    router = APIRouter()
    router.include_router(_about(service))

    @router.get("/state", summary="The measured state, the limits in force and the last actions")
    async def state() -> JSONAnswer:
        snapshot = service.snapshot()
        return JSONAnswer(
            {
                "state": state_json(service, snapshot),
                "safety_limits": limits_json(snapshot.profile),
                "recent_actions": service.history.actions,
            }
        )

    @router.get("/safety", summary="Whether the robot is where it may be, and what was refused")
    async def safety() -> JSONAnswer:
        snapshot = service.snapshot()
        reason, sentience = why_unsafe(snapshot), service.sentience()
        return JSONAnswer(
            {
                "current_position_safe": reason is None,
                "reason": reason,
                "emergency_stop": snapshot.stop is not None,
                "zone_distances_m": zone_distances(snapshot),
                "violations": service.history.violations,
                "sentience_safety": sentience.safety_json() if sentience else _NO_SENTIENCE,
            }
        )

    @router.get("/sentience", summary="The Sentience Layer: valence, mode, policy")
    async def sentience() -> JSONAnswer:
        return JSONAnswer({**sentience_json(service), "timestamp": now(service)})

    @router.post(
        "/view",
        response_class=PlainTextResponse,
        responses={key: REFUSALS[key] for key in (413, 415, 422, 429)},
        summary="What a person would see, drawn in text",
    )
    async def view(body: ViewBody) -> PlainTextResponse:
        return PlainTextResponse(f"{await service.body.view(body.view_type)}\n")

    return router


def _about(service: Service) -> APIRouter:
    router = APIRouter()

    @router.get("/", summary="What this service is and where to ask for what")
    async def about() -> JSONAnswer:
        return JSONAnswer(
            {
                "service": "LLMos",
                "version": __version__,
                "robot": service.snapshot().robot_name,
                "scene": service.body.scene.name,
                "endpoints": _ENDPOINTS,
            }
        )

    @router.get("/health", summary="Whether the service and its robot are well")
    async def health() -> JSONAnswer:
        stop = service.snapshot().stop
        return JSONAnswer(
            {
                "status": "healthy",
                "timestamp": now(service),
                "emergency_stop": stop is not None,
                "llmos_ready": True,
            }
        )

    @router.get("/metrics", response_class=PlainTextResponse, summary="Figures for Prometheus")
    async def metrics() -> Response:
        page = service.counts.page(service.snapshot())
        return Response(page, media_type="text/plain; version=0.0.4; charset=utf-8")

    return router


_NO_SENTIENCE: dict[str, JSON] = {"safety_valence": None, "priority": "none", "condition": "unknown", "level": "none"}
