"""The loop beside the bare SDK: ten sequential tool calls, journaling on, and a hundred agents at once.

Both sides make the same calls to the same loopback Messages API, which answers at once and has its own process. The
bare side is the loop of the vendor's documentation: `client.messages.stream`, then its final message, then the tool. It
writes no journal, checks no schema, holds no budget. CPU is this process's own, without the server's. Our
tool is an async function; what a plain one costs, which runs in a thread, is told beside it.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure, report

if TYPE_CHECKING:
    from llmos import LLMOS

_TOOL_CALLS = 10
_STEPS = _TOOL_CALLS + 1
_MODEL = "claude-opus-5-5"
_AGENT = "---\nname: stepper\ndescription: Takes steps.\ntools: step\nmodel: dev\n---\n\nTake every step.\n"
_TOOL = '''from llmos import Effect, tool


@tool(effect=Effect.PURE)
{kind} step(number: int) -> str:
    """Take a step."""
    return f"took step {{number}}"
'''


async def bare_run(client: Any) -> None:
    """One conversation with the SDK alone."""
    schema = {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]}
    tools = [{"name": "step", "description": "Take a step.", "input_schema": schema}]
    messages: list[dict[str, Any]] = [{"role": "user", "content": "take ten steps"}]
    while True:
        async with client.messages.stream(
            model=_MODEL, max_tokens=4096, system="Take every step.", tools=tools, messages=messages
        ) as stream:
            reply = await stream.get_final_message()
        messages.append({"role": "assistant", "content": reply.content})
        calls = [block for block in reply.content if block.type == "tool_use"]
        if not calls:
            return
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": f"took step {call.input['number']}"}
            for call in calls
        ]
        messages.append({"role": "user", "content": results})


async def measure(run: Callable[[], Awaitable[object]], runs: int, at_once: int) -> tuple[float, float]:
    """CPU seconds per step, and steps per second, over `runs` conversations of which `at_once` go on together."""
    cpu_s, wall_s = time.process_time(), time.perf_counter()
    for _ in range(runs // at_once):
        await asyncio.gather(*(run() for _ in range(at_once)))
    cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
    return cpu_s / (runs * _STEPS), runs * _STEPS / wall_s


async def compare(url: str, folder: Path) -> list[Figure]:
    """Both sides in turn, so that the machine's moods strike both."""
    from anthropic import AsyncAnthropic

    client = AsyncAnthropic(api_key="sk-test", base_url=url, max_retries=0)

    async def bare() -> None:
        await bare_run(client)

    async with _system(folder / "async", "async def", url) as system, _system(folder / "plain", "def", url) as threaded:
        ours, plain = partial(_take_steps, system), partial(_take_steps, threaded)
        for run in (bare, ours, plain):
            await measure(run, 3, 1)
        alone = [[await measure(run, 8, 1) for run in (bare, ours, plain)] for _ in range(7)]
        crowd = [(await measure(bare, 100, 100), await measure(ours, 100, 100)) for _ in range(3)]
    await client.close()
    return [
        Figure("bare SDK: CPU per step", 1000 * statistics.median(b[0] for b, _, _ in alone), "ms"),
        Figure("LLMos: CPU per step", 1000 * statistics.median(o[0] for _, o, _ in alone), "ms"),
        Figure("CPU per step, LLMos / bare SDK", statistics.median(o[0] / b[0] for b, o, _ in alone), "x", 1.3),
        Figure("CPU per step with a plain function", 1000 * statistics.median(p[0] for _, _, p in alone), "ms"),
        Figure("the same, plain function / bare SDK", statistics.median(p[0] / b[0] for b, _, p in alone), "x", 1.3),
        Figure("100 at once: bare SDK", statistics.median(b[1] for b, _ in crowd), "steps/s"),
        Figure("100 at once: LLMos", statistics.median(o[1] for _, o in crowd), "steps/s"),
        Figure("100 at once: rate, LLMos / bare SDK", statistics.median(o[1] / b[1] for b, o in crowd), "x", 0.8, ">="),
    ]


def _system(folder: Path, kind: str, url: str) -> "LLMOS":
    """A system of its own whose agent has one tool, `async def` or a plain function, which runs in a thread."""
    from llmos import LLMOS
    from llmos.boot.options import Options
    from llmos.settings import Environment

    user = folder / "home" / "user"
    for each in (user / "agents", user / "tools", folder / "work"):
        each.mkdir(parents=True)
    (user / "agents" / "stepper.md").write_text(_AGENT)
    (user / "tools" / "step.py").write_text(_TOOL.format(kind=kind))
    environment = Environment(home=folder / "home", anthropic_api_key="sk-test-key", anthropic_base_url=url)
    return LLMOS(environment=environment, options=Options(workspace=folder / "work", budget_usd=10_000, mode="learner"))


async def _take_steps(system: "LLMOS") -> None:
    outcome = await system.execute("take ten steps", "stepper")
    if outcome.outcome != "done" or outcome.steps != _STEPS or len(outcome.tool_calls) != _TOOL_CALLS:
        raise RuntimeError(f"the benchmark's run ended with {outcome.outcome}: {outcome.reason}")


def main() -> int:
    """Start the server, compare, print."""
    command = [sys.executable, "-m", "tests.support.messages_api", "--tool-calls", str(_TOOL_CALLS)]
    command += ["--tool", "step", "--args", '{"number": 1}']
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server,
    ):
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            url = json.loads(server.stdout.readline())["url"]
            figures = asyncio.run(compare(url, Path(folder)))
        finally:
            server.stdin.close()
    return report("loop", figures)


if __name__ == "__main__":
    sys.exit(main())
