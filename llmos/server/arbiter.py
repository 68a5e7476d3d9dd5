"""Who has the robot: one agent's run or one person's motion at a time; a second asker is refused and told who has it.

Knows no robot: the gate lets one motion through at a time whatever happens here.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from llmos.robots.verdict import Refusal


class BusyError(Exception):
    """Somebody else has the robot; `refusal` says who, and what to do."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class Arbiter:
    """Hands the robot to one at a time; stopping it asks nobody."""

    def __init__(self) -> None:
        self._who = ""
        self._what = ""

    @property
    def holder(self) -> str:
        """Who has the robot and for what; empty when nobody has."""
        return f"{self._who} ({self._what})" if self._who else ""

    @contextmanager
    def claim(self, who: str, what: str) -> Iterator[None]:
        """Have the robot within; raises BusyError when somebody has it."""
        if self._who:
            reason = f"{self._who} has the robot ({self._what})"
            raise BusyError(Refusal("one-operator", reason, "wait until that is done, or stop it"))
        self._who, self._what = who, what
        try:
            yield
        finally:
            self._who = self._what = ""
