"""The tool assess: how an agent that watches says safe, warn or veto, so that code and not prose decides.

Knows no robot. What it is told stands in the journal as the call's arguments; whoever started the run reads it there.
"""

from typing import Literal

from llmos.errors import LLMosError
from llmos.messages import Effect
from llmos.tools.base import Tool, tool

ASSESS = "assess"


def assess_tool() -> Tool:
    """The tool; it changes nothing but what is known."""

    @tool(effect=Effect.PURE, name=ASSESS)
    async def assess(verdict: Literal["safe", "warn", "veto"], reason: str, change: str = "") -> str:  # noqa: ARG001
        """Give your verdict on a piece of robot work. A veto keeps it from beginning and cannot be taken back.

        Args:
            verdict: safe (nothing speaks against it), warn (it may go on, look at this), veto (it must not go on)
            reason: what you saw, in one or two sentences, with the measured figures it rests on
            change: after warn or veto, what would have to change

        """
        if verdict == "safe" and not reason.strip():  # the others count also when nobody knows why
            raise LLMosError("safe needs its reason; say in one sentence what you saw")
        return f"Noted: {verdict.upper()}. A person sees it, and a veto holds."

    return assess
