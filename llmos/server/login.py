"""`/login`: a browser gives its token once and keeps it as a cookie that no script and no other site can use.

Knows the roles by their tokens only. Where no tokens are asked for, there is nothing to log in to.
"""

from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from pydantic import Field

from llmos.server.access import COOKIE
from llmos.server.answers import JSONAnswer, refuse
from llmos.server.limits import RateLimit
from llmos.server.service import Service
from llmos.server.shapes import Body

_FOLDER: Final = Path(__file__).parent / "static"
_TRIES_PER_S: Final = 0.5
_WEEK_S: Final = 7 * 24 * 3600


class LoginBody(Body):
    """The token that `llmos serve` printed."""

    token: Annotated[str, Field(strict=True, min_length=1, max_length=500)]


def login_router(service: Service) -> APIRouter:
    """The page, its script, and what they post to."""
    router = APIRouter(include_in_schema=False)
    tries = RateLimit(_TRIES_PER_S, service.system.clock.monotonic_s)

    @router.get("/login")
    async def page() -> FileResponse:
        return FileResponse(_FOLDER / "login.html", media_type="text/html")

    @router.get("/login.js")
    async def script() -> FileResponse:
        return FileResponse(_FOLDER / "login.js", media_type="text/javascript")

    @router.post("/login")
    async def login(body: LoginBody, request: Request) -> Response:
        if tries.wait_s(request.client.host if request.client else "local"):
            return refuse(429, "rate", "Too many tries", "wait some seconds")
        role = service.access.role_of(body.token)
        if role is None:
            return refuse(401, "token", "This is no token of the service", "it stands in LLMOS_HOME/secrets")
        answer = JSONAnswer({"success": True, "role": role.label})
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, body.token, max_age=_WEEK_S, httponly=True, samesite="strict", secure=secure)
        return answer

    return router
