"""A robot profile or a scene on its way to another process: the values that count now, and where they came from.

Knows no file: a scene may have added zones to a profile, so what counts need not be what stands in the document.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from llmos.documents.document import Document
from llmos.documents.keys import read
from llmos.documents.robot_profile import RobotProfile
from llmos.documents.scene import Scene
from llmos.messages import JSON

T = TypeVar("T", RobotProfile, Scene)


class Papers(msgspec.Struct, frozen=True):
    """A document's values as they count now, and where they came from."""

    path: str
    content_hash: str
    body: str
    values: Mapping[str, JSON]


def papers(of: RobotProfile | Scene) -> Papers:
    """A profile or scene as plain values, without those that are left at their defaults."""
    values = {
        each.name: _without_none(msgspec.to_builtins(value))
        for each in fields(of)
        if each.name != "document" and (value := getattr(of, each.name)) != _default(each)
    }
    source = of.document
    return Papers(str(source.path), source.content_hash, source.body, values)


def from_papers(kind: type[T], sent: Papers) -> T:
    """The same profile or scene on the other side; DocumentError for what is none."""
    document = Document(Path(sent.path), sent.values, {}, sent.body, 1, sent.content_hash)
    return read(kind, document)


def _default(of: "Field[Any]") -> object:
    return of.default if of.default_factory is MISSING else of.default_factory()


def _without_none(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A document leaves out what it does not set."""
    if isinstance(value, Mapping):
        return {key: _without_none(each) for key, each in value.items() if each is not None}
    return [_without_none(each) for each in value] if isinstance(value, list | tuple) else value
