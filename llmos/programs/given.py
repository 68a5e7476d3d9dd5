"""Checks what is given to a program against the types and ranges of its parameters.

Knows no statement; a wrong value is one sentence.
"""

import sys
from collections.abc import Mapping, Sequence

from llmos.errors import nearest
from llmos.messages import JSON
from llmos.programs.form import MOST_CHARACTERS, NUMERIC, OneOf, Parameter, Plain, ProgramError, Type
from llmos.programs.printer import show_expression, show_type
from llmos.programs.values import LARGEST_WHOLE, is_number, weight

_LARGEST = sys.float_info.max
_LENGTH = Plain("length")


def check_names(parameters: Sequence[Parameter], values: Mapping[str, JSON]) -> None:
    """Raise ProgramError for a value that no parameter takes, or a parameter that has no value."""
    known = [each.name for each in parameters]
    for name in values:
        if name not in known:
            raise ProgramError(f"there is no parameter '{name[:40]}'; {nearest(name, known)}")
    for each in parameters:
        if each.default is None and each.name not in values:
            raise ProgramError(f"the parameter '{each.name}' ({show_type(each.type)}) is missing", each.line)


def checked(name: str, value: JSON, of: Type) -> JSON:
    """The value as the program has it: lengths in metres, angles in degrees, durations in seconds.

    Raises ProgramError where it does not belong to the type.
    """
    if isinstance(of, Plain):
        return _checked_number(name, value, of) if of.kind in NUMERIC else _checked_plain(name, value, of.kind)
    if isinstance(of, OneOf):
        if value not in of.choices:
            raise _wrong(name, f"must be {show_type(of)}", value)
        return value
    if not isinstance(value, list | tuple) or len(value) > of.most:
        raise _wrong(name, f"must be a {show_type(of)}", value)
    found = [checked(name, each, of.of) for each in value]
    if weight(found, MOST_CHARACTERS) > MOST_CHARACTERS:
        raise ProgramError(f"the parameter '{name}' has more than {MOST_CHARACTERS:,} characters")
    return found


def _checked_number(name: str, value: JSON, of: Plain) -> int | float:
    if not is_number(value) or not -_LARGEST <= value <= _LARGEST:
        raise _wrong(name, f"must be a {of.kind}", value)
    if of.kind == "whole number":
        if value != int(value) or abs(value) > LARGEST_WHOLE:
            raise _wrong(name, "must be a whole number", value)
        value = int(value)
    elif value.__class__ is int and abs(value) > LARGEST_WHOLE:
        raise _wrong(name, f"must be a {of.kind}", value)
    if not of.least <= value <= of.most:
        assert of.low is not None and of.high is not None  # noqa: PT018 - both are there or neither
        raise _wrong(name, f"must be from {show_expression(of.low)} to {show_expression(of.high)}", value)
    found: int | float = value
    return found


def _checked_plain(name: str, value: JSON, kind: str) -> JSON:
    if kind == "boolean":
        if isinstance(value, bool):
            return value
        raise _wrong(name, "must be true or false", value)
    if kind == "point":
        if isinstance(value, list | tuple) and len(value) == 3:
            return [_checked_number(name, each, _LENGTH) for each in value]
        raise _wrong(name, "must be a point (x, y, z)", value)
    if not isinstance(value, str) or any("\ud800" <= each <= "\udfff" for each in value):
        raise _wrong(name, f"must be a {kind}", value)
    if len(value) > MOST_CHARACTERS:
        raise ProgramError(f"the parameter '{name}' has more than {MOST_CHARACTERS:,} characters")
    if kind == "path" and (not value or "\0" in value):
        raise _wrong(name, "must be a path", value)
    return value


def _wrong(name: str, must: str, value: JSON) -> ProgramError:
    return ProgramError(f"the parameter '{name}' {must}, not {ascii(value)[:60]}")
