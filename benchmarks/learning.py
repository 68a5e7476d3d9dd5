"""What learning saves and what it costs: the document's work run after run, a replayed step, a replay from the shell.

`python -m benchmarks.learning [--runs N]`. N runs (1,000 by default, five minutes of one processor), half of them
inspections and half pick and place, are made by what was learned; a tenth as many are planned by the pocket model each
time, to be held against. The arm is simulated without physics, and every run begins in a world of its own. Wall times
are of this machine as busy as it is; what is judged is processor time, where noise can only add, the least of some.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.figures import Figure, report
from llmos.clock import RealClock
from llmos.messages import Reply, ToolCall, Usage
from llmos.runtime.goals import parse_goal, values
from llmos.settings import system_root
from llmos.traces.binding import Bound, bind
from llmos.traces.events import ModelReplied, ToolReturned
from llmos.traces.journal import Journal
from llmos.traces.library import TraceLibrary
from llmos.traces.reading import read_journal
from llmos.volumes.home import init_home
from tests.support.homes import Place
from tests.support.repeating import CARRYING, FOLLOWED, INSPECTION, PLANNED, SKILLED, Ran, Way, Work, by_mode, repeat
from tests.support.tapes import Line, calls, says, tape

_STEPS, _FEW = 40, 4
"""Finding and binding the trace is shared by the calls of a run, so few of them bear more of it each."""
_REPLAYS = 20
_STARTS = 15
_ASKING_MODELS = {"anthropic", "openai", "xllamacpp", "llama_cpp", "httpx", "httpx2", "jinja2", "mujoco", "numpy"}
_WORKER = "---\nname: worker\ndescription: Works.\n---\n\nDo what is asked.\n"
_GAUGE = '''from llmos import Effect, tool


@tool(effect=Effect.PURE)
async def gauge(at: int) -> str:
    """Read the gauge at a place."""
    return f"gauge {at} stands at 0.25 m"
'''
_WRITES = {"file_path": "hello.txt", "content": "Hello"}
_FILE_GOAL = "Create hello.txt that says 'Hello'"
_LISTS_MODULES = """
import atexit, sys
from pathlib import Path
kept, sys.argv = sys.argv[1], ["llmos", *sys.argv[2:]]
atexit.register(lambda: Path(kept).write_text(" ".join(sys.modules)))
from llmos.cli.__main__ import main
main()
"""


def repeated(runs: int) -> list[Figure]:
    """Tokens, dollars and seconds of each mode, half of the runs for each of the two works of the document."""
    figures: list[Figure] = []
    runs //= 2
    for work, learned in ((INSPECTION, FOLLOWED), (CARRYING, SKILLED)):
        planned = _repeat(work, PLANNED, max(runs // 10, 4))
        led = _repeat(work, learned, runs)
        figures += [*_shares(work, PLANNED, planned), *_shares(work, learned, led)]
        each = statistics.fmean(one.tokens for one in planned)
        spent = sum(one.tokens for one in led)
        figures += [
            Figure(f"  tokens of {runs} runs, had a model planned each", each * runs, ""),
            Figure(f"  tokens of {runs} runs", spent, ""),
            Figure("  tokens that were saved", 100 * (1 - spent / (each * runs)), "%", 100 * (1 - 2 / runs), ">="),
            Figure("  runs that did not reach their goal", sum(one.outcome != "done" for one in led), "", 0),
        ]
    return figures


def _repeat(work: Work, way: Way, runs: int) -> list[Ran]:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(repeat(work, way, runs, Path(folder) / "place"))


def _shares(work: Work, way: Way, ran: Sequence[Ran]) -> Iterator[Figure]:
    yield Figure(f"{work.name}: {way.name}", len(ran), "runs")
    for share in by_mode(ran):
        what = f"  {share.mode}, {share.runs} run{'s' * (share.runs > 1)}"
        yield Figure(f"{what}: tokens each", share.tokens, "", 0 if share.mode != "LEARNER" else None)
        yield Figure(f"{what}: dollars each", share.cost_usd, "$")
        yield Figure(f"{what}: processor time, median", share.processor_s, "s")
        yield Figure(f"{what}: on the wall, median", share.wall_s, "s")


def replayed_steps() -> list[Figure]:
    """What replaying adds to a tool call, and the whole step beside it."""
    gauges = [calls("gauge", at=at) for at in range(_STEPS)]
    writes = [calls("Write", file_path=f"f{at}.txt", content=f"This is {at}.") for at in range(_STEPS)]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        read = asyncio.run(_replay(root / "gauges", "Read all gauges", gauges))
        few = asyncio.run(_replay(root / "few", "Read some gauges", gauges[:_FEW]))
        wrote = asyncio.run(_replay(root / "writes", "Write all files", writes))
        line_ms = _line_ms(root)
    return [
        Figure("a replayed step of a tool that reads: guard and judging, p50", read["own"], "ms"),
        Figure("  its share of finding and binding the trace", read["bound"], "ms"),
        Figure("  its line in the journal, p50", line_ms, "ms"),
        Figure(f"  all that replay adds to a call, run of {_STEPS}", read["own"] + read["bound"] + line_ms, "ms", 0.05),
        Figure(f"  the same in a run of {_FEW}", few["own"] + few["bound"] + line_ms, "ms"),
        Figure("  the tool itself, p50", read["tool"], "ms"),
        Figure("  the whole step, with toolbox, permission and journal", read["whole"], "ms"),
        Figure("a replayed Write, whose file is compared before: guard, p50", wrote["own"], "ms"),
        Figure("  the tool itself, which reads, writes and renames, p50", wrote["tool"], "ms"),
        Figure("  the whole step", wrote["whole"], "ms"),
    ]


async def _replay(root: Path, goal: str, lines: Sequence[Line]) -> dict[str, float]:
    """Let a cassette make these calls, then replay them again and again; milliseconds."""
    place = _furnished(root)
    place.write("kernel/orchestration.md", "---\nmax_iterations: 900\nmax_tool_calls: 5000\n---\n")
    async with place.system(model=tape(place, *lines, says("Done."))) as system:
        assert (await system.execute(goal, "worker")).outcome == "done"
    own: list[float] = []
    tools: list[float] = []
    whole: list[float] = []
    async with place.system() as system:
        for _ in range(_REPLAYS):
            outcome = await system.execute(goal, "worker")
            assert (outcome.mode, outcome.outcome) == ("FOLLOWER", "done"), outcome
            events = [entry.event for entry in read_journal(outcome.journal)]
            own += [event.duration_s for event in events if isinstance(event, ModelReplied)][1:-1]
            tools += [event.duration_s for event in events if isinstance(event, ToolReturned)]
            whole.append(outcome.duration_s / len(lines))
    asked = parse_goal(goal)
    with TraceLibrary.open(place.home, [("user", place.home / "user")]) as library:
        started = time.process_time()
        for _ in range(_REPLAYS):
            traces = library.exact(asked.signature, "worker")
            assert isinstance(bind(traces, values(asked), str(place.workspace)), Bound)
        bound = (time.process_time() - started) / _REPLAYS / len(lines)
    found = {"own": statistics.median(own), "tool": statistics.median(tools), "whole": statistics.median(whole)}
    return {name: 1000 * seconds for name, seconds in {**found, "bound": bound}.items()}


def _line_ms(root: Path) -> float:
    """What it takes to journal that a lead asked for a call."""
    journal = Journal.create(root, "20260101-000000-aaaaaa", RealClock())
    reply = Reply((ToolCall("step-1-1", "gauge", {"at": 7}),), "tools", Usage(), "trace:0123456789ab")
    took = []
    for step in range(1000):
        started = time.perf_counter()
        journal.write(ModelReplied.of(step, reply, 0.0, 0.00001))
        took.append(time.perf_counter() - started)
    journal.close()
    return 1000 * statistics.median(took)


def from_the_shell() -> list[Figure]:
    """A replay of a file agent in a fresh process, from start to finish."""
    with tempfile.TemporaryDirectory() as folder:
        place = _furnished(Path(folder) / "place")
        command = ["agent", "run", "worker", _FILE_GOAL, "--json"]
        cassette = tape(place, calls("Write", **_WRITES), says("hello.txt says Hello."))
        assert _told(place, "-m", "llmos.cli", *command, "--model", cassette)["mode"] == "LEARNER"
        walls, processors, bare = [], [], []
        for _ in range(_STARTS):
            (place.workspace / "hello.txt").unlink()
            wall_s, processor_s = time.perf_counter(), _children_s()
            told = _told(place, "-m", "llmos.cli", *command)
            walls.append(time.perf_counter() - wall_s)
            processors.append(_children_s() - processor_s)
            assert (told["mode"], told["outcome"]) == ("FOLLOWER", "done"), told
            processor_s = _children_s()
            subprocess.run([sys.executable, "-c", "pass"], check=True)
            bare.append(_children_s() - processor_s)
        kept = Path(folder) / "modules"
        (place.workspace / "hello.txt").unlink()
        assert _told(place, "-c", _LISTS_MODULES, str(kept), *command)["mode"] == "FOLLOWER"
        loaded = {name.partition(".")[0] for name in kept.read_text("utf-8").split()}
    return [
        Figure("a replay from the shell, processor time, the least", 1000 * min(processors), "ms", 250),
        Figure("  processor time, median", 1000 * statistics.median(processors), "ms"),
        Figure("  on the wall, median", 1000 * statistics.median(walls), "ms"),
        Figure("  on the wall, the quickest", 1000 * min(walls), "ms"),
        Figure("  Python that does nothing, processor time, the least", 1000 * min(bare), "ms"),
        Figure("  libraries of models, physics and prompts loaded", len(loaded & _ASKING_MODELS), "", 0),
    ]


def _furnished(root: Path) -> Place:
    """A home with an agent and a tool, and a workspace."""
    place = Place(root)
    place.workspace.mkdir(parents=True)
    init_home(place.home, system_root(), RealClock())
    place.write("user/agents/worker.md", _WORKER)
    place.write("user/tools/gauge.py", _GAUGE)
    return place


def _told(place: Place, *words: str) -> dict[str, str]:
    """What an `llmos` command says as JSON, in a process of its own."""
    surroundings = {"HOME": str(place.root), "LLMOS_HOME": str(place.home), "PATH": os.defpath}
    checkout = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, *words],
        cwd=place.workspace,
        env={**surroundings, "PYTHONPATH": checkout},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode())
    return dict(json.loads(done.stdout))


def _children_s() -> float:
    """The processor time of all processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=1000, help="half of them for each work; 0: only what replays cost")
    runs = options.parse_args().runs
    return report("learning", [*from_the_shell(), *replayed_steps(), *(repeated(runs) if runs else [])])


if __name__ == "__main__":
    sys.exit(main())
