"""A service over a simulated arm in this process, and a client that speaks to it without a network."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from llmos.boot.system import LLMOS
from llmos.messages import JSON
from llmos.robots.base import Commanded
from llmos.robots.controls import Order, Principal, Ruling, Snapshot
from llmos.robots.latch import Rearm, Stop
from llmos.robots.verdict import Result, Verdict
from llmos.server.access import Access
from llmos.server.app import create_app
from llmos.server.arbiter import Arbiter
from llmos.server.direct import DirectRun
from llmos.server.history import History
from llmos.server.metrics import Counts
from llmos.server.service import Service, unfeeling
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


class _GateHelm:
    def __init__(self, system: LLMOS) -> None:
        self.body = system.robot()
        self.gate = self.body._gate
        self.clock = system.clock

    def snapshot(self) -> Snapshot:
        measured = self.gate.measure()
        commanded = Commanded(measured.pose, measured.gripper_closed)
        gate = self.gate
        return Snapshot(measured, commanded, gate.stop, gate._moving, 0, gate.robot_name, gate.profile)

    async def perform(self, verb: str, args: Mapping[str, JSON]) -> Result:
        return await self.gate.perform(verb, args)

    async def preview(self, verb: str, args: Mapping[str, JSON]) -> Ruling:
        refusal = self.gate._objection_to(verb, args)
        return Ruling(Order(verb, args, Principal("person", "x")), Verdict(0, verb, args, refusal))

    async def stop(self, by: str, reason: str) -> Stop:
        await self.gate.emergency_stop(by, reason)
        assert self.gate.stop is not None
        return self.gate.stop

    async def rearm(self, by: str, _: str) -> Stop | None:
        return Rearm(self.gate._latch, self.clock.now)(by)


def service_of(system: LLMOS, access: Access | None = None) -> Service:
    """The service over a system and its robot."""
    helm, body = _GateHelm(system), system.robot()
    return Service(
        system=system,
        body=body,
        helm=lambda _: helm,
        snapshot=helm.snapshot,
        stop=helm.stop,
        rearm=helm.rearm,
        access=access or Access(hosts=frozenset({"testserver"})),
        sentience=unfeeling,
        direct=DirectRun(system, body),
        history=History(system.bus, system.clock, system.rules.service.max_actions),
        arbiter=Arbiter(),
        counts=Counts(system.bus),
    )


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
    place.write("user/agents/operator.md", OPERATOR)
    if rules:
        keys = "".join(f"{name}: {value}\n" for name, value in rules.items())
        place.write("kernel/service.md", f"---\n{keys}---\n")
    system = place.system(model=tape(place, *lines) if lines else None, **options)
    app = create_app(service_of(system, access))
    given = {"raise_server_exceptions": False, **(client or {})}
    with ExitStack() as stack:
        inside = stack.enter_context(TestClient(app, **given))
        yield Served(place, app.state.service, inside)
