"""Fixtures that every room's tests share."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.command_line import CommandLine
from tests.support.homes import make_place
from tests.support.tapes import WORKER

settings.register_profile(
    "llmos",
    deadline=None,  # no test asserts wall times, least of all on a busy machine
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],  # one folder serves all
)
settings.load_profile("llmos")

MAY_SKIP = ("Windows", "POSIX", "Linux")
"""Why a test may be skipped where everything is installed: it is about another system; what takes root runs as root."""


NO_SETTINGS = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
"""What keeps git from the settings of this machine and of whoever runs the tests, such as one to ask for signatures."""


def pytest_configure() -> None:
    """Hear Ctrl-C and a hang-up, and let what tests start hear them, also in the background and under nohup."""
    os.environ.update(NO_SETTINGS)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where LLMOS_REQUIRE_SYSTEM=1 says that everything must be there, what is skipped for want of it is no success."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("LLMOS_REQUIRE_SYSTEM") != "1" or reporter is None:
        return
    reasons = {report.longrepr[2].removeprefix("Skipped: ") for report in reporter.stats.get("skipped", [])}
    wanting = sorted(reason for reason in reasons if not any(allowed in reason for allowed in MAY_SKIP))
    for reason in wanting:
        reporter.write_line(f"Skipped although LLMOS_REQUIRE_SYSTEM=1: {reason}", red=True)
    if wanting and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, as the command line does."""
    return "asyncio"


@pytest.fixture
def llmos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """A home with an agent `worker` and nothing else, no git repository either."""
    place = make_place(tmp_path)
    place.write("settings.md", "")
    place.write("user/agents/worker.md", WORKER)
    return CommandLine(place, monkeypatch, capsys)


@pytest.fixture
def require_system() -> Callable[[str], None]:
    """Skip for want of a system package, or fail where LLMOS_REQUIRE_SYSTEM=1 says that it must be there."""

    def missing(what: str) -> None:
        if os.environ.get("LLMOS_REQUIRE_SYSTEM") == "1":
            pytest.fail(f"{what} is missing although LLMOS_REQUIRE_SYSTEM=1 demands it")
        pytest.skip(f"{what} is not installed")

    return missing
