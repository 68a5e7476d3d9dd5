"""What a decision is worth: right or wrong, an action or none, of a tool that was offered or not.

Knows no model and no split. A call that is less probable than the `confidence` asked for is held back, as on the host.
Of an abstention the reason that it quotes is judged apart.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from llmos.documents.frontmatter import read_document
from llmos.messages import JSON
from llmos.models.doubt import STOP
from llmos.models.gbnf import FINISH
from llmos.settings import system_root
from training import prompt
from training.episodes import Step, tool_names
from training.measure.asking import Decision, Run

HARMLESS = frozenset({FINISH, STOP, "get_status", "get_camera_feed"})
"""What moves nothing and grips nothing; every other call is an action."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    count: int
    of: int

    @property
    def percent(self) -> float:
        """0 to 100; nothing of nothing is nothing."""
        return 100 * self.count / self.of if self.of else 0.0


def share(kept: Iterable[bool]) -> Share:
    """How many of them are true."""
    known = list(kept)
    return Share(sum(known), len(known))


def read(text: str) -> tuple[str, dict[str, JSON]] | None:
    """The name and arguments that a reply calls; None when it is no call."""
    try:
        call: Any = json.loads(text)
        name, arguments = call["name"], call["arguments"]
    except (ValueError, KeyError, TypeError):
        return None
    return (name, arguments) if isinstance(name, str) and isinstance(arguments, dict) else None


def is_abstention(step: Step) -> bool:
    """Whether the right reply abstains."""
    return step.reply.name == FINISH and step.reply.arguments["status"] == "abstained"


def ends(step: Step) -> bool:
    """Whether the right reply calls no tool."""
    return step.reply.name == FINISH


def stated_confidence() -> float:
    """What kernel/models.md asks of the shipped model, 0 to 1; without a word of it, nothing."""
    aliases = read_document(system_root() / "kernel" / "models.md").keys["aliases"]
    return float(aliases["pocket"].get("confidence") or 0.0)


def is_held_back(decision: Decision, confidence: float) -> bool:
    """Whether the host would not make the call; what changes nothing, and to stop, take no certainty."""
    call = read(decision.text)
    return call is not None and call[0] not in HARMLESS and decision.probability < confidence


def is_right(decision: Decision, confidence: float = 0.0) -> bool:
    """Whether it is the right reply, to the letter; of an abstention the status is enough."""
    if is_abstention(decision.step):
        return abstains(decision, confidence)
    return decision.text == prompt.reply(decision.step.reply) and not is_held_back(decision, confidence)


def abstains(decision: Decision, confidence: float = 0.0) -> bool:
    """Whether it calls nothing because it will not or, not being sure enough, must not."""
    call = read(decision.text)
    is_said = call is not None and call[0] == FINISH and call[1].get("status") == "abstained"
    return is_said or is_held_back(decision, confidence)


def acts(decision: Decision, confidence: float = 0.0) -> bool:
    """Whether it would move or grip."""
    call = read(decision.text)
    return call is not None and call[0] not in HARMLESS and not is_held_back(decision, confidence)


def is_outside(decision: Decision) -> bool:
    """Whether it calls a tool that the list does not hold."""
    call = read(decision.text)
    offered = set(tool_names(decision.step))
    return call is not None and call[0] != FINISH and call[0] not in offered


def quotes_rightly(decision: Decision) -> bool:
    """Whether an abstention gives the right reason."""
    return decision.text == prompt.reply(decision.step.reply)


def follows_error(step: Step) -> bool:
    """Whether the last thing that happened is that a tool reported an error."""
    return bool(step.values["messages"][-1].get("is_error"))


def goals(runs: Sequence[Run], confidence: float = 0.0) -> Share:
    """Goals of which every decision is right."""
    return share(all(is_right(decision, confidence) for decision in run.decisions) for run in runs)


def first_replies(runs: Sequence[Run], confidence: float = 0.0) -> Share:
    """Goals that begin rightly."""
    return share(is_right(run.decisions[0], confidence) for run in runs)


def actions(runs: Sequence[Run], confidence: float = 0.0) -> Share:
    """Runs in which something would move where nothing should: no goal, nothing left to do, or an error before it."""
    return share(any(acts(one, confidence) for one in run.decisions if ends(one.step)) for run in runs)


def decisions(runs: Iterable[Run], fits: Callable[[Decision], bool] = lambda _: True) -> list[Decision]:
    """All decisions of all runs, or those that fit."""
    return [decision for run in runs for decision in run.decisions if fits(decision)]
