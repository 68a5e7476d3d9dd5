"""Of what the training data is made: which goals come up how often, round by round.

Knows no wording. Weights are relative; what comes up seldom is learned late.
"""

from dataclasses import dataclass

from training import extras, goals, handling, rover, spoken
from training.goals import Intent
from training.world import Kind

INTENTS: dict[Intent, float] = {
    goals.move_to: 8,
    goals.move_to_theta: 2,
    goals.move_to_some_axes: 3,
    goals.relative: 15,
    goals.slight: 4,
    goals.relative_two: 3,
    goals.relative_delta: 1,
    goals.turn: 5,
    goals.turn_around: 0.8,
    goals.turn_side: 1.5,
    goals.turn_to: 2.5,
    goals.far: 1,
    goals.close_gripper: 3,
    goals.open_gripper: 3,
    goals.go_home: 2.5,
    goals.stop: 2,
    goals.status: 3,
    goals.view: 5,
    goals.inspect_at: 3,
    goals.square: 2.5,
    handling.pick_at: 4,
    handling.pick: 6,
    handling.pick_missing: 3,
    handling.ambiguous: 2,
    handling.place_at: 3,
    handling.place_on: 3,
    handling.transfer: 12,
    handling.stack_on: 3,
    handling.stack: 6,
    handling.go_place: 6,
    handling.go_object: 4,
    handling.inspect_named: 4,
    spoken.corrected: 5,
    spoken.called_off: 5,
    spoken.but_not: 3,
    spoken.repeated: 1.5,
    spoken.then_stop: 1.5,
    spoken.then_tell: 3,
    extras.use: 60,
}
"""`extras.use` is nothing in a world without tools of its own, which most are, and so drawn again."""
HARD: dict[Intent, float] = {
    **INTENTS,
    goals.move_to: 11,
    goals.move_to_theta: 3,
    goals.move_to_some_axes: 5,
    goals.relative: 20,
    goals.relative_two: 12,
    goals.turn: 7,
    goals.square: 4,
    handling.place_at: 5,
    handling.place_on: 7,
    handling.transfer: 24,
    handling.stack_on: 7,
    handling.stack: 16,
}
"""The mix of the second round: more of what takes several numbers or steps."""
WEAK: dict[Intent, float] = {
    **HARD,
    goals.slight: 6,
    goals.far: 2,
    goals.move_to_some_axes: 8,
    goals.status: 4,
    spoken.corrected: 14,
    spoken.called_off: 8,
    spoken.but_not: 10,
    spoken.repeated: 5,
}
"""The mix of the third round: more of what the second leaves weak, wishes that are changed, forbidden or repeated."""
JOINED: dict[Intent, float] = {
    goals.move_to: 4,
    goals.relative: 4,
    goals.slight: 1,
    goals.turn: 1,
    goals.close_gripper: 2,
    goals.open_gripper: 2,
    goals.go_home: 2,
    goals.status: 0.7,
    goals.view: 1.5,
    handling.go_place: 1.5,
    handling.pick: 2.5,
    handling.pick_at: 1.5,
}
ROVER: dict[Intent, float] = {
    goals.move_to: 9,
    goals.move_to_theta: 3,
    goals.move_to_some_axes: 1,
    goals.relative: 9,
    goals.slight: 2,
    goals.far: 0.7,
    goals.relative_two: 5,
    goals.turn: 5,
    goals.turn_side: 2,
    goals.turn_around: 0.7,
    goals.turn_to: 2.5,
    goals.go_home: 2,
    goals.stop: 2,
    goals.status: 2.5,
    goals.view: 3,
    goals.inspect_at: 1.5,
    goals.square: 1.5,
    rover.drive: 7,
    rover.drive_and_turn: 4,
    rover.there_and_back: 2,
    rover.height: 4,
    rover.gripper: 1.5,
    handling.go_place: 6,
    handling.go_object: 3,
    handling.inspect_named: 2,
    handling.pick: 1.5,
    handling.pick_missing: 2,
    handling.transfer: 1.5,
    spoken.corrected: 4,
    spoken.called_off: 4,
    spoken.but_not: 2,
    spoken.repeated: 1,
    spoken.then_stop: 1.5,
    spoken.then_tell: 2,
    extras.use: 40,
}
"""What comes up for a rover, in the first two rounds alike."""
ROVER_WEAK: dict[Intent, float] = {
    **ROVER,
    spoken.corrected: 9,
    spoken.called_off: 6,
    spoken.but_not: 6,
    spoken.repeated: 3,
}
ROVER_JOINED: dict[Intent, float] = {
    goals.move_to: 3,
    goals.relative: 3,
    rover.drive: 4,
    goals.turn: 4,
    goals.go_home: 2,
    goals.status: 0.7,
    goals.view: 1.5,
    handling.go_place: 2,
}

NEEDING: dict[str, Intent] = {
    "emergency_stop": goals.stop,
    "get_camera_feed": goals.view,
    "get_status": goals.status,
    "go_home": goals.go_home,
    "move_relative": goals.relative,
    "move_to": goals.move_to,
    "toggle_tool": goals.open_gripper,
}
"""A goal that takes the tool; for those that only one robot has it is `extras.use`."""


def of_kind(intents: dict[Intent, float], kind: Kind) -> dict[Intent, float]:
    """What of a mix comes up for this kind of robot."""
    if kind == "arm":
        return intents
    if intents is JOINED:
        return ROVER_JOINED
    return ROVER_WEAK if intents is WEAK else ROVER


@dataclass(frozen=True, slots=True)
class Mix:
    """Of what a round of training is made: intents by weight, and the shares of everything else."""

    intents: dict[Intent, float]
    no_goals: float
    joined: float
    reduced_lists: float
    lacking: float
    finishes: float
    questions: float = 0.0


MIXES = (
    Mix(INTENTS, no_goals=0.22, joined=0.08, reduced_lists=0.15, lacking=0.35, finishes=0.4),
    Mix(HARD, no_goals=0.28, joined=0.14, reduced_lists=0.34, lacking=0.5, finishes=0.6, questions=0.15),
    Mix(WEAK, no_goals=0.28, joined=0.2, reduced_lists=0.34, lacking=0.5, finishes=0.6, questions=0.2),
)
"""One for each round; a network that is gone on with gets the last.

`lacking` is how many goals need a tool that the list lacks, where it lacks one; `finishes` how many of the replies that
finish a longer run are learned from; `questions` how many of the texts that are no goal ask how, why or whether one
would do something.
"""
MEASURED = 1
"""The round whose texts that are no goal are measured, and teach the classifier what a goal is."""
