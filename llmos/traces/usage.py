"""The sidecar of a volume: who used what and whether it worked, one line of JSON per use, appended and never changed.

Does not know what follows from the counts. Clones merge without conflict (`merge=union`), so lines may come twice and
in any order; one that a crash, a full disk or half a copy tore is left out.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from llmos.disk import disk_said, read_file, write_whole
from llmos.errors import StorageError
from llmos.messages import JSON

FILE: Final = "usage.jsonl"
"""The sidecar, in the root of a volume."""

ATTRIBUTES: Final = ".gitattributes"
UNION: Final = f"{FILE} merge=union"
"""The line that makes git keep the lines of both sides."""

_APPEND = os.O_RDWR | os.O_CREAT | os.O_APPEND
for _flag in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"):  # a link in somebody's volume must not lead us out of it
    _APPEND |= getattr(os, _flag, 0)
_COVERS = frozenset({FILE, f"/{FILE}", "*.jsonl"})
_MOST_BYTES = 1_000_000_000

What: TypeAlias = Literal["skill", "trace"]


class UsageLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One use of a skill or a trace in one run.

    `content_hash` says which text was used (of a skill `volumes.skill_hash`), `slots_hash` for which values of the
    goal's slots (`slots_hash`). `scenario` names scenario and seed, e.g. `pick/7`; a real use has none. `tools` are the
    versions of the tools that it called.
    """

    what: What
    name: str
    content_hash: str
    run_id: str
    ok: bool
    slots_hash: str
    scenario: str = ""
    at: str
    """When the run ended: UTC, ISO 8601."""
    tools: dict[str, str] = {}


_DECODER = msgspec.json.Decoder(UsageLine)


def slots_hash(slots: Mapping[str, JSON]) -> str:
    """Sixteen hexadecimal digits of the values of a goal's slots: equal values, equal digits, in whatever order."""
    from hashlib import sha256

    return sha256(msgspec.json.encode(dict(slots), order="deterministic")).hexdigest()[:16]


def append(root: Path, *lines: UsageLine) -> None:
    """Add uses to the sidecar of the volume at `root`, in one write; raises StorageError where the disk refuses.

    Several processes may append at once. After a line that was torn a new one begins. In a repository of an older
    LLMos the attribute that lets clones merge is added.
    """
    path = root / FILE
    ensure_union(root)
    content = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    try:
        descriptor = os.open(path, _APPEND, 0o644)
        try:
            if _is_torn(descriptor):
                content = b"\n" + content
            written = os.write(descriptor, content)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise disk_said("count a use in", path, error) from error
    if written < len(content):
        raise StorageError(f"cannot count a use in {path}: the disk took only a part of it; free some space")


def read_usage(root: Path, on_torn: Callable[[str], None] | None = None) -> tuple[UsageLine, ...]:
    """All uses in the sidecar of a volume, as they stand there; `on_torn` gets a sentence for each line left out.

    Raises StorageError where there is a sidecar and it cannot be read.
    """
    path = root / FILE
    try:
        content = read_file(path, _MOST_BYTES)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise disk_said("read", path, error) from error
    lines = []
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            lines.append(_DECODER.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError):
            if on_torn is not None:
                on_torn(f"{path}:{number}: this is no whole line, so it does not count")
    return tuple(lines)


def ensure_union(root: Path) -> bool:
    """Let clones of the repository at `root` merge their sidecars; whether a line had to be added for that."""
    path = root / ATTRIBUTES
    if path.is_symlink() or not (root / ".git").exists():
        return False
    try:
        text = path.read_text("utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError):
        return False  # whatever keeps it from being read, a person will meet it in git
    if any(_is_union(line) for line in text.splitlines()):
        return False
    gap = "\n" if text and not text.endswith("\n") else ""
    write_whole(path, f"{text}{gap}{UNION}\n".encode(), mode=0o644)
    return True


def _is_union(line: str) -> bool:
    pattern, *attributes = line.split() or [""]
    return pattern in _COVERS and "merge=union" in attributes


def _is_torn(descriptor: int) -> bool:
    """Whether the file ends within a line."""
    end = os.lseek(descriptor, 0, os.SEEK_END)
    if end == 0:
        return False
    os.lseek(descriptor, end - 1, os.SEEK_SET)
    return os.read(descriptor, 1) != b"\n"
