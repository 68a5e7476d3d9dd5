"""Which way a home may move a rule of safety; knows no rule."""

from enum import Enum


class Tighter(Enum):
    """The safe side of a rule: a home may move it there and nowhere else."""

    LOWER = "lower"
    HIGHER = "higher"
    FEWER = "fewer"
    MORE = "more"
