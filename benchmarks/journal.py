"""What one journaled event costs, beside `json.dumps` and `write` of the same line.

TMPDIR chooses the disk. Figures are medians, ours and the bare side measured in turns.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.figures import Figure, report
from llmos.clock import RealClock
from llmos.messages import Message, Reply, Text, ToolCall, ToolResult, Usage
from llmos.traces.events import Event, MessageAdded, ModelReplied, ToolReturned
from llmos.traces.index import RunIndex
from llmos.traces.journal import Journal, journals, new_run_id
from llmos.traces.reading import read_journal

ROUNDS = 15
STEPS = 500
DURABLE = 50


def compare(
    name: str, ours: Callable[[], object], bare: str, theirs: Callable[[], object], count: int
) -> Iterator[Figure]:
    """The median time of one of `count` equal things, ours and a bare one."""
    times: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for work, kept in zip((ours, theirs), times, strict=True):
            started = perf_counter()
            work()
            kept.append((perf_counter() - started) / count * 1e6)
    mine, other = median(times[0]), median(times[1])
    yield Figure(name, mine, "us")
    yield Figure(f"  beside {bare}", mine / other, "x")


def step() -> list[Event]:
    """The events of one step: a reply that asks for a tool, its answer of 2 kB, the message that carries it."""
    call = ToolCall("toolu_01", "Read", {"file_path": "notes.md", "limit": 200})
    reply = Reply((Text("I read the file first. " * 10), call), "tools", Usage(2_000, 60, 1_500), "claude")
    result = ToolResult("toolu_01", (Text("a line of a file, nothing more\n" * 65),))
    message = MessageAdded.of(Message("user", (result,)))
    return [ModelReplied.of(1, reply, 0.01, 0.5), ToolReturned.of(result, "Read", 0.001), message]


def write(home: Path) -> Iterator[Figure]:
    """Compare writing."""
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

        yield from compare(
            "event written",
            lambda: [journal.write(event) for event in events * STEPS],
            "json.dumps, write",
            lambda: [bare(line) for line in lines * STEPS],
            len(events) * STEPS,
        )
        yield from compare(
            "event written durably",
            lambda: [journal.write(event, durable=True) for event in events[:1] * DURABLE],
            "and fsync",
            lambda: [bare_durable(line) for line in lines[:1] * DURABLE],
            DURABLE,
        )


def read(home: Path) -> Iterator[Figure]:
    """Compare reading and indexing what was written."""
    [path] = journals(home)

    def bare() -> object:
        return [json.loads(line) for line in path.read_bytes().splitlines()]

    count = len(read_journal(path))
    yield from compare("event read", lambda: read_journal(path), "json.loads", bare, count)
    with RunIndex.open(home) as index:
        yield from compare("event indexed", lambda: index.update(path), "json.loads", bare, count)


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        return report("journal", [*write(Path(folder)), *read(Path(folder))])


if __name__ == "__main__":
    sys.exit(main())
