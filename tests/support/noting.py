"""A house whose one tool writes down its every call, so that what was done twice or not at all is seen."""

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from llmos.runtime.outcome import RunOutcome
from llmos.traces.events import ModelReplied
from llmos.traces.reading import read_journal
from tests.support.homes import Place
from tests.support.runs import CHECKOUT, events, whole
from tests.support.tapes import Line, asks, says, tape

GOAL = "note what there is"
TOOL = '''import os
from pathlib import Path
from typing import Any

from llmos import Effect, tool

HOUSE = Path({house!r})


@tool(effect=Effect.{effect})
async def note(number: int, more: dict[str, Any] | None = None) -> str:
    """{does}"""
    trouble = HOUSE / f"trouble {{number}}"
    if trouble.exists():
        trouble.unlink()
        raise ValueError("no ink")
    with (HOUSE / "notes").open("a") as notes:
        notes.write(f"{{number}} {{more}}\\n")
    if (crash := HOUSE / f"crash {{number}}").exists():
        crash.unlink()
        os._exit(9)
    return f"noted {{number}}"
'''


@dataclass(frozen=True)
class House:
    """A home with an agent and a tool that writes down its every call."""

    place: Place

    def build(self, effect: str = "REVERSIBLE", does: str = "Note a number.") -> None:
        """The tool, with this effect."""
        self.place.write("user/tools/note.py", TOOL.format(house=str(self.place.root), effect=effect, does=does))

    def trouble(self, number: int) -> None:
        """The next note of this number fails, once."""
        (self.place.root / f"trouble {number}").touch()

    def crash(self, number: int) -> None:
        """The process ends without a word right after the next note of this number, once."""
        (self.place.root / f"crash {number}").touch()

    def notes(self) -> list[str]:
        """What was noted since this was last asked."""
        path = self.place.root / "notes"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines

    async def ask(self, *lines: Line, goal: str = GOAL, **options: Any) -> RunOutcome:
        """Run the goal with a model that says these lines where it is asked at all."""
        async with self.place.system(model=tape(self.place, *lines), **options) as system:
            outcome = await system.execute(goal, "worker")
        whole(outcome.journal)
        return outcome

    def begin(self, *lines: Line, goal: str = GOAL, resume: str = "") -> "subprocess.Popen[bytes]":
        """Run the goal in a process of its own."""
        model = tape(self.place, *lines, name=f"tape {len(list(self.place.root.iterdir()))}")
        command = [sys.executable, "-m", "llmos.cli", "agent", "run", "worker", goal, "--json", "--model", model]
        surroundings = {"LLMOS_HOME": str(self.place.home), "HOME": str(self.place.root), "PATH": os.defpath}
        return subprocess.Popen(
            [*command, *(["--resume", resume] if resume else [])],
            cwd=self.place.workspace,
            env={**surroundings, "PYTHONPATH": str(CHECKOUT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


def number(each: int, **more: Any) -> Line:
    """A line that notes a number."""
    return asks(("note", {"number": each, **more}))


THREE = (number(0), number(1), number(2), says("Noted."))
WRITTEN = ["0 None", "1 None", "2 None"]


def asked(outcome: RunOutcome) -> int:
    """How often a model was asked."""
    replies = events(read_journal(outcome.journal), ModelReplied)
    return sum(reply.model.startswith("cassette:") for reply in replies)
