"""A home whose `kernel/` says one thing otherwise than the shipped rules, and short runs under such rules."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from llmos.documents.frontmatter import rewrite
from llmos.documents.kernel import KernelRules, load_kernel
from llmos.runtime.outcome import RunOutcome
from llmos.settings import system_root
from llmos.traces.events import Event
from llmos.traces.reading import read_journal
from tests.support.homes import Place

WORKER = "---\nname: worker\ndescription: Works.\n---\n\nWork.\n"


def overlay(home: Path, changes: Mapping[str, Any]) -> KernelRules:
    """Write these dotted keys into the home's `kernel/`, and return the rules that hold then."""
    documents: dict[str, dict[str, Any]] = {}
    for key, value in changes.items():
        stem, *groups, last = key.split(".")
        here = documents.setdefault(stem, {})
        for group in groups:
            here = here.setdefault(group, {})
        here[last] = value
    (home / "kernel").mkdir(parents=True, exist_ok=True)
    for stem, keys in documents.items():
        (home / "kernel" / f"{stem}.md").write_text(rewrite("", keys), "utf-8")
    return load_kernel(system_root() / "kernel", home / "kernel")


def calls(name: str, times: int = 1, /, **args: Any) -> dict[str, Any]:
    """A cassette's line that calls one tool so many times at once."""
    return {"reply": {"tool_calls": [{"name": name, "args": args}] * times}}


def says(text: str = "ready") -> dict[str, Any]:
    """A cassette's line that answers."""
    return {"reply": {"text": text}}


async def play(
    place: Place, lines: Sequence[Mapping[str, Any]], goal: str = "go", agent: str = "worker", **options: Any
) -> RunOutcome:
    """Run the goal with an agent that does what the lines say."""
    place.write("user/agents/worker.md", WORKER)
    tape = place.root / "tape.jsonl"
    tape.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    async with place.system(model=f"cassette:{tape}", **options) as system:
        return await system.execute(goal, agent)


def journaled(outcome: RunOutcome, kind: type[Event]) -> list[Any]:
    """The events of one kind in the run's journal."""
    return [entry.event for entry in read_journal(outcome.journal) if isinstance(entry.event, kind)]
