"""A stop through a client takes every way that is left: the stop door, the disk, and the line to the host."""

import json
from pathlib import Path

import pytest

from llmos.disk import make_folder
from llmos.errors import StorageError
from llmos.robots import latch as latch_module
from llmos.robots import safety_log as safety_log_module
from llmos.robots.base import RobotError
from llmos.robots.host.client import HostClient
from llmos.volumes.locks import sole_owner
from tests.support.hosts import serving

pytestmark = pytest.mark.anyio


def refuse(*_: object, **__: object) -> None:
    """What a full disk says."""
    raise StorageError("cannot write the emergency stop: the disk is full")


async def test_the_line_takes_a_stop_that_neither_door_nor_disk_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate stops by the line that works, and warns that the stop does not last."""
    with serving(tmp_path) as rig:
        client = rig.client()
        rig.files.address.unlink()
        monkeypatch.setattr(latch_module, "write_whole", refuse)
        result = await client.stop("Ada", "smoke")
        assert result.warning
        assert rig.gate.booked == [("Ada", "smoke")]
        assert rig.gate.latch.stop is not None
        monkeypatch.undo()


@pytest.mark.parametrize("disk", ["well", "full"])
async def test_a_stop_whose_host_is_gone_is_in_force_and_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disk: str
) -> None:
    """Whoever pressed hears that nobody can say how it ended, and that it holds; a disk that refuses is told of."""
    with serving(tmp_path) as rig:
        client = HostClient(rig.files, "a test")
    if disk == "full":
        monkeypatch.setattr(latch_module, "write_whole", refuse)
        with pytest.raises(StorageError, match="the disk is full"):
            await client.stop("Ada", "smoke")
        return
    with pytest.raises(RobotError, match="The stop is in force all the same, until a person rearms it"):
        await client.stop("Ada", "smoke")
    client.close()
    stop = latch_module.StopLatch(tmp_path / "robots" / "arm.json").stop
    assert stop is not None
    assert (stop.by, stop.reason) == ("Ada", "smoke")
    (line,) = map(json.loads, (tmp_path / "safety.jsonl").read_bytes().splitlines())
    assert (line["kind"], line["detail"]) == ("stop", {"by": "Ada", "reason": "smoke"})


async def test_a_stop_that_can_be_neither_told_nor_written_down_is_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host is gone and somebody keeps the safety log: whoever pressed hears of both, and that it holds."""
    monkeypatch.setattr(safety_log_module, "_LOOKS", 1)  # nobody waits here
    with serving(tmp_path) as rig:
        client = HostClient(rig.files, "a test")
    make_folder(tmp_path / "run")
    with sole_owner(tmp_path / "run" / "safety.lock"), pytest.raises(RobotError) as caught:
        await client.stop("Ada", "smoke")
    client.close()
    but = f"but not in the safety log: cannot write the safety log to {tmp_path / 'safety.jsonl'}: another process"
    assert f"The stop is in force all the same, until a person rearms it, {but}" in str(caught.value)
    assert latch_module.StopLatch(tmp_path / "robots" / "arm.json").stop is not None
