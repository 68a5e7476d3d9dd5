"""Sums the probability of a reply from the likeliest tokens that llama.cpp's server tells, of which it tells no more.

Knows no model. The server gives ln p over the whole vocabulary, before any grammar; what the grammar allows is found
here, by following it. The rest of the vocabulary counts as allowed, so a step's probability is too low at most by the
factor allowed / (allowed + rest). Where the grammar forces a letter the rest counts as forbidden: nearly all of it is.
"""

from collections.abc import Mapping
from math import exp, log

from llmos.messages import JSON
from llmos.models.grammar_walk import State, grammar_walk

CANDIDATES = 32
"""How many are asked for at each token: 64 gave 1,173 replies the same probability within 0.0002, and cost more."""
_NEGLIGIBLE = log(1e-7)
"""What is so much less likely than the token that was taken is not looked up in the grammar."""


class Candidates:
    """One reply under a grammar, or under none."""

    def __init__(self, grammar: str | None) -> None:
        self._walk = grammar_walk(grammar) if grammar is not None else None
        self._sent: State = self._walk.start if self._walk else frozenset()
        self._state = self._sent
        self._sum = 0.0
        self._told = 0

    def add(self, told: Mapping[str, JSON]) -> None:
        """Take the next token: `id`, `logprob`, `bytes` as far as they were sent, and `top_logprobs`."""
        own = told["logprob"]
        others = [one for one in told["top_logprobs"] if one["id"] != told["id"]]
        rest = 1 - exp(own) - sum(exp(one["logprob"]) for one in others)
        near = [one for one in others if one["logprob"] > own + _NEGLIGIBLE]
        allowed = [own, *(one["logprob"] for one in near if self._allows(bytes(one["bytes"])))]
        if rest > 0 and not (self._walk and self._walk.forces(self._state)):
            allowed.append(log(rest))
        self._told += 1
        self._follow(told)
        self._sum += own - _log_sum(allowed) if self._state else own

    def logprob(self, tokens: int) -> float | None:
        """The sum, for a reply of so many tokens; None when it kept some to itself.

        That is the first bytes of a letter of several tokens, and the end of a reply to a picture.
        """
        return self._sum if self._told == tokens else None

    def _follow(self, told: Mapping[str, JSON]) -> None:
        """Go on in the grammar: by what was sent, and for a token that is held back by what it holds."""
        if told["bytes"]:
            self._sent = self._state = self._after(self._sent, bytes(told["bytes"]))
        else:
            held = next((bytes(one["bytes"]) for one in told["top_logprobs"] if one["id"] == told["id"]), b"")
            self._state = self._after(self._state, held)

    def _allows(self, piece: bytes) -> bool:
        """Whether the grammar allows it here; a control token, which has no bytes, counts as the end."""
        if not piece:
            return self._walk is not None and self._walk.may_end(self._state)
        return bool(self._after(self._state, piece))

    def _after(self, state: State, piece: bytes) -> State:
        """Where a piece leads; the first bytes of a letter stand for any letter beyond ASCII."""
        try:
            text = piece.decode()
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                return frozenset()
            text = piece[: error.start].decode() + "\ufffd"
        return self._walk.after(state, text) if self._walk else state


def _log_sum(logs: list[float]) -> float:
    """Ln of the sum of what these are the logarithms of."""
    most = max(logs)
    return most + log(sum(exp(one - most) for one in logs))
