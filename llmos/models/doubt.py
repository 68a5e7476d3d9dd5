"""Holds back a call that the model itself is not sure of: guessing moves a robot, and saying so moves nothing.

Knows no model and no tool. What counts is the probability of the whole reply (`Completion.logprob`), pooled with that
of there being a goal at all where the model's file can tell (`domain_classifier`).
"""

from collections.abc import Container

from llmos.messages import Text, ToolCall
from llmos.models.dialect import Answer

STOP = "emergency_stop"
"""Is never held back, for to stop is safe."""
_LONGEST = 80


def held_back(answer: Answer, probability: float | None, least: float | None, pure: Container[str] = ()) -> Answer:
    """The answer; abstention in place of calls below `least`, where both are known.

    To finish takes no certainty, nor does a call of the tools in `pure`, which change nothing.
    """
    calls = [part for part in answer.parts if isinstance(part, ToolCall)]
    if probability is None or least is None or probability >= least:
        return answer
    if all(call.name in pure for call in calls) or any(call.name == STOP for call in calls):
        return answer
    meant = _short("; ".join(" ".join([call.name, *(f"{k}={v}" for k, v in call.args.items())]) for call in calls))
    told, asked = _rounded_down(probability), max(f"{least:.2f}", f"{least:g}", key=len)
    return Answer(
        (
            Text(
                f"The model was not sure enough that {meant} is meant ({told}, kernel/models.md asks for {asked}), "
                "so it was not called."
            ),
        ),
        "end",
        "abstained",
    )


def _rounded_down(probability: float) -> str:
    """With two digits, and never as much as what it is below."""
    return f"{int(probability * 100) / 100:.2f}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
