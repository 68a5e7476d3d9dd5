"""Read a goal: its skeleton and its typed slots; and take a goal as a person typed it.

Knows no model, agent or trace. Two goals with one skeleton differ in the values of their slots and in nothing else.
"""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass

from llmos.errors import LLMosError
from llmos.messages import JSON
from llmos.runtime.goal_slots import Piece, find_pieces
from llmos.runtime.goal_text import folded, plain_text

# File A is not file a, whatever the case of the rest.
_FILE_NAME = re.compile(r"(?i)(\b(?:files?|folders?|director(?:y|ies)|dirs?)\s+(?:(?:named|called)\s+)?)(\w+)")
_NO_NAMES = frozenset(
    {"and", "are", "as", "at", "by", "contents", "for", "from", "i", "if", "in", "into", "is", "it", "list", "name"}
    | {"names", "of", "on", "or", "path", "paths", "size", "that", "the", "then", "there", "to", "which", "with", "you"}
)
_WORD = re.compile(r"\w+|[.!]+(?=\s*$)")
_LOOSE = re.compile(r" +([,.;:!?])(?=\s|$)")
_TRAILING = " .!\u3002"


@dataclass(frozen=True, slots=True)
class Slot:
    """A typed value in a goal, e.g. `length1`: 0.3, written `30 cm`.

    Lengths are in m, angles in degrees, durations in s, masses in kg; a point is [x, y, z] and a pair [x, y], without
    units. Texts (without their quotes), paths, patterns and addresses are exactly what was written, in its case; an
    ordinal counts from 1; a list holds such values.
    """

    name: str
    kind: str
    value: JSON
    written: str


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal as it was given, its skeleton, its slots in order, and the signature that stands for the skeleton."""

    text: str
    skeleton: str
    slots: tuple[Slot, ...]
    signature: str


def parse_goal(text: str) -> Goal:
    """The goal that a text is; every text is one.

    What carries meaning apart from the slots stays in the skeleton: words of direction, polarity, colour and quantity,
    names, politeness. A list tells its length there, and a brace of the text is doubled, so that no text can pass for a
    slot.
    """
    plain = plain_text(text)
    parts: list[str] = []
    slots: list[Slot] = []
    numbers: Counter[str] = Counter()
    at = 0
    for piece in find_pieces(plain):
        parts.append(_literal(plain.text[at : piece.start]))
        at = piece.end
        if not piece.kind:
            parts.append(_escaped(plain.text[piece.start : piece.end]))
            continue
        kind = piece.kind if piece.count == 1 else "list"
        numbers[kind] += 1
        written = plain.written(piece.start, piece.end)
        slots.append(Slot(f"{kind}{numbers[kind]}", kind, piece.value, written))
        parts.append(_placeholder(piece))
    parts.append(_literal(plain.text[at:]))
    skeleton = _joined(parts)
    digest = hashlib.sha256(skeleton.encode(errors="surrogatepass")).hexdigest()
    return Goal(text, skeleton, tuple(slots), f"sha256:{digest}")


def values(goal: Goal) -> dict[str, JSON]:
    """The values of a goal's slots by name."""
    return {slot.name: slot.value for slot in goal.slots}


def points(goal: Goal) -> list[tuple[float, float, float]]:
    """The positions that a goal names by three coordinates, in order."""
    return [(x, y, z) for slot in goal.slots if slot.kind == "point" for x, y, z in (slot.value,)]


def respelled(learned: Goal, asked: Goal) -> frozenset[str]:
    """The words of a learned goal's skeleton that the asked goal of the same skeleton does not spell to the letter.

    Case and marks at the end do not change a goal; a text that was written because of such a word might.
    """
    return frozenset(_spelled(learned)) - frozenset(_spelled(asked))


def check_goal(text: str, max_bytes: int) -> str:
    """The goal without surrounding blanks; LLMosError when it is empty, too long or not text."""
    goal = text.strip()
    if not goal:
        raise LLMosError("The goal is empty; say in plain words what is to be done, or pipe it in with GOAL '-'.")
    try:
        size = len(goal.encode())
    except UnicodeEncodeError as error:
        raise LLMosError(f"The goal holds bytes that are not text at character {error.start}; use UTF-8.") from None
    if size > max_bytes:
        raise LLMosError(
            f"The goal is {size} bytes long and orchestration.max_goal_bytes allows {max_bytes}; "
            "put the material into a file of the workspace and name the file."
        )
    return goal


def _spelled(goal: Goal) -> list[str]:
    rest = goal.text
    parts: list[str] = []
    for slot in goal.slots:
        before, _, rest = rest.partition(slot.written)
        parts.append(before)
    return _WORD.findall(plain_text(" ".join((*parts, rest))).text)


def _placeholder(piece: Piece) -> str:
    return f"{{{piece.kind}}}" if piece.count == 1 else f"{{{piece.kind} x{piece.count}}}"


def _literal(text: str) -> str:
    """A stretch without slots: case folded but for names of files."""
    parts: list[str] = []
    at = 0
    for found in _FILE_NAME.finditer(text):
        if found[2].casefold() not in _NO_NAMES:
            parts += folded(text[at : found.start(2)]), found[2]
            at = found.end()
    return _escaped("".join((*parts, folded(text[at:]))))


def _escaped(text: str) -> str:
    return text.replace("\u2019", "'").replace("{", "{{").replace("}", "}}")


def _joined(parts: list[str]) -> str:
    collapsed = _LOOSE.sub(r"\1", " ".join("".join(parts).split()))
    return collapsed.rstrip(_TRAILING) or collapsed
