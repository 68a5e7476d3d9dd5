"""What the evidence demands of a skill after a use: quarantine, a fall, or a climb to the team's volume.

Decides, and has it done when asked to. What a person has taken back is not demanded again on the same evidence.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from llmos.errors import counted
from llmos.evolution.evidence import log_e_fallen
from llmos.evolution.promotion import Ladder
from llmos.evolution.reasons import climb_in_words, fall_in_words
from llmos.evolution.standing import Record, Standing
from llmos.evolution.transitions import QUARANTINED, TEXT, Transition, second_of


@dataclass(frozen=True, slots=True)
class Demand:
    """What the rules demand of a skill, and why; `tools` are the versions of those that changed."""

    deed: Literal["quarantine", "demote", "promote"]
    reason: str
    tools: Mapping[str, str] = field(default_factory=dict)


def review(ladder: Ladder, standing: Standing, tools: Mapping[str, str] | None = None) -> Transition | None:
    """Do what the rules demand of a skill now; what was done, None for nothing. Raises as the ladder does.

    `tools` are the versions of the tools as they are now. It blocks on git.
    """
    asked = demand(ladder, standing, tools)
    if asked is None:
        return None
    if asked.deed == "promote":
        return ladder.promote(standing)
    if asked.deed == "demote":
        return ladder.demote(standing, asked.reason)
    return ladder.quarantine(standing, asked.reason, asked.tools)


def demand(ladder: Ladder, standing: Standing, tools: Mapping[str, str] | None = None) -> Demand | None:
    """What the rules demand of a skill now; None for nothing. Changes nothing."""
    record, now = ladder.record(standing), tools or {}
    if record.quarantine:
        return None
    since = _touched(ladder, standing)
    streak = record.tally.streak(since)
    if streak >= ladder.rules.quarantine_failures:
        return Demand("quarantine", f"{counted(streak, 'failure')} in a row")
    if changed := _changed_tools(ladder, record, now):
        verb = "is" if len(changed) == 1 else "are"
        reason = f"{' and '.join(changed)} {verb} no longer what it worked with"
        return Demand("quarantine", reason, {name: now[name] for name in changed})
    if standing.below is not None and (reason := _fallen(ladder, record, since)):
        return Demand("demote", reason)
    return Demand("promote", climb_in_words(record)) if _may_climb(ladder, record) else None


def _may_climb(ladder: Ladder, record: Record) -> bool:
    """Whether evidence alone carries it to the team's volume, and no person has said otherwise.

    Said otherwise is: the same text was there and fell or was taken back, or the team has a skill of that name.
    """
    standing = record.standing
    if standing.above != "team" or not record.ready or ladder.in_the_way(standing) is not None:
        return False
    story = ladder.story()
    same = [each for each in story.transitions(standing.name) if each.trailers.get(TEXT) == record.content_hash]
    taken_back = any(each.to == "team" and not story.stands(each.commit.id) for each in same)
    fell = any(each.came_from == "team" and each.to == "user" for each in same)
    return not taken_back and not fell and not ladder.regressions(record)


def _fallen(ladder: Ladder, record: Record, since: str) -> str:
    """Why its rate is taken to be below the bar of its tier; empty when it is not."""
    bar = ladder.rules.tiers[record.standing.tier]
    uses = record.tally.after(since)
    log_e = log_e_fallen([use.ok for use in uses], bar.min_rate, ladder.rules.demotion_window)
    return fall_in_words(uses, bar, log_e) if log_e >= math.log(ladder.rules.demotion_e_value) else ""


def _changed_tools(ladder: Ladder, record: Record, now: Mapping[str, str]) -> tuple[str, ...]:
    """The tools that are not what they were when the skill last worked.

    After a person has lifted a quarantine, only what worked since the quarantine is a measure; a climb settles nothing.
    """
    worked = [use for use in record.tally.uses if use.ok and use.tools]
    if not worked or all(now.get(name, version) == version for name, version in worked[-1].tools.items()):
        return ()
    told = ladder.story().transitions(record.standing.name)
    if aside := max((second_of(each.commit) for each in told if each.to == QUARANTINED), default=""):
        worked = [use for use in record.tally.after(aside) if use.ok and use.tools]
    known = worked[-1].tools if worked else {}
    return tuple(name for name, version in known.items() if now.get(name, version) != version)


def _touched(ladder: Ladder, standing: Standing) -> str:
    """The second of the last commit that touched the skill: what was held against it before then is settled."""
    history = ladder.history(standing)
    newest = history.log(standing.page.parent, limit=1) if history is not None and history.exists else ()
    return second_of(newest[0]) if newest else ""
