"""`create_app`: the endpoints, the guard before them and the shape of every refusal, put together over one service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from llmos import __version__
from llmos.server.acting import acting_router
from llmos.server.answers import answer_errors
from llmos.server.background import Background
from llmos.server.cockpit import cockpit
from llmos.server.commanding import commanding_router
from llmos.server.guard import Guard
from llmos.server.live import live_router
from llmos.server.login import login_router
from llmos.server.reading import reading_router
from llmos.server.service import Service


def create_app(service: Service) -> FastAPI:
    """The ASGI application over this service."""

    @asynccontextmanager
    async def alive(app: FastAPI) -> AsyncIterator[None]:
        async with anyio.create_task_group() as group:
            app.state.background = Background(group)
            yield
            group.cancel_scope.cancel()
        with anyio.CancelScope(shield=True):
            await service.direct.close()

    app = FastAPI(
        title="LLMos",
        version=__version__,
        description="A robot, its safety gate and the agents that drive it. Metres, seconds; `theta` in degrees.",
        lifespan=alive,
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
        strict_content_type=True,
    )
    app.state.service = service
    answer_errors(app)
    routers = (reading_router, acting_router, commanding_router, live_router, login_router, cockpit)
    for make in routers:
        app.include_router(make(service))
    origins = sorted(service.access.origins)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Content-Type", "Authorization"],
    )
    app.add_middleware(Guard, service=service)
    return app
