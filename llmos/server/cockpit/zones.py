"""The zone editor: a profile with other zones, written to the person's own volume as one commit.

Knows no page and no gate. The profile is checked like any other before a byte is written; who puts it in force, and
that looser limits wait for a rearm, is the body's affair.
"""

from collections.abc import Mapping
from pathlib import Path
from threading import Lock

from llmos.documents.document import Document
from llmos.documents.frontmatter import parse, read_document
from llmos.documents.rewriting import rewrite
from llmos.documents.robot_profile import RobotProfile, robot_profile_from
from llmos.errors import RefusedError
from llmos.messages import JSON
from llmos.robots.base import Measured
from llmos.robots.controls import Snapshot
from llmos.server.cockpit.instruments import clearances, zones_json
from llmos.server.service import Service
from llmos.volumes.edit import write_document
from llmos.volumes.volume import FOLDERS, Volume


class ZoneEditor:
    """Reads and writes the zones of the robot's profile; blocking, so routes call it in a worker thread."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._writing = Lock()

    @property
    def document(self) -> Document:
        """The profile as it stands on disk now, by the name of the robot."""
        path = self._service.system.library.registry.snapshot().robot(self._service.body.profile.name)
        return read_document(path)

    def read(self) -> dict[str, JSON]:
        """The zones of the document, and which document that is."""
        document = self.document
        profile = robot_profile_from(document)
        return {
            "robot": profile.name,
            "zones": zones_json(profile.zones),
            "path": str(document.path),
            "hash": document.content_hash,
        }

    def write(self, zones: Mapping[str, JSON], over: str, reason: str, measured: Measured) -> RobotProfile:
        """Put these zones in the place of the old ones; the profile as it is now on disk.

        Raises DocumentError for a profile that contradicts itself (a zone over home, say), and RefusedError where the
        robot stands inside a zone that was drawn, or the document is no longer the one that was edited.
        """
        with self._writing:  # nobody else's save comes between the look at the hash and the commit
            return self._write(zones, over, reason, measured)

    def _write(self, zones: Mapping[str, JSON], over: str, reason: str, measured: Measured) -> RobotProfile:
        document = self.document
        if document.content_hash != over:
            raise RefusedError("the profile has changed since this page read it; undo the changes, and draw them anew")
        user, path = self._place(document.path)
        text = _rezoned(document, zones, path)
        profile = robot_profile_from(parse(text, path))
        self._refuse_on_robot(profile, measured)
        trailers = {"Edited-with": "cockpit"}
        write_document(
            user, path.relative_to(user.root), text, reason or f"Change the zones of {profile.name}", trailers
        )
        self._service.system.library.registry.refresh([path])
        return robot_profile_from(read_document(path))

    def _place(self, path: Path) -> tuple[Volume, Path]:
        """The person's own volume, and the file there: the document itself, or where its copy is to be."""
        user = self._service.system.library.volume("user")
        return user, path if path.is_relative_to(user.root) else user.root / FOLDERS["robot"] / path.name

    def _refuse_on_robot(self, profile: RobotProfile, measured: Measured) -> None:
        before = clearances(self._service.snapshot().profile, measured)
        for name, metres in clearances(profile, measured).items():
            if metres <= 0.0 and before.get(name, 1.0) > 0.0:
                x, y, z = measured.pose.point
                where = f"the robot at ({x:.2f}, {y:.2f}, {z:.2f}) would stand {-metres:.2f} m inside the zone '{name}'"
                raise RefusedError(f"{where}; move the robot away first, or draw the zone elsewhere")


def _rezoned(document: Document, zones: Mapping[str, JSON], path: Path) -> str:
    """The text of the profile with exactly these zones; every other byte is as it was.

    A zone that lost a key, because it has another shape now, is written anew below the others.
    """
    text = document.path.read_text("utf-8")
    old = document.keys.get("zones")
    held: Mapping[str, JSON] = old if isinstance(old, Mapping) else {}
    gone: dict[str, JSON] = {name: None for name in held if _lost(held[name], zones.get(name))}
    changed = {name: zone for name, zone in zones.items() if name in gone or held.get(name) != zone}
    text = rewrite(text, {"zones": gone}, path) if gone else text
    return rewrite(text, {"zones": changed}, path) if changed else text


def _lost(before: JSON, after: JSON) -> bool:
    """Whether there is anything in the one that is not in the other."""
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return True
    return any(key not in after for key in before)


def saved_sentence(profile: RobotProfile, snapshot: Snapshot) -> str:
    """What has come of the edit, for the person who made it."""
    saved, new = "Saved as one commit in your volume", profile.document.content_hash
    if snapshot.pending == new:
        digest = new.removeprefix("sha256:")[:12]
        waits = "what is tighter counts now, and what is looser waits"
        return f"{saved}; {waits} until a person rearms {profile.name} and names sha256:{digest}…."
    if snapshot.profile.document.content_hash == new:
        return f"{saved}; the new zones are in force."
    return f"{saved}; it counts when the robot is opened again."
