"""A service over a simulated arm in this process, and a client that speaks to it without a network."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from starlette.testclient import TestClient

from llmos.server.access import Access
from llmos.server.app import create_app
from llmos.server.service import Service, make_service
from tests.support.homes import Place, make_place
from tests.support.tapes import Line, tape

OPERATOR = """---
name: operator
description: Drives.
tools: move_to, move_relative, toggle_tool, get_camera_feed, get_status, go_home, emergency_stop
---
Drive.
"""


@dataclass
class Served:
    """A service, its home, and a client of it."""

    place: Place
    service: Service
    client: TestClient

    def get(self, path: str, **more: Any) -> Any:
        """A GET."""
        return self.client.get(path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        """A POST of this JSON."""
        return self.client.post(path, json={} if body is None else body, **more)


@contextmanager
def served(
    folder: Path,
    *lines: Line,
    access: Access | None = None,
    rules: Mapping[str, Any] | None = None,
    client: Mapping[str, Any] | None = None,
    **options: Any,
) -> Iterator[Served]:
    """A service in a home of its own; `lines` is what its model says, `rules` are keys of `kernel/service.md`."""
    place = make_place(folder)
    if rules:
        keys = "".join(f"{name}: {value}\n" for name, value in rules.items())
        place.write("kernel/service.md", f"---\n{keys}---\n")
    with served_at(place, *lines, access=access, client=client, **options) as found:
        yield found


@contextmanager
def served_at(
    place: Place,
    *lines: Line,
    access: Access | None = None,
    client: Mapping[str, Any] | None = None,
    **options: Any,
) -> Iterator[Served]:
    """A service in a home that is there already."""
    place.write("user/agents/operator.md", OPERATOR)
    system = place.system(model=tape(place, *lines) if lines else None, **options)
    app = create_app(make_service(system, access or Access(hosts=frozenset({"testserver"}))))
    given = {"raise_server_exceptions": False, "client": ("127.0.0.1", 50000), **(client or {})}
    with ExitStack() as stack:
        stack.callback(anyio.run, system.aclose)
        inside = stack.enter_context(TestClient(app, **given))
        yield Served(place, app.state.service, inside)
