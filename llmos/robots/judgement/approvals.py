"""What the gate approved and nobody has carried out yet: each approval is good once, for one order, for a while.

Knows no rule: it only compares what comes back with what was given out.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from llmos.robots.base import Pose
from llmos.robots.verdict import Refusal, Verdict

MOST_OPEN: Final = 1000
"""Whoever asks for more approvals than this without using them loses the oldest."""

_AGAIN = "ask the gate again"


@dataclass(frozen=True, slots=True)
class Approval:
    """An order by its fingerprint, the state it was approved for, until when, and the way it takes."""

    fingerprint: str
    version: int
    expires_s: float
    path: tuple[Pose, ...]
    verdict: Verdict


class Approvals:
    """The open approvals of one gate."""

    def __init__(self, token: Callable[[], str] = lambda: secrets.token_hex(16)) -> None:
        self._token = token
        self._open: dict[str, Approval] = {}

    def give(self, approval: Approval, now_s: float) -> str:
        """Remember it, and return the word by which it is asked for."""
        for token in [each for each, other in self._open.items() if not other.expires_s >= now_s]:
            del self._open[token]
        while len(self._open) >= MOST_OPEN:
            del self._open[next(iter(self._open))]
        token = self._token()
        self._open[token] = approval
        return token

    def take(self, token: str, fingerprint: str, version: int, now_s: float) -> Approval | Refusal:
        """Rule `approval`: it was given, for this order and this state, and is neither used nor expired."""
        approval = self._open.pop(token, None) if isinstance(token, str) else None
        if approval is None:
            return Refusal("approval", "This order has no approval, or it was used already", _AGAIN)
        if approval.fingerprint != fingerprint:
            return Refusal("approval", "The order is not the one that was approved", _AGAIN)
        if not now_s <= approval.expires_s:
            return Refusal("approval", f"The approval expired {now_s - approval.expires_s:.2f} s ago", _AGAIN)
        if approval.version != version:
            return Refusal("approval", "The robot or its limits have changed since this was approved", _AGAIN)
        return approval
