"""A recording is read back by MCAP's own reader, whatever became of the process that wrote it."""

import base64
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest

from llmos.errors import StorageError
from llmos.traces.recording import Recording
from llmos.traces.recording_schemas import SCHEMAS, TOPICS, protobuf
from llmos.traces.sealing import seal, unsealed
from tests.support.recordings import messages

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
POSE = {"x": 0.1, "y": 0.2, "z": 0.3, "theta_rad": 0.5}
pytestmark = pytest.mark.system

FOREVER = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
from llmos.traces.recording import Recording
recording = Recording(Path(sys.argv[1]), "arm")
at = datetime.fromisoformat("2026-11-20T12:00:00+00:00")
for number in range(10**9):
    recording.state(at + timedelta(milliseconds=10 * number), {"x": number}, {"x": 0, "y": 0, "z": 0, "theta_rad": 0})
    if number == 500:
        print(number, flush=True)
"""


@pytest.fixture(autouse=True)
def _mcap(require_system: Callable[[str], None]) -> None:
    if find_spec("mcap") is None:
        require_system("mcap")


def record(path: Path) -> Recording:
    """One of everything."""
    recording = Recording(path, "arm")
    recording.command(NOON, {"verb": "move_to", "principal": "agent operator", "x": 1.0})
    recording.verdict(NOON, {"command": {"verb": "move_to"}, "allowed": False, "rule": "workspace"}, "Too far.")
    recording.state(NOON, {**POSE, "holding": None}, POSE)
    recording.motion(NOON, {"command": {"verb": "move_to"}, "reached": True, "duration_s": 1.5})
    recording.frame(NOON, b"\x89PNG...")
    return recording


def test_everything_recorded_comes_back(tmp_path: Path) -> None:
    """In its order, under its topic, with its schema; the angle becomes a quaternion about z."""
    path = tmp_path / "recordings" / "a.mcap"
    record(path).close()
    found = messages(path)
    assert [topic for topic, *_ in found] == [
        "/robot/command",
        "/gate/verdict",
        "/gate/log",
        "/robot/state",
        "/robot/pose",
        "/robot/transform",
        "/robot/motion",
        "/camera",
    ]
    assert all(TOPICS[topic] == schema for topic, schema, *_ in found)
    of = {topic: content for topic, _, content, _ in found}
    assert of["/gate/log"]["message"] == "Too far."
    turned = pytest.approx({"x": 0, "y": 0, "z": 0.2474, "w": 0.9689}, abs=1e-4)
    assert of["/robot/pose"]["timestamp"] == "2026-11-20T12:00:00Z"
    assert {"x": 0, "y": 0, **of["/robot/pose"]["pose"]["orientation"]} == turned
    assert {"x": 0, "y": 0, **of["/robot/transform"]["rotation"]} == turned
    assert of["/robot/transform"]["translation"] == {axis: POSE[axis] for axis in ("x", "y", "z")}
    assert of["/camera"]["format"] == "png"
    assert base64.b64decode(of["/camera"]["data"]) == b"\x89PNG..."


def test_what_viewers_show_is_protobuf_in_their_schemas(tmp_path: Path) -> None:
    """Rerun shows no picture and no pose that is JSON; what is ours alone stays JSON, which every tool reads."""
    from mcap.reader import make_reader

    path = tmp_path / "a.mcap"
    record(path).close()
    with path.open("rb") as file:
        found = [(schema, channel) for schema, channel, _ in make_reader(file).iter_messages()]
    encodings = {schema.name: (schema.encoding, channel.message_encoding) for schema, channel in found}
    assert set(encodings) == set(TOPICS.values())
    for name, encoding in encodings.items():
        assert encoding == (("protobuf", "protobuf") if name.startswith("foxglove.") else ("jsonschema", "json"))


def test_a_sealed_recording_has_an_index(tmp_path: Path) -> None:
    """So that a viewer needs not read it whole; and nothing else is left in the folder."""
    from mcap.reader import make_reader

    path = tmp_path / "a.mcap"
    record(path).close()
    with path.open("rb") as file:
        summary = make_reader(file).get_summary()
    assert summary is not None
    assert summary.statistics is not None
    assert summary.statistics.message_count == 8
    assert summary.chunk_indexes
    assert [left.name for left in tmp_path.iterdir()] == ["a.mcap"]
    assert unsealed(tmp_path) == []


def test_a_killed_process_loses_nothing_it_had_recorded(tmp_path: Path) -> None:
    """`kill -9` in the midst of writing; sealing gives back what was there."""
    path = tmp_path / "a.mcap"
    with subprocess.Popen([sys.executable, "-c", FOREVER, path], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "500\n"
        child.send_signal(signal.SIGKILL)
    assert unsealed(tmp_path) == [path]
    count = seal(path)
    found = [content["x"] for topic, _, content, _ in messages(path) if topic == "/robot/state"]
    assert count >= 1002
    assert found == list(range(len(found)))
    assert len(found) > 500


@pytest.mark.parametrize("cut", [1, 7, 8, 9, 40, 300])
def test_a_recording_cut_anywhere_gives_back_its_whole_messages(cut: int, tmp_path: Path) -> None:
    """Half a message at the end is left out; what comes before it is there."""
    path = tmp_path / "a.mcap"
    recording = record(path)
    for number in range(20):
        recording.state(NOON + timedelta(seconds=number), {"x": number}, POSE)
    content = path.read_bytes()
    path.write_bytes(content[:-cut])
    seal(path)
    found = [content for topic, _, content, _ in messages(path) if topic == "/robot/state"]
    assert found[1:] == [{"x": number} for number in range(len(found) - 1)]
    assert len(found) >= 19
    recording._file.close()


@pytest.mark.parametrize("content", [b"", b"\x89MCAP", b"hello, I am a log"])
def test_what_is_no_recording_is_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    """And said."""
    path = tmp_path / "a.mcap"
    path.write_bytes(content)
    with pytest.raises(StorageError) as refused:
        seal(path)
    assert str(refused.value) == f"{path} is not a recording: it does not begin as MCAP files do"
    assert path.read_bytes() == content
    assert [left.name for left in tmp_path.iterdir()] == ["a.mcap"]


def test_a_recording_never_overwrites_another(tmp_path: Path) -> None:
    """Two robots, one name."""
    path = tmp_path / "a.mcap"
    record(path).close()
    with pytest.raises(StorageError) as refused:
        Recording(path, "arm")
    assert str(refused.value).startswith(f"cannot record to {path}: ")


def test_every_topic_has_a_schema() -> None:
    """Ours or Foxglove's; and no schema is for nothing."""
    theirs = {name for name in TOPICS.values() if name.startswith("foxglove.")}
    assert set(TOPICS.values()) == set(SCHEMAS) | theirs
    assert all(protobuf(name).DESCRIPTOR.full_name == name for name in theirs)
