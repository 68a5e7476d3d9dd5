"""Turns the keys of a rules document into typed values and says in one sentence what is wrong with a key.

Knows types and ranges, not what a rule means. A value is found by its path of keys: `("aliases", "dev", "id")`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from types import NoneType
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from llmos.documents.document import BrokenDocumentError, Document
from llmos.documents.fields import shown, split_words
from llmos.errors import nearest
from llmos.messages import JSON

T = TypeVar("T")
KeyPath: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value, its type, and the document that gave it."""

    value: Any
    kind: Any
    document: Document
    path: KeyPath

    @property
    def line(self) -> int:
        """Where its key stands."""
        return self.document.line(".".join(self.path))

    def wrong(self, sentence: str) -> BrokenDocumentError:
        """The error of this key."""
        return BrokenDocumentError(self.document.path, self.line, sentence)


def leaves(kind: type, document: Document) -> Iterator[Leaf]:
    """All values of a document, checked one by one; raises DocumentError at the first that is wrong."""
    for problem in document.problems:
        what, _, _how_it_was_read_all_the_same = problem.sentence.partition(";")
        raise BrokenDocumentError(problem.path, problem.line, what)
    yield from _leaves(kind, document.keys, document, ())


def build(kind: type[T], found: Mapping[KeyPath, Leaf], document: Document, path: KeyPath = ()) -> T:
    """The value whose parts are `found`; raises DocumentError for a part that is missing and has no default."""
    values: dict[str, Any] = {}
    hints = _hints(kind)
    for field in fields(kind):  # type: ignore[arg-type]
        here = (*path, field.name)
        item = _item_type(hints[field.name])
        if item is not None:
            names = dict.fromkeys(key[len(here)] for key in found if key[: len(here)] == here)
            if names:
                values[field.name] = {name: build(item, found, document, (*here, name)) for name in names}
        elif here in found:
            values[field.name] = found[here].value
        if field.name not in values and field.default is MISSING:
            origin = next((leaf.document for key, leaf in found.items() if key[: len(path)] == path and path), document)
            raise BrokenDocumentError(origin.path, origin.line(".".join(path)), f"'{'.'.join(here)}' is missing")
    return kind(**values)


def _leaves(kind: type, values: Mapping[str, JSON], document: Document, path: KeyPath) -> Iterator[Leaf]:
    hints = _hints(kind)
    for key, value in values.items():
        here = (*path, key)
        if key not in hints:
            raise _wrong(document, here, f"is no key of these rules; {nearest(key, hints)}")
        item = _item_type(hints[key])
        if item is None:
            yield Leaf(_converted(value, hints[key], document, here), hints[key], document, here)
            continue
        for name, inner in _group(value, document, here).items():
            yield from _leaves(item, _group(inner, document, (*here, name)), document, (*here, name))


def _group(value: JSON, document: Document, path: KeyPath) -> Mapping[str, JSON]:
    if isinstance(value, Mapping) and value:
        return value
    raise _wrong(document, path, f"must hold keys and values, not {shown(value)}")


def _converted(value: JSON, kind: Any, document: Document, path: KeyPath) -> Any:  # noqa: ANN401
    bare = _bare(kind)
    given = split_words(value) if get_origin(bare) is tuple and isinstance(value, str) else value
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError:
        raise _wrong(document, path, f"must be {_wanted(kind)}, not {shown(value)}") from None


def _wrong(document: Document, path: KeyPath, sentence: str) -> BrokenDocumentError:
    dotted = ".".join(path)
    return BrokenDocumentError(document.path, document.line(dotted), f"'{dotted}' {sentence}")


def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _item_type(kind: Any) -> type | None:  # noqa: ANN401
    """The type of what a mapping holds under free names; None when `kind` is no such mapping."""
    if get_origin(kind) is not Mapping:
        return None
    item = get_args(kind)[1]
    return item if is_dataclass(item) and isinstance(item, type) else None


def _bare(kind: Any) -> Any:  # noqa: ANN401
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _wanted(kind: Any) -> str:  # noqa: ANN401
    """What a type asks for, in words.

    >>> _wanted(Annotated[int, msgspec.Meta(ge=1, le=5)])
    'a whole number from 1 to 5'
    """
    options = [option for option in get_args(kind) if option is not NoneType]
    if get_origin(kind) is not Annotated and len(options) == 1 and get_origin(kind) is not tuple:
        return _wanted(options[0])
    bare = _bare(kind)
    if get_origin(bare) is Literal:
        return f"one of {', '.join(get_args(bare))}"
    words = {int: "a whole number", float: "a number", str: "a text", date: "a date such as 2026-01-31"}
    limits = next((each for each in get_args(kind)[1:] if isinstance(each, msgspec.Meta)), msgspec.Meta())
    return words.get(bare, "a list of names") + _range(limits)


def _range(limits: msgspec.Meta) -> str:
    if limits.ge is not None and limits.le is not None:
        return f" from {limits.ge} to {limits.le}"
    bounds = (("above", limits.gt), ("from", limits.ge), ("at most", limits.le))
    named = " and ".join(f"{word} {bound}" for word, bound in bounds if bound is not None)
    return f" {named}" if named else " that is not empty" if limits.min_length else ""
