"""A scenario: a goal, the place where it is given, and what must then hold; read from `volumes/*/scenarios/NAME.md`.

Knows no run. A seed draws the slots, which stand in braces wherever the document has text, so one page is many cases.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from llmos.documents.document import Document, hash_of
from llmos.documents.frontmatter import read_document
from llmos.documents.keys import Positive, Text, read
from llmos.documents.scene_check import Point
from llmos.errors import nearest
from llmos.messages import JSON

_SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_FROZEN = frozenset({"name", "description", "seeds", "slots"})
"""Keys in which a brace is only a brace."""


@dataclass(frozen=True, slots=True)
class Where:
    """A place of the scene by its name, or a point; and how near to it counts. Metres."""

    within_m: Positive
    place: str = ""
    point: Point | None = None


@dataclass(frozen=True, slots=True)
class ScenarioCheck:
    """What must hold when the run has ended; everything that is named.

    `object_at`, `holding` and `tool_at` are held against what the robot measures, `still` against whether it was moved
    at all; `files` must hold the text beside them, `unchanged` read as they did at the beginning, `absent` not be
    there; `answer` are texts that the answer holds, in any case of letters; `not_called` are tools that nobody
    asked for, not even in vain.
    """

    outcome: Literal["done", "failed", "refused"] = "done"
    object_at: Mapping[str, Where] = field(default_factory=dict)
    tool_at: Where | None = None
    holding: str = ""
    still: bool = False
    files: Mapping[str, Text] = field(default_factory=dict)
    unchanged: tuple[Text, ...] = ()
    absent: tuple[Text, ...] = ()
    answer: tuple[Text, ...] = ()
    not_called: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One page. `agents` are those whom it examines; `files` are there when the run begins, by path in the workspace.

    A `pinned` scenario is about safety: no version of an agent may pass fewer of its cases than the one before.
    """

    name: Text
    description: Text
    agents: tuple[Text, ...]
    goal: Text
    document: Document
    seeds: tuple[Annotated[int, msgspec.Meta(ge=0, le=1_000_000)], ...] = (1,)
    slots: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    pinned: bool = False
    robot: str = ""
    scene: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    check: ScenarioCheck = field(default_factory=ScenarioCheck)

    def cases(self) -> "tuple[Case, ...]":
        """One case for each seed, without those that ask the same as one before: chance alone makes no new case."""
        found: dict[str, Case] = {}
        for seed in self.seeds:
            drawn = {name: random.Random(f"{name} {seed}").choice(each) for name, each in self.slots.items()}  # noqa: S311 - a draw, no secret
            page = _with_slots(self, drawn)
            case = Case(page, seed, drawn)
            found.setdefault(case.key, case)
        return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Case:
    """A scenario with every slot filled."""

    scenario: Scenario
    seed: int
    slots: Mapping[str, JSON]

    @property
    def name(self) -> str:
        """How it is told: the page and the seed."""
        return f"{self.scenario.name}#{self.seed}"

    @property
    def key(self) -> str:
        """`sha256:HEX` of everything that the case asks: equal keys, the same case."""
        page = self.scenario
        asked = (page.goal, page.robot, page.scene, sorted(page.files.items()), repr(page.check))
        return hash_of(repr(asked).encode("utf-8", "surrogatepass"))


def read_scenario(path: Path) -> Scenario:
    """The scenario of a file; raises DocumentError naming path, line and what is wrong."""
    return scenario_from(read_document(path))


def scenario_from(document: Document) -> Scenario:
    """The scenario of a document that was read; refuses a slot that nobody fills, and a check that checks nothing."""
    bare = replace(document, keys={key: value for key, value in document.keys.items() if key in _FROZEN})
    slots = read(_Slots, bare).slots
    for name, choices in slots.items():
        if not choices:
            raise document.wrong(f"slots.{name}", f"'slots.{name}' has nothing to choose from")
    for key, value in document.keys.items():
        for name in _named(value) if key not in _FROZEN else ():
            if name not in slots:
                raise document.wrong(key, f"'{key}' has the slot '{name}', which is not drawn; {nearest(name, slots)}")
    first = {name: choices[0] for name, choices in slots.items()}
    scenario = replace(_filled(document, first), slots=slots)
    _check(scenario)
    scenario.cases()  # every draw must make a page that can be read
    return replace(scenario, goal=str(document.keys["goal"]))


@dataclass(frozen=True, slots=True)
class _Slots:
    """The keys that are read as they stand, before any slot is filled."""

    name: Text = ""
    description: Text = ""
    seeds: tuple[Annotated[int, msgspec.Meta(ge=0)], ...] = ()
    slots: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


def _with_slots(scenario: Scenario, drawn: Mapping[str, JSON]) -> Scenario:
    return replace(_filled(scenario.document, drawn), slots=scenario.slots)


def _filled(document: Document, drawn: Mapping[str, JSON]) -> Scenario:
    keys = {key: value if key in _FROZEN else _put(value, drawn) for key, value in document.keys.items()}
    return replace(read(Scenario, replace(document, keys=keys)), document=document)


def _check(scenario: Scenario) -> None:
    """Raise DocumentError for paths that leave the workspace, and for places that no scene could have."""
    check, document = scenario.check, scenario.document
    for key, names in (("files", scenario.files), ("check.files", check.files), ("check.absent", check.absent)):
        for name in names:
            if Path(name).is_absolute() or ".." in Path(name).parts:
                raise document.wrong(key, f"'{key}' names '{name}', which is not inside the workspace")
    wheres = {f"check.object_at.{name}": each for name, each in check.object_at.items()}
    for key, where in {**wheres, **({"check.tool_at": check.tool_at} if check.tool_at else {})}.items():
        if bool(where.place) == (where.point is not None):
            raise document.wrong(key, f"'{key}' needs either 'place' or 'point'")
        if where.place and not scenario.scene:
            raise document.wrong(key, f"'{key}' names a place, and the scenario has no scene")
    for name in check.unchanged:
        if name not in scenario.files:
            raise document.wrong("check", f"'check.unchanged' names '{name}', which is not among 'files'")


def _named(value: JSON) -> list[str]:
    """The slots that stand in a value, at any depth."""
    if isinstance(value, str):
        return _SLOT.findall(value)
    if isinstance(value, Mapping):
        return [name for pair in value.items() for part in pair for name in _named(part)]
    return [name for part in value for name in _named(part)] if isinstance(value, list) else []


def _put(value: JSON, drawn: Mapping[str, JSON]) -> JSON:
    """The value with its slots filled; a text that is nothing but a slot becomes what was drawn, e.g. a point."""
    if isinstance(value, str):
        whole = _SLOT.fullmatch(value)
        if whole:
            return drawn[whole[1]]
        return _SLOT.sub(lambda found: _written(drawn[found[1]]), value)
    if isinstance(value, Mapping):
        return {str(_put(key, drawn)): _put(each, drawn) for key, each in value.items()}
    return [_put(each, drawn) for each in value] if isinstance(value, list) else value


def _written(value: JSON) -> str:
    """A value as it stands in a sentence: a point in parentheses.

    >>> _written([1.5, 0, 0.5]), _written("B7"), _written(0.3)
    ('(1.5, 0, 0.5)', 'B7', '0.3')
    """
    return f"({', '.join(map(str, value))})" if isinstance(value, list) else str(value)
