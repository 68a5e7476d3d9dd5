"""An agent as it is in force, what its runs say of it, and what evolution of it stands on.

Knows no proposer and no trial.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from llmos.clock import Clock
from llmos.documents.agent_trials import AgentTrials
from llmos.documents.scenario import Scenario, read_scenario
from llmos.evolution.tries import Tries
from llmos.evolution.witnesses import Witness, agents_seen, witnesses_of
from llmos.volumes.history import History
from llmos.volumes.registry import Registry
from llmos.volumes.state import Entry
from llmos.volumes.volume import Volume

_EXAMINERS = ("user", "team", "overlay", "system")


@dataclass(frozen=True, slots=True)
class Ground:
    """What evolution stands on: one home, its documents, its own volume, and the rules."""

    home: Path
    registry: Registry
    user: Volume
    rules: AgentTrials
    tools: frozenset[str]
    clock: Clock

    @property
    def tries(self) -> Tries:
        """The record of this home."""
        return Tries(self.home)

    @property
    def history(self) -> History:
        """The git repository of the user volume."""
        return History(self.user.root, self.clock)


@dataclass(frozen=True, slots=True)
class Subject:
    """An agent as it is in force, and what its runs say of it."""

    entry: Entry
    text: str
    runs: tuple[Witness, ...]
    """All that were read, also those of other versions."""

    @property
    def name(self) -> str:
        """The agent's name."""
        return self.entry.name

    @property
    def version(self) -> str:
        """The hash of its document."""
        return self.entry.content_hash

    @property
    def own_runs(self) -> tuple[Witness, ...]:
        """Those of the version in force."""
        return self.of(self.version)

    def of(self, version: str) -> tuple[Witness, ...]:
        """The runs of one version."""
        return tuple(run for run in self.runs if run.version == version)

    @property
    def faults(self) -> tuple[Witness, ...]:
        """What there is to learn from."""
        return tuple(run for run in self.own_runs if run.is_fault)


def subjects(ground: Ground, only: str | None) -> Iterator[Subject]:
    """The agents that have runs, or the one that was named; DocumentError when it is none."""
    documents = ground.registry.snapshot()
    known = {entry.name: entry for entry in documents.agents()}
    if only is not None:
        documents.entry("agent", only)
    for name in [only] if only is not None else agents_seen(ground.home):
        if name in known and (only is not None or name not in ground.rules.agents_fixed):
            runs = witnesses_of(ground.home, name, ground.rules.agent_runs)
            yield Subject(known[name], known[name].path.read_bytes().decode(), runs)


def scenarios(ground: Ground) -> list[Scenario]:
    """All scenarios but those of added volumes; DocumentError for a broken one: leaving it out would change the test.

    What somebody else wrote adds names and decides nothing here: who writes the examination writes the agent.
    """
    entries = ground.registry.snapshot().scenarios()
    return [read_scenario(entry.path) for entry in entries if entry.volume.tier in _EXAMINERS]
