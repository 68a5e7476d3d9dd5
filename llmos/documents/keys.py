"""Reads the keys of a document into a dataclass whose fields are their names and types; a wrong key is one sentence.

Knows types and ranges, not what a key means. A value is found by its path of keys: `("aliases", "dev", "id")`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from llmos.documents.document import BrokenDocumentError, Document
from llmos.documents.fields import shown, split_words
from llmos.errors import counted, nearest
from llmos.messages import JSON

T = TypeVar("T")
KeyPath: TypeAlias = tuple[str, ...]

_SHAPE = "shape"

Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, pattern=r"\S")]
Number: TypeAlias = Annotated[float, msgspec.Meta(ge=-1_000_000, le=1_000_000)]
Positive: TypeAlias = Annotated[float, msgspec.Meta(gt=0, le=1_000_000)]
"""Metres, seconds or degrees: far beyond any robot's, and within what can be computed with."""


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
        return _line(self.document, self.path)

    def wrong(self, sentence: str) -> BrokenDocumentError:
        """The error of this key."""
        return BrokenDocumentError(self.document.path, self.line, sentence)


def read(kind: type[T], document: Document) -> T:
    """The value of a document; DocumentError for a key that is unknown, mistyped, out of range or missing.

    A field that is a dataclass is a group of keys, one that is a Mapping a group whose names are free, a tuple of
    dataclasses a list of groups, and a NamedTuple a list of that length; of a union of dataclasses the key `shape`
    says which one it is, and a field that is a Document holds the document itself.
    """
    return build(kind, {leaf.path: leaf for leaf in leaves(kind, document)}, document)


def leaves(kind: type, document: Document) -> Iterator[Leaf]:
    """All values of a document, checked one by one; raises DocumentError at the first that is wrong."""
    require_certain(document)
    yield from _leaves(kind, document.keys, document, ())


def require_certain(document: Document) -> None:
    """Raise DocumentError where anything about the document was odd: what is strict takes nothing all the same."""
    for problem in document.problems:
        what, _, _how_it_was_read_all_the_same = problem.sentence.partition(";")
        raise BrokenDocumentError(problem.path, problem.line, what)


def build(kind: type[T], found: Mapping[KeyPath, Leaf], document: Document, path: KeyPath = ()) -> T:
    """The value whose parts are `found`; raises DocumentError for a part that is missing and has no default."""
    values: dict[str, Any] = {}
    hints = _hints(kind)
    for field in fields(kind):  # type: ignore[arg-type]
        hint, here = hints[field.name], (*path, field.name)
        names = dict.fromkeys(key[len(here)] for key in found if key[: len(here)] == here and key != here)
        if hint is Document:
            values[field.name] = document
        elif here in found:
            values[field.name] = found[here].value
        elif names and (kinds := _groups(hint)):
            values[field.name] = build(_chosen(kinds, found, here), found, document, here)
        elif names:
            item = _groups(_item_type(hint))
            groups = {name: (*here, name) for name in names}
            built: dict[str, Any] = {
                name: build(_chosen(item, found, inner), found, document, inner) for name, inner in groups.items()
            }
            values[field.name] = built if get_origin(hint) is Mapping else tuple(built.values())
        if field.name not in values and field.default is MISSING and field.default_factory is MISSING:
            origin = next((leaf.document for key, leaf in found.items() if key[: len(path)] == path and path), document)
            raise BrokenDocumentError(origin.path, _line(origin, path), f"'{'.'.join(here)}' is missing")
    return kind(**values)


def _leaves(kind: type, values: Mapping[str, JSON], document: Document, path: KeyPath) -> Iterator[Leaf]:
    hints = {name: hint for name, hint in _hints(kind).items() if hint is not Document}
    for key, value in values.items():
        here = (*path, key)
        if key not in hints:
            raise _wrong(document, here, f"is no key that is read here; {nearest(key, hints)}")
        yield from _leaves_below(hints[key], value, document, here)


def _leaves_below(hint: Any, value: JSON, document: Document, here: KeyPath) -> Iterator[Leaf]:  # noqa: ANN401
    """The values of one key."""
    if kinds := _groups(hint):
        yield from _group_leaves(kinds, value, document, here)
    elif get_origin(hint) is tuple and (kinds := _groups(_item_type(hint))):
        if not isinstance(value, list):
            raise _wrong(document, here, f"must be a list of groups of keys, not {shown(value)}")
        if not value:
            yield Leaf((), hint, document, here)
        for number, inner in enumerate(value, 1):
            yield from _group_leaves(kinds, inner, document, (*here, str(number)))
    elif get_origin(hint) is not Mapping:
        yield Leaf(_converted(value, hint, document, here), hint, document, here)
    elif value != {} and (kinds := _groups(_item_type(hint))):
        for name, inner in _group(value, document, here).items():
            yield from _group_leaves(kinds, inner, document, (*here, name))
    else:
        items = {} if value == {} else _group(value, document, here)
        item = _item_type(hint)
        named = {name: _converted(inner, item, document, (*here, name)) for name, inner in items.items()}
        yield Leaf(named, hint, document, here)


def _group_leaves(kinds: Sequence[type], value: JSON, document: Document, here: KeyPath) -> Iterator[Leaf]:
    """The values of one group of keys, of whichever of the kinds its `shape` says."""
    group = _group(value, document, here)
    if len(kinds) == 1:
        yield from _leaves(kinds[0], group, document, here)
        return
    known = {_shape_of(kind): kind for kind in kinds}
    if _SHAPE not in group:
        raise _wrong(document, here, f"has no {_SHAPE}; known are: {', '.join(known)}")
    name = group[_SHAPE]
    if not isinstance(name, str) or name not in known:
        raise _wrong(document, (*here, _SHAPE), f"must be one of {', '.join(known)}, not {shown(name)}")
    yield from _leaves(known[name], group, document, here)


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
    return BrokenDocumentError(document.path, _line(document, path), f"'{'.'.join(path)}' {sentence}")


def _line(document: Document, path: KeyPath) -> int:
    """Where a key stands, or the nearest key above it: what stands in a list has no line of its own."""
    while path and ".".join(path) not in document.lines:
        path = path[:-1]
    return document.line(".".join(path))


def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _groups(hint: Any) -> tuple[type, ...]:  # noqa: ANN401
    """The dataclasses that a group of keys may become; none when the type is no group."""
    several = get_origin(hint) in (Union, UnionType)
    kinds = tuple(each for each in (get_args(hint) if several else (hint,)) if each is not NoneType)
    return kinds if all(is_dataclass(each) for each in kinds) else ()


def _chosen(kinds: Sequence[type], found: Mapping[KeyPath, Leaf], path: KeyPath) -> type:
    """Which of the kinds was found there."""
    return next(kind for kind in kinds if len(kinds) == 1 or found[*path, _SHAPE].value == _shape_of(kind))


def _shape_of(kind: type) -> str:
    name: str = get_args(_hints(kind)[_SHAPE])[0]
    return name


def _item_type(kind: Any) -> type:  # noqa: ANN401
    """The type of what a mapping holds under free names, or a list in a row."""
    item: type = get_args(kind)[0 if get_origin(kind) is tuple else 1]
    return item


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
    if numbers := getattr(bare, "_fields", ()):
        return f"a list of {counted(len(numbers), 'number')}"
    if item := next((getattr(each, "_fields", ()) for each in get_args(bare)[:1]), ()):
        return f"a list of lists of {counted(len(item), 'number')}"
    if get_origin(bare) is Literal:
        return f"one of {', '.join(get_args(bare))}"
    words = {int: "a whole number", float: "a number", str: "a text", date: "a date such as 2026-01-31"}
    limits = next((each for each in get_args(kind)[1:] if isinstance(each, msgspec.Meta)), msgspec.Meta())
    return words.get(bare, "a list of names") + _range(limits)


def _range(limits: msgspec.Meta) -> str:
    if limits.ge is not None and limits.le is not None:
        return f" from {limits.ge} to {limits.le}"
    bounds = (("above", limits.gt), ("from", limits.ge), ("at most", limits.le), ("below", limits.lt))
    named = " and ".join(f"{word} {bound}" for word, bound in bounds if bound is not None)
    return f" {named}" if named else " that is not empty" if limits.min_length else ""
