"""Which lines of a robot's profile a verdict of the gate rests on, for whoever explains it later.

Knows no gate: it is asked with what the journal has of a verdict, rule, reason and command.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from llmos.documents.document import Document
from llmos.messages import JSON

_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "fresh-observation": ("max_observation_age_s",),
    "clearance": ("distances.soft_stop_m",),
    "step": ("max_step_m",),
    "speed": ("max_tcp_speed_mps",),
    "acceleration": ("max_tcp_acceleration_mps2",),
    "tracking": ("tracking",),
    "rate": ("max_command_rate_hz",),
    "lease": ("client_timeout_s",),
    "approval": ("approval_expiry_s",),
    "known-verb": ("kind",),
    "driving": ("kind",),
}
"""The key of each rule that rests on one; a reason that names another key is about that one."""

_AXIS: Final = re.compile(r"\b([XYZ]) position ")
_QUOTED: Final = re.compile(r"'([^']+)'")


def rule_keys(rule: str, reason: str, command: Mapping[str, JSON], profile: Document) -> Sequence[tuple[str, str]]:
    """The keys of the profile, each with a text of the line below it that is meant, or empty for the key's own line.

    `rule` is empty for what was allowed: that rests on a grant to `command["by"]`. What rests on no limit, such as a
    latched stop, has none.
    """
    if rule in ("", "granted"):
        grant = _grant(command, profile)
        return [("grants", grant)] if "grants" in profile.lines else []
    if rule == "workspace" and (axis := _AXIS.search(reason)):
        return [(f"workspace.{axis[1].lower()}_m", "")]
    if rule == "zone":
        named = [name for name in _QUOTED.findall(reason) if f"zones.{name}" in profile.lines]
        return [(f"zones.{name}", "") for name in named] or [("zones", "")]
    spoken = [key for key in profile.lines if "_" in key and re.search(rf"\b{re.escape(key)}\b", reason)]
    return [(key, "") for key in spoken or _KEYS.get(rule, ()) if key in profile.lines]


def _grant(command: Mapping[str, JSON], profile: Document) -> str:
    """How the line of the first grant begins that gives this verb to whoever asks; empty where none does."""
    by, verb = str(command.get("by", "")), command.get("verb")
    kind = by.partition(":")[0]
    grants = profile.keys.get("grants")
    for grant in grants if isinstance(grants, list) else []:
        to, verbs = (grant.get("to"), grant.get("verbs")) if isinstance(grant, dict) else (None, None)
        given = to in (by, f"{kind}:*") and _fits(grant, command) if kind != "person" else to in (by, kind)
        if given and isinstance(verbs, list) and verb in verbs:
            return str(to)
    return ""


def _fits(grant: JSON, command: Mapping[str, JSON]) -> bool:
    """Whether the grant is to a document of this content."""
    content = grant.get("content") if isinstance(grant, dict) else None
    return content in ("any", command.get("content"))
