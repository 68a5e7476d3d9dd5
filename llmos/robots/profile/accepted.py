"""The limits that a person accepted last, kept in a home as `robots/NAME.accepted` across restarts.

Knows no gate. A file that cannot be understood is told as such: then no limits can be trusted.
"""

from dataclasses import MISSING, fields
from pathlib import Path

import msgspec

from llmos.disk import lost_link, read_file, write_whole
from llmos.documents.robot_profile import SIMULATED, RobotProfile
from llmos.errors import DocumentError, RefusedError
from llmos.robots.papers import Papers, from_papers, papers

_MOST_BYTES = 1_000_000
_KEYS = frozenset(each.name for each in fields(RobotProfile))
_FREE = frozenset(
    each.name for each in fields(RobotProfile) if (each.default, each.default_factory) != (MISSING, MISSING)
)
"""Keys that a profile may leave out and that are not written at their defaults: what lacks one has its default."""


class AcceptedLimits:
    """One file; nobody but the gate writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, newest: RobotProfile) -> RobotProfile | None:
        """The accepted profile, None when none ever was; RefusedError when it cannot be understood.

        RefusedError as well when it is for another kind of robot, to which other rules apply, and when another driver
        may be opened that moves something real. A key that profiles did not have then is taken from the newest.
        """
        try:
            kept = msgspec.json.decode(read_file(self._path, _MOST_BYTES), type=Papers)
            known = {key: value for key, value in kept.values.items() if key in _KEYS}
            values = {**{key: value for key, value in papers(newest).values.items() if key not in _FREE}, **known}
            profile = from_papers(RobotProfile, msgspec.structs.replace(kept, values=values))
        except FileNotFoundError as error:
            if lost := lost_link(self._path):
                raise RefusedError(f"{lost} is a link that leads nowhere") from error
            return None
        except (OSError, msgspec.MsgspecError, DocumentError) as error:
            raise RefusedError(f"{self._path} cannot be understood ({error})") from error
        if profile.kind != newest.kind:
            raise RefusedError(f"{self._path} is for a robot of the kind {profile.kind}, not {newest.kind}")
        if profile.driver != newest.driver and not SIMULATED.issuperset(newest.driver):
            was, now = ", ".join(profile.driver), ", ".join(newest.driver)
            raise RefusedError(f"{self._path} is for a robot driven by {was}, not by {now}")
        return profile

    def write(self, profile: RobotProfile) -> None:
        """Put it on disk; raises StorageError."""
        write_whole(self._path, msgspec.json.encode(papers(profile)), doing="write the accepted limits to")
