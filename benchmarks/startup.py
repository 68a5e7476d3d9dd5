"""How soon and with how much memory the command line gets to work, beside bare Python and the bare SDK.

The bare script is the vendor's documentation: `client.messages.stream`, then its final message. Both sides ask the same
loopback Messages API, which this process serves and which notes when a request has come in. Each side is a process of
its own; they take turns, so that the machine's moods strike both. Memory is the peak that the system reports for each.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.figures import Figure, report
from llmos.messages import Reply, Text, Usage
from tests.support.loopback import Answer, LoopbackServer, Received
from tests.support.messages_api import HEADERS, events, sse

_ROUNDS = 15
_GOAL = "Say hello."
_DEMO = "Pick up the object and place it on the shelf"
_BARE = f"""
import asyncio, os
from anthropic import AsyncAnthropic

async def main():
    client = AsyncAnthropic(api_key=os.environ["ANTHROPIC_API_KEY"], base_url=os.environ["ANTHROPIC_BASE_URL"])
    async with client.messages.stream(
        model="claude-opus-5-5", max_tokens=4096, messages=[{{"role": "user", "content": "{_GOAL}"}}]
    ) as stream:
        async for text in stream.text_stream:
            print(text, end="", flush=True)
        await stream.get_final_message()

asyncio.run(main())
"""
_AGENT = "---\nname: greeter\ndescription: Says hello.\nmodel: dev\n---\n\nSay hello.\n"
_LLMOS = (sys.executable, "-m", "llmos.cli")
_REPLY = Reply((Text("Hello."),), "end", Usage(1200, 60), "claude-opus-5-5")


@dataclass
class Server:
    """Answers every request alike, and keeps when the last one came in."""

    arrived_s: float = 0.0
    wire: Answer = field(default_factory=lambda: Answer(tuple(sse(event) for event in events(_REPLY)), headers=HEADERS))

    def answer(self, _: Received) -> Answer:
        """The answer."""
        self.arrived_s = time.perf_counter()
        return self.wire


@dataclass(frozen=True)
class Run:
    """One process: seconds until it had ended, and the most memory it had."""

    started_s: float
    seconds: float
    peak_mb: float


def run(command: tuple[str, ...], variables: dict[str, str], folder: Path) -> Run:
    """Run one process to its end."""
    started_s = time.perf_counter()
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, env=variables, cwd=folder, **streams) as child:
        assert child.stdout is not None
        said = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}: {said.decode()}")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Run(started_s, time.perf_counter() - started_s, used.ru_maxrss / unit)


async def first_request(server: Server, command: tuple[str, ...], variables: dict[str, str], folder: Path) -> Run:
    """Run a process that asks the server; `seconds` are those until its request had come in."""
    done = await asyncio.to_thread(run, command, variables, folder)
    return Run(done.started_s, server.arrived_s - done.started_s, done.peak_mb)


async def compare_requests(root: Path, variables: dict[str, str]) -> list[Figure]:
    """A Claude run beside the bare SDK script."""
    server = Server()
    ours_command = (*_LLMOS, "agent", "run", "greeter", _GOAL, "--json")
    bare: list[Run] = []
    ours: list[Run] = []
    async with LoopbackServer(server.answer, keep=False) as listening:
        variables = {**variables, "ANTHROPIC_API_KEY": "sk-test-0123456789", "ANTHROPIC_BASE_URL": listening.url}
        for _ in range(_ROUNDS + 1):
            bare.append(await first_request(server, (sys.executable, "-c", _BARE), variables, root / "work"))
            ours.append(await first_request(server, ours_command, variables, root / "work"))
    pairs = list(zip(bare, ours, strict=True))[1:]  # the first pair warms the disk
    return [
        Figure("bare SDK: start to first request", 1000 * statistics.median(b.seconds for b, _ in pairs), "ms"),
        Figure("LLMos: start to first request", 1000 * statistics.median(o.seconds for _, o in pairs), "ms"),
        Figure(
            "start to first request, LLMos / bare SDK",
            median_ratio([(o.seconds, b.seconds) for b, o in pairs]),
            "x",
            1.15,
        ),
        Figure("bare SDK: peak memory", statistics.median(b.peak_mb for b, _ in pairs), "MB"),
        Figure("LLMos: peak memory of a Claude run", statistics.median(o.peak_mb for _, o in pairs), "MB"),
        Figure("peak memory, LLMos / bare SDK", median_ratio([(o.peak_mb, b.peak_mb) for b, o in pairs]), "x", 1.2),
    ]


def compare_help(root: Path, variables: dict[str, str]) -> list[Figure]:
    """`llmos --help` beside an empty Python."""
    pairs = [
        (
            run((*_LLMOS, "--help"), variables, root).seconds,
            run((sys.executable, "-c", "pass"), variables, root).seconds,
        )
        for _ in range(_ROUNDS + 1)
    ][1:]
    return [
        Figure("python -c pass", 1000 * statistics.median(bare for _, bare in pairs), "ms"),
        Figure("llmos --help", 1000 * statistics.median(ours for ours, _ in pairs), "ms"),
        Figure("llmos --help / python -c pass", median_ratio(pairs), "x", 6.0),
    ]


def pocket_memory(root: Path, variables: dict[str, str]) -> list[Figure]:
    """The demo's run, its goal and its scene: real llama.cpp, gate, simulated arm."""
    command = (
        *_LLMOS,
        "agent",
        "run",
        "operator",
        "--model",
        "pocket",
        "--robot",
        "arm",
        "--scene",
        "pick-and-place",
        _DEMO,
        "--mode",
        "learner",
        "--json",
    )
    peaks = [run(command, variables, root / "work").peak_mb for _ in range(3)]
    return [Figure("peak memory of a pocket run", statistics.median(peaks), "MB", 130.0)]


def median_ratio(pairs: list[tuple[float, float]]) -> float:
    """The median of the ratios of each pair."""
    return statistics.median(ours / bare for ours, bare in pairs)


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "work").mkdir()
        (root / "home" / "user" / "agents").mkdir(parents=True)
        (root / "home" / "user" / "agents" / "greeter.md").write_text(_AGENT)
        left_out = {"PYTHONDONTWRITEBYTECODE", "LLMOS_MODEL", "LLMOS_ROBOT"}
        variables = {name: value for name, value in os.environ.items() if name not in left_out}
        variables |= {"LLMOS_HOME": str(root / "home"), "HOME": str(root), "PYTHONPATH": str(Path.cwd())}
        figures = compare_help(root, variables)
        figures += asyncio.run(compare_requests(root, variables))
        figures += pocket_memory(root, variables)
    return report("startup", figures)


if __name__ == "__main__":
    sys.exit(main())
