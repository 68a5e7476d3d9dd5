"""What the kernel's rules must have in common with each other, and which way a home may move a rule of safety.

Knows no file; an error stands at the key of the home where there is one, because that was added last.
"""

from collections.abc import Mapping
from itertools import chain
from typing import Any, Final, TypeAlias, get_args

from llmos.documents.document import Document
from llmos.documents.embedding_rules import NAME as EMBEDDINGS
from llmos.documents.kernel_rules import BudgetRules, EvolutionRules, ModelRules
from llmos.documents.keys import KeyPath, Leaf
from llmos.documents.tighter import Tighter
from llmos.errors import nearest

Found: TypeAlias = Mapping[KeyPath, Leaf]
"""The values of one rules document, the home's over the shipped ones."""

CLIMBED_TO: Final = ("team", "system")
"""The tiers that a skill reaches by evidence."""


def check_tighter(new: Leaf, shipped: Leaf | None) -> None:
    """Raise DocumentError when a value of the home is on the loose side of the shipped one."""
    marks = chain(get_args(new.kind), *map(get_args, get_args(new.kind)))  # also of a rule that may be left out
    side = next((each for each in marks if isinstance(each, Tighter)), None)
    if shipped is None or side is None or not _is_looser(side, new.value, shipped.value):
        return
    values = f"{_shown(new.value)} is looser than {_shown(shipped.value)}"
    allowed = {
        Tighter.LOWER: "a home may only lower it",
        Tighter.HIGHER: "a home may only raise it",
        Tighter.FEWER: "a home may only take away from it",
        Tighter.MORE: "a home may only add to it",
    }[side]
    raise new.wrong(f"'{'.'.join(new.path)}' tightens only: {values}; {allowed}")


def check_budget(budget: BudgetRules, found: Found, own: Document) -> None:
    """Raise DocumentError when a budget's marks are in the wrong order."""
    for low, high in (("warn_at", "final_turn_at"), ("min_output_tokens", "max_output_tokens")):
        _check_order(budget, low, high, found, own)


def check_models(models: ModelRules, found: Found, own: Document) -> None:
    """Raise DocumentError for an alias that cannot work: no price, no file, no such fallback."""
    _check_order(models, "base_delay_s", "max_delay_s", found, own)
    for name, alias in models.aliases.items():
        at = found[("aliases", name, "id")]
        if name == "inherit":
            raise at.wrong("'inherit' cannot be an alias; in an agent it stands for the model of whoever runs it")
        if name == EMBEDDINGS:
            raise at.wrong(f"'{EMBEDDINGS}' cannot be an alias; it is the model that compares texts")
        if alias.provider == "anthropic" and models.price_of(alias.id) is None:
            raise at.wrong(f"alias '{name}' names '{alias.id}', which has no price; {nearest(alias.id, models.prices)}")
        if alias.provider == "local" and not (alias.shipped_file or (alias.hub_repo and alias.file)):
            raise at.wrong(f"alias '{name}' is local and needs 'shipped_file', or 'hub_repo' and 'file'")
        asked = found.get(("aliases", name, "confidence"))
        if asked is not None and asked.document is not own and alias.provider != "local":
            raise asked.wrong(f"alias '{name}' has a 'confidence', which only a local model can tell; leave it out")
        for other in alias.fallback:
            if other not in models.aliases or other == name:
                known = [each for each in models.aliases if each != name]
                fallback = found[("aliases", name, "fallback")]
                raise fallback.wrong(f"alias '{name}' falls back to '{other}'; {nearest(other, known)}")


def check_evolution(rules: EvolutionRules, found: Found, own: Document) -> None:
    """Raise DocumentError for a tier that no skill climbs to, one that is missing, and a bar below what it excludes."""
    for name, bar in rules.tiers.items():
        at = found[("tiers", name, "unacceptable_rate")]
        if name not in CLIMBED_TO:
            raise at.wrong(f"'tiers.{name}' is none that skills climb to; {nearest(name, CLIMBED_TO)}")
        if bar.unacceptable_rate >= bar.min_rate:
            values = f"{bar.unacceptable_rate:g} must be below 'min_rate', which is {bar.min_rate:g}"
            raise at.wrong(f"'tiers.{name}.unacceptable_rate' of {values}")
    for name in CLIMBED_TO:
        if name not in rules.tiers:
            raise own.wrong("tiers", f"'tiers.{name}' is missing")


def _check_order(rules: BudgetRules | ModelRules, low: str, high: str, found: Found, own: Document) -> None:
    small, large = getattr(rules, low), getattr(rules, high)
    if small > large:
        at = found[(low,)] if found[(high,)].document is own else found[(high,)]
        raise at.wrong(f"'{low}' is {small} and must not be above '{high}', which is {large}")


def _is_looser(side: Tighter, new: Any, shipped: Any) -> bool:  # noqa: ANN401
    if shipped is None or new is None:
        return new is None
    if side is Tighter.LOWER:
        return bool(new > shipped)
    if side is Tighter.HIGHER:
        return bool(new < shipped)
    if side is Tighter.FEWER:
        return not set(new) <= set(shipped)
    return not set(new) >= set(shipped)


def _shown(value: Any) -> str:  # noqa: ANN401
    return ", ".join(value) if isinstance(value, tuple) else str(value)
