"""The laws of Remember and Recall."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from llmos.clock import SimulatedClock
from llmos.memory.notes import Notes
from llmos.messages import Effect
from llmos.tools.memory import looks_secret, memory_tools
from tests.support.tools import Bench, make_workspace

pytestmark = pytest.mark.anyio


def ignore(paths: Sequence[Path], reason: str) -> None:
    """A volume without a history."""


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    """Notes of an empty volume."""
    return Notes(tmp_path / "memory", SimulatedClock(), ignore, looks_secret)


@pytest.fixture
def bench(tmp_path: Path, notes: Notes) -> Bench:
    """Both tools, in the run `run-1`."""
    return Bench(make_workspace(tmp_path), memory_tools(notes, "run-1"))


async def test_what_is_remembered_is_recalled(bench: Bench, notes: Notes) -> None:
    """Best match first, under its id, with the run as its source."""
    result = await bench.call("Remember", text="The arm parks at (0, 0, 1).", tags=["arm", "home"])
    assert result.text == "remembered as 2026-01-01-the-arm-parks-at-0-0"
    await bench.call("Remember", text="The lab closes at six.")
    result = await bench.call("Recall", query="where does the arm park?")
    assert result.text.startswith("[2026-01-01-the-arm-parks-at-0-0] The arm parks at (0, 0, 1).")
    assert notes.show("2026-01-01-the-arm-parks-at-0-0").source == "run-1"


async def test_nothing_is_said_as_nothing(bench: Bench) -> None:
    """An empty memory is no error."""
    assert (await bench.call("Recall", query="arm")).text == "nothing that was remembered shares a word with this"


async def test_recall_is_bounded(bench: Bench) -> None:
    """So many notes, at least one."""
    for number in range(3):
        await bench.call("Remember", text=f"cube {number}")
    assert (await bench.call("Recall", query="cube", limit=2)).text.count("cube") == 2 * 2
    assert (await bench.call("Recall", query="cube", limit=-1)).text.count("[2026") == 1


def test_effects(bench: Bench) -> None:
    """A note can be taken back; looking for one changes nothing."""
    effects = {tool.spec.name: tool.spec.effect for tool in bench.tools}
    assert effects == {"Remember": Effect.REVERSIBLE, "Recall": Effect.PURE}


async def test_secrets_are_a_sentence(bench: Bench) -> None:
    """A key in a note would be read by every later run."""
    result = await bench.call("Remember", text=f"use sk-ant-{'a' * 40}")
    expected = "this looks like a password, key or token, which is never remembered; leave it out"
    assert (result.is_error, result.text) == (True, expected)


@pytest.mark.parametrize(
    ("text", "secret"),
    [("ghp_" + "a" * 36, True), ("AKIA" + "A" * 16, True), ("the ghost of a key", False), ("", False)],
)
def test_what_the_journal_scrubs_is_secret(text: str, secret: bool) -> None:
    """One list of shapes for the whole house."""
    assert looks_secret(text) is secret
