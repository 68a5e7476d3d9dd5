"""Runs on cassettes, in this process or as a command line, and the law of whole journals."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from llmos.messages import Message, Request, ToolSpec
from llmos.models.claude_request import message_params
from llmos.runtime.outcome import RunOutcome
from llmos.traces import journal
from llmos.traces.events import Entry, Event, RunFinished, RunStarted
from llmos.traces.reading import read_journal
from tests.support.homes import Place
from tests.support.loopback import Received
from tests.support.messages_rules import complaint
from tests.support.tapes import WORKER, Line, tape

CHECKOUT = Path(__file__).resolve().parents[2]


def hire(place: Place, text: str = WORKER, name: str = "worker") -> Path:
    """An agent in the user's volume."""
    return place.write(f"user/agents/{name}.md", text)


async def play(place: Place, *lines: Line, agent: str = "worker", goal: str = "go", **options: Any) -> RunOutcome:
    """Run the goal with a model that replies as the lines say."""
    if not (place.home / "user/agents/worker.md").exists():
        hire(place)
    async with place.system(model=tape(place, *lines), **options) as system:
        return await system.execute(goal, agent)


def journals(place: Place) -> list[Path]:
    """The journals of the home, in the order of their names."""
    return sorted(journal.journals(place.home))


def whole(path: Path) -> list[Entry]:
    """The entries of a journal that must be whole: begun, finished, numbered without a gap, nothing after the end."""
    torn: list[str] = []
    entries = read_journal(path, torn.append)
    kinds = [type(entry.event) for entry in entries]
    assert not torn, torn
    assert kinds[0] is RunStarted, kinds
    assert kinds[-1] is RunFinished, kinds
    assert kinds.count(RunStarted) == kinds.count(RunFinished) == 1
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    return entries


def all_whole(place: Place) -> list[list[Entry]]:
    """Every journal of the home, each of them whole."""
    return [whole(path) for path in journals(place)]


def journaled(outcome: RunOutcome, kind: type[Event]) -> list[Any]:
    """The events of one kind in the run's journal."""
    return list(events(read_journal(outcome.journal), kind))


def events(entries: list[Entry], kind: type[Event]) -> Iterator[Any]:
    """The events of one kind."""
    return (entry.event for entry in entries if isinstance(entry.event, kind))


def in_a_process(
    place: Place, *arguments: str, typed: bytes | None = b"", env: Mapping[str, str] | None = None, **more: Any
) -> "subprocess.CompletedProcess[bytes]":
    """A command line in a process of its own, without a terminal; `typed` is its input, None closes it."""
    surroundings = {"LLMOS_HOME": str(place.home), "HOME": str(place.root), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, "-m", "llmos.cli", *arguments],
        input=typed,
        capture_output=True,
        timeout=120,
        cwd=more.pop("cwd", place.workspace),
        env={**surroundings, "PYTHONPATH": str(CHECKOUT), **(env or {})},
        **more,
    )


def sentence(done: "subprocess.CompletedProcess[bytes]") -> str:
    """What a command line that ended with an error said: one line, and no traceback."""
    said = done.stderr.decode("utf-8", "replace")
    assert "Traceback" not in said, said
    lines = [line for line in said.splitlines() if line.startswith("llmos: ")]
    assert len(lines) == 1, said
    return lines[0].removeprefix("llmos: ")


def fit_for_a_provider(messages: Sequence[Message], tools: Sequence[ToolSpec]) -> None:
    """The history keeps the rules of the Messages API: every call has its result, nothing is empty."""
    request = Request("rules", (*messages,), tuple(tools))
    body = message_params(request, "claude-test", thinking=None, effort=None)
    body.pop("extra_headers", None)
    asked = Received("POST", "/v1/messages", {"x-api-key": "k"}, json.dumps(body, default=dict).encode())
    assert complaint(asked) is None, complaint(asked)
