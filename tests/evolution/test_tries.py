"""What was tried is on disk before it runs, and is read back as it was written."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from llmos.errors import StorageError
from llmos.evolution.tries import Begun, Ended, Tries, next_number, try_id


def begun(identity: str = "t1", **changes: object) -> Begun:
    """A try of the agent `porter`."""
    fields = {"at": "now", "agent": "porter", "parent": "sha256:a", "candidate": "sha256:b", "component": "Placing"}
    return Begun(id=identity, text="new", why="because", **{**fields, **changes})  # type: ignore[arg-type]


def ended(identity: str = "t1", verdict: str = "kept") -> Ended:
    """Its end."""
    return Ended(identity, "then", verdict, "a reason", 7, 0, 1, 0.01, 0.025, "c0ffee", 0.5)  # type: ignore[arg-type]


def test_both_lines_are_read_back(tmp_path: Path) -> None:
    """In the order in which tries began; the last ending counts."""
    tries = Tries(tmp_path)
    assert tries.all() == ()
    for line in (begun(), begun("t2"), ended(), ended("t1", "reverted")):
        tries.append(line)
    first, second = tries.all()
    assert (first.begun, first.ended) == (begun(), ended("t1", "reverted"))
    assert (second.begun, second.ended) == (begun("t2"), None)
    assert (tries.path.stat().st_mode & 0o777) == 0o600


def test_a_try_that_was_cut_off_has_spent_its_share_all_the_same(tmp_path: Path) -> None:
    """The next one has the next number; one that was refused before it ran has spent nothing."""
    tries = Tries(tmp_path)
    tries.append(begun("t0", number=0))
    assert next_number(tries.with_version("porter", "sha256:a")) == 1
    tries.append(begun(number=1))
    assert next_number(tries.with_version("porter", "sha256:a")) == 2
    assert next_number(tries.with_version("porter", "sha256:other")) == 1
    assert next_number(tries.with_version("coder", "sha256:a")) == 1


def test_a_version_was_kept_until_somebody_takes_it_back(tmp_path: Path) -> None:
    """The try that brought the version in force is found by its hash."""
    tries = Tries(tmp_path)
    tries.append(begun(number=1))
    assert tries.kept("porter", "sha256:b") is None
    tries.append(ended())
    found = tries.kept("porter", "sha256:b")
    assert found is not None
    assert found.begun.id == "t1"
    tries.append(ended("t1", "reverted"))
    assert tries.kept("porter", "sha256:b") is None


def test_a_torn_last_line_is_cut_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    """A crash tears at most the end; what else cannot be read would change how much alpha is left, so it stops."""
    tries = Tries(tmp_path)
    tries.append(begun())
    with tries.path.open("ab") as file:
        file.write(b'{"line":"begun","id"')
    assert len(tries.all()) == 1
    tries.append(ended())
    assert tries.all()[0].ended == ended()
    tries.path.write_bytes(b"nonsense\n" + tries.path.read_bytes())
    with pytest.raises(StorageError) as caught:
        tries.all()
    assert str(caught.value) == (f"{tries.path}:1: no line of a try: JSON is malformed: invalid character (byte 4)")


def test_a_name_sorts_by_time() -> None:
    """And tells which candidate it was."""
    assert try_id(datetime(2026, 11, 20, 9, 51, 32, tzinfo=UTC), "sha256:3fa9c1d2") == "20261120-095132-3fa9c1"


def test_the_journals_of_old_tries_go_and_the_record_stays(tmp_path: Path) -> None:
    """The newest stay; one that was cut off long ago goes as well."""
    tries = Tries(tmp_path)
    for number in range(5):
        tries.append(begun(f"t{number}"))
        (tries.folder / f"t{number}" / "case").mkdir(parents=True)
        if number != 0:
            tries.append(ended(f"t{number}"))
    before = tries.path.read_bytes()
    assert tries.prune(2) == ("t0", "t1", "t2")
    assert sorted(path.name for path in tries.folder.iterdir()) == ["t3", "t4", "tries.jsonl"]
    assert (tries.path.read_bytes(), tries.prune(2)) == (before, ())
