"""A robot's profile on disk, looked at again whenever it is asked for: what it says since it changed.

Knows no limit that is in force. One look costs one call of the system while nothing changes.
"""

from pathlib import Path

from llmos.documents.robot_profile import RobotProfile, read_robot_profile
from llmos.errors import DocumentError


class ProfileFile:
    """The document of a profile that was read already."""

    def __init__(self, profile: RobotProfile) -> None:
        self._path: Path = profile.document.path
        self._known = profile.document.content_hash
        self._seen: tuple[int, ...] | None = None

    def __call__(self) -> RobotProfile | DocumentError | None:
        """The profile when its document changed, why it cannot be read when it became wrong; else None."""
        try:
            status = self._path.stat()
            seen: tuple[int, ...] = (status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError:
            seen = ()
        if seen == self._seen:
            return None
        first, self._seen = self._seen is None, seen
        try:
            profile = read_robot_profile(self._path)
        except DocumentError as error:
            return error
        if first and profile.document.content_hash == self._known:
            return None
        return profile
