"""Puts a tested edit into the person's own volume as one commit, and takes it back when real runs get worse by it.

Knows no model. The commit says why: the evidence by run id, the test with its figures, and who proposed the edit.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmos.clock import Clock
from llmos.errors import LLMosError, RefusedError, counted
from llmos.evolution.evidence import log_e_value, wilson
from llmos.evolution.proposal import Candidate
from llmos.evolution.trial import Verdict
from llmos.evolution.tries import Begun, Ended, Tries, Try
from llmos.evolution.witnesses import Witness
from llmos.traces.summary import one_line
from llmos.volumes.edit import write_document
from llmos.volumes.history import History
from llmos.volumes.state import Entry
from llmos.volumes.volume import FOLDERS, Volume

_CONFIDENCE = 0.9
_SHORTEST_ID = 4
_NEWEST = 200
_LEAST, _MOST = 0.05, 0.95
"""The rate of the version before is taken to lie between these: of three good runs of three nobody knows it is 1."""


@dataclass(frozen=True, slots=True)
class Fall:
    """The evidence that a version is worse than the one before: good runs of all, of both, and the e-value."""

    before: tuple[int, int]
    after: tuple[int, int]
    bar: float
    e_value: float

    def __str__(self) -> str:
        (good, runs), (was_good, were) = self.after, self.before
        return (
            f"{good} of {counted(runs, 'real run')} went well since, {was_good} of {were} before; "
            f"e-value {self.e_value:.3g} against a rate of at least {self.bar:.2f}"
        )


def fall(before: Sequence[Witness], after: Sequence[Witness]) -> Fall:
    """How strongly real runs speak for a version being worse than the one before.

    The bar is the lower end of Wilson's interval of the rate before, so that a version is only worse where chance alone
    explains neither of the two records.
    """
    old, new = _tally(before), _tally(after)
    bar = min(max(wilson(*old, _CONFIDENCE)[0], _LEAST), _MOST)
    good, runs = new
    log_e = log_e_value(runs - good, good, 1.0 - bar)
    return Fall(old, new, bar, math.exp(min(log_e, 300.0)))


def _tally(runs: Sequence[Witness]) -> tuple[int, int]:
    """Good runs, and runs that speak either way."""
    told = [run.good for run in runs if run.good is not None]
    return sum(told), len(told)


def own_path(entry: Entry, user: Volume) -> Path:
    """Where the agent stands, or would stand, in the user volume, relative to it; LLMosError where another is."""
    if entry.path.is_relative_to(user.root):
        return entry.path.relative_to(user.root)
    path = Path(FOLDERS["agent"]) / entry.path.name
    if (user.root / path).exists():
        raise LLMosError(
            f"{user.root / path} is there already and is not the agent '{entry.name}'; rename one of the two."
        )
    return path


def require_committed(history: History, path: Path) -> None:
    """Raise RefusedError where a person has edits in this file that no commit holds; they are not built upon."""
    if path.as_posix() in history.changes():
        raise RefusedError(f"{history.root / path} has edits that no commit holds; commit them, then evolve.")


def keep(
    entry: Entry, user: Volume, edit: Candidate, begun: Begun, verdict: Verdict, faults: Sequence[Witness], clock: Clock
) -> str:
    """Commit the edited agent to the user volume, where it shadows a shipped one; the commit's id."""
    subject = f"Improve the agent {begun.agent}: {one_line(edit.why, 60) or edit.component}"
    text = "\n".join([subject, *_reasons(edit, verdict, faults)])
    commit = write_document(user, own_path(entry, user), edit.text, text, trailers(begun, verdict), clock)
    assert commit is not None, "an edit that changes nothing is refused before"
    return commit


def _reasons(edit: Candidate, verdict: Verdict, faults: Sequence[Witness]) -> list[str]:
    shown = [f"- {each.run_id}: {one_line(each.goal, 80)}: {one_line(each.reason, 160)}" for each in faults[:5]]
    return [
        f"Why: {edit.why}",
        "",
        f"It rests on {counted(len(faults), 'run')} that failed or had to be corrected:",
        *shown,
        "",
        verdict.reason,
        *(f"- {each}" for each in verdict.details[:12]),
    ]


def trailers(begun: Begun, verdict: Verdict) -> Mapping[str, str]:
    """What a program reads of a commit."""
    paired = verdict.paired
    assert paired is not None
    return {
        "Agent": begun.agent,
        "Component": begun.component,
        "Evidence": " ".join(begun.evidence),
        "Scenarios": f"{paired.wins + paired.losses + paired.ties} held-out, {paired.cases} cases",
        "Wins": str(paired.wins),
        "Losses": str(paired.losses),
        "P-value": f"{paired.p:.3g}",
        "Proposer": begun.proposer,
        "Try": begun.id,
    }


def take_back(history: History, found: Try, reason: str) -> str:
    """Revert the commit of a try; the new commit's id. RefusedError where something later stands upon it."""
    assert found.ended is not None
    return history.revert(found.ended.commit, f"{reason}\n\nIt was the try {found.begun.id}: {found.begun.why}")


def remember_kept(tries: Tries, history: History, agent: str, version: str) -> None:
    """Write down that a try was kept where its commit is there and the process ended before it could say so."""
    lost = [each for each in tries.all() if each.ended is None and each.begun.number and each.begun.agent == agent]
    for each in lost:
        if each.begun.candidate == version:
            made = next(
                (commit for commit in history.log(limit=_NEWEST) if f"Try: {each.begun.id}" in commit.body), None
            )
            if made is not None:
                reason = "It was kept, and the process ended before it could write that down."
                tries.append(
                    Ended(each.begun.id, made.at.isoformat(timespec="seconds"), "kept", reason, commit=made.id)
                )


def revert_by_hand(history: History, home: Path, commit: str, reason: str) -> str:
    """Take back an edit that evolution made, because a person says so; the new commit's id.

    LLMosError for a commit that is none of its own, RefusedError for one that something later stands upon.
    """
    tries = Tries(home)
    brought = {each.ended.commit: each for each in tries.all() if each.ended and each.ended.verdict == "kept"}
    found = [each for each in brought if len(commit) >= _SHORTEST_ID and each.startswith(commit.lower())]
    if len(found) != 1:
        known = "`llmos evolve log` shows those that are"
        raise LLMosError(f"'{commit[:80]}' is no edit that `llmos evolve` kept; {known}.")
    sentence = reason.strip() or "A person took it back."
    new = take_back(history, brought[found[0]], sentence)
    at = history.clock.now().isoformat(timespec="seconds")
    tries.append(Ended(brought[found[0]].begun.id, at, "reverted", sentence, commit=new))
    return new
