"""Asks everything once, so that every chapter tells of the same replies.

Knows no figure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.measure import splits
from training.measure.asking import Planner, Run
from training.measure.splits import Draw


@dataclass(frozen=True, slots=True)
class Sample:
    """What a threshold is chosen by or held against: goals, texts of people that are none, and generated ones."""

    goals: Sequence[Run]
    foreign: Sequence[Run]
    made: Sequence[Run]


@dataclass(frozen=True, slots=True)
class Played:
    """What the model made of the test sheet, with a grammar; `told` are conversations that people wrote."""

    goals: dict[str, list[Run]]
    foreign: dict[str, list[Run]]
    made: list[Run]
    several: list[Run]
    errors: list[Run]
    told: list[Run]
    validation: Sample

    @property
    def test(self) -> Sample:
        """The side that decides nothing."""
        return Sample(_all(self.goals), _all(self.foreign), self.made)

    @property
    def everything(self) -> list[Run]:
        """All runs of that side."""
        return [*self.test.goals, *self.test.foreign, *self.made, *self.several, *self.errors, *self.told]


def play(path: Path, draw: Draw) -> Played:
    """Ask a model as much as the draw says: of the sheet that it names, and of the validation sheet beside it."""
    earlier = Draw(draw.count, "validation")
    planner = Planner(path, scored=True)
    played = Played(
        goals={name: planner.play(episodes) for name, episodes in splits.goals(draw).items()},
        foreign={kind: planner.begin(episodes) for kind, episodes in splits.foreign(draw).items()},
        made=planner.begin(splits.no_goals(draw, held_out=True)),
        several=planner.begin(splits.several(draw)),
        errors=planner.play(splits.errors(draw)),
        told=planner.play(splits.told(draw)),
        validation=Sample(
            goals=planner.begin(splits.seen(earlier)),
            foreign=[run for texts in splits.foreign(earlier).values() for run in planner.begin(texts)],
            made=planner.begin(splits.no_goals(earlier, held_out=False)),
        ),
    )
    planner.close()
    return played


def _all(groups: dict[str, list[Run]]) -> list[Run]:
    return [run for runs in groups.values() for run in runs]
