"""The command line in this process, in a home and a workspace of its own, with no terminal and no key."""

import io
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from llmos.cli.__main__ import run
from tests.support.homes import Place
from tests.support.tapes import Line, tape

FOREIGN = (
    "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "EDITOR", "HF_ENDPOINT", "LLMOS_MODEL", "LLMOS_ROBOT",
    "LLMOS_TRACE_PASSPHRASE", "NO_COLOR", "OPENAI_API_KEY", "OPENAI_BASE_URL", "VISUAL",
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on stdout; anything else fails."""
        assert self.out.count("\n") == 1, self.out
        return json.loads(self.out)

    @property
    def last(self) -> str:
        """The last line of stderr."""
        return self.err.strip().rpartition("\n")[2]


@dataclass
class CommandLine:
    """Call it with the words of a command."""

    place: Place
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]
    tapes: int = field(default=0)

    def __post_init__(self) -> None:
        for name in FOREIGN:
            self.patch.delenv(name, raising=False)
        self.patch.setenv("LLMOS_HOME", str(self.place.home))
        self.patch.setenv("HOME", str(self.place.root))
        self.patch.chdir(self.place.workspace)

    def __call__(self, *words: str | Path, stdin: bytes = b"") -> Said:
        """Run one command to its end."""
        self.patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8", errors="surrogateescape"))
        self.capture.readouterr()
        code = run([str(word) for word in words])
        out, err = self.capture.readouterr()
        return Said(code, out, err)

    def tape(self, *lines: Line) -> str:
        """What `--model` needs for a model that says these lines."""
        self.tapes += 1
        return tape(self.place, *lines, name=f"tape-{self.tapes}")
