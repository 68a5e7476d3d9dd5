"""What a decision costs: time, tokens per second, memory.

Memory is measured in a process of its own, for each build of llama.cpp: the most that it had resident during some
hundred completions, less what it had before, when llama.cpp, numpy, the template and the model were not loaded yet.
"""

import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

from benchmarks.figures import Figure
from benchmarks.pocket_parts.floors import ADDED_MB, DECISION_MS
from llmos.models.backend import installed_backends
from training.measure.asking import Planner, Run
from training.measure.splits import Draw, seen

_DECISIONS = 40


def decisions(runs: Sequence[Run]) -> list[Figure]:
    """Times of decisions in the order of real runs, where a prompt begins like the one before.

    The floor is held against what this process computed: the clock also counts whatever else the machine does.
    """
    made = [decision for run in runs for decision in run.decisions]
    clock, busy = [1000 * one.seconds for one in made], [1000 * one.cpu_s for one in made]
    return [
        Figure("a decision, prompt included, p50", median(clock), "ms"),
        Figure("a decision, prompt included, p95", quantiles(clock, n=20)[-1], "ms"),
        Figure("a decision, prompt included, CPU p50", median(busy), "ms", DECISION_MS),
        Figure("a decision, prompt included, CPU p95", quantiles(busy, n=20)[-1], "ms"),
    ]


def processes(path: Path) -> list[Figure]:
    """One process for each build of llama.cpp."""
    figures = []
    for backend in installed_backends():
        command = [sys.executable, "-m", "benchmarks.pocket_parts.cost", str(path), backend]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        figures += [
            Figure(f"{backend}: a decision, CPU p50", told["p50_ms"], "ms", DECISION_MS),
            Figure(f"{backend}: first decision, loading included", told["first_ms"], "ms"),
            Figure(f"{backend}: reading", told["reading"], "tokens/s"),
            Figure(f"{backend}: writing", told["writing"], "tokens/s"),
            Figure(f"{backend}: added memory", told["added_mb"], "MB", ADDED_MB),
        ]
    return figures


def measure(path: Path, backend: str) -> dict[str, float]:
    """Forty decisions as the host asks for them, each also with one token only, which tells reading from writing."""
    steps = [episode.steps[0] for episode in seen(Draw(_DECISIONS))]
    before_mb, began = _memory_mb("VmRSS"), time.perf_counter()
    planner = Planner(path, scored=True, backend=backend)
    planner.decide(steps[0])
    first_s, read, written, read_s, written_s = time.perf_counter() - began, 0, 0, 0.0, 0.0
    for step in steps[1:]:
        began = time.perf_counter()
        one = planner.complete(step.values, 1)
        middle = time.perf_counter()
        whole = planner.complete(step.values)
        read, read_s = read + one.prompt_tokens - one.cached_tokens, read_s + middle - began
        written, written_s = written + whole.output_tokens, written_s + time.perf_counter() - middle
    times = [1000 * planner.decide(step).cpu_s for step in steps]
    return {
        "first_ms": 1000 * first_s,
        "p50_ms": median(times),
        "reading": read / read_s,
        "writing": written / written_s,
        "added_mb": _memory_mb("VmHWM") - before_mb,
    }


def _memory_mb(key: str) -> float:
    """What the system says of this process (`VmRSS` now, `VmHWM` at most); elsewhere than on Linux always the most.

    `ru_maxrss` would not do on Linux: a child begins with that of its parent.
    """
    table = Path("/proc/self/status")
    if table.exists():
        return int(re.findall(rf"{key}:\s*(\d+) kB", table.read_text())[0]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), sys.argv[2])))
