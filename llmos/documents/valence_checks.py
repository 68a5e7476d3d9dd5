"""What the rules of the Sentience Layer must have in common: the names that code knows, and an order of tightness.

Knows no formula; the names stand here because the rules and the code that reads them must agree on them.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias, get_args

from llmos.documents.document import Document
from llmos.documents.kernel_rules import ValenceRules
from llmos.documents.keys import KeyPath, Leaf
from llmos.errors import nearest

VARIABLES: Final = ("safety", "curiosity", "energy", "self_confidence")
MODES: Final = ("precision", "standard", "cautious", "recovery", "adaptive")
Feeling: TypeAlias = Literal[
    "motion_reached",
    "motion_missed",
    "motion_halted",
    "refused",
    "stopped",
    "tool_failed",
    "model_failed",
    "dollar_spent",
    "person_refused",
    "goal_new",
    "goal_repeated",
    "run_done",
    "run_failed",
    "run_interrupted",
]
"""What can happen that moves a variable; each has one impulse."""

FEELINGS: Final[tuple[Feeling, ...]] = get_args(Feeling)


def check_valence(rules: ValenceRules, found: Mapping[KeyPath, Leaf], own: Document) -> None:
    """Raise DocumentError for a name that code does not know or misses, and for modes in the wrong order."""
    for group, known in (("variables", VARIABLES), ("impulses", FEELINGS), ("modes", MODES)):
        _check_names(group, getattr(rules, group), known, found, own)
    _check_below(rules, "recovery_safety", "cautious_safety", found)
    _check_below(rules, "precision_curiosity", "adaptive_curiosity", found)
    for name in (
        "recovery_energy",
        "recovery_safety",
        "cautious_safety",
        "precision_confidence",
        "adaptive_confidence",
    ):
        limit = getattr(rules, name)
        if rules.hysteresis >= -limit:
            sentence = f"'hysteresis' is {rules.hysteresis:g} and must be smaller than '{name}', which is {limit:g}"
            raise found[("hysteresis",)].wrong(sentence)
    cautious, recovery = rules.modes["cautious"], rules.modes["recovery"]
    if recovery.speed_factor > cautious.speed_factor:
        raise found[("modes", "recovery", "speed_factor")].wrong("'recovery' must not be faster than 'cautious'")
    if recovery.extra_margin_m < cautious.extra_margin_m:
        raise found[("modes", "recovery", "extra_margin_m")].wrong("'recovery' must keep the margin of 'cautious'")


def _check_names(
    group: str, named: Mapping[str, Any], known: Iterable[str], found: Mapping[KeyPath, Leaf], own: Document
) -> None:
    for name in named:
        if name not in known:
            at = next(leaf for path, leaf in found.items() if path[:2] == (group, name))
            raise at.wrong(f"'{group}.{name}' is none that code knows; {nearest(name, known)}")
    for name in known:
        if name not in named:
            raise own.wrong(group, f"'{group}.{name}' is missing")


def _check_below(rules: ValenceRules, low: str, high: str, found: Mapping[KeyPath, Leaf]) -> None:
    small, large = getattr(rules, low), getattr(rules, high)
    if small >= large:
        raise found[(low,)].wrong(f"'{low}' is {small:g} and must be below '{high}', which is {large:g}")
