"""A robot's profile on disk, looked at again whenever it is asked for: what it says since it changed.

Knows no limit that is in force. One look costs a few calls of the system while nothing changes.
"""

from collections.abc import Sequence
from pathlib import Path

from llmos.documents.robot_profile import RobotProfile, read_robot_profile
from llmos.errors import DocumentError


class ProfileFile:
    """The document of a profile that was read already, or the first of `shadows` that is there by now.

    Of `shadows`, which come strongest first, those count that stand before the document itself.
    """

    def __init__(self, profile: RobotProfile, shadows: Sequence[Path] = ()) -> None:
        self._own: Path = profile.document.path
        above = shadows.index(self._own) if self._own in shadows else len(shadows)
        self._shadows = tuple(shadows[:above])
        self._known = profile.document.content_hash
        self._seen: tuple[object, ...] | None = None

    def __call__(self) -> RobotProfile | DocumentError | None:
        """The profile when its document changed, why it cannot be read when it became wrong; else None."""
        path = next((each for each in self._shadows if each.is_file()), self._own)
        try:
            status = path.stat()
            seen: tuple[object, ...] = (path, status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError:
            seen = (path,)
        if seen == self._seen:
            return None
        first, self._seen = self._seen is None, seen
        try:
            profile = read_robot_profile(path)
        except DocumentError as error:
            return error
        if first and profile.document.content_hash == self._known:
            return None
        return profile
