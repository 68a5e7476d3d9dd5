"""The arena in three dimensions: a scene of viser, a library whose page is relayed from a port of the loopback.

Knows no route. Looking is all that it offers: nothing that a page sends to it reaches the robot. viser listens in a
thread of its own; the scene is made when somebody first looks.
"""

import io
import itertools
import math
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import anyio
import anyio.to_thread

from llmos.documents.range import Range
from llmos.documents.zone import Zone
from llmos.errors import LLMosError
from llmos.robots.base import Pose
from llmos.server.service import Service

if TYPE_CHECKING:
    import viser

Colour: TypeAlias = tuple[int, int, int]

_TICK_S: Final = 1 / 20
_METAL: Final = (150, 158, 166)
_DARK_METAL: Final = (84, 92, 100)
_OBJECT: Final = (86, 148, 214)
_WAY: Final = (70, 150, 240)
_REFUSED: Final = (214, 60, 52)
_COLOUR: Final[Mapping[str, Colour]] = {"keepout": (206, 66, 58), "human": (226, 170, 48)}
_OVERHEAD_M: Final = 0.25
_NOWHERE: Final = [((0.0, 0.0, -9.0), (0.0, 0.0, -9.0))]


class MissingArenaError(LLMosError):
    """There is no arena here; the map shows the same robot."""


class Arena:
    """The scene of one service, and the port on which its page is."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._server: viser.ViserServer | None = None
        self._opening = anyio.Lock()
        self._scene: _Scene | None = None
        self._watchers = 0
        self._ghost: tuple[Sequence[Pose], bool] = ((), True)

    @property
    def port(self) -> int:
        """Where viser listens on the loopback; MissingArenaError before `open`."""
        if self._server is None:
            raise MissingArenaError("the arena has not been opened; open it from the cockpit")
        return int(self._server.get_port())

    async def open(self, *, dark: bool) -> None:
        """Start it when it is not running; MissingArenaError where viser is not installed."""
        async with self._opening:  # two pages that open it at once look at the same one
            if self._server is None:
                self._server = await anyio.to_thread.run_sync(_start)
        self._server.gui.configure_theme(dark_mode=dark, show_logo=False, show_share_button=False)
        self.draw()

    def close(self) -> None:
        """Stop it; safe to call twice."""
        if self._server is not None:
            with redirect_stdout(io.StringIO()):
                self._server.stop()
            self._server = None
            self._scene = None

    def ghost(self, path: Sequence[Pose], *, allowed: bool) -> None:
        """Show a way that is planned; none clears it."""
        self._ghost = (path, allowed)
        if self._scene is not None:
            self._scene.ghost(path, allowed=allowed)

    async def watched(self) -> None:
        """Keep the scene moving for as long as somebody watches; the first watcher does it for all."""
        self._watchers += 1
        try:
            while self._server is not None:
                self.draw()
                await anyio.sleep(_TICK_S * self._watchers)
        finally:
            self._watchers -= 1

    def draw(self) -> None:
        """The scene as it is now; it is made anew when the profile has changed."""
        snapshot = self._service.snapshot()
        profile, server = snapshot.profile, self._server
        if server is None:
            return
        if self._scene is None or self._scene.of != profile.document.content_hash:
            self._scene = _Scene(server, self._service)
            self._scene.ghost(self._ghost[0], allowed=self._ghost[1])
        self._scene.show()


def _start() -> "viser.ViserServer":
    try:
        import viser
    except ImportError as error:
        how = "install it with `pip install 'llmos[service]'`; the map shows the same robot"
        raise MissingArenaError(f"the 3D arena needs viser, which is not installed; {how}") from error
    with redirect_stdout(io.StringIO()):  # it would tell people an address that asks for no token
        server = viser.ViserServer(host="127.0.0.1", port=0, verbose=False)
    server.request_share_url = _no_tunnel  # type: ignore[method-assign] # else anyone who looks could open one
    server.gui.main_panel.minimize()
    server.scene.set_up_direction("+z")
    server.initial_camera.position = (2.3, -4.2, 2.7)
    server.initial_camera.look_at = (0.0, 0.0, 1.0)
    return server


def _no_tunnel(verbose: bool = True) -> str | None:  # noqa: ARG001, FBT001 - viser's own
    """The arena is reached through the service and in no other way."""
    return None


class _Scene:
    """What stands in the arena: floor, zones and places for good, robot and objects as they move."""

    def __init__(self, server: "viser.ViserServer", service: Service) -> None:
        self._service = service
        self._scene: Any = server.scene
        self._scene.reset()
        snapshot = service.snapshot()
        self.of = snapshot.profile.document.content_hash
        self._profile = snapshot.profile
        self._objects: dict[str, Any] = {}
        self._floor()
        for name, zone in self._profile.zones.items():
            self._zone(name, zone)
        self._places()
        self._parts = self._robot()

    def show(self) -> None:
        """Put everything that moves where it is measured to be."""
        measured = self._service.snapshot().measured
        pose = measured.pose
        turn = (math.cos(pose.theta_rad / 2), 0.0, 0.0, math.sin(pose.theta_rad / 2))
        for part, (dx, dy, dz), follows in self._parts:
            x, y, z = (value if axis in follows else 0.0 for axis, value in zip("xyz", pose.point, strict=True))
            part.position = (x + dx, y + dy, z + dz)
            if "t" in follows:
                part.wxyz = turn
        edge = self._service.body.scene.cube_edge_m
        for name, point in measured.objects.items():
            if name not in self._objects:
                self._objects[name] = self._box(f"/object/{name}", _OBJECT, (edge, edge, edge), tuple(point))
            self._objects[name].position = tuple(point)

    def ghost(self, path: Sequence[Pose], *, allowed: bool) -> None:
        """The way that is planned, as a line through the air."""
        import numpy as np

        points = [tuple(pose.point) for pose in path]
        pairs = list(itertools.pairwise(points))
        segments = np.array(pairs or [((0, 0, -9), (0, 0, -9))], dtype=np.float32)
        colour = _WAY if allowed else _REFUSED
        self._scene.add_line_segments("/ghost/way", segments, colour, thickness=0.04, visible=bool(pairs))
        end = tuple(points[-1]) if points else (0.0, 0.0, -9.0)
        self._scene.add_icosphere("/ghost/end", 0.05, colour, opacity=0.6, position=end, visible=bool(points))

    def _box(self, name: str, colour: Colour, size: Sequence[float], at: Sequence[float] = (0.0, 0.0, 0.0)) -> Any:  # noqa: ANN401 - a handle of viser
        return self._scene.add_box(name, colour, tuple(size), position=tuple(at))

    def _floor(self) -> None:
        box = self._profile.workspace
        (x0, x1), (y0, y1) = box.x_m, box.y_m
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        self._scene.add_grid("/floor", x1 - x0, y1 - y0, plane="xy", position=(*middle, box.z_m.low - 0.002))
        self._scene.add_line_segments("/workspace", _edges(box.x_m, box.y_m, box.z_m), _METAL, thickness=0.006)

    def _zone(self, name: str, zone: Zone) -> None:
        look = {"color": _COLOUR[zone.kind], "opacity": 0.32, "cast_shadow": False, "receive_shadow": False}
        path, (low, high) = f"/zone/{name}", zone.box
        middle = tuple((a + b) / 2 for a, b in zip(low, high, strict=True))
        if zone.shape == "sphere":
            self._scene.add_icosphere(path, zone.radius_m, position=zone.center_m, **look)
        elif zone.shape == "cylinder":
            self._scene.add_cylinder(path, zone.radius_m, high.z - low.z, position=middle, **look)
        elif zone.shape == "box":
            size = tuple(b - a for a, b in zip(low, high, strict=True))
            self._scene.add_box(path, dimensions=size, position=middle, **look)
        else:
            self._prism(path, [tuple(corner) for corner in zone.corners_m], low.z, high.z, look)
        self._scene.add_label(f"/name/{name}", name, position=(*middle[:2], high.z + 0.05), anchor="bottom-center")

    def _prism(self, path: str, corners: Sequence[Any], low: float, high: float, look: Mapping[str, Any]) -> None:
        import numpy as np

        count = len(corners)
        vertices = np.array([(*corner, z) for z in (low, high) for corner in corners], dtype=np.float32)
        faces = [(i, (i + 1) % count, count + i) for i in range(count)]
        faces += [((i + 1) % count, count + (i + 1) % count, count + i) for i in range(count)]
        faces += [(base, base + i, base + i + 1) for base in (0, count) for i in range(1, count - 1)]
        self._scene.add_mesh_simple(path, vertices, np.array(faces, dtype=np.uint32), side="double", **look)

    def _places(self) -> None:
        scene = self._service.body.scene
        for name, (x, y, z) in scene.places.items():
            top = z - scene.cube_edge_m / 2
            size = (scene.cube_edge_m * 1.6, scene.cube_edge_m * 1.6, max(top, 0.01))
            self._box(f"/place/{name}", _METAL, size, (x, y, size[2] / 2))
            self._scene.add_label(f"/name/{name}", name, position=(x, y, 0.02), anchor="top-center")

    def _robot(self) -> list[tuple[Any, tuple[float, float, float], str]]:
        """Its parts: handle, offset from the tool centre point, and the axes (t: the turn) with which each moves."""
        tool = self._profile.tool
        body = (0.0, 0.0, tool.length_m / 2)
        if self._profile.kind == "rover":
            size = (tool.radius_m * 1.6, tool.radius_m * 1.4, tool.length_m)
            return [(self._box("/robot/body", _DARK_METAL, size), body, "xyzt")]
        return [*self._gantry(), *self._tool(tool.radius_m, tool.length_m)]

    def _gantry(self) -> list[tuple[Any, tuple[float, float, float], str]]:
        box = self._profile.workspace
        (x0, x1), (y0, y1) = box.x_m, box.y_m
        top, wide, deep = box.z_m.high + _OVERHEAD_M, x1 - x0 + 0.3, y1 - y0 + 0.3
        rail, middle = 0.08, (y0 + y1) / 2
        for name, x in (("left", x0 - 0.1), ("right", x1 + 0.1)):
            self._box(f"/robot/rail/{name}", _METAL, (rail, deep, rail), (x, middle, top))
        bridge = self._box("/robot/bridge", _METAL, (wide, rail, rail))
        trolley = self._box("/robot/trolley", _DARK_METAL, (0.18, 0.18, 0.14))
        column = self._box("/robot/column", _METAL, (0.06, 0.06, top))
        reach = self._profile.tool.length_m + top / 2
        parts = [(bridge, ((x0 + x1) / 2, 0.0, top), "y"), (trolley, (0.0, 0.0, top), "xy")]
        return [*parts, (column, (0.0, 0.0, reach), "xyz")]

    def _tool(self, radius_m: float, length_m: float) -> list[tuple[Any, tuple[float, float, float], str]]:
        shaft = self._scene.add_cylinder("/robot/tool", radius_m * 0.8, length_m * 0.8, _DARK_METAL)
        palm = self._box("/robot/palm", _DARK_METAL, (radius_m * 2.6, radius_m * 1.2, 0.03))
        return [(shaft, (0.0, 0.0, length_m * 0.6), "xyz"), (palm, (0.0, 0.0, length_m * 0.2), "xyzt")]


def _edges(*ranges: Range) -> Any:  # noqa: ANN401 - an array
    """The twelve edges of a box, as pairs of points."""
    import numpy as np

    corners = itertools.combinations(itertools.product(*ranges), 2)
    pairs = [(a, b) for a, b in corners if sum(p != q for p, q in zip(a, b, strict=True)) == 1]
    return np.array(pairs, dtype=np.float32)
