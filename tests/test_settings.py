"""What libraries find in the environment: physics works without a screen, and a person's wish for drawing is kept."""

import os
import sys

import pytest

from llmos.settings import drawing_library, prepare_libraries

USUAL = {"linux": "egl", "darwin": "cgl"}.get(sys.platform, "glfw")


@pytest.mark.parametrize(("wish", "library"), [(None, USUAL), ("", USUAL), ("osmesa", "osmesa"), (" EGL ", "egl")])
def test_drawing_is_kept_apart_from_physics(monkeypatch: pytest.MonkeyPatch, wish: str | None, library: str) -> None:
    """MuJoCo is imported without any drawing library; which one a picture takes is remembered, also by children."""
    monkeypatch.delenv("LLMOS_DRAWING", raising=False)
    monkeypatch.delenv("MUJOCO_GL", raising=False)
    if wish is not None:
        monkeypatch.setenv("MUJOCO_GL", wish)
    for _ in range(2):
        prepare_libraries()
        assert os.environ["MUJOCO_GL"] == "disable"
        assert drawing_library() == library
