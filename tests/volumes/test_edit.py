"""Writing and copying documents: whole files, one commit, and the person's copy before the original."""

from pathlib import Path

import pytest

from llmos.errors import LLMosError, RefusedError, StorageError
from llmos.volumes.edit import copy_for_edit, write_document
from llmos.volumes.history import History
from llmos.volumes.registry import Registry
from llmos.volumes.volume import Volume
from tests.support.disks import tmpfs
from tests.support.repositories import person, write
from tests.support.volumes import volume, write_agent, write_skill

PAGE = Path("agents/painter.md")
TEXT = "---\nname: painter\ndescription: Paints.\n---\nPaint.\n"


def test_written_document_is_one_commit_with_its_reason(tmp_path: Path) -> None:
    """A new file and a changed one; the same text again is nothing."""
    user = _user(tmp_path)
    first = write_document(user, PAGE, TEXT, "Add painter\nsomebody asked", {"LLMos-Run": "r1"})
    assert (user.root / PAGE).read_text() == TEXT
    entry = History(user.root).log(limit=1)[0]
    assert (entry.id, entry.subject, entry.body) == (first, "Add painter", "somebody asked\n\nLLMos-Run: r1")
    assert write_document(user, PAGE, TEXT, "Again") is None
    assert write_document(user, PAGE, TEXT + "More.\n", "Say more") == History(user.root).tip()
    assert person(user.root, "status", "--porcelain") == ""


def test_document_with_staged_changes_is_not_written(tmp_path: Path) -> None:
    """What a person has staged is neither committed nor overwritten: the file is left alone."""
    user = _user(tmp_path)
    write_document(user, PAGE, TEXT, "Add painter")
    write(user.root, {str(PAGE): TEXT + "staged\n"})
    person(user.root, "add", str(PAGE))
    with pytest.raises(RefusedError, match="has staged changes of yours"):
        write_document(user, PAGE, TEXT + "by LLMos\n", "Change it")
    assert (user.root / PAGE).read_text() == TEXT + "staged\n"
    assert person(user.root, "diff", "--cached", "--name-only") == str(PAGE)


def test_document_that_cannot_be_committed_is_put_back(tmp_path: Path) -> None:
    """No change without its commit: when git refuses, the file is as it was, or gone if it was not there."""
    user = _user(tmp_path)
    write_document(user, PAGE, TEXT, "Add painter")
    (user.root / ".git/index.lock").touch()
    with pytest.raises(StorageError):
        write_document(user, PAGE, "other", "Change it")
    with pytest.raises(StorageError):
        write_document(user, Path("agents/new.md"), "new", "Add it")
    assert (user.root / PAGE).read_text() == TEXT
    assert not (user.root / "agents/new.md").exists()


@pytest.mark.parametrize("path", ["../x.md", "/etc/x.md", ".git/hooks/pre-commit"])
def test_document_is_written_inside_its_volume_only(tmp_path: Path, path: str) -> None:
    """No path leads out."""
    with pytest.raises(RefusedError):
        write_document(_user(tmp_path), Path(path), "x", "Escape")
    assert not (tmp_path / "x.md").exists()


def test_shipped_volume_is_not_written(tmp_path: Path) -> None:
    """LLMos never commits into its own source."""
    with pytest.raises(RefusedError) as caught:
        write_document(volume(tmp_path, "system"), PAGE, TEXT, "Change it")
    assert str(caught.value) == "LLMos does not write to the volume 'system'; edit a copy in the user volume instead."


def test_full_disk_leaves_the_old_document(tmp_path: Path) -> None:
    """A write that does not fit is a sentence; the file keeps its old text, with nothing half-written beside it."""
    with tmpfs(tmp_path / "disk", "size=600k") as disk:
        user = volume(disk / "user")
        History(user.root).init()
        write_document(user, PAGE, TEXT, "Add painter")
        with pytest.raises(StorageError) as caught:
            write_document(user, PAGE, "x" * 2_000_000, "Grow")
        assert str(caught.value).startswith(f"cannot write {user.root / PAGE}: the disk is full; ")
        assert (user.root / PAGE).read_text() == TEXT
        assert [path.name for path in (user.root / "agents").iterdir()] == ["painter.md"]


def test_shipped_agent_is_copied_before_it_is_edited(tmp_path: Path) -> None:
    """The copy shadows the original; asking again gives the copy itself."""
    original = write_agent(tmp_path / "system", "operator", "Shipped.")
    user, system = _user(tmp_path), volume(tmp_path / "system", "system")
    registry = Registry([user, system])
    copy = copy_for_edit(registry.entry("agent", "operator"), user)
    assert copy == user.root / "agents/operator.md"
    assert copy.read_text() == original.read_text()
    registry.refresh()  # after a slow look it would not look again at once
    assert registry.entry("agent", "operator").shadowed == (original,)
    assert copy_for_edit(registry.entry("agent", "operator"), user) == copy


def test_skill_is_copied_with_all_its_files(tmp_path: Path) -> None:
    """Scripts keep their mode, references come along."""
    skill = write_skill(tmp_path / "system", "paint")
    script = skill.parent / "scripts/mix.sh"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    user = _user(tmp_path)
    registry = Registry([user, volume(tmp_path / "system", "system")])
    copy = copy_for_edit(registry.entry("skill", "paint"), user)
    assert copy == user.root / "skills/paint/SKILL.md"
    assert (copy.parent / "scripts/mix.sh").stat().st_mode & 0o100
    assert copy.parent.stat().st_mode & 0o777 == 0o755


def test_copy_never_overwrites_another_document(tmp_path: Path) -> None:
    """A file of that name with another agent in it is named."""
    write_agent(tmp_path / "system", "operator")
    user = _user(tmp_path)
    (user.root / "agents").mkdir()
    (user.root / "agents/operator.md").write_text(TEXT)
    registry = Registry([user, volume(tmp_path / "system", "system")])
    with pytest.raises(LLMosError) as caught:
        copy_for_edit(registry.entry("agent", "operator"), user)
    assert str(caught.value) == (
        f"{user.root / 'agents/operator.md'} is there already and is not the agent 'operator'; rename one of the two."
    )


def _user(tmp_path: Path) -> Volume:
    user = volume(tmp_path / "user")
    history = History(user.root)
    history.init()
    write(user.root, {"VOLUME.md": "---\nname: user\n---\n"})
    history.commit([Path()], "Begin")
    return user
