"""The cockpit's page and the files that it is made of; plain files, read as they lie in the package."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException

from llmos.server.service import Service

FOLDER: Final = Path(__file__).parents[1] / "static"
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'{stop}; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)


def page_router(service: Service) -> APIRouter:
    """The page, and its files by name."""
    router = APIRouter(include_in_schema=False)

    @router.get("/cockpit")
    @router.get("/cockpit/")
    async def page() -> Response:
        text = (FOLDER / "index.html").read_text("utf-8").replace("{{stop_url}}", service.stop_url)
        policy = _POLICY.format(stop=f" {service.stop_url}" if service.stop_url else "")
        return Response(text, media_type="text/html", headers={"content-security-policy": policy})

    @router.get("/cockpit/static/{name}")
    async def file(name: str) -> FileResponse:
        known = {path.name: path for path in FOLDER.iterdir() if path.suffix in _TYPES}
        if name not in known:
            raise HTTPException(404)
        return FileResponse(known[name], media_type=_TYPES[known[name].suffix])

    return router
