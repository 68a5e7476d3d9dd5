"""What was tried: a line when a try begins and one when it ends, in `evolution/tries.jsonl` of the home, only appended.

Knows no agent. The first line is on disk before anything runs, so that a try that was cut off has spent its share of
alpha all the same; losers stand here with their text and the reason, for a person to read.
"""

import os
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import msgspec

from llmos.disk import disk_said, make_folder
from llmos.errors import StorageError
from llmos.evolution.steps import Verdict


class Begun(msgspec.Struct, frozen=True, omit_defaults=True, tag="begun", tag_field="line"):
    """A try begins: which edit of which version of an agent (hashes of documents), on what evidence, by whom."""

    id: str
    at: str
    agent: str
    parent: str
    candidate: str
    component: str
    text: str
    why: str
    evidence: tuple[str, ...] = ()
    proposer: str = ""
    lens: str = ""
    number: int = 0
    """The how-manieth try with this version that runs scenarios; 0 for one that was refused before."""


class Ended(msgspec.Struct, frozen=True, omit_defaults=True, tag="ended", tag_field="line"):
    """A try has ended; `commit` is what it brought, or what took it back."""

    id: str
    at: str
    verdict: Verdict
    reason: str
    wins: int = 0
    losses: int = 0
    ties: int = 0
    p: float = 1.0
    alpha: float = 0.0
    commit: str = ""
    cost_usd: float = 0.0


Line: TypeAlias = Begun | Ended


class Try(msgspec.Struct, frozen=True):
    """Both lines of a try; of one that was cut off, or still runs, the second is None. The last ending counts."""

    begun: Begun
    ended: Ended | None


class Tries:
    """The record of one home."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "evolution"
        self.path = self.folder / "tries.jsonl"

    def append(self, line: Line) -> None:
        """Write one line, on disk when this returns; StorageError."""
        make_folder(self.folder)
        try:
            with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)  # a crash tears at most the last line
                file.seek(0, os.SEEK_END)
                file.write(msgspec.json.encode(line) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise disk_said("write down a try in", self.path, error) from error

    def all(self) -> tuple[Try, ...]:
        """Every try, oldest first; StorageError, naming the line, for a record that cannot be read."""
        begun: dict[str, Begun] = {}
        ended: dict[str, Ended] = {}
        for line in self._lines():
            if isinstance(line, Begun):
                begun[line.id] = line
            else:
                ended[line.id] = line
        return tuple(Try(first, ended.get(each)) for each, first in begun.items())

    def prune(self, most: int) -> tuple[str, ...]:
        """Remove the journals of all tries but the newest `most`; their names. The record of tries stays."""
        there = sorted(each.begun.id for each in self.all() if (self.folder / each.begun.id).is_dir())
        gone = there[: max(0, len(there) - most)]
        for name in gone:
            shutil.rmtree(self.folder / name, ignore_errors=True)
        return tuple(gone)

    def with_version(self, agent: str, parent: str) -> tuple[Try, ...]:
        """The tries with one version of an agent."""
        return tuple(each for each in self.all() if each.begun.agent == agent and each.begun.parent == parent)

    def kept(self, agent: str, candidate: str) -> Try | None:
        """The try that brought this version, if one did and nobody has taken it back."""
        found = [each for each in self.all() if each.begun.agent == agent and each.begun.candidate == candidate]
        return next((each for each in reversed(found) if each.ended and each.ended.verdict == "kept"), None)

    def _lines(self) -> Sequence[Line]:
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise disk_said("read", self.path, error) from error
        decoder = msgspec.json.Decoder(Begun | Ended)
        found: list[Line] = []
        for number, line in enumerate(lines[:-1], start=1):
            try:
                found.append(decoder.decode(line))
            except msgspec.DecodeError as error:
                raise StorageError(f"{self.path}:{number}: no line of a try: {error}") from error
        return found


def next_number(tries: Sequence[Try]) -> int:
    """The number of the next try among those with one version; each that ran scenarios has spent its share of alpha."""
    return max((each.begun.number for each in tries), default=0) + 1


def try_id(at: datetime, content_hash: str) -> str:
    """A name for a try that sorts by time, e.g. `20261120-095132-3fa9c1`."""
    return f"{at:%Y%m%d-%H%M%S}-{content_hash.removeprefix('sha256:')[:6]}"
