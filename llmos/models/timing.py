"""Times a model: decisions from prompt to tool call, and tokens per second of reading and of writing.

Knows no provider and no command line; time comes from a clock.
"""

from dataclasses import dataclass
from statistics import quantiles

from llmos.clock import Clock
from llmos.messages import Reply, Request
from llmos.models import trials
from llmos.models.base import Model, ignore_text

DECISION_TARGET_S = 0.5
"""What the source documents ask of a decision in a single pass: under 500 ms."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The first reply (which loads a local model), the decisions after it, and tokens per second.

    Every decision is asked for twice. `written_per_s` is from the second time, when a cache holds the prompt, and
    `read_per_s` from what the first time took beyond that; either is None when nothing can be told.
    """

    decisions: int
    first_s: float
    p50_s: float
    p95_s: float
    read_per_s: float | None
    written_per_s: float | None

    @property
    def in_time(self) -> bool:
        """Whether 95 of 100 decisions are made within the target."""
        return self.p95_s < DECISION_TARGET_S


async def bench(model: Model, clock: Clock, decisions: int = 20) -> Timing:
    """Ask for `decisions` motions, each twice: once to read it, once to decide; at least 2."""
    _, first_s = await _timed(model, trials.motion(0), clock)
    read = written = 0
    read_s = written_s = 0.0
    durations = []
    for number in range(1, decisions + 1):
        request = trials.motion(number)
        reply, duration_s = await _timed(model, request, clock)
        durations.append(duration_s)
        again, again_s = await _timed(model, request, clock)
        read += reply.usage.input_tokens - again.usage.input_tokens
        read_s += duration_s - again_s
        written, written_s = written + again.usage.output_tokens, written_s + again_s
    ranks = quantiles(durations, n=100, method="inclusive")
    return Timing(
        decisions=decisions,
        first_s=first_s,
        p50_s=ranks[49],
        p95_s=ranks[94],
        read_per_s=read / read_s if read > 0 and read_s > 0 else None,
        written_per_s=written / written_s if written and written_s > 0 else None,
    )


async def _timed(model: Model, request: Request, clock: Clock) -> tuple[Reply, float]:
    began = clock.monotonic_s()
    reply = await model.reply(request, ignore_text)
    return reply, clock.monotonic_s() - began
