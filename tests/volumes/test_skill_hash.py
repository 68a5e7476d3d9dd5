"""What a skill is known by: every byte that could change what it does, and nothing that does not."""

import os
from pathlib import Path

import pytest

from llmos.documents.document import hash_of
from llmos.documents.rewriting import rewrite
from llmos.documents.skill import QUARANTINE, read_skill
from llmos.errors import StorageError
from llmos.settings import system_root
from llmos.volumes.skill_hash import skill_hash
from tests.support.volumes import write_skill

TEXTS = [
    "---\nname: draw\ndescription: D.\n---\n\nDraw.\n",
    "---\nname: draw\ndescription: D.\nmetadata:\n  llmos-robot: arm\n---\n\nDraw.\n",
    "---\r\nname: draw\r\ndescription: D.\r\n---\r\nDraw.\r\n",
    "---\n# a comment\nname: draw\ndescription: D.\n\n---\nDraw.",
]


def test_a_page_alone_is_known_by_its_bytes(tmp_path: Path) -> None:
    """The hash that journals have of it."""
    page = write_skill(tmp_path, "draw")
    assert skill_hash(page) == hash_of(page.read_bytes())


def test_every_file_of_the_folder_counts(tmp_path: Path) -> None:
    """Its name and its content; hidden files and what Python leaves behind do not."""
    page = write_skill(tmp_path, "draw")
    seen = [skill_hash(page)]
    (page.parent / "scripts").mkdir()
    script = page.parent / "scripts" / "draw.py"
    for text in ("a", "b"):
        script.write_text(text)
        seen.append(skill_hash(page))
    script.rename(page.parent / "scripts" / "paint.py")
    seen.append(skill_hash(page))
    assert len(set(seen)) == 4
    (page.parent / ".DS_Store").write_text("x")
    (page.parent / "scripts" / "__pycache__").mkdir()
    (page.parent / "scripts" / "__pycache__" / "draw.pyc").write_text("x")
    assert skill_hash(page) == seen[-1]


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_counts_as_the_path_it_holds(tmp_path: Path) -> None:
    """Nothing behind it is read, and one that leads nowhere is no error."""
    page = write_skill(tmp_path, "draw")
    link = page.parent / "key"
    link.symlink_to(tmp_path / "nowhere")
    before = skill_hash(page)
    (tmp_path / "nowhere").write_text("secret")
    assert skill_hash(page) == before
    link.unlink()
    link.symlink_to(tmp_path)
    assert skill_hash(page) != before


@pytest.mark.parametrize("text", TEXTS)
def test_a_quarantine_changes_no_hash(tmp_path: Path, text: str) -> None:
    """Set and still the same skill, however its frontmatter is written."""
    page = write_skill(tmp_path, "draw")
    page.write_bytes(text.encode())
    before = skill_hash(page)
    page.write_bytes(rewrite(text, {"metadata": {QUARANTINE: "3 failures in a row"}}).encode())
    assert read_skill(page).quarantine == "3 failures in a row"
    assert skill_hash(page) == before


def test_no_shipped_skill_changes_its_hash_in_quarantine(tmp_path: Path) -> None:
    """All of them, as they ship."""
    for shipped in (system_root() / "skills").glob("*/SKILL.md"):
        page = tmp_path / shipped.parent.name / "SKILL.md"
        page.parent.mkdir()
        page.write_bytes(shipped.read_bytes())
        before = skill_hash(page)
        page.write_text(rewrite(shipped.read_text("utf-8"), {"metadata": {QUARANTINE: "x"}}), "utf-8")
        assert skill_hash(page) == before, shipped


def test_a_skill_that_is_gone_is_one_sentence(tmp_path: Path) -> None:
    """The folder is named."""
    with pytest.raises(StorageError, match=f"cannot read the skill {tmp_path / 'draw'}"):
        skill_hash(tmp_path / "draw" / "SKILL.md")
