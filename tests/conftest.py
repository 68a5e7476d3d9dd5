"""Fixtures that every room's tests share."""

import os
from collections.abc import Callable

import pytest
from hypothesis import settings

settings.register_profile("llmos", deadline=None)  # no test asserts wall times, least of all on a busy machine
settings.load_profile("llmos")


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, as the command line does."""
    return "asyncio"


@pytest.fixture
def require_system() -> Callable[[str], None]:
    """Skip for want of a system package, or fail where LLMOS_REQUIRE_SYSTEM=1 says that it must be there."""

    def missing(what: str) -> None:
        if os.environ.get("LLMOS_REQUIRE_SYSTEM") == "1":
            pytest.fail(f"{what} is missing although LLMOS_REQUIRE_SYSTEM=1 demands it")
        pytest.skip(f"{what} is not installed")

    return missing
