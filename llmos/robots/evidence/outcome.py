"""Decides what a run achieved in the world, from verdicts and measured motions alone.

Knows no goal and no claim: it says whether what was asked of the robot really came about. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from llmos.documents.verbs import command_kind
from llmos.messages import JSON
from llmos.robots.evidence.record import measured_json
from llmos.robots.evidence.report import motion_sentence
from llmos.robots.judgement.rules import CANCELLED
from llmos.robots.verdict import Motion, Refusal, Verdict


@dataclass(frozen=True, slots=True)
class PhysicalOutcome:
    """What the measurements are worth: the outcome, why in one sentence, and the measured facts."""

    outcome: Literal["done", "failed", "refused"]
    sentence: str
    evidence: Mapping[str, JSON]


def physical_outcome(verdicts: Sequence[Verdict], motions: Sequence[Motion]) -> PhysicalOutcome | None:
    """The outcome of a run's commands, in the order in which they were given; None when there were none.

    Done: nothing refused or halted was left at that, the last closing of the gripper holds what it gripped until it was
    opened again, and the last motion's measured postcondition holds. An emergency stop is done when nothing else was
    asked for; after other commands it has cut their work short, and counts as a refusal.
    """
    if not verdicts:
        return None
    ordered = sorted(motions, key=lambda motion: motion.verdict.number)
    evidence = _evidence(verdicts, ordered)
    if refusal := _left_refused(verdicts, ordered):
        return PhysicalOutcome("failed" if refusal == CANCELLED else "refused", str(refusal), evidence)
    if failure := _lost_or_missed(ordered) or _unfinished(verdicts, ordered):
        return PhysicalOutcome("failed", failure, evidence)
    outcome: Literal["done", "refused"] = "refused" if _is_cut_short(verdicts) else "done"
    return PhysicalOutcome(outcome, motion_sentence(ordered[-1]), evidence)


def _left_refused(verdicts: Sequence[Verdict], motions: Sequence[Motion]) -> Refusal | None:
    """The last refusal or halt that no later command of the same kind made good."""
    against = [(verdict, verdict.refusal) for verdict in verdicts if verdict.refusal]
    against += [(motion.verdict, motion.halted) for motion in motions if motion.halted]
    for verdict, refusal in sorted(against, key=lambda each: -each[0].number):
        later = (motion for motion in motions if motion.verdict.number > verdict.number)
        if not any(
            motion.reached and command_kind(motion.verdict.verb) == command_kind(verdict.verb) for motion in later
        ):
            return refusal
    return None


def _lost_or_missed(motions: Sequence[Motion]) -> str | None:
    """The last grip that took nothing, or object that fell, unless a later grip took something, or that object."""
    open_ends: dict[str | None, str] = {}
    for motion in motions:
        holding = motion.after.holding
        if motion.verdict.args.get("activate") is True:
            if holding is None:
                open_ends[None] = motion_sentence(motion)
            else:
                open_ends.pop(None, None)
                open_ends.pop(holding, None)
        elif motion.before.holding not in (None, holding) and not motion.reached:
            open_ends[motion.before.holding] = motion_sentence(motion)
    return list(open_ends.values())[-1] if open_ends else None


def _unfinished(verdicts: Sequence[Verdict], motions: Sequence[Motion]) -> str | None:
    """Why the last command does not count as carried out, if it does not."""
    last = max((verdict for verdict in verdicts if verdict.allowed), key=lambda each: each.number)
    if not motions or motions[-1].verdict.number != last.number:
        return f"{last.verb} never came to an end, so nothing is measured."
    return None if motions[-1].reached else motion_sentence(motions[-1])


def _is_cut_short(verdicts: Sequence[Verdict]) -> bool:
    """Whether work ended with an emergency stop."""
    last = max(verdicts, key=lambda verdict: verdict.number)
    return last.verb == "emergency_stop" and any(verdict.verb != last.verb for verdict in verdicts)


def _evidence(verdicts: Sequence[Verdict], motions: Sequence[Motion]) -> dict[str, JSON]:
    gripped = [motion.after.holding for motion in motions if motion.verdict.args.get("activate") is True]
    return {
        "commands": len(verdicts),
        "refused": sum(not verdict.allowed for verdict in verdicts),
        "gripped": gripped[-1] if gripped else None,
        "measured": measured_json(motions[-1].after) if motions else None,
    }
