"""What a run may spend: dollars, tokens, seconds, steps and tool calls, in purses that stand inside each other.

Knows prices only as values handed to it. A call is reserved before it is made and settled after, so that a purse is
never exceeded by more than the one reply whose size was guessed too low; a child spends from all its parents.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace

import msgspec

from llmos.documents.kernel import Price
from llmos.errors import LLMosError, LowBatteryError
from llmos.messages import Image, Message, Request, Text, Thinking, ToolCall, ToolResult, ToolSpec, Usage

_BYTES_PER_TOKEN = 3
_OVERHEAD_TOKENS = 8
_IMAGE_TOKENS = 1600  # the most that one picture costs at Anthropic: 1568 tokens for a 1568 px square
_MILLION = 1_000_000
_ROUNDING = 1e-6  # tokens; 0.025 / 0.00002 is 1249.9999999999998 in floating point


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one purse may spend; infinity where only the parent limits. Raises LLMosError for what is none."""

    usd: float = float("inf")
    tokens: float = float("inf")
    seconds: float = float("inf")
    steps: float = float("inf")
    tool_calls: float = float("inf")

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not value >= 0:  # NaN included: nothing is ever more than that, so it would limit nothing
                name = each.name.replace("_", " ")
                raise LLMosError(f"A budget cannot be {value:g} {name}; give a number from 0 on.")


@dataclass(slots=True)
class Spent:
    """What has been spent or is reserved; `usage` and `usd` count settled replies only."""

    usd: float = 0.0
    steps: int = 0
    tool_calls: int = 0
    usage: Usage = field(default_factory=Usage)
    reserved_usd: float = 0.0
    reserved_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money and tokens held back for one call; `max_output_tokens` is what the reply may have at most."""

    usd: float
    tokens: int
    max_output_tokens: int


class Purse:
    """A budget inside its parent's budget.

    Every question is answered along the whole chain: what the tightest purse allows is allowed.
    """

    def __init__(self, limits: Limits, monotonic_s: Callable[[], float], parent: "Purse | None" = None) -> None:
        self.limits = limits
        self.spent = Spent()
        self._monotonic_s = monotonic_s
        self._started_s = monotonic_s()
        self._parent = parent

    def child(self, limits: Limits) -> "Purse":
        """A purse that spends from this one."""
        return Purse(limits, self._monotonic_s, self)

    def _chain(self) -> "Iterator[Purse]":
        purse: Purse | None = self
        while purse is not None:
            yield purse
            purse = purse._parent  # noqa: SLF001 - our own kind

    @property
    def own_seconds_left(self) -> float:
        """Seconds until this purse runs out, whatever its parents have."""
        return self.limits.seconds - (self._monotonic_s() - self._started_s)

    @property
    def seconds_left(self) -> float:
        """Seconds until the first purse of the chain runs out; never negative."""
        return max(0.0, min(purse.own_seconds_left for purse in self._chain()))

    @property
    def usd_left(self) -> float:
        """Dollars that neither were spent nor are reserved, in the tightest purse."""
        return min(p.limits.usd - p.spent.usd - p.spent.reserved_usd for p in self._chain())

    @property
    def tokens_left(self) -> float:
        """Tokens that neither were spent nor are reserved, in the tightest purse."""
        return min(p.limits.tokens - p.spent.usage.total - p.spent.reserved_tokens for p in self._chain())

    @property
    def steps_left(self) -> float:
        """Replies that may still be asked for, in the tightest purse."""
        return min(purse.limits.steps - purse.spent.steps for purse in self._chain())

    def used_fraction(self) -> tuple[float, str]:
        """How much of the scarcest limit is used, from 0 to 1 and above, and which limit that is."""
        return max(share for purse in self._chain() for share in purse.shares())

    def shares(self) -> "Iterator[tuple[float, str]]":
        """How much of each limit of this purse is used, with its name."""
        elapsed_s = self._monotonic_s() - self._started_s
        for used, limit, name in (
            (self.spent.usd, self.limits.usd, "dollars"),
            (self.spent.usage.total, self.limits.tokens, "tokens"),
            (elapsed_s, self.limits.seconds, "seconds"),
            (self.spent.steps, self.limits.steps, "steps"),
            (self.spent.tool_calls, self.limits.tool_calls, "tool calls"),
        ):
            yield (used / limit if limit > 0 else float(used > 0)), name

    def reserve(self, input_tokens: int, price: Price, max_output_tokens: int, min_output_tokens: int) -> Reservation:
        """Hold back what a call may cost at worst, with as many output tokens as can be afforded.

        Raises LowBatteryError, and holds nothing back, when not even `min_output_tokens` can be paid.
        """
        output = self._affordable_output(input_tokens, price, max_output_tokens)
        if output < min_output_tokens or self.seconds_left <= 0 or self.steps_left < 1:
            raise LowBatteryError(self._too_poor(input_tokens, price, min_output_tokens))
        usage = worst_usage(input_tokens, output)
        held = Reservation(cost_usd(usage, price), usage.total, output)
        for purse in self._chain():
            purse.spent.reserved_usd += held.usd
            purse.spent.reserved_tokens += held.tokens
            purse.spent.steps += 1
        return held

    def settle(self, held: Reservation, usage: Usage, price: Price) -> float:
        """Replace a reservation by what the reply really cost, and return that in dollars."""
        self.release(held)
        for purse in self._chain():
            purse.spent.steps += 1
        return self.charge(usage, price)

    def release(self, held: Reservation) -> None:
        """Give a reservation back; the call did not happen."""
        for purse in self._chain():
            purse.spent.reserved_usd -= held.usd
            purse.spent.reserved_tokens -= held.tokens
            purse.spent.steps -= 1

    def charge(self, usage: Usage, price: Price) -> float:
        """Pay for what was not reserved, such as a reply that broke off after it had been billed; in dollars."""
        usd = cost_usd(usage, price)
        for purse in self._chain():
            purse.spent.usd += usd
            purse.spent.usage += usage
        return usd

    def check_covered(self) -> None:
        """Raise LowBatteryError when charges have eaten into what is reserved: the call cannot be made again."""
        if self.usd_left < -_ROUNDING or self.tokens_left < 0:
            raise LowBatteryError(
                "Replies that broke off have cost what was held for this one; raise the budget or resume the run."
            )

    def take_tool_call(self) -> bool:
        """Count one tool call; False, and nothing is counted, when none is left."""
        if any(purse.spent.tool_calls >= purse.limits.tool_calls for purse in self._chain()):
            return False
        for purse in self._chain():
            purse.spent.tool_calls += 1
        return True

    def _affordable_output(self, input_tokens: int, price: Price, wanted: int) -> int:
        by_tokens = self.tokens_left - input_tokens
        left_usd = self.usd_left - cost_usd(worst_usage(input_tokens, 0), price)
        per_token_usd = cost_usd(worst_usage(input_tokens, 1), price) - cost_usd(worst_usage(input_tokens, 0), price)
        by_usd = (
            float("inf") if per_token_usd <= 0 and left_usd >= 0 else left_usd / max(per_token_usd, 1e-12) + _ROUNDING
        )
        return int(min(wanted, by_tokens, by_usd))

    def _too_poor(self, input_tokens: int, price: Price, output_tokens: int) -> str:
        if self.seconds_left <= 0:
            return "The time of this budget is used up; raise max_seconds in kernel/budget.md or resume the run."
        if self.steps_left < 1:
            return "The steps of this budget are used up; raise --max-steps or resume the run."
        needed = cost_usd(worst_usage(input_tokens, output_tokens), price)
        if needed > self.usd_left:
            return (
                f"The next call may cost ${needed:.4f} and ${max(self.usd_left, 0.0):.4f} of the budget is left; "
                "raise --budget-usd, take a cheaper model or resume the run."
            )
        return (
            f"The next call needs {input_tokens + output_tokens} tokens and {max(int(self.tokens_left), 0)} are left; "
            "raise max_tokens in kernel/budget.md or resume the run."
        )


def worst_usage(input_tokens: int, output_tokens: int) -> Usage:
    """A call in which no cache helps: all input is written to the cache, all output is used."""
    return Usage(cache_write_tokens=input_tokens, output_tokens=output_tokens)


def cost_usd(usage: Usage, price: Price) -> float:
    """What a usage costs at a price in dollars per million tokens."""
    tier = price.tier(usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens)
    return (
        usage.input_tokens * tier.input
        + usage.output_tokens * tier.output
        + usage.cache_read_tokens * tier.cache_read
        + usage.cache_write_tokens * tier.cache_write
    ) / _MILLION


def estimate_prefix(system: str, tools: Sequence[ToolSpec]) -> int:
    """Input tokens of system prompt and tools, guessed high: a token for every three bytes."""
    size = _bytes(system)
    for spec in tools:
        size += len(spec.name) + _bytes(spec.description) + len(msgspec.json.encode(dict(spec.input_schema)))
    return size // _BYTES_PER_TOKEN + _OVERHEAD_TOKENS * (len(tools) + 1)


def estimate_message(message: Message) -> int:
    """Input tokens of one message, guessed high; a picture counts a fixed amount."""
    size, images = _size_of(message)
    return size // _BYTES_PER_TOKEN + images * _IMAGE_TOKENS + _OVERHEAD_TOKENS


def estimate_request(request: Request) -> int:
    """Input tokens of all that is sent, guessed high."""
    return estimate_prefix(request.system, request.tools) + sum(map(estimate_message, request.messages))


def guessed_usage(counted: Usage, input_tokens: int, said: Message) -> Usage:
    """The usage of a reply, as far as it was counted; what was not is guessed from what was asked and said.

    Of a reply that broke off, providers have counted the input and next to nothing of the output.
    """
    output_tokens = max(counted.output_tokens, estimate_message(said))
    return replace(counted if counted.total else Usage(input_tokens), output_tokens=output_tokens)


def _size_of(message: Message) -> tuple[int, int]:
    size = images = 0
    for part in message.parts:
        match part:
            case Text(text):
                size += _bytes(text)
            case Thinking(text, signature):
                size += _bytes(text) + len(signature)
            case ToolCall():
                size += len(part.name) + len(msgspec.json.encode(dict(part.args))) + len(part.malformed or "")
            case ToolResult():
                size += _bytes(part.text)
                images += sum(isinstance(piece, Image) for piece in part.content)
            case Image():
                images += 1
    return size, images


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
