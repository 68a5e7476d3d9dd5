"""What a skill is known by in evidence: one hash over its folder, which a quarantine does not change.

Does not know what is counted under it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from llmos.disk import disk_said
from llmos.documents.document import hash_of
from llmos.documents.rewriting import rewrite
from llmos.documents.skill import QUARANTINE
from llmos.errors import DocumentError


def skill_hash(page: Path) -> str:
    """The hash of the skill whose SKILL.md this is, `sha256:HEX`; StorageError where its folder cannot be read.

    Of a skill that is nothing but its page, the hash of that page; else over the names and contents of all its files;
    a link counts as the path that it holds. Hidden files and `__pycache__` are left out, and so is the key that says
    that it is in quarantine.
    """
    try:
        known = hash_of(without_quarantine(page.read_bytes(), page))
        others = sorted(_others(page))
        if not others:
            return known
        lines = [f"{page.name}\0{known}", *(f"{name}\0{_hash_of(path)}" for name, path in others)]
    except OSError as error:
        raise disk_said("read the skill", page.parent, error) from error
    return hash_of("\n".join(lines).encode("utf-8", "surrogateescape"))


def without_quarantine(content: bytes, page: Path) -> bytes:
    """The bytes of a SKILL.md as they are outside quarantine."""
    if QUARANTINE.encode() not in content:
        return content
    try:
        return rewrite(content.decode("utf-8"), {"metadata": {QUARANTINE: None}}, page).encode()
    except (UnicodeDecodeError, DocumentError):
        return content


def _hash_of(path: Path) -> str:
    if path.is_symlink():
        return f"-> {path.readlink()}"
    return hash_of(path.read_bytes()) if path.is_file() else "no file"


def _others(page: Path) -> Iterator[tuple[str, Path]]:
    for folder, folders, names in os.walk(page.parent):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
        for name in [*names, *(each for each in folders if Path(folder, each).is_symlink())]:
            path = Path(folder, name)
            if not name.startswith(".") and path != page:
                yield path.relative_to(page.parent).as_posix(), path
