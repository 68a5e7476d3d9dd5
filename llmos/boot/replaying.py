"""A run that a person has done again by the trace that it left: no model is asked, and where it stops, none goes on.

Knows no command line; the run is one like any other that is led, with permissions, gate, budget and journal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from llmos.boot.experience import here_of, library_of, opened, unlearnable
from llmos.boot.ground import Conversation, Ground, Settled, Way
from llmos.errors import LLMosError, StorageError
from llmos.runtime.dispatcher import follow, misfit
from llmos.runtime.goals import Goal, parse_goal, values
from llmos.settings import Environment
from llmos.tools.toolbox import Toolbox
from llmos.tools.workspace import Workspace
from llmos.traces.answers import with_root, without_root
from llmos.traces.events import Entries, RunStarted
from llmos.traces.harvest import NotKept, harvest
from llmos.traces.reading import find_run, read_journal
from llmos.traces.trace import PLANNED, Trace
from llmos.traces.trace_file import FOLDER, SUFFIX, counted_as, is_of_encrypted
from llmos.traces.usage import read_usage
from llmos.volumes.volume import Volume


@dataclass(frozen=True, slots=True)
class Replay:
    """How a run began, and the trace that it left."""

    start: RunStarted
    trace: Trace
    path: Path

    def conversation(self) -> Conversation:
        """A conversation of one goal: to do it again in the hands of the same agent."""
        agent = self.start.agent
        return Conversation(
            agent,
            model=self.start.model_reason.partition(": ")[0],  # never asked; whether it saw pictures, tools must know
            commission=self,
            no_model=f"No model goes on in a replay; `llmos agent run {agent}` lets one.",
        )

    def goal(self, workspace: Workspace) -> str:
        """What the run was asked, in this workspace."""
        return with_root(without_root(self.start.goal, self.start.workspace), str(workspace.root))

    def way(self, ground: Ground, run: Settled, toolbox: Toolbox) -> Way:
        """The way of its run: this trace and no other, if all that it rests on is as it was."""
        here, rules = here_of(run, toolbox), ground.rules.dispatch
        with opened(ground, run, toolbox) as known:
            against = unlearnable(ground, run, alone=True) or misfit(self.trace, known, here, rules)
        found = against or follow((self.trace,), self.trace.slots, here, rules)
        if isinstance(found, str):
            advice = f"`llmos agent run {run.agent.name}` lets a model plan"
            raise LLMosError(f"run {self.start.run_id} is not replayed: {found}; {advice}")
        decision = replace(found, reason=f"a person replays the trace {self.trace.id}: {found.reason}")
        return Way(decision, toolbox, (("trace", self.path),))


def replay_of(environment: Environment, volumes: Sequence[Volume], beginning: str) -> Replay:
    """The run whose id begins so, to be done again; LLMosError says why it cannot be. Blocks."""
    journal = find_run(environment.home, beginning)
    entries = read_journal(journal)
    start = entries[0].event if entries else None
    if not isinstance(start, RunStarted):
        raise StorageError(f"{journal}:1: the run's beginning belongs here")
    user, goal = environment.home / "user", parse_goal(start.goal)
    used = {line.name for line in read_usage(user) if line.what == "trace" and line.run_id == start.run_id}
    with library_of(environment, volumes) as library:
        traces = [(library.path_of(trace.id), trace) for trace in library.exact(goal.signature, start.agent)]
    named = [(path, trace) for path, trace in traces if counted_as(path, trace.id) in used]
    if start.mode not in PLANNED:
        raise LLMosError(f"run {start.run_id} left no trace of its own: {_led(start, [trace for _, trace in named])}")
    left = named or [(path, trace) for path, trace in traces if trace.run_id == start.run_id]
    if not left:
        raise LLMosError(_without(start, entries, goal, used, user / FOLDER))
    path, trace = left[0]
    return Replay(start, trace, path)


def _led(start: RunStarted, traces: Sequence[Trace]) -> str:
    """Why a run that no model planned left none, and which runs it rests on."""
    runs = dict.fromkeys(trace.run_id for trace in traces)
    if start.mode == "FOLLOWER" and runs:
        return f"it replayed that of run {' and run '.join(runs)}"
    return f"its mode was {start.mode}, and only what a model planned is kept"


def _without(start: RunStarted, entries: Entries, goal: Goal, used: set[str], folder: Path) -> str:
    """Why there is no trace of a run that a model planned; `used` is what its own is counted by."""
    run = f"run {start.run_id}"
    if any(is_of_encrypted(name) and (folder / f"{name}{SUFFIX}").exists() for name in used):
        return f"the trace of {run} is encrypted; set LLMOS_TRACE_PASSPHRASE to the words under which it was kept"
    if used:
        return f"the trace that {run} left is gone: it was pruned, edited or taken back; `git log` in {folder} knows"
    found = harvest(entries, signature=goal.signature, skeleton=goal.skeleton, slots=values(goal))
    if isinstance(found, NotKept):
        return f"{run} left no trace: {found.reason}"
    return (
        f"{run} left no trace: when it ended, `learn` of kernel/dispatch.md was off, it worked on the volumes, or its "
        "agent is sensitive and LLMOS_TRACE_PASSPHRASE was not set"
    )
