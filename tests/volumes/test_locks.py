"""A lock belongs to one holder at a time, and the system gives it back when that one dies."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from llmos.errors import StorageError
from llmos.volumes.locks import sole_owner
from tests.support.disks import unprivileged

HOLD = """
import sys
from contextlib import ExitStack
from pathlib import Path
from llmos.volumes.locks import sole_owner
with sole_owner(Path(sys.argv[1])) as owned:
    print(owned, flush=True)
    sys.stdin.read()
"""


def test_a_second_owner_is_told_at_once(tmp_path: Path) -> None:
    """It does not wait, and when the first has gone it may."""
    lock = tmp_path / "a.lock"
    with sole_owner(lock) as first, sole_owner(lock) as second:
        assert (first, second) == (True, False)
    with sole_owner(lock) as third:
        assert third


def test_it_is_looked_so_often_as_is_asked_for(tmp_path: Path) -> None:
    """With a pause between two looks, and none after the one that finds it free."""
    lock, pauses = tmp_path / "a.lock", list[int]()
    with sole_owner(lock), sole_owner(lock, 3, lambda: pauses.append(1)) as second:
        assert (second, len(pauses)) == (False, 2)
    with ExitStack() as first:
        first.enter_context(sole_owner(lock))
        with sole_owner(lock, 3, first.close) as second:
            assert second


def test_a_killed_owner_owns_nothing(tmp_path: Path) -> None:
    """The system takes the lock back with the process."""
    lock = tmp_path / "a.lock"
    command = [sys.executable, "-c", HOLD, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        with sole_owner(lock) as owned:
            assert not owned
        other.kill()
        other.wait()
        with sole_owner(lock) as owned:
            assert owned


def test_a_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    """In a sentence with its path."""
    tmp_path.chmod(0o755)
    with unprivileged(), pytest.raises(StorageError) as caught, sole_owner(tmp_path / "a.lock"):
        pass
    said = "permission denied; set LLMOS_HOME to a folder that you may use"
    assert str(caught.value) == f"cannot lock {tmp_path / 'a.lock'}: {said}"
