"""Which cases an agent is examined on, which of them a proposer may hear of, and what a run of one is worth.

Knows no system. A scenario is held out or for practice by the hash of its page alone, so that nobody chooses.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Literal, TypeAlias

from llmos.documents.scenario import Case, Scenario, Where
from llmos.documents.scene_check import Point
from llmos.messages import Usage
from llmos.traces.events import Outcome

Split: TypeAlias = Literal["practice", "held-out", "pinned"]


@dataclass(frozen=True, slots=True)
class Ended:
    """What was there when a run of a case had ended; positions in metres, None where there was no robot."""

    run_id: str
    outcome: Outcome
    answer: str
    steps: int
    usage: Usage
    cost_usd: float
    workspace: Path
    called: frozenset[str] = frozenset()
    moved: bool = False
    tool_at: Point | None = None
    holding: str | None = None
    objects: Mapping[str, Point] = field(default_factory=dict)
    places: Mapping[str, Point] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Marked:
    """A run of a case with its verdict: passed, or the first thing that does not hold."""

    case: Case
    ended: Ended
    missing: str

    @property
    def passed(self) -> bool:
        """Whether everything holds that the scenario asks for."""
        return not self.missing


def split_of(scenario: Scenario, practice_share: float) -> Split:
    """What the scenario is for; the same page is always for the same."""
    if scenario.pinned:
        return "pinned"
    drawn = int(sha256(scenario.document.content_hash.encode()).hexdigest()[:8], 16) / 2**32
    return "practice" if drawn < practice_share else "held-out"


def cases_for(agent: str, scenarios: Iterable[Scenario], split: Split, practice_share: float) -> tuple[Case, ...]:
    """The cases of one kind that examine an agent, in an order that does not depend on where the pages lie."""
    mine = sorted(
        (each for each in scenarios if agent in each.agents and split_of(each, practice_share) == split),
        key=lambda each: each.name,
    )
    found: dict[str, Case] = {}
    for case in (case for scenario in mine for case in scenario.cases()):
        found.setdefault(case.key, case)
    return tuple(found.values())


def unseen(cases: Sequence[Case], goals: Iterable[str]) -> tuple[Case, ...]:
    """The cases whose goal is none of these: what a proposer was shown is held out no more."""
    shown = {_plain(goal) for goal in goals}
    return tuple(case for case in cases if _plain(case.scenario.goal) not in shown)


def spread(cases: Sequence[Case], most: int) -> tuple[Case, ...]:
    """At most so many cases, taken in turn from each scenario, so that none is left out before another is used up."""
    queues: dict[str, list[Case]] = {}
    for case in cases:
        queues.setdefault(case.scenario.name, []).append(case)
    rounds = max(map(len, queues.values()), default=0)
    turns = [queue[at] for at in range(rounds) for queue in queues.values() if at < len(queue)]
    chosen = set(map(id, turns[:most]))
    return tuple(case for case in cases if id(case) in chosen)


def mark(case: Case, ended: Ended) -> Marked:
    """The run held against everything that the scenario asks for."""
    return Marked(case, ended, next(_missing(case.scenario, ended), ""))


def _missing(scenario: Scenario, ended: Ended) -> Iterator[str]:
    """What does not hold, a sentence each."""
    check = scenario.check
    if ended.outcome != check.outcome:
        yield f"The run ended as {ended.outcome}, and should end as {check.outcome}."
    if check.still and ended.moved:
        yield "The robot was moved, and should have stayed where it was."
    for name, where in check.object_at.items():
        yield from _away(f"'{name}'", ended.objects.get(name), where, ended)
        if ended.holding == name:
            yield f"'{name}' is still in the gripper."
    if check.tool_at is not None:
        yield from _away("The tool", ended.tool_at, check.tool_at, ended)
    if check.holding and (ended.holding or "nothing") != check.holding:
        yield f"The gripper holds {ended.holding or 'nothing'}, and should hold {check.holding}."
    yield from _missing_files(scenario, ended.workspace)
    said = ended.answer.casefold()
    yield from (f"The answer does not say '{text}'." for text in check.answer if text.casefold() not in said)
    called = [tool for tool in check.not_called if tool in ended.called]
    yield from (f"The tool {tool} was called, and should not have been." for tool in called)


def _away(what: str, point: Point | None, where: Where, ended: Ended) -> Iterator[str]:
    wanted = where.point or ended.places.get(where.place)
    if wanted is None:
        yield f"There is no place '{where.place}' in the scene."
    elif point is None:
        yield f"{what} is not seen."
    elif (away_m := math.dist(point, wanted)) > where.within_m:
        yield f"{what} is {away_m:.3f} m from where it should be; {where.within_m:g} m are allowed."


def _missing_files(scenario: Scenario, workspace: Path) -> Iterator[str]:
    for name, text in scenario.check.files.items():
        found = _read(workspace, name)
        if found is None:
            yield f"There is no file '{name}'."
        elif text not in found:
            yield f"The file '{name}' does not hold '{text[:80]}'."
    for name in scenario.check.unchanged:
        if _read(workspace, name) != scenario.files[name]:
            yield f"The file '{name}' was changed."
    for name in scenario.check.absent:
        if _read(workspace, name) is not None:
            yield f"There is a file '{name}', and should be none."


def _read(workspace: Path, name: str) -> str | None:
    """The text of a file below the workspace; a link that leads out of it is no file of it."""
    path = workspace / name
    try:
        if not path.resolve().is_relative_to(workspace.resolve()) or not path.is_file():
            return None
        return path.read_text("utf-8", "replace")
    except OSError:
        return None


def _plain(goal: str) -> str:
    return " ".join(goal.casefold().split()).rstrip(".!")
