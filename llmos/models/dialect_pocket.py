"""The dialect of the pocket model: one compact JSON object per reply, a tool or `finish`.

Knows no backend. What is no call of a tool on the list, or has numbers that nobody named, calls nothing: it ends the
turn with the claim `failed`, and what goes to one of several things that the goal fits alike with `abstained`. Nothing
is `done` where the last call failed.
"""

from collections.abc import Iterable, Sequence

from llmos.messages import Claim, Message, Request, Text, ToolCall, ToolResult, ToolSpec
from llmos.models.ambiguity import ambiguous
from llmos.models.base import OnText
from llmos.models.dialect import Answer, Stream, call_id, read_call
from llmos.models.gbnf import CLAIMS, FINISH, pocket_grammar
from llmos.models.grounding import ungrounded
from llmos.models.newest_goal import since_goal

LONGEST_GOAL = 400
"""Letters of a goal that the template of pocket takes; what stands behind them the model would never see."""


class Pocket:
    """One compact JSON object per reply: a tool, or `finish` with a status and what the host is to quote for it."""

    def grammar(self, tools: Sequence[ToolSpec]) -> str:
        """Exactly one call."""
        return pocket_grammar(tools)

    def stream(self, on_text: OnText) -> Stream:
        """The closing sentence, which is the host's."""
        return AtTheEnd(on_text)

    def answer(self, text: str, request: Request, *, cut: bool) -> Answer:  # noqa: ARG002 - more room would not help
        """The call; `finish` becomes a sentence and a claim; anything else is a failure that calls nothing."""
        call = read_call(text)
        if call is not None and call.name == FINISH:
            said = (call.arguments.get("status"), call.arguments.get("quote"))
            for status, quote in CLAIMS:
                if said == (status, quote):
                    return _finished(status, quote, request)
        elif call is not None and request.may_call_tools and call.name in {tool.name for tool in request.tools}:
            if slip := ungrounded(call.arguments, request):
                return Answer((Text(slip),), "end", "failed")
            if doubt := ambiguous(call.arguments, request):
                return Answer((Text(doubt),), "end", "abstained")
            return Answer((ToolCall(call_id(request, 1), call.name, call.arguments),), "tools")
        return Answer(
            (Text(f"The model's reply is no call of a tool that it was offered: {_short(text)}"),), "end", "failed"
        )


def too_long(goal: str) -> Answer | None:
    """Abstention from a goal of which the model would see only the front part; None for one that fits."""
    if len(goal) <= LONGEST_GOAL:
        return None
    told = f"The goal has {len(goal)} letters, and pocket reads {LONGEST_GOAL}; say it in fewer words."
    return Answer((Text(told),), "end", "abstained")


class AtTheEnd:
    """Passes on the answer's text when it is complete: raw pieces are not for reading."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text

    def add(self, piece: str) -> None:
        """Keep it from the person."""

    def finish(self, answer: Answer) -> None:
        """Show the sentence, if there is one."""
        if answer.text:
            self._on_text(answer.text)


def _finished(status: Claim, quote: str, request: Request) -> Answer:
    """The end that the model claims; `done` is failed where the last call was, for an error ends in nothing else."""
    if status == "done" and any(result.is_error for result in _results_of_turn(request.messages)[:1]):
        status, quote = "failed", "refusal"
    return Answer((Text(_closing(status, quote, request)),), "end", status)


def _closing(status: Claim, quote: str, request: Request) -> str:
    """The sentence for `finish`: what the newest fitting tool result of this turn said, or why nothing was done."""
    if status != "abstained":
        for result in _results_of_turn(request.messages):
            if result.is_error == (quote == "refusal") and result.text:
                return result.text
    if not request.may_call_tools:
        return "No tool could be called any more, for the limits of this run are used up."
    if status != "abstained":
        return "Nothing had to be done." if status == "done" else "The goal was not reached."
    tools = _listed(tool.name for tool in request.tools)
    things = _listed(name for group in ("objects", "places") for name in request.state.get(group) or ())
    return {
        "goal": f"This is not understood as a goal for these tools: {tools}.",
        "tools": f"None of the tools serves this goal; the tools are: {tools}.",
        "names": f"It is not clear which thing or place is meant; there are: {things}.",
    }[quote]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _results_of_turn(messages: Sequence[Message]) -> list[ToolResult]:
    """Tool results since the goal or the last finished answer, the newest first."""
    found: list[ToolResult] = []
    for message in reversed(since_goal(messages)):
        if message.role == "assistant" and not message.tool_calls:
            break
        found.extend(part for part in reversed(message.parts) if isinstance(part, ToolResult))
    return found


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")
