"""What it costs to find a trace among many: by its goal, by words, in a fresh process, after somebody changed a file.

`python -m benchmarks.traces [--count N]`. TMPDIR chooses the disk. A fifth of the traces are twenty of one skeleton, as
many as the rules keep; of every other skeleton there is one, which is the most that words can be looked for among. Each
question is a trace drawn at random and is asked five times; the least processor time of these counts, because whatever
else the machine does can only add to it. The files have been read before, so none is waited for.

The embedder is a stand-in of the inputs and outputs of all-MiniLM-L6-v2 (384 numbers) that looks words up, so that what
the index takes is measured; the real model takes some milliseconds more for each question.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from time import thread_time, time_ns

from benchmarks.figures import Figure, report
from llmos.messages import Effect
from llmos.traces.events import text_hash
from llmos.traces.library import TraceLibrary
from llmos.traces.meaning import Meanings
from llmos.traces.trace import Trace, TraceStep
from llmos.traces.trace_text import show
from tests.support.stand_in_embedder import write_stand_in

STEPS = 6
ASKED = 2000
ROUNDS = 5
NOMINATED = 300
STARTS = 7
GROUP = 20
VERBS = ("move", "bring", "carry", "place", "stack", "turn", "inspect", "photograph", "sort", "weigh", "scan", "press")
THINGS = ("cube", "vial", "bracket", "sample", "gear", "tray", "bottle", "label", "valve", "board", "lens", "cable")
COLOURS = ("red", "blue", "green", "yellow", "black", "white", "grey", "orange", "silver", "clear")
PLACES = ("shelf", "bench", "stage", "oven", "rack", "scale", "drawer", "window", "door", "lamp", "table", "bin")
WAYS = ("slowly", "upright", "without touching the others", "twice", "first", "last", "before noon", "with care")

FRESH = """
import sys
from pathlib import Path
from llmos.traces.library import TraceLibrary
with TraceLibrary.open(Path(sys.argv[1]), [("user", Path(sys.argv[1]) / "user")]) as library:
    assert library.exact(sys.argv[2], "operator")
"""


def skeleton_of(number: int, count: int) -> str:
    """The skeleton of one of so many traces: words of a small vocabulary, as goals have them, and a name."""
    alone = count - count // 5
    kind = number if number < alone else alone + (number - alone) // GROUP
    words = []
    for part in (VERBS, COLOURS, THINGS, PLACES, WAYS):
        kind, chosen = divmod(kind, len(part))
        words.append(part[chosen])
    verb, colour, thing, place, way = words
    extra = f" for order {kind}" if kind else ""
    return f"{verb} the {colour} {thing} at {{point}} to the {place} at {{point}} {way}{extra}"


def example(skeleton: str) -> Trace:
    """A trace of some steps, about as long as real ones."""
    steps = tuple(
        TraceStep(
            tool="move_to",
            args={"x": 123.25, "y": 1.0 + step, "z": 0.5, "theta_deg": None},
            effect=Effect.REVERSIBLE,
            tool_version=text_hash("tool"),
            output=f"arrived at (123.250, {1 + step}.000, 0.500), gripper open, holding nothing; 0.0 mm off",
            output_hash=text_hash(f"out {step}"),
            sources={"x": "slot point1.x", "y": "literal", "z": "slot point1.z"},
        )
        for step in range(STEPS)
    )
    return Trace(
        signature=text_hash(skeleton),
        skeleton=skeleton,
        goal=skeleton.replace("{point}", "(123.25, 1.0, 0.5)"),
        slots={"point1": [123.25, 1.0, 0.5], "point2": [1.0, 1.0, 0.5]},
        agent="operator",
        agent_hash=text_hash("operator"),
        skill_hashes={"skills/pick-and-place/SKILL.md": text_hash("skill")},
        steps=steps,
        answer="The thing stands where it should.",
        mode="LEARNER",
        run_id="20260101-000000-aaaaaa",
        world={"robot": "arm", "robot_hash": text_hash("arm"), "state": {"x": 0.0, "y": 0.0, "z": 1.0}},
        model="claude",
        input_tokens=12_000,
        output_tokens=800,
        cost_usd=0.05,
        duration_s=21.5,
        created="2026-01-01T00:00:00Z",
    )


def write_all(folder: Path, count: int) -> int:
    """Files of so many traces, each with numbers of its own, as the text form has them; their bytes."""
    folder.mkdir(parents=True)
    pattern = "verb the colour thing"
    text = show(example(pattern))
    size = 0
    for number in range(count):
        skeleton = skeleton_of(number, count)
        one = text.replace(text_hash(pattern), text_hash(skeleton))
        one = one.replace(f'"{pattern}"', f'"{skeleton}"').replace(f": {pattern}", f': "{skeleton}"')
        one = one.replace("123.25", f"{number}.25")
        size += len(one)
        (folder / f"trace-{number:06}.md").write_text(one, "utf-8")
    return size


def times_ms(work: Callable[[str], object], questions: Iterable[str]) -> list[float]:
    """How long each question took, the quickest first."""
    took = []
    for question in questions:
        rounds = []
        for _ in range(ROUNDS):
            started = thread_time()
            work(question)
            rounds.append((thread_time() - started) * 1000)
        took.append(min(rounds))
    return sorted(took)


def once_ms(work: Callable[[str], object], question: str) -> float:
    """How long a question takes that is another one the second time."""
    started = thread_time()
    work(question)
    return (thread_time() - started) * 1000


def children_s() -> float:
    """The processor time of all processes that we started and that have ended."""
    used = os.times()
    return used.children_user + used.children_system


def p99(values: list[float]) -> float:
    """The value that one of a hundred exceeds."""
    return values[int(len(values) * 0.99)]


def settled() -> int:
    """A clock that says that all files have been still for a while, as they are in a library that is used."""
    return time_ns() + 10**9


def ask(home: Path, count: int) -> list[Figure]:
    """Questions to a library that is open."""
    chance = random.Random(7)
    asked = [skeleton_of(chance.randrange(count), count) for _ in range(ASKED)]
    changed = [f"{skeleton} {chance.choice(('again', 'at once', 'please'))}" for skeleton in asked[:NOMINATED]]
    roots = [("user", home / "user")]
    with TraceLibrary.open(home, roots, print, now_ns=settled) as library:
        for skeleton in asked[:200]:
            assert library.exact(text_hash(skeleton), "operator")
            assert library.similar(skeleton, 3, "operator")
        exact = times_ms(lambda one: library.exact(one, "operator"), map(text_hash, asked))
        many = [skeleton_of(count - 1 - number, count) for number in range(min(count // 5, 1000))]
        largest = times_ms(lambda one: library.exact(one, "operator"), map(text_hash, many))
        words = times_ms(lambda one: library.similar(one, 3, "operator"), changed)
        best = [library.similar(one, 1, "operator")[0][0].skeleton for one in changed]
        right = statistics.fmean(was.startswith(found) for was, found in zip(changed, best, strict=True))
        known = library.exact(text_hash(many[0]), "operator")
        compared = once_ms(lambda one: library.exact(one, "operator"), text_hash(changed[0]))
        unknown = times_ms(lambda one: library.exact(one, "operator"), map(text_hash, changed))
        edited = library.path_of(known[0].id)
        edited.write_text(edited.read_text("utf-8").replace("The thing stands", "It stands"), "utf-8")
        after_edit = once_ms(lambda one: library.exact(one, "operator"), text_hash(many[0]))
        assert any(
            each.answer == "It stands where it should." for each in library.exact(text_hash(many[0]), "operator")
        )
        edited.unlink()
        after_delete = once_ms(lambda one: library.exact(one, "operator"), text_hash(many[0]))
        assert len(library.exact(text_hash(many[0]), "operator")) == len(known) - 1
    return [
        Figure("exact, a known goal, median", statistics.median(exact), "ms"),
        Figure("exact, a known goal, p99", p99(exact), "ms", 1.0),
        Figure(f"exact, {GROUP} traces of the goal, p99", p99(largest), "ms"),
        Figure("exact, an unknown goal, median", statistics.median(unknown), "ms"),
        Figure("exact, an unknown goal that makes us compare every file", compared, "ms"),
        Figure("nominating by words, median", statistics.median(words), "ms"),
        Figure("nominating by words, p99", p99(words), "ms", 20.0),
        Figure("  the same goal with a word more comes first", 100 * right, "%"),
        Figure("exact, after its file was edited in place", after_edit, "ms"),
        Figure("exact, after a file was deleted: the folder is listed", after_delete, "ms"),
    ]


def ask_meaning(home: Path, count: int) -> list[Figure]:
    """Questions to a library with an embedder, whose vectors are made first."""
    chance = random.Random(7)
    asked = [skeleton_of(chance.randrange(count), count) for _ in range(NOMINATED)]
    changed = [f"{chance.choice(('please', 'now', 'at once'))} {skeleton}" for skeleton in asked]
    words = {word for part in (VERBS, THINGS, COLOURS, PLACES, WAYS) for each in part for word in each.split()}
    embedder = write_stand_in(home / "stand-in", words=[*sorted(words), "order", "point"])
    roots = [("user", home / "user")]
    meanings = Meanings(embedder, print)
    with TraceLibrary.open(home, roots, print, now_ns=settled, meanings=meanings) as library:
        before = (home / "index.sqlite").stat().st_size
        started = thread_time()
        library.rebuild()
        made = thread_time() - started
        grown = (home / "index.sqlite").stat().st_size - before
    meanings = Meanings(embedder, print)
    with TraceLibrary.open(home, roots, print, now_ns=settled, meanings=meanings) as library:
        first = once_ms(lambda one: library.similar(one, 3, "operator"), changed[0])
        took = times_ms(lambda one: library.similar(one, 3, "operator"), changed)
        one = times_ms(lambda one: embedder.embed([one]), changed)
        best = [library.similar(one, 1, "operator")[0][0].skeleton for one in changed]
        right = statistics.fmean(was.endswith(found) for was, found in zip(changed, best, strict=True))
    return [
        Figure("read into the index with vectors by the stand-in, each", made / count * 1000, "ms"),
        Figure("  vectors in the index, each", max(0, grown) / count / 1000, "kB"),
        Figure("nominating by words and meaning, the first question: all vectors are read", first, "ms"),
        Figure("nominating by words and meaning, median", statistics.median(took), "ms"),
        Figure("nominating by words and meaning, p99", p99(took), "ms", 20.0),
        Figure("  of which the stand-in, median", statistics.median(one), "ms"),
        Figure("  the same goal with a word more comes first", 100 * right, "%"),
    ]


def starts(home: Path, count: int) -> list[Figure]:
    """A fresh process that asks one question, beside one that reads journals, in processor time, the least of some."""
    question = text_hash(skeleton_of(count // 2, count))
    took: dict[str, list[float]] = {FRESH: [], "import msgspec, sqlite3, llmos.traces.reading": []}
    for _ in range(STARTS):
        for code, kept in took.items():
            before = children_s()
            subprocess.run([sys.executable, "-c", code, str(home), question], check=True)
            kept.append((children_s() - before) * 1000)
    mine, bare = (min(kept) for kept in took.values())
    return [
        Figure("a fresh process with one question", mine, "ms"),
        Figure("  more than one that reads journals", mine - bare, "ms", 50.0),
    ]


def main() -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=100_000)
    count = options.parse_args().count
    with tempfile.TemporaryDirectory() as folder, suppress(BrokenPipeError):
        home = Path(folder)
        size = write_all(home / "user" / "traces", count)
        started = thread_time()
        with TraceLibrary.open(home, [("user", home / "user")], print, now_ns=settled) as library:
            assert library.rebuild() == count
        built = thread_time() - started
        figures = [
            Figure("a trace's text", size / count / 1000, "kB"),
            Figure("read into the index, each", built / count * 1000, "ms"),
            Figure("the index, each", (home / "index.sqlite").stat().st_size / count / 1000, "kB"),
            *starts(home, count),
            *ask(home, count),
            *ask_meaning(home, count),
        ]
    return report(f"{count} traces", figures)


if __name__ == "__main__":
    sys.exit(main())
