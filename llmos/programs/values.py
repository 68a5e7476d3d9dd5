"""What programs compute with: results of tools, and operations that never give a wrong or endless value.

Knows no program. The interpreter and compiled functions share these, so that both end the same.
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeGuard

import msgspec

from llmos.errors import LLMosError, nearest
from llmos.messages import JSON
from llmos.programs.form import MOST_CHARACTERS

LARGEST_WHOLE = 2**53
"""Beyond it, not every whole number is one of JSON's numbers (RFC 8259, section 6)."""

_NUMBERS = frozenset({int, float})
_VERBS = {operator.add: "add", operator.sub: "subtract", operator.mul: "multiply", operator.truediv: "divide"}
_AXES = {"x": 0, "y": 1, "z": 2}
_KEYS_SAID = 12


class StoppedError(LLMosError):
    """A program that gave up; `sentence` says why, `line` where it stood."""

    def __init__(self, sentence: str, line: int = 0) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.line = line


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool answered; `text` is the error where it is not `ok`."""

    ok: bool
    text: str = ""


Value: TypeAlias = JSON | Result


def succeed(result: Result, line: int) -> Result:
    """The result; an error stops the program."""
    if not result.ok:
        raise StoppedError(result.text or "the tool failed and did not say why", line)
    return result


def plus(left: Value, right: Value, line: int) -> Value:
    """The sum of two numbers, or a text made of both."""
    if left.__class__ is str or right.__class__ is str:
        text = said(left) + said(right)
        if len(text) > MOST_CHARACTERS:
            raise StoppedError(f"a text of more than {MOST_CHARACTERS:,} characters was made", line)
        return text
    return _computed(operator.add, left, right, line)


def minus(left: Value, right: Value, line: int) -> Value:
    """The difference of two numbers."""
    return _computed(operator.sub, left, right, line)


def times(left: Value, right: Value, line: int) -> Value:
    """The product of two numbers."""
    return _computed(operator.mul, left, right, line)


def over(left: Value, right: Value, line: int) -> Value:
    """The quotient of two numbers."""
    if is_number(right) and right == 0:
        raise StoppedError("a number is divided by zero", line)
    return _computed(operator.truediv, left, right, line)


def negated(value: Value, line: int) -> Value:
    """Minus a number."""
    if not is_number(value):
        raise StoppedError(f"there is no minus {_kind(value)}", line)
    return -value


def point(x: Value, y: Value, z: Value, line: int) -> Value:
    """A point of three numbers."""
    for each in (x, y, z):
        if not is_number(each):
            raise StoppedError(f"a point has three lengths, not {_kind(each)}", line)
    return [x, y, z]


def asked(within_s: float, every_s: float) -> int:
    """How often a wait asks at most: at once, and after each pause that fits into the time."""
    return int(within_s / every_s + 1e-9) + 1


def _computed(operation: Callable[[Any, Any], int | float], left: Value, right: Value, line: int) -> int | float:
    """What Python makes of two numbers, where that is a number that JSON can hold."""
    if left.__class__ not in _NUMBERS or right.__class__ not in _NUMBERS:
        raise StoppedError(f"it cannot {_VERBS[operation]} {_kind(left)} and {_kind(right)}", line)
    try:
        found = operation(left, right)
    except OverflowError:
        found = math.inf
    if -LARGEST_WHOLE <= found <= LARGEST_WHOLE or (found.__class__ is float and math.isfinite(found)):
        return found
    raise StoppedError("a number became too large", line)


def is_number(value: Value) -> TypeGuard[int | float]:
    """Whether it is a number; true and false are none."""
    return value.__class__ in _NUMBERS


def same(left: Value, right: Value) -> bool:
    """Whether two values are equal as JSON has it: true is not 1, and 1 is 1.0."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(value, right[key]) for key, value in left.items())
    return bool(left == right)


def less(left: Value, right: Value, line: int) -> bool:
    """Whether one number is below the other."""
    if not is_number(left) or not is_number(right):
        raise StoppedError(f"it cannot compare {_kind(left)} with {_kind(right)}", line)
    return bool(left < right)


def at_most(left: Value, right: Value, line: int) -> bool:
    """Whether one number is not above the other."""
    if not is_number(left) or not is_number(right):
        raise StoppedError(f"it cannot compare {_kind(left)} with {_kind(right)}", line)
    return bool(left <= right)


def more(left: Value, right: Value, line: int) -> bool:
    """Whether one number is above the other."""
    return not at_most(left, right, line)


def at_least(left: Value, right: Value, line: int) -> bool:
    """Whether one number is not below the other."""
    return not less(left, right, line)


def contains(whole: Value, part: Value, line: int) -> bool:
    """Whether a text has the other text in it, a list the item, an object the key."""
    if isinstance(whole, list):
        return any(same(each, part) for each in whole)
    if isinstance(whole, str | dict) and isinstance(part, str):
        return part in whole
    raise StoppedError(f"{_kind(whole)} cannot contain {_kind(part)}", line)


def truth(value: Value, line: int) -> bool:
    """A condition's value, which must be true or false."""
    if not isinstance(value, bool):
        raise StoppedError(f"a condition must be true or false, not {_kind(value)}", line)
    return value


def field(value: Value, name: str, line: int) -> Value:
    """A field of a point, of a result, or of an object."""
    if isinstance(value, Result):
        if name in ("ok", "text"):
            return value.ok if name == "ok" else value.text
        return _member(_answered(value, name, line), name, line)
    if isinstance(value, dict):
        return _member(value, name, line)
    if isinstance(value, list) and name in _AXES and len(value) == 3:
        return value[_AXES[name]]
    raise StoppedError(f"{_kind(value)} has no field '{name}'", line)


def item(value: Value, index: Value, line: int) -> Value:
    """The item of a list, counted from 0; of an object or result, what it has under the key."""
    if isinstance(value, Result):
        value = _answered(value, index if isinstance(index, str) else "", line)
    if isinstance(value, dict) and isinstance(index, str):
        return _member(value, index, line)
    if isinstance(value, list) and is_number(index) and index == int(index):
        if 0 <= index < len(value):
            return value[int(index)]
        raise StoppedError(f"the list has {len(value)} items, and none with the number {said(index)}", line)
    raise StoppedError(f"{_kind(value)} has no item {said(index)[:40]}", line)


def items(value: Value, most: int, line: int) -> list[JSON]:
    """The items of a list that may have at most so many."""
    if isinstance(value, Result):
        value = _answered(value, "", line)
    if not isinstance(value, list):
        raise StoppedError(f"'for each' needs a list, not {_kind(value)}", line)
    if len(value) > most:
        raise StoppedError(f"the list has {len(value)} items, and at most {most} were reckoned with", line)
    return value


def light(value: JSON, line: int) -> JSON:
    """The list or object, which must be of a size that can be sent and compared."""
    if weight(value, MOST_CHARACTERS) > MOST_CHARACTERS:
        raise StoppedError(f"a list or object of more than {MOST_CHARACTERS:,} characters was made", line)
    return value


def weight(value: JSON, enough: int) -> int:
    """Characters and parts of a value; counting ends when there are more than `enough`."""
    total, waiting = 0, [value]
    while waiting and total <= enough:
        each = waiting.pop()
        total += len(each) if isinstance(each, str) else 1
        if isinstance(each, list):
            waiting += each[: enough + 1]
        elif isinstance(each, dict):
            total += sum(map(len, each))
            waiting += each.values()
    return total


def said(value: Value) -> str:
    """A value within a text: numbers with up to twelve digits, objects and lists as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value + 0.0:.12g}"
    if value is None or isinstance(value, int):
        return "none" if value is None else str(value)
    return value.text if isinstance(value, Result) else msgspec.json.encode(value).decode()


def _answered(result: Result, wanted: str, line: int) -> JSON:
    """What the tool answered, as JSON."""
    try:
        found = msgspec.json.decode(result.text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        asked = f", so it has no field '{wanted}'" if wanted else ""
        raise StoppedError(f"the tool did not answer in JSON{asked}", line) from None
    return found


def _member(value: JSON, name: str, line: int) -> JSON:
    if not isinstance(value, Mapping):
        raise StoppedError(f"{_kind(value)} has no field '{name[:40]}'", line)
    if name not in value:
        known = list(value)[:_KEYS_SAID]
        raise StoppedError(f"the answer has no field '{name[:40]}'; {nearest(name, known)}", line)
    return value[name]


def _kind(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    kinds: list[tuple[type, str]] = [
        (int, "a number"), (float, "a number"), (str, "a text"), (list, "a list"), (dict, "an object"),
    ]  # fmt: skip
    return next((name for kind, name in kinds if isinstance(value, kind)), "none" if value is None else "a result")
