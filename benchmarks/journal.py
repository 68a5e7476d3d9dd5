"""What one journaled event costs, beside `json.dumps` and `write` of the same line.

Run with `python benchmarks/journal.py`; TMPDIR chooses the disk. Figures are medians; ratios are within one run.
"""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from llmos.clock import RealClock
from llmos.messages import Message, Reply, Text, ToolCall, ToolResult, Usage
from llmos.traces.events import Event, MessageAdded, ModelReplied, ToolReturned
from llmos.traces.index import RunIndex
from llmos.traces.journal import Journal, new_run_id
from llmos.traces.reading import read_journal

ROUNDS = 15
STEPS = 500
DURABLE = 50


def compare(name: str, ours: Callable[[], object], bare: str, theirs: Callable[[], object], count: int) -> None:
    """Print the median time of one of `count` equal things, ours and a bare one, measured in turns."""
    times: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for work, kept in zip((ours, theirs), times, strict=True):
            started = perf_counter()
            work()
            kept.append((perf_counter() - started) / count * 1e6)
    mine, other = median(times[0]), median(times[1])
    print(f"{name:22}{mine:8.1f} us   {bare:22}{other:8.1f} us   ratio {mine / other:.2f}")


def step() -> list[Event]:
    """The events of one step: a reply that asks for a tool, its answer of 2 kB, the message that carries it."""
    call = ToolCall("toolu_01", "Read", {"file_path": "notes.md", "limit": 200})
    reply = Reply((Text("I read the file first. " * 10), call), "tools", Usage(2_000, 60, 1_500), "claude")
    result = ToolResult("toolu_01", (Text("a line of a file, nothing more\n" * 65),))
    message = MessageAdded.of(Message("user", (result,)))
    return [ModelReplied.of(1, reply, 0.01, 0.5), ToolReturned.of(result, "Read", 0.001), message]


def write(home: Path) -> Path:
    """Compare writing; the journal that was written."""
    events = step()
    with Journal.create(home, new_run_id(RealClock()), RealClock()) as journal, (home / "plain").open("wb", 0) as plain:
        for event in events:
            journal.write(event)
        lines = [json.loads(line) for line in journal.path.read_text().splitlines()]

        def bare(line: object) -> None:
            plain.write(json.dumps(line).encode() + b"\n")

        def bare_durable(line: object) -> None:
            bare(line)
            os.fsync(plain.fileno())

        compare(
            "event written",
            lambda: [journal.write(event) for event in events * STEPS],
            "json.dumps, write",
            lambda: [bare(line) for line in lines * STEPS],
            len(events) * STEPS,
        )
        compare(
            "event written durably",
            lambda: [journal.write(event, durable=True) for event in events[:1] * DURABLE],
            "and fsync",
            lambda: [bare_durable(line) for line in lines[:1] * DURABLE],
            DURABLE,
        )
        return journal.path


def read(home: Path, path: Path) -> None:
    """Compare reading and indexing."""

    def bare() -> object:
        return [json.loads(line) for line in path.read_bytes().splitlines()]

    count = len(read_journal(path))
    compare("event read", lambda: read_journal(path), "json.loads", bare, count)
    with RunIndex.open(home) as index:
        compare("event indexed", lambda: index.update(path), "json.loads", bare, count)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        read(Path(folder), write(Path(folder)))


if __name__ == "__main__":
    main()
