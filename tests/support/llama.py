"""The two packages that carry llama.cpp, as parameters of a test: one that is missing skips it, or fails it in CI."""

import os
from importlib.util import find_spec
from io import BytesIO

import pytest

from llmos.models.backend import _MODULES

BACKENDS = [pytest.param(name, marks=pytest.mark.system) for name in _MODULES]


def need_backend(name: str) -> str:
    """`name`, when its package is installed."""
    if find_spec(_MODULES[name]) is None:
        if os.environ.get("LLMOS_REQUIRE_SYSTEM") == "1":
            pytest.fail(f"{name} is missing although LLMOS_REQUIRE_SYSTEM=1 demands it")
        pytest.skip(f"{name} is not installed")
    return name


def picture(red: int, form: str = "PNG", size: tuple[int, int] = (96, 64)) -> bytes:
    """The bytes of an image of one colour."""
    from PIL import Image

    file = BytesIO()
    Image.new("RGB", size, (red, 40, 90)).save(file, form)
    return file.getvalue()
