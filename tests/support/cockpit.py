"""A service with its cockpit on a loopback port, over an arm that moves in real time, and a browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import uvicorn

from llmos.clock import RealClock
from llmos.server.access import Access
from llmos.server.app import create_app
from llmos.server.service import Service, make_service
from llmos.settings import system_root
from llmos.volumes.home import init_home
from tests.support.homes import Place
from tests.support.tapes import Line, tape

_PATIENCE_S = 60


CHROMIUM = Path("/usr/bin/chromium")
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}


@contextmanager
def chromium() -> Iterator[Any]:
    """Debian's Chromium; a graphics card is not asked for."""
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield opened
        opened.close()


@dataclass
class Cockpit:
    """A running service and the address of its cockpit."""

    place: Place
    service: Service
    address: str

    @property
    def url(self) -> str:
        """The page."""
        return f"{self.address}/cockpit"


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, *given: Any, **named: Any) -> None:
        """As uvicorn does it, then say so."""
        await super().startup(*given, **named)
        self.ready.set()


def slow_down(place: Place, speed_mps: float) -> None:
    """A profile of the arm that is this slow, so that a motion lasts however busy the machine is."""
    shipped = (system_root() / "volumes" / "system" / "robots" / "arm.md").read_text("utf-8")
    place.write("user/robots/arm.md", shipped.replace("max_tcp_speed_mps: 0.5", f"max_tcp_speed_mps: {speed_mps}"))


@contextmanager
def cockpit(
    folder: Path, *lines: Line, scene: str = "", speed_mps: float | None = None, **options: Any
) -> Iterator[Cockpit]:
    """A cockpit in a home of its own; `lines` is what its model says."""
    place = Place(folder)
    init_home(place.home, system_root(), RealClock())
    place.workspace.mkdir()
    if speed_mps is not None:
        slow_down(place, speed_mps)
    model = {"model": tape(place, *lines)} if lines else {}
    system = place.system(robot="arm", scene=scene or None, realtime=True, **model, **options)
    service = make_service(system, Access())
    config = uvicorn.Config(
        create_app(service), host="127.0.0.1", port=0, log_level="error", ws="websockets-sansio", lifespan="on",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = _Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.ready.wait(_PATIENCE_S)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Cockpit(place, service, f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        thread.join(_PATIENCE_S)
        closing = threading.Thread(target=anyio.run, args=(system.aclose,))  # Playwright has a loop in this one
        closing.start()
        closing.join()
