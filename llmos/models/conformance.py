"""Checks whether a model keeps what its adapter promises: tool call, form, image, limits, context.

Knows no provider: it asks through the Model Protocol, as a run does.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from llmos.errors import ModelError, RetryableError
from llmos.models import trials
from llmos.models.base import Model, ignore_text
from llmos.models.schema import mismatch

Status = Literal["passed", "failed", "skipped"]
TRIES = 5
_LEAST_TOKENS = 16
_MOST_CONTEXT_TRIED = 40_000
"""Overflowing a larger context would take long or cost money."""


@dataclass(frozen=True, slots=True)
class Check:
    """One promise, whether it was kept, and what was seen."""

    name: str
    status: Status
    sentence: str


async def check(model: Model) -> list[Check]:
    """Every check in turn; what the model cannot be asked is skipped with its reason, and a ModelError is a failure."""
    return [await _tried(name, one, model) for name, one in _CHECKS.items()]


async def _tried(name: str, one: "Callable[[Model], Awaitable[tuple[Status, str]]]", model: Model) -> Check:
    try:
        return Check(name, *await one(model))
    except ModelError as error:
        return Check(name, "failed", str(error))


async def _tool_call(model: Model) -> tuple[Status, str]:
    reply = await model.reply(trials.motion(4), ignore_text)
    if not reply.tool_calls:
        return "failed", f"asked to move, it said: {_short(reply.text)}"
    call = reply.tool_calls[0]
    if call.malformed is not None:
        return "failed", f"its call cannot be read: {_short(call.malformed)}"
    if call.name != trials.MOVE.name:
        return "failed", f"it called '{call.name}', which was not offered"
    if departure := mismatch(dict(call.args), trials.MOVE.input_schema):
        return "failed", f"its arguments depart from the schema: {departure}"
    return "passed", f"it called {call.name} with {msgspec.json.encode(call.args).decode()}"


async def _schema(model: Model) -> tuple[Status, str]:
    reply = await model.reply(trials.form(bound=True, seed=0), ignore_text)
    if departure := _departure(reply.text):
        return "failed", f"its answer departs from the schema: {departure}"
    return "passed", f"it answered {reply.text}"


async def _grammar(model: Model) -> tuple[Status, str]:
    """Against its will: the same request without a schema must come out otherwise, or nothing is shown."""
    free = [(await model.reply(trials.form(bound=False, seed=seed), ignore_text)).text for seed in range(TRIES)]
    if not any(_departure(text) for text in free):
        return "skipped", "it writes this JSON unasked, so that no constraint shows"
    for seed in range(TRIES):
        text = (await model.reply(trials.form(bound=True, seed=seed), ignore_text)).text
        if departure := _departure(text):
            return "failed", f"asked for verse in the form of JSON, it left the form: {departure}"
    return "passed", f"asked for verse, it wrote JSON of the schema {TRIES} of {TRIES} times"


async def _image(model: Model) -> tuple[Status, str]:
    try:
        red = await model.reply(trials.picture(255, 0), ignore_text)
    except ModelError as error:  # also one that may pass: llama-server answers a picture for a blind model with 500
        return "skipped", str(error)
    blue = await model.reply(trials.picture(0, 255), ignore_text)
    if red.text == blue.text:
        return "failed", f"it says the same of a red and of a blue picture: {_short(red.text)}"
    return "passed", f"of a red picture it says {_short(red.text)}, of a blue one {_short(blue.text)}"


async def _stop(model: Model) -> tuple[Status, str]:
    reply = await model.reply(trials.short(_LEAST_TOKENS), ignore_text)
    spent = reply.usage.output_tokens
    if spent > _LEAST_TOKENS:
        return "failed", f"with room for {_LEAST_TOKENS} tokens it wrote {spent}"
    return "passed", f"with room for {_LEAST_TOKENS} tokens it wrote {spent} and stopped for '{reply.stop_reason}'"


async def _context(model: Model) -> tuple[Status, str]:
    size = model.context_tokens
    if size > _MOST_CONTEXT_TRIED:
        return "skipped", f"its context holds {size} tokens, too many to be tried"
    try:
        usage = (await model.reply(trials.long(size), ignore_text)).usage
    except RetryableError:  # nobody refused it
        raise
    except ModelError as error:
        return "passed", f"too long a request is refused: {error}"
    if usage.total > size:
        return "failed", f"it took {usage.total} tokens, more than the {size} of its context"
    return "passed", f"too long a request is cut by its template to {usage.total} of {size} tokens"


def _departure(text: str) -> str | None:
    try:
        return mismatch(msgspec.json.decode(text), trials.FORM)
    except (msgspec.DecodeError, RecursionError):
        return f"{_short(text)} is not JSON"


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


_CHECKS: dict[str, Callable[[Model], Awaitable[tuple[Status, str]]]] = {
    "tool call": _tool_call,
    "schema": _schema,
    "grammar": _grammar,
    "image": _image,
    "stop": _stop,
    "context": _context,
}
