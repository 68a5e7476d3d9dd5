"""An attacker of a robot: seeded sequences of commands that no well-meaning caller would give, by every way there is.

Judges nothing: what was executed is on the track, and `tests.support.oracle` looks at that.
"""

import math
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import anyio

from llmos.clock import SimulatedClock
from llmos.documents.document import Document
from llmos.documents.robot_profile import Human, RobotProfile
from llmos.documents.scene import Point
from llmos.documents.zone import Sphere
from llmos.errors import LLMosError
from llmos.robots.base import Pose
from llmos.robots.controls import Order, Principal, Ruling
from llmos.robots.gate import Gate
from llmos.robots.judgement import driving
from llmos.robots.latch import StopLatch
from llmos.robots.pace import SimulatedPace
from llmos.robots.pilot import Pilot
from llmos.robots.planner import Planner
from llmos.robots.verdict import Result, Verdict
from llmos.tools.base import Tool
from llmos.tools.robot import robot_tools
from tests.support.hostile_worlds import World, place_in
from tests.support.oracle import Place
from tests.support.recorder import Deeds, Recorder

PERSON = Principal("person", "Ada")
STRANGERS: Final = (
    Principal("agent", "operator", "sha256:" + "0" * 64),
    Principal("program", "replay", "sha256:" + "1" * 64),
    Principal("person", ""),
    Principal("agent", "", ""),
)
GARBAGE: Final[tuple[Any, ...]] = (
    math.nan, math.inf, -math.inf, 1e308, -1e7, 10**400, True, False, None, "1.0", "", "nan", [], [1.0], {}, {"x": 1},
    -0.0, 1e-320, "0; stop", "\x00", 2**63,
)  # fmt: skip
_TOOLS: Final = ("move_to", "move_to", "move_relative", "toggle_tool", "go_home")
BRAKING_S: Final = 1.2
"""What the quick profile needs to stop from full speed, and two ticks: v/a + 2a/j = 0.9 s."""
VERBS: Final = (
    "fly", "", "MOVE_TO", "move_to ", "move-to", "rearm", "__init__", "emergency_stop ", "reset", "move_to\n",
    "go_home;", "toggle_tool" * 50,
)  # fmt: skip
LEGAL: Final = ("move_to", "move_relative", "toggle_tool", "go_home", "emergency_stop")
FIELDS: Final = ("x", "y", "z", "dx", "dy", "dz", "theta_deg", "dtheta_deg", "activate", "speed", "__class__", "via")


class Attacker:
    """One sequence against one fresh gate; the same seed does the same again."""

    def __init__(self, world: World, rng: random.Random, folder: Path, pool: list[Order], gate: Any = Gate) -> None:
        self.world, self.rng, self.pool = world, rng, pool
        self.clock = SimulatedClock()
        self.robot = Recorder(world.driver(world.profile, world.scene))
        self.latch = StopLatch(folder / "arm.json")
        self.profile, self._offered = world.profile, False
        self.gate = gate(world.profile, self.robot, SimulatedPace(self.clock), self.latch, newest=self._newest)
        self.pilot = Pilot(self.gate, PERSON, plan=Planner(world.scene))
        self.deeds = Deeds(self.robot.track)

    async def run(self) -> Deeds:
        """Two to six attacks, each followed by a look at whether the robot stands still."""
        acts: tuple[tuple[Callable[[], Awaitable[None]], float], ...] = (
            (self.straight, 5), (self.planned, 4), (self.by_tool, 3), (self.forged_way, 4), (self.relative_chain, 2),
            (self.garbage, 2), (self.unknown_verb, 1), (self.stranger, 1), (self.used_twice, 2), (self.altered, 2),
            (self.expired, 1), (self.overtaken, 2), (self.invented, 1), (self.two_at_once, 3),
            (self.stopped_between, 2), (self.cancelled, 3), (self.replayed, 3), (self.grip, 2), (self.home, 1),
            (self.careless, 1), (self.tightened, 2), (self.loosened, 1), (self.mutated, 2),
        )  # fmt: skip
        chosen = self.rng.choices([act for act, _ in acts], [weight for _, weight in acts], k=self.rng.randint(2, 6))
        for act in chosen:
            await act()
            self.gate.snapshot()
        return self.deeds

    @cached_property
    def tools(self) -> dict[str, Tool]:
        """What an agent would have."""
        return {each.spec.name: each for each in robot_tools(self.pilot, self.world.scene)}

    # what is asked

    @property
    def here(self) -> Place:
        """Where the tool is."""
        return self.robot.track[-1].place

    def target(self) -> dict[str, Any]:
        """The arguments of a move, mostly well-formed."""
        turn = {"theta_deg": self.rng.uniform(-10, 370)} if self.rng.random() < 0.3 else {}
        return self.world.place(place_in(self.world, self.rng, self.here)) | turn

    def step(self) -> dict[str, Any]:
        """The arguments of a relative move."""
        goal = place_in(self.world, self.rng, self.here)
        return self._by(goal, self.rng.choice((0.1, 0.5, 1.0, 2.0)))

    def _by(self, goal: Place, share: float) -> dict[str, Any]:
        """A relative move towards somewhere; a rover's goes straight ahead or back."""
        dx, dy, dz = (share * (b - a) for a, b in zip(self.here, goal, strict=True))
        return {"dx": dx} if self.world.drives else {"dx": dx, "dy": dy, "dz": dz}

    def way(self) -> tuple[Pose, ...]:
        """Forged poses to pass, some of them inside zones, outside, or not even numbers."""
        corners = 501 if self.rng.random() < 0.01 else self.rng.randint(1, 3)
        places = [place_in(self.world, self.rng, self.here) for _ in range(corners)]
        way = [Pose(*place, self.rng.uniform(-4, 4)) for place in places]
        if self.rng.random() < 0.1:
            way[0] = replace(way[0], **{self.rng.choice(("x", "y", "z", "theta_rad")): self.rng.choice(GARBAGE)})
        return tuple(way)

    def move(self, **more: Any) -> Order:
        """A move order of a person."""
        verb = self.rng.choice(("move_to", "move_to", "move_relative"))
        order = self._drivable(Order(verb, self.target() if verb == "move_to" else self.step(), PERSON, **more))
        if len(self.pool) < 500:
            self.pool.append(order)
        return order

    def _drivable(self, order: Order) -> Order:
        """Mostly with the turns without which a rover is refused at once, whatever else is wrong with the way."""
        if not self.world.drives or order.verb != "move_to" or self.rng.random() < 0.2:
            return order
        last = self.robot.track[-1]
        goal = (order.args["x"], order.args["y"], last.place[2])
        way = [last.place, *((each.x, each.y, last.place[2]) for each in order.via), goal]
        try:
            driven = driving.driven([Pose(*place, last.theta_rad) for place in way], None)
        except (TypeError, ValueError, OverflowError):  # of places that are none
            return order
        return replace(order, via=driven[1:-1])

    async def give(self, order: Order) -> Result:
        """Have it judged, and dispatched whatever the verdict was; what is refused must not move anything."""
        ruling = await self.gate.judge(order)
        return await self.dispatch(ruling)

    async def dispatch(self, ruling: Ruling) -> Result:
        """Dispatch, and note a refusal as a stretch in which nothing may move."""
        began = len(self.robot.track) - 1
        result = await self.gate.dispatch(ruling)
        self.count(result.verdict, began)
        return result

    def count(self, verdict: Verdict, began: int) -> None:
        """Note a verdict."""
        self.deeds.verdicts += 1
        self.deeds.allowed += verdict.allowed
        if verdict.refusal is not None:
            self.deeds.still.append((began, len(self.robot.track) - 1, f"refused: {verdict.refusal.rule}"))

    # the attacks

    async def straight(self) -> None:
        """Any target, by the straight way."""
        await self.give(self.move())

    async def planned(self) -> None:
        """Any target, by a way that a planner finds."""
        began = len(self.robot.track) - 1
        verb = self.rng.choice(("move_to", "move_relative"))
        result = await self.pilot.perform(verb, self.target() if verb == "move_to" else self.step())
        self.count(result.verdict, began)

    async def by_tool(self) -> None:
        """As an agent's tool is called, with arguments that may be anything."""
        name = self.rng.choice([each for each in _TOOLS if each in self.tools])
        args: dict[str, Any] = {"move_to": self.target, "move_relative": self.step}.get(name, dict)()
        if name == "toggle_tool":
            args = {"activate": self.rng.random() < 0.5}
        if args and self.rng.random() < 0.2:
            args[self.rng.choice(list(args))] = self.rng.choice(GARBAGE)
        with suppress(LLMosError):  # the sentence that the model would get
            await self.tools[name].call(args)

    async def forged_way(self) -> None:
        """Legal or illegal targets by forged ways."""
        await self.give(self.move(via=self.way()))

    async def relative_chain(self) -> None:
        """Step by step towards somewhere."""
        goal = place_in(self.world, self.rng, self.here)
        for _ in range(self.rng.randint(2, 5)):
            await self.give(Order("move_relative", self._by(goal, self.rng.uniform(0.1, 0.5)), PERSON))

    async def garbage(self) -> None:
        """Values and fields that no robot has."""
        for _ in range(self.rng.randint(1, 4)):
            args = {self.rng.choice(FIELDS): self.rng.choice(GARBAGE) for _ in range(self.rng.randint(0, 4))}
            if self.rng.random() < 0.5:
                args = self.target() | args
            await self.give(Order(self.rng.choice(LEGAL[:-1]), args, PERSON))

    async def unknown_verb(self) -> None:
        """Verbs that no robot has."""
        await self.give(Order(self.rng.choice(VERBS), self.target(), PERSON))

    async def stranger(self) -> None:
        """Somebody else asks."""
        await self.give(replace(self.move(), principal=self.rng.choice(STRANGERS)))

    async def used_twice(self) -> None:
        """One approval, used until nothing comes of it."""
        ruling = await self.gate.judge(self.move())
        for _ in range(self.rng.randint(2, 3)):
            await self.dispatch(ruling)

    async def altered(self) -> None:
        """An approval for one order, used for another."""
        ruling = await self.gate.judge(self.move())
        other = self.move()
        way = self.way()
        forged = self.rng.choice((
            replace(ruling, order=other),
            replace(ruling, order=replace(ruling.order, via=way)),
            replace(ruling, order=replace(ruling.order, principal=STRANGERS[0])),
            replace(ruling, order=replace(ruling.order, args={**ruling.order.args, "y": 0.1})),
            replace(ruling, path=(*ruling.path[:1], *way), duration_s=0.0),
        ))  # fmt: skip
        await self.dispatch(forged)

    async def mutated(self) -> None:
        """The order itself is changed in place, after it was approved or while it is carried out."""
        args, way = self.target(), list(self.way()) if self.rng.random() < 0.5 else []
        order = Order("move_to", args, PERSON, via=way)  # type: ignore[arg-type]
        ruling = await self.gate.judge(order)

        def change(_: Any) -> None:
            args.update(self.target())
            way.extend(self.way())

        if self.rng.random() < 0.5:
            change(None)
            await self.dispatch(ruling)
        else:
            await self._interrupted(change, lambda: self.dispatch(ruling))

    async def expired(self) -> None:
        """An approval that is too old."""
        ruling = await self.gate.judge(self.move())
        self.clock.advance(self.rng.uniform(1.9, 5.0))
        await self.dispatch(replace(ruling, expires_s=1e12))

    async def overtaken(self) -> None:
        """An approval from before another motion."""
        ruling = await self.gate.judge(self.move())
        await self.give(self.move())
        await self.dispatch(ruling)

    async def invented(self) -> None:
        """An approval that nobody gave."""
        order = self.move(via=self.way())
        token: Any = self.rng.choice(("", "0" * 32, None, 7, "approved"))
        verdict = Verdict(1, order.verb, order.args)
        await self.dispatch(Ruling(order, verdict, (Pose(*self.here, 0.0), *order.via), 1.0, token, 1e12))

    async def two_at_once(self) -> None:
        """Two callers, judged before either moves or while the other does."""
        first, second = self.move(), self.move(via=self.way() if self.rng.random() < 0.3 else ())
        late = self.rng.random() < 0.5
        rulings = [await self.gate.judge(each) for each in (first, second)]

        async def one(ruling: Ruling) -> None:
            await self.gate.dispatch(ruling)

        async def other() -> None:
            for _ in range(self.rng.randint(0, 20)):
                await anyio.lowlevel.checkpoint()
            await self.gate.dispatch(await self.gate.judge(second) if late else rulings[1])

        async with anyio.create_task_group() as group:
            group.start_soon(one, rulings[0])
            group.start_soon(other)

    async def stopped_between(self) -> None:
        """A stop at any moment of a motion, orders against it, and a person who rearms."""
        await self._interrupted(lambda group: group.start_soon(self.gate.stop, "a test", "it was time"))
        if self.latch.stop is None:
            await self.gate.stop("a test", "it was time")
        began = len(self.robot.track) - 1
        self.clock.advance(0.3)
        for _ in range(self.rng.randint(1, 3)):
            await self.give(self.move())
            await self.tools["go_home"].call({})
        self.gate.snapshot()
        self.deeds.still.append((began, len(self.robot.track) - 1, "stopped"))
        await self.gate.rearm("Ada")

    async def cancelled(self) -> None:
        """A caller who stops waiting at any moment."""
        await self._interrupted(lambda group: group.cancel_scope.cancel())

    async def replayed(self) -> None:
        """What was once ordered somewhere, ordered again here."""
        for _ in range(self.rng.randint(1, 3)):
            if self.pool:
                await self.give(self.rng.choice(self.pool))

    async def grip(self) -> None:
        """The cube is fetched, so that the tool grows, and carried on; what has no gripper goes somewhere."""
        if self.world.drives:
            await self.planned()
            return
        x, y, z = self.world.scene.objects["cube"]
        await self.pilot.move_to(x, y, z)
        await self.pilot.toggle_tool(activate=True)
        await self.give(self.move())

    async def home(self) -> None:
        """Straight home, from wherever."""
        await self.give(Order("go_home", {}, PERSON, via=self.way() if self.rng.random() < 0.3 else ()))

    async def careless(self) -> None:
        """Closing and opening anywhere, with arguments of another verb."""
        await self.give(Order("toggle_tool", {"activate": self.rng.random() < 0.5}, PERSON, via=self.way()))

    async def tightened(self) -> None:
        """Another zone, and half the speed, at any moment of a motion; soon after that they count."""
        center, radius = place_in(self.world, self.rng, self.here), self.rng.uniform(0.1, 0.4)
        if self.rng.random() < 0.3:
            center = (self.here[0], self.here[1], self.here[2] + self.rng.uniform(-0.2, 0.2))
        name, kind = f"late {len(self.profile.zones)}", self.rng.choice(("keepout", "keepout", "human"))
        speed_mps = self.profile.max_tcp_speed_mps * self.rng.choice((0.5, 1.0))
        share = speed_mps / self.world.profile.max_tcp_speed_mps
        zones = {**self.profile.zones, name: Sphere(Point(*center), radius, kind)}
        tighter = replace(self.profile, zones=zones, max_tcp_speed_mps=speed_mps, document=self._document())
        began_s = self.clock.monotonic_s()

        def offer(_: Any) -> None:
            nonlocal began_s
            began_s = self.clock.monotonic_s()
            self._offer(tighter)

        await self._interrupted(offer)
        if self.profile is not tighter:
            offer(None)
        plain = {name: {"shape": "sphere", "center_m": center, "radius_m": radius, "kind": kind}}
        judge = replace(self.world.judge, zones=plain, top_speed_mps=self.world.judge.top_speed_mps * share)
        self.deeds.later.append((min(began_s + BRAKING_S, self.clock.monotonic_s()), judge))

    async def loosened(self) -> None:
        """No zones and four times the speed, which nobody has accepted."""
        looser = replace(
            self.profile, zones={}, max_tcp_speed_mps=6.0, human=Human(0.02, 0.01), document=self._document()
        )
        kept = self.profile
        await self._interrupted(lambda _: self._offer(looser))
        self._offer(looser)
        await self.give(self.move())
        await self.gate.rearm("Ada")
        await self.give(self.move(via=self.way()))
        self._offer(replace(kept, document=self._document()))

    def _offer(self, profile: RobotProfile) -> None:
        self.profile, self._offered = profile, True

    def _newest(self) -> RobotProfile | None:
        offered, self._offered = self._offered, False
        return self.profile if offered else None

    def _document(self) -> Document:
        return replace(self.profile.document, content_hash=f"sha256:{self.rng.getrandbits(256):064x}")

    async def _interrupted(
        self, interrupt: Callable[[Any], None], motion: Callable[[], Awaitable[object]] | None = None
    ) -> None:
        """One motion, and something that happens at the n-th setpoint."""
        at, sent = self.rng.randint(1, 60), 0
        async with anyio.create_task_group() as group:

            def count() -> None:
                nonlocal sent
                sent += 1
                if sent == at:
                    interrupt(group)

            self.robot.on_command = count
            await (motion() if motion else self.give(self.move()))
            self.robot.on_command = lambda: None
        self.robot.on_command = lambda: None
