"""An attacker that reaches a robot through the service alone: wrong bodies, moves that should not be, and stops."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from starlette.testclient import TestClient

from llmos.clock import SimulatedClock
from llmos.robots.controls import Principal, Snapshot
from llmos.robots.gate import Gate
from llmos.robots.host.stopping import Stopped
from llmos.robots.latch import Stop, StopLatch
from llmos.robots.pace import SimulatedPace
from llmos.robots.pilot import Pilot
from llmos.robots.planner import Planner
from llmos.server.access import Access
from llmos.server.app import create_app
from llmos.server.service import Service, make_service
from tests.support.homes import make_place
from tests.support.hostile import GARBAGE
from tests.support.hostile_worlds import World, place_in
from tests.support.recorder import Deeds, Recorder
from tests.support.service import OPERATOR

_RAW: Final = (
    b"", b"{", b"[]", b"null", b'{"x":NaN,"y":0,"z":1}', b'{"x":1e999,"y":0,"z":1}', b'{"x":1,"x":9,"y":0,"z":1}',
    b"\xff\xfe", b"x=1&y=1&z=1", b'{"x":"1","y":0,"z":1}', b"[" * 5000, b'{"x":' + b"9" * 5000 + b',"y":0,"z":1}',
)  # fmt: skip
_RULES = "requests_per_s: 100000\ncommands_per_s: 100000\n"


@dataclass
class Remote:
    """A robot of a world behind a service, and what was answered."""

    world: World
    client: TestClient
    robot: Recorder
    clock: SimulatedClock
    statuses: list[int] = field(default_factory=list)
    _unwatched: bool = False

    def attack(self, rng: random.Random) -> Deeds:
        """Some requests; between a stop and what rearms nothing may move, and neither by what is refused."""
        began = len(self.robot.track) - 1
        deeds, self._unwatched = Deeds(self.robot.track), False
        for _ in range(rng.randint(2, 5)):
            self._one(rng, deeds)
        if self._unwatched:
            self.client.post("/emergency", json={})  # answers when the robot is at rest
        self.client.post("/reset", json={})
        deeds.track = self.robot.track[began:]
        deeds.still = [(first - began, last - began, why) for first, last, why in deeds.still]
        return deeds

    def _one(self, rng: random.Random, deeds: Deeds) -> None:
        first, (path, given) = len(self.robot.track) - 1, self._request(rng)
        answer = self.client.post(path, **given)
        self.statuses.append(answer.status_code)
        deeds.verdicts += 1
        if answer.status_code == 200:
            deeds.allowed += 1
        self._unwatched |= answer.status_code == 202  # it moves on by itself while the next request is made
        if answer.status_code >= 400 and not self._unwatched:
            deeds.still.append((first, len(self.robot.track) - 1, f"answered {answer.status_code}"))

    def _request(self, rng: random.Random) -> tuple[str, dict[str, Any]]:
        body: dict[str, Any] = self.world.place(place_in(self.world, rng, self.robot.track[-1].place))
        kind = rng.random()
        if kind < 0.55:
            return rng.choice(("/move", "/move", "/move", "/move?wait=false")), {"json": body}
        if kind < 0.65:
            body[rng.choice(("x", "y", "z", "theta", "via", "speed"))] = rng.choice(GARBAGE)
            headers = {"content-type": "application/json"}
            return "/move", {"content": json.dumps(body).encode(), "headers": headers}
        if kind < 0.75:
            headers = {"content-type": rng.choice(("application/json", "text/plain", ""))}
            return rng.choice(("/move", "/tool", "/reset")), {"content": rng.choice(_RAW), "headers": headers}
        if kind < 0.85:
            return "/tool", {"json": {"activate": rng.choice((True, False, 1, "true", None))}}
        if kind < 0.9:
            return "/emergency", {"json": {}}
        return rng.choice((("/reset", {"json": {}}), ("/reset", {"json": {"profile": "sha256:" + "0" * 64}})))


@dataclass(frozen=True, kw_only=True)
class Elsewhere(Service):
    """A service whose robot is the one of a world."""

    gate: Gate
    world: World

    def pilot(self, principal: Principal) -> Pilot:
        return Pilot(self.gate, principal, plan=Planner(self.world.scene))

    def snapshot(self) -> Snapshot:
        return self.gate.snapshot()

    async def stop(self, by: str, reason: str) -> Stopped:
        await self.gate.stop(by, reason)
        stopped = self.gate.snapshot().stop
        assert stopped is not None
        return Stopped(stopped, by_host=True)

    async def rearm(self, by: str, profile_hash: str) -> Stop | None:
        return await self.gate.rearm(by, profile_hash)


@contextmanager
def remote(world: World, folder: Path) -> Iterator[Remote]:
    """A service over a robot of this world."""
    clock = SimulatedClock()
    robot = Recorder(world.driver(world.profile, world.scene))
    gate = Gate(world.profile, robot, SimulatedPace(clock), StopLatch(folder / "arm.json"))
    place = make_place(folder)
    place.write("user/agents/operator.md", OPERATOR)
    place.write("kernel/service.md", f"---\n{_RULES}---\n")
    usual = make_service(place.system(), Access(hosts=frozenset({"testserver"})))
    service = Elsewhere(**{each.name: getattr(usual, each.name) for each in fields(usual)}, gate=gate, world=world)
    with TestClient(create_app(service), raise_server_exceptions=False, client=("127.0.0.1", 50000)) as client:
        yield Remote(world, client, robot, clock)
