"""`cockpit`: the page, what it reads, what it does, its live line and its arena, put together over one service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from fastapi import APIRouter, FastAPI, Response, WebSocket

from llmos.server.answers import JSONAnswer
from llmos.server.cockpit.arena import Arena
from llmos.server.cockpit.bodies import ArenaBody
from llmos.server.cockpit.driving import driving_router
from llmos.server.cockpit.live import Live
from llmos.server.cockpit.looking import looking_router
from llmos.server.cockpit.page import page_router
from llmos.server.cockpit.relay import relay_page, relay_socket
from llmos.server.cockpit.talks import Talks
from llmos.server.service import Service


def cockpit(service: Service) -> APIRouter:
    """Everything below `/cockpit`; the arena ends with the application."""
    live, arena = Live(service), Arena(service)
    talks = Talks(service, live.publish)

    @asynccontextmanager
    async def alive(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            arena.close()

    router = APIRouter(lifespan=alive)
    for part in (
        page_router(service),
        looking_router(service),
        driving_router(service, live, talks, arena),
        _arena_router(arena),
    ):
        router.include_router(part)

    @router.websocket("/cockpit/live")
    async def follow(socket: WebSocket) -> None:
        await live.serve(socket)

    return router


def _arena_router(arena: Arena) -> APIRouter:
    router = APIRouter(include_in_schema=False, prefix="/cockpit/arena")

    @router.post("/open")
    async def open_arena(body: ArenaBody) -> JSONAnswer:
        await arena.open(dark=body.dark)
        return JSONAnswer({"success": True})

    @router.get("/{path:path}")
    async def page(path: str) -> Response:
        return await relay_page(arena.port, path)

    @router.websocket("")
    @router.websocket("/")
    async def line(socket: WebSocket) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(arena.watched)
            await relay_socket(arena.port, socket)
            tasks.cancel_scope.cancel()

    return router
