"""Draws a simulated world as a picture with MuJoCo's own renderer, without a screen: EGL, or what the platform has.

Knows no driver: it builds the scene anew and puts everything where a snapshot says that it is.
"""

import io
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

import mujoco  # type: ignore[import-untyped]
import numpy as np

from llmos.documents.robot_profile import RobotProfile
from llmos.documents.zone import Zones
from llmos.robots.base import RobotError
from llmos.robots.camera import View
from llmos.robots.controls import Snapshot

WIDTH, HEIGHT = 960, 640
_GANTRY, _ZONES = 1, 2  # the groups of geoms in `mjcf/`


class MujocoCamera:
    """Pictures of one world, for any thread, one after the other.

    `world` gives its MJCF with these zones in it; it has cameras named as a View is. `library` is one of `egl`,
    `osmesa`, `cgl`, `glfw`: where MuJoCo draws.
    """

    def __init__(self, world: Callable[[Zones], str], library: str = "egl") -> None:
        self._world = world
        self._library = library
        self._profile: RobotProfile | None = None
        self._stage: _Stage | None = None
        self._lock = threading.Lock()

    def picture(self, snapshot: Snapshot, view: View = "overview") -> bytes:
        """The PNG file of a moment; RobotError says what is missing."""
        positions = snapshot.measured.physics
        if not positions:
            raise RobotError(f"No picture: the {snapshot.robot_name} has no physics to draw; its camera speaks words.")
        with self._lock:
            pixels = self._stage_for(snapshot.profile).draw(positions, view)
        return _png(pixels)

    def close(self) -> None:
        """Give the graphics context back."""
        with self._lock:
            self._strike()

    def _stage_for(self, profile: RobotProfile) -> "_Stage":
        """What is drawn, built anew when the profile is another one."""
        if self._stage is None or self._profile is not profile:
            self._strike()
            model = mujoco.MjModel.from_xml_string(self._world(profile.zones))
            self._stage, self._profile = _Stage(model, _context(self._library)), profile
        return self._stage

    def _strike(self) -> None:
        if self._stage is not None:
            self._stage.close()
            self._stage = None


class _Stage:
    """A model with everything that is needed to draw it."""

    def __init__(self, model: Any, context: Any) -> None:  # noqa: ANN401 - MuJoCo has no types
        self._model, self._state = model, mujoco.MjData(model)
        self._gl = context
        self._drawn = mujoco.MjvScene(model, maxgeom=2000)
        self._look = mujoco.MjvOption()
        self._camera = mujoco.MjvCamera()
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
        with self._gl.as_current():
            self._renderer = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100.value)
            mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._renderer)
        self._frame = mujoco.MjrRect(0, 0, WIDTH, HEIGHT)

    def draw(self, positions: tuple[float, ...], view: str) -> Any:  # noqa: ANN401 - numpy's arrays are typed by shape
        """Red, green and blue of every pixel, the uppermost row first."""
        if len(positions) != self._model.nq:
            raise RobotError("No picture: the snapshot is of another scene than the camera's.")
        self._state.qpos[:] = positions
        mujoco.mj_forward(self._model, self._state)
        self._camera.fixedcamid = self._model.camera(view).id
        self._look.geomgroup[_GANTRY] = view != "above"  # seen from the ceiling it would hide what it moves
        every = mujoco.mjtCatBit.mjCAT_ALL.value
        mujoco.mjv_updateScene(self._model, self._state, self._look, None, self._camera, every, self._drawn)
        for geom in self._drawn.geoms[: self._drawn.ngeom]:
            if geom.objtype == mujoco.mjtObj.mjOBJ_GEOM and self._model.geom_group[geom.objid] in (_GANTRY, _ZONES):
                geom.category = mujoco.mjtCatBit.mjCAT_DECOR.value  # which casts no shadow
        pixels = np.empty((HEIGHT, WIDTH, 3), dtype=np.uint8)
        with self._gl.as_current():
            mujoco.mjr_render(self._frame, self._drawn, self._renderer)
            mujoco.mjr_readPixels(pixels, None, self._frame, self._renderer)
        return pixels[::-1]

    def close(self) -> None:
        """Free the renderer and its context."""
        with self._gl.as_current():
            self._renderer.free()
        self._gl.free()


def check_drawing(library: str) -> None:
    """Raise RobotError, in one sentence, where MuJoCo cannot draw with this library."""
    _context(library).free()


def _context(library: str) -> Any:  # noqa: ANN401
    """A graphics context without a screen."""
    try:
        return import_module(f"mujoco.{library}").GLContext(WIDTH, HEIGHT)
    except (ImportError, AttributeError, OSError, RuntimeError) as error:  # each of them, by what is missing
        raise RobotError(
            f"No picture: MuJoCo cannot draw with {library} here; install EGL (Debian: apt install libegl1 "
            "libgl1-mesa-dri), or OSMesa (libosmesa6) and set MUJOCO_GL=osmesa."
        ) from error


def _png(pixels: Any) -> bytes:  # noqa: ANN401
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
