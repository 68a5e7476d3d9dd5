"""What the files of a volume can do beyond telling a model something: tools, programs, hosts, limits of robots.

Does not know who trusts whom. An update whose capabilities are no wider than before changes prose only.

Whatever is not known to be harmless counts as a program: its capability holds the hash of its bytes, so a changed
script is a new capability.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from llmos.documents.agent import agent_from
from llmos.documents.command import command_from
from llmos.documents.document import Document
from llmos.documents.frontmatter import parse
from llmos.documents.skill import skill_from
from llmos.documents.structure import fences
from llmos.documents.unread import commands_in
from llmos.errors import DocumentError
from llmos.volumes.tool_grants import grants

_PROSE = frozenset({"", ".md", ".txt", ".rst", ".csv", ".tsv", ".jsonl", ".json", ".yaml", ".yml", ".toml"})
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".ico", ".pdf", ".ttf", ".woff", ".woff2"})
_SETTINGS = frozenset({"hooks.json", ".mcp.json", "mcp.json", ".lsp.json", "settings.json", "settings.local.json"})
_MANIFESTS = frozenset({"plugin.json", "marketplace.json"})
_SAID_OF_A_PLUGIN = frozenset(
    {"$schema", "name", "version", "description", "author", "homepage", "repository", "license", "keywords"}
)
_CODE_FOLDERS = frozenset({"tools", "drivers", "hooks", "scripts", "bin"})
_STEERING_KEYS = ("hooks", "mcp_servers", "permission_mode")
_HOST = re.compile(r"\b[a-z][a-z0-9+.-]*://(?:[^\s/@]+@)?(\[[0-9a-f:]+\]|[A-Za-z0-9.-]+)", re.IGNORECASE)
_PROGRAMS = ("llmos", "program")
"""What the language of a fenced block begins with that is a program."""
_COUNTED = frozenset({"uses", "rating", "last_used"})
"""What changes in a trace that only was used once more."""


@dataclass(frozen=True, slots=True, order=True)
class Capability:
    """One thing that a file makes possible, `but` for what it denies; printed, it is a sentence without its stop."""

    path: str
    what: str
    but: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.path} {self.told}"

    @property
    def told(self) -> str:
        """The sentence without its file."""
        return f"{self.what} but {', '.join(self.but)}" if self.but else self.what


_Told: TypeAlias = tuple[str, tuple[str, ...]]
"""What a file makes possible, and what it denies of that."""


def wider(now: Iterable[Capability], before: Iterable[Capability]) -> frozenset[Capability]:
    """What is possible now and was not before: another thing, or the same with less denied."""
    denied: dict[tuple[str, str], list[set[str]]] = {}
    for each in before:
        denied.setdefault((each.path, each.what), []).append(set(each.but))
    return frozenset(
        each for each in now if not any(but <= set(each.but) for but in denied.get((each.path, each.what), ()))
    )


def of_tree(root: Path, below: tuple[str, ...] = ("",)) -> frozenset[Capability]:
    """What all files below `root` can do, or those below some of its folders; git's own files are left out."""
    found: set[Capability] = set()
    for start in below:
        for folder, folders, names in os.walk(root / start):
            folders[:] = [name for name in folders if name != ".git"]
            for name in [*names, *(each for each in folders if Path(folder, each).is_symlink())]:
                path = Path(folder, name)
                found |= _of_path(path, path.relative_to(root).as_posix())
    return frozenset(found)


def of_file(path: str, content: bytes, *, executable: bool) -> frozenset[Capability]:
    """What one file can do; `path` is relative to the volume, with forward slashes."""
    told = _of_file(PurePosixPath(path), content, executable=executable)
    return frozenset(Capability(path, what, but) for what, but in told)


def _of_path(path: Path, name: str) -> frozenset[Capability]:
    try:
        if path.is_symlink():
            return frozenset({Capability(name, f"is a link to {path.readlink()}")})
        return of_file(name, path.read_bytes(), executable=os.access(path, os.X_OK) and os.name != "nt")
    except OSError as error:
        return frozenset({Capability(name, f"cannot be read: {error.strerror}")})


def _of_file(path: PurePosixPath, content: bytes, *, executable: bool) -> Iterator[_Told]:
    suffix = path.suffix.lower()
    if path.name in _SETTINGS:
        yield f"sets up hooks, servers or permissions ({_digest(content)})", ()
    elif path.name in _MANIFESTS:
        yield from ((what, ()) for what in _of_manifest(content))
    elif _is_program(path, content, executable=executable):
        yield f"is a program ({_digest(content)})", ()
    elif suffix == ".md":
        yield from _of_page(path, content)
    if suffix not in _PICTURES:
        text = content.decode("utf-8", "replace")
        yield from ((f"names the host {host}", ()) for host in {found.lower() for found in _HOST.findall(text)})


def _is_program(path: PurePosixPath, content: bytes, *, executable: bool) -> bool:
    suffix = path.suffix.lower()
    if content.startswith((b"#!", b"\x7fELF", b"MZ")) or suffix not in _PROSE | _PICTURES:
        return True
    return suffix != ".md" and (executable or not _CODE_FOLDERS.isdisjoint(path.parts[:-1]))


def _of_manifest(content: bytes) -> Iterator[str]:
    try:
        keys = json.loads(content)
        acting = {key: value for key, value in keys.items() if key not in _SAID_OF_A_PLUGIN}
    except (ValueError, AttributeError):
        acting = {"all": content.decode("utf-8", "replace")}
    if acting:
        yield f"sets up {', '.join(sorted(acting))} ({_digest(json.dumps(acting, sort_keys=True).encode())})"


def _of_page(path: PurePosixPath, content: bytes) -> Iterator[_Told]:
    text = content.decode("utf-8", "replace")
    if "robots" in path.parts[:-1]:
        yield f"sets the limits of a robot ({_digest(content)})", ()
    commands = ((found[1] or found[2]).strip() for found in commands_in(text))
    yield from ((f"asks to run '{command}', which LLMos never does", ()) for command in commands)
    try:
        document = parse(text, Path(path))
        programs = (fence.text.encode() for fence in fences(document.body) if fence.language.startswith(_PROGRAMS))
        yield from ((f"holds a program ({_digest(program)})", ()) for program in programs)
        if "traces" in path.parts[:-1]:
            yield f"shows tool calls that may be made again without a model ({_of_trace(document)})", ()
        for key in _STEERING_KEYS:
            if key in document.keys:
                yield f"sets {key} ({_digest(repr(document.keys[key]).encode())})", ()
        yield from ((f"may use {tool}", denied) for tool, denied in _tools(path, document))
    except DocumentError:
        yield f"cannot be read ({_digest(content)})", ()


def _of_trace(document: Document) -> str:
    keys = {key: value for key, value in document.keys.items() if key not in _COUNTED}
    return _digest(json.dumps([keys, document.body], sort_keys=True, default=str).encode())


def _tools(path: PurePosixPath, document: Document) -> Iterator[_Told]:
    """The tools that a page lists, each with what it denies of it: an agent only denies."""
    folders = path.parts[:-1]
    if "skills" in folders:
        if path.name.lower() == "skill.md":
            yield from ((tool, ()) for tool in skill_from(document).allowed_tools or ())
    elif "commands" in folders:
        yield from ((tool, ()) for tool in command_from(document).allowed_tools or ())
    elif "agents" in folders:
        yield from grants(agent_from(document))


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()[:12]}"
