"""A recording of a robot in the MCAP format: pose, state, commands, verdicts, motions and camera frames.

Knows no robot: plain JSON values come in, with their time. Foxglove and Rerun open the file: what they can show is
protobuf in Foxglove's schemas, our own is JSON. While it is written every message is on its way to the disk at once: a
killed process loses nothing, a power cut at most the last second. Format: https://mcap.dev/spec
"""

import math
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from llmos.disk import disk_said, make_folder
from llmos.errors import LLMosError
from llmos.messages import JSON
from llmos.traces.recording_schemas import SCHEMAS, TOPICS, protobuf
from llmos.traces.sealing import seal

if TYPE_CHECKING:
    from mcap.writer import Writer

_SYNC_AFTER = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FRAME, _TOOL = "workspace", "tool"


class Recording:
    """A file that is being written; StorageError when the disk refuses, and the file is whole up to then."""

    def __init__(self, path: Path, robot: str) -> None:
        writer = _writer_class()
        make_folder(path.parent)
        self.path = path
        try:
            self._file = path.open("xb")
        except OSError as error:
            raise disk_said("record to", path, error) from error
        self._writer = writer(self._file, use_chunking=False)
        self._channels: dict[str, int] = {}
        self._synced = _EPOCH
        self._writer.start(profile="", library="llmos")
        self._writer.add_metadata("robot", {"name": robot})
        self._file.flush()

    def state(self, at: datetime, measured: Mapping[str, JSON], pose: Mapping[str, float]) -> None:
        """What is measured at a moment; `pose` has x, y, z in metres and theta_rad."""
        self._add("/robot/state", at, measured)
        place, turn = {axis: pose[axis] for axis in ("x", "y", "z")}, _turned(pose["theta_rad"])
        self._show("/robot/pose", at, frame_id=_FRAME, pose={"position": place, "orientation": turn})
        frames = {"parent_frame_id": _FRAME, "child_frame_id": _TOOL}
        self._show("/robot/transform", at, **frames, translation=place, rotation=turn)

    def command(self, at: datetime, command: Mapping[str, JSON]) -> None:
        """What was asked for, and by whom."""
        self._add("/robot/command", at, command)

    def verdict(self, at: datetime, verdict: Mapping[str, JSON], sentence: str) -> None:
        """What the gate said, as values and as a line of a log."""
        self._add("/gate/verdict", at, verdict)
        level = 2 if verdict.get("allowed") else 3  # INFO, WARNING
        self._show("/gate/log", at, level=level, message=sentence, name="gate")

    def motion(self, at: datetime, motion: Mapping[str, JSON]) -> None:
        """How a motion ended, by measurement."""
        self._add("/robot/motion", at, motion)

    def frame(self, at: datetime, png: bytes) -> None:
        """What the camera saw."""
        self._show("/camera", at, frame_id="camera", format="png", data=png)

    def close(self) -> None:
        """Bring the file to its end and seal it; safe to call twice."""
        if self._file.closed:
            return
        try:
            self._writer.finish()  # type: ignore[no-untyped-call]
            self._sync()
        except OSError as error:
            raise disk_said("record to", self.path, error) from error
        finally:
            self._file.close()
        seal(self.path)

    def _add(self, topic: str, at: datetime, content: Mapping[str, JSON]) -> None:
        """A message of our own."""
        self._write(topic, at, msgspec.json.encode(content))

    def _show(self, topic: str, at: datetime, **fields: object) -> None:
        """A message that the viewers know how to show."""
        seconds, nanos = divmod(nanoseconds(at), 1_000_000_000)
        told = protobuf(TOPICS[topic])(timestamp={"seconds": seconds, "nanos": nanos}, **fields)
        self._write(topic, at, told.SerializeToString())

    def _write(self, topic: str, at: datetime, data: bytes) -> None:
        time_ns = nanoseconds(at)
        try:
            channel = self._channels.get(topic) or self._register(topic)
            self._writer.add_message(channel, time_ns, data, time_ns)
            self._file.flush()
            if at - self._synced >= _SYNC_AFTER:
                self._sync()
                self._synced = at
        except OSError as error:
            raise disk_said("record to", self.path, error) from error

    def _register(self, topic: str) -> int:
        name = TOPICS[topic]
        if name in SCHEMAS:
            encoding = "json"
            schema = self._writer.register_schema(name, "jsonschema", msgspec.json.encode(SCHEMAS[name]))
        else:
            from mcap_protobuf.schema import register_schema

            encoding = "protobuf"
            schema = register_schema(self._writer, protobuf(name))
        channel: int = self._writer.register_channel(topic, encoding, schema)
        self._channels[topic] = channel
        return channel

    def _sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())


def nanoseconds(at: datetime) -> int:
    """Nanoseconds since the epoch, exact to the microsecond."""
    return (at - _EPOCH) // timedelta(microseconds=1) * 1000


def _turned(theta_rad: float) -> dict[str, float]:
    """The quaternion of a turn about z, counter-clockwise."""
    return {"x": 0.0, "y": 0.0, "z": math.sin(theta_rad / 2), "w": math.cos(theta_rad / 2)}


def need_mcap() -> None:
    """Raise LLMosError where recordings can be neither written nor sealed."""
    _writer_class()


def _writer_class() -> "type[Writer]":
    try:
        import foxglove_schemas_protobuf  # noqa: F401
        import mcap_protobuf  # noqa: F401
        from mcap.writer import Writer
    except ModuleNotFoundError as error:
        raise LLMosError(f"recording needs {error.name}; get it with pip install 'llmos[recording]'") from error
    return Writer
