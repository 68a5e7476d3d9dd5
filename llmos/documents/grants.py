"""Who may move a robot, and how far: the grants of a profile. Whoever has none may look at it and stop it.

Knows no order; the gate asks these words about one.
"""

import re
from dataclasses import dataclass

from llmos.documents.document import Document
from llmos.documents.keys import Positive, Text
from llmos.documents.range import Range
from llmos.documents.verbs import STOP, VERBS, RobotKind
from llmos.errors import nearest

ANY = "any"
"""The `content` of a grant that does not mind what the document says."""

_TO = re.compile(r"person(:[^:*\s][^:*]*)?|(agent|program):(\*|[^:*\s][^:*]*)")
_HASH = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box that is smaller than the workspace; an axis that is left out is not narrowed."""

    x_m: Range | None = None
    y_m: Range | None = None
    z_m: Range | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """`to` is `person`, `person:NAME`, `agent:NAME`, `agent:*`, `program:NAME` or `program:*`.

    `content` is the hash of the agent's or program's document, or `any`. What is left out of the limits is the
    profile's own.
    """

    to: Text
    verbs: tuple[Text, ...]
    content: Text | None = None
    bounds: Bounds | None = None
    max_speed_mps: Positive | None = None
    max_force_n: Positive | None = None
    max_rate_hz: Positive | None = None

    def names(self, kind: str, name: str, content_hash: str) -> bool:
        """Whether this grant is given to a person, agent or program of that name, whose document has this hash."""
        granted, _, wanted = self.to.partition(":")
        if granted != kind or wanted not in ("", "*", name):
            return False
        return granted == "person" or self.content in (ANY, content_hash)


def check_grants(grants: tuple[Grant, ...], kind: RobotKind, document: Document, *, simulated: bool) -> None:
    """Raise DocumentError for a grant to nobody, of an unknown command, or to whatever an agent's document may say."""
    for i, grant in enumerate(grants):
        if not _TO.fullmatch(grant.to):
            known = "person, person:NAME, agent:NAME, agent:*, program:NAME or program:*"
            raise _wrong(document, i, "to", f"must be {known}, not '{grant.to[:40]}'")
        verbs = [verb for verb in VERBS[kind] if verb != STOP]  # everybody may stop a robot
        for verb in grant.verbs:
            if verb not in verbs:
                raise _wrong(document, i, "verbs", f"has '{verb[:40]}', which nobody can grant; {nearest(verb, verbs)}")
        _check_content(grant, i, document, simulated=simulated)
        _check_bounds(grant.bounds or Bounds(), i, document)


def _check_content(grant: Grant, i: int, document: Document, *, simulated: bool) -> None:
    if grant.to.startswith("person"):
        if grant.content is not None:
            raise _wrong(document, i, "content", "is for agents and programs; a person has no document")
    elif grant.content is None:
        raise _wrong(document, i, "content", f"is missing; name the sha256 hash of what {grant.to} may say, or any")
    elif grant.content == ANY:
        if not simulated:
            sentence = "is any, but this robot is not simulated; name the sha256 hash of the document that you mean"
            raise _wrong(document, i, "content", sentence)
    elif not _HASH.fullmatch(grant.content):
        raise _wrong(document, i, "content", f"must be any or sha256: and 64 hex digits, not '{grant.content[:80]}'")


def _check_bounds(bounds: Bounds, i: int, document: Document) -> None:
    for axis in ("x_m", "y_m", "z_m"):
        bound = getattr(bounds, axis)
        if bound is not None and bound.low >= bound.high:
            sentence = f"runs from {bound.low:g} to {bound.high:g}; the lower bound must come first"
            raise _wrong(document, i, f"bounds.{axis}", sentence)


def _wrong(document: Document, i: int, key: str, sentence: str) -> Exception:
    """The error of one grant; they are counted from 1."""
    return document.wrong("grants", f"'{key}' of grant {i + 1} {sentence}")
