"""A compiled program beside a function that a person wrote to make the same calls, and what else a program costs.

Both await the same `call`, which answers at once, so that only what surrounds the calls is measured. The function by
hand checks no parameter and no result. The interpreter, which is what runs programs in a run, is told beside them.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.figures import Figure, report
from llmos.messages import JSON, Effect, ToolSpec
from llmos.programs.compiler import to_python
from llmos.programs.interpreter import Call, drive, steps
from llmos.programs.parser import parse
from llmos.programs.values import Result
from llmos.programs.verifier import verify

_ROUNDS = 500
_NUMBERS = {"type": "object", "properties": {name: {"type": "number"} for name in ("x", "y", "z", "dx", "dy", "dz")}}
_TOOLS = {
    name: ToolSpec(name, "A tool.", _NUMBERS, effect)
    for name, effect in (
        ("move_to", Effect.IDEMPOTENT),
        ("move_relative", Effect.REVERSIBLE),
        ("get_status", Effect.PURE),
    )
}
_PROGRAM = """
given start: point
given side: length in 5 cm..50 cm = 20 cm
given layers: whole number in 1..10 = 5

let moves = 0
call move_to(x=start.x, y=start.y, z=start.z)
repeat layers
  call move_relative(dx=side)
  call move_relative(dy=side)
  call move_relative(dx=-side)
  call move_relative(dy=-side)
  let moves = moves + 4
  let state = call get_status()
  expect state.ok and state.text contains "at rest" else "it still moves"
  if side * 2 > 30 cm
    call move_relative(dz=side / 4)
  end
end
done "Made " + moves + " moves."
"""
_START = [1.0, 1.0, 0.5]
_MOVED, _AT_REST = Result(True, "moved"), Result(True, "The tool is at rest.")

Ask = Callable[[str, JSON], Awaitable[Result]]


async def by_hand(call: Ask, *, start: list[float], side: float = 0.2, layers: int = 5) -> str:
    """What a person writes who wants these calls and nothing else."""
    moves = 0
    await call("move_to", {"x": start[0], "y": start[1], "z": start[2]})
    for _ in range(layers):
        await call("move_relative", {"dx": side})
        await call("move_relative", {"dy": side})
        await call("move_relative", {"dx": -side})
        await call("move_relative", {"dy": -side})
        moves += 4
        state = await call("get_status", {})
        if not (state.ok and "at rest" in state.text):
            raise RuntimeError("it still moves")
        if side * 2 > 0.3:
            await call("move_relative", {"dz": side / 4})
    return f"Made {moves} moves."


async def _answer(tool: str, _: JSON) -> Result:
    return _AT_REST if tool == "get_status" else _MOVED


async def _time_s(run: Callable[[], Awaitable[object]]) -> float:
    """CPU seconds of one run, the mean over many."""
    started = time.process_time()
    for _ in range(_ROUNDS):
        await run()
    return (time.process_time() - started) / _ROUNDS


def _best_s(work: Callable[[], object]) -> float:
    """The median of one piece of work."""
    times = []
    for _ in range(50):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


async def compare() -> list[Figure]:
    """All three in turn, so that the machine's moods strike all."""
    verified = verify(parse(_PROGRAM), _TOOLS)
    space: dict[str, Any] = {}
    exec(to_python(verified, "compiled"), space)  # the one thing that a benchmark may do and the house never does
    asked: list[tuple[str, JSON]] = []

    async def noted(tool: str, args: JSON) -> Result:
        asked.append((tool, args))
        return await _answer(tool, args)

    async def step(call: Call) -> Result:
        return await _answer(call.tool, call.args)

    async def interpreted() -> object:
        return await drive(steps(verified, {"start": _START}), step, asyncio.sleep)

    answers = [await by_hand(noted, start=_START), await space["compiled"](noted, start=_START)]
    half = len(asked) // 2
    if answers[0] != answers[1] or asked[:half] != asked[half:]:
        raise RuntimeError("the two functions do not make the same calls")
    runs = (
        lambda: by_hand(_answer, start=_START),
        lambda: space["compiled"](_answer, start=_START),
        interpreted,
    )
    for run in runs:
        await _time_s(run)
    times = [[await _time_s(run) for run in runs] for _ in range(25)]
    hand, compiled, walked = ([each[kind] for each in times] for kind in range(3))
    return [
        Figure("by hand: per call", 1e6 * statistics.median(hand) / half, "us"),
        Figure("compiled: per call", 1e6 * statistics.median(compiled) / half, "us"),
        Figure("compiled / by hand", statistics.median(c / h for c, h in zip(compiled, hand, strict=True)), "x", 3.0),
        Figure("interpreted: per call", 1e6 * statistics.median(walked) / half, "us"),
        Figure("reading a program of 20 lines", 1e3 * _best_s(lambda: parse(_PROGRAM)), "ms"),
        Figure("verifying it", 1e3 * _best_s(lambda: verify(parse(_PROGRAM), _TOOLS)), "ms"),
    ]


def main() -> int:
    """Compare, print."""
    return report("programs", asyncio.run(compare()))


if __name__ == "__main__":
    sys.exit(main())
