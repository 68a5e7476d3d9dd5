"""Whom a person trusts: volumes that somebody else wrote, and the documents of a working directory.

Does not ask the person and does not read documents. What was trusted is kept with the capabilities it had then.
"""

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from llmos.clock import Clock, RealClock
from llmos.disk import open_file, write_whole
from llmos.errors import LLMosError, StorageError
from llmos.settings import is_text
from llmos.volumes.capabilities import Capability, wider


class _Word(msgspec.Struct):
    """A person's word for one folder."""

    at: str
    capabilities: Sequence[Capability | str]
    """As sentences where they were written down before denials were: they hold for what reads the same."""


class TrustStore:
    """The file `trust.json` of a home, readable and writable by its owner only.

    Where it is damaged or others may write to it, nothing is trusted; `problem` says so.
    """

    def __init__(self, home: Path, clock: Clock | None = None) -> None:
        self._path = home / "trust.json"
        self._clock = clock or RealClock()
        self.problem: str | None = None
        self._words = self._read()

    def is_trusted(self, root: Path) -> bool:
        """Whether a person has said to trust this folder."""
        return str(root.resolve()) in self._words

    def widened(self, root: Path, now: Iterable[Capability]) -> tuple[str, ...]:
        """What the folder can do now and could not when it was trusted, as sentences; all of it when it never was."""
        word = self._words.get(str(root.resolve()))
        known = word.capabilities if word else ()
        sentences = {each for each in known if isinstance(each, str)}
        more = wider(now, (each for each in known if isinstance(each, Capability)))
        return tuple(f"{each}." for each in sorted(more) if str(each) not in sentences)

    def trust(self, root: Path, capabilities: Iterable[Capability]) -> None:
        """A person says to trust this folder as it is; raises StorageError, LLMosError for a name that is no text."""
        place, able = root.resolve(), sorted(capabilities)
        strange = [place] if not is_text(place) else [place / each.path for each in able if not is_text(str(each))]
        if strange:
            raise LLMosError(f"{strange[0]} cannot be trusted: its name holds bytes that are not UTF-8; rename it.")
        self._write({**self._words, str(place): _Word(self._clock.now().isoformat(), able)})

    def distrust(self, root: Path) -> None:
        """A person takes their word back; raises StorageError."""
        self._write({place: word for place, word in self._words.items() if place != str(root.resolve())})

    def _read(self) -> dict[str, _Word]:
        try:
            with open_file(self._path) as file:
                mode = os.fstat(file.fileno()).st_mode
                if os.name != "nt" and mode & (stat.S_IWGRP | stat.S_IWOTH):
                    self.problem = (
                        f"{self._path} can be written by others, so nothing in it counts; chmod 600 mends that."
                    )
                    return {}
                return msgspec.json.decode(file.read(), type=dict[str, _Word])
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (OSError, msgspec.MsgspecError) as error:
            self.problem = f"{self._path} cannot be read ({error}), so nothing in it counts; mend or remove it."
            return {}

    def _write(self, words: dict[str, _Word]) -> None:
        if self.problem is not None:
            raise StorageError(self.problem)
        write_whole(self._path, msgspec.json.format(msgspec.json.encode(words), indent=2))
        self._words = words
