"""What a local model wrote becomes a call, a text or a mistake, and never a call of a tool that was not offered."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.messages import Message, Request, Text, ToolCall, ToolResult, ToolSpec
from llmos.models.dialect import Dialect, JsonOnly
from llmos.models.dialect_hermes import Hermes
from llmos.models.dialect_pocket import Pocket
from llmos.models.gbnf import CLAIMS

TOOLS = (ToolSpec("move_to", "", {}), ToolSpec("go_home", "", {}))
ASKED = Request("", (Message("user", (Text("go"),)),), TOOLS)
CALL = '<tool_call>\n{"name": "move_to", "arguments": {"x": 1}}\n</tool_call>'


def with_results(*results: tuple[str, bool]) -> Request:
    """A request after tools were called, with what they said and whether it was an error."""
    history = list(ASKED.messages)
    for number, (text, is_error) in enumerate(results, start=1):
        history.append(Message("assistant", (ToolCall(f"call_{number}", "move_to", {}),)))
        history.append(Message("user", (ToolResult(f"call_{number}", (Text(text),), is_error=is_error),)))
    return Request("", tuple(history), TOOLS)


def shown(dialect: Dialect, pieces: list[str], request: Request = ASKED) -> str:
    """What a person sees of a reply."""
    seen: list[str] = []
    stream = dialect.stream(seen.append)
    for piece in pieces:
        stream.add(piece)
    stream.finish(dialect.answer("".join(pieces), request, cut=False))
    return "".join(seen)


def finishing(status: str, quote: str) -> str:
    """What pocket writes to finish."""
    return f'{{"name":"finish","arguments":{{"status":"{status}","quote":"{quote}"}}}}'


def finish(status: str, quote: str, request: Request) -> tuple[Any, ...]:
    """Parts and claim of pocket's `finish`."""
    answer = Pocket().answer(finishing(status, quote), request, cut=False)
    assert answer.stop_reason == "end"
    return answer.text, answer.claim


def test_pocket_calls_a_tool_of_its_list() -> None:
    """Numbered by the calls before it, so that the same run has the same ids."""
    answer = Pocket().answer('{"name":"move_to","arguments":{"x":1.5}}', with_results(("ok", False)), cut=False)
    assert answer.parts == (ToolCall("call_2", "move_to", {"x": 1.5}),)
    assert answer.stop_reason == "tools"


def test_pocket_asks_back_where_a_goal_fits_several_things_alike() -> None:
    """Whichever of them the model would choose, it would be a guess."""
    state = {"objects": {"red cube": [1.5, 0.0, 0.0], "blue cube": [1.0, 0.0, 0.0]}}
    text = '{"name":"move_to","arguments":{"x":1.5,"y":0.0,"z":0.0}}'
    asked, named = (
        Request("", (Message("user", (Text(goal),)),), TOOLS, state=state)
        for goal in ("take the cube", "take the red cube")
    )
    answer = Pocket().answer(text, asked, cut=False)
    assert (answer.stop_reason, answer.claim) == ("end", "abstained")
    assert "blue cube, red cube" in answer.text
    assert Pocket().answer(text, named, cut=False).stop_reason == "tools"


def test_pocket_done_says_what_the_last_tool_that_succeeded_said() -> None:
    """The sentence is the tool's, not the model's."""
    assert finish("done", "result", with_results(("at A", False), ("at B", False))) == ("at B", "done")
    assert finish("done", "result", ASKED) == ("Nothing had to be done.", "done")


@pytest.mark.parametrize(
    ("results", "ending"),
    [
        ([("too far", True)], ("too far", "failed")),
        ([("at A", False), ("too far", True)], ("too far", "failed")),
        ([("too far", True), ("at A", False)], ("at A", "done")),
        ([("too far", True), ("at A", False), ("too near", True)], ("too near", "failed")),
        ([("at A", False)], ("at A", "done")),
    ],
)
def test_pocket_is_not_done_where_the_last_call_failed(
    results: list[tuple[str, bool]], ending: tuple[str, str]
) -> None:
    """The person is told why it failed; an error that a later call made good is forgiven."""
    assert finish("done", "result", with_results(*results)) == ending


def test_an_error_of_a_goal_before_is_not_held_against_pocket() -> None:
    """Each goal of a conversation ends by its own calls."""
    before = (*with_results(("too far", True)).messages, Message("assistant", (Text("too far"),)))
    goes_on = Request("", (*before, *ASKED.messages), TOOLS)
    assert finish("done", "result", goes_on) == ("Nothing had to be done.", "done")


def test_pocket_failed_says_the_last_error_or_the_last_result() -> None:
    """Why it gave up: a refusal, or a result that was no error and yet not what the goal needed."""
    results = with_results(("too far", True), ("closed on nothing", False))
    assert finish("failed", "refusal", results) == ("too far", "failed")
    assert finish("failed", "result", results) == ("closed on nothing", "failed")
    assert finish("failed", "refusal", ASKED) == ("The goal was not reached.", "failed")


@pytest.mark.parametrize(
    ("quote", "sentence"),
    [
        ("goal", "This is not understood as a goal for these tools: go_home, move_to."),
        ("tools", "None of the tools serves this goal; the tools are: go_home, move_to."),
        ("names", "It is not clear which thing or place is meant; there are: cube, shelf A3."),
    ],
)
def test_pocket_abstained_says_what_was_not_clear(quote: str, sentence: str) -> None:
    """The person learns what could have been asked."""
    state = {"objects": {"cube": [0, 0, 0]}, "places": {"shelf A3": [1, 0, 0]}}
    request = Request("", with_results(("at A", False)).messages, TOOLS, state=state)
    assert finish("abstained", quote, request) == (sentence, "abstained")


def test_where_there_is_no_thing_and_no_place_pocket_says_so() -> None:
    """An empty table has no names to offer."""
    sentence = "It is not clear which thing or place is meant; there are: none."
    assert finish("abstained", "names", ASKED) == (sentence, "abstained")


def test_results_of_an_earlier_answered_turn_are_not_repeated() -> None:
    """What the goal before came to is not the answer to this one."""
    earlier = with_results(("at A", False)).messages
    history = (*earlier, Message("assistant", (Text("at A"),)), Message("user", (Text("hm"),)))
    assert finish("done", "result", Request("", history, TOOLS)) == ("Nothing had to be done.", "done")


@pytest.mark.parametrize("together", [True, False])
def test_results_of_a_run_that_was_cut_off_are_not_quoted(together: bool) -> None:
    """Whether its last one travels in the message of the next goal or before it."""
    *before, last = with_results(("at A", False)).messages
    goal = (Text("and home"),)
    after = [Message("user", (*last.parts, *goal))] if together else [last, Message("user", goal)]
    assert finish("done", "result", Request("", (*before, *after), TOOLS)) == ("Nothing had to be done.", "done")


@pytest.mark.parametrize(
    "written",
    [
        "",
        "nonsense",
        '{"name":"move_to","arguments":',
        '{"name":"format_disk","arguments":{}}',
        finishing("excellent", "result"),
        finishing("done", "goal"),
        '{"name":"finish","arguments":{"status":"done"}}',
        '{"name":"move_to","arguments":[]}',
        '{"name":"move_to","arguments":{"x":NaN}}',
        '{"arguments":{}}',
        "[" * 5000,
    ],
)
def test_pocket_calls_nothing_when_it_writes_anything_else(written: str) -> None:
    """Should the grammar fail open, the turn ends as failed and says what came."""
    answer = Pocket().answer(written, ASKED, cut=True)
    quoted = repr(written if len(written) <= 80 else written[:77] + "...")
    assert answer.text == f"The model's reply is no call of a tool that it was offered: {quoted}"
    assert (answer.claim, answer.stop_reason) == ("failed", "end")


def test_pocket_calls_nothing_when_it_must_answer() -> None:
    """The last turn of a budget is for words."""
    request = Request("", ASKED.messages, TOOLS, may_call_tools=False)
    assert Pocket().answer('{"name":"go_home","arguments":{}}', request, cut=False).claim == "failed"


@pytest.mark.parametrize(("status", "quote"), CLAIMS)
def test_pocket_does_not_blame_the_goal_for_the_limits(status: str, quote: str) -> None:
    """Where no tool may be called, nothing follows from its having called none."""
    request = Request("", ASKED.messages, TOOLS, may_call_tools=False)
    answer = Pocket().answer(finishing(status, quote), request, cut=False)
    assert answer.text == "No tool could be called any more, for the limits of this run are used up."


def test_pocket_shows_its_closing_sentence_and_no_raw_pieces() -> None:
    """A person never reads JSON."""
    assert shown(Pocket(), ['{"name":"go_home",', '"arguments":{}}']) == ""
    assert shown(Pocket(), [finishing("done", "result")]) == "Nothing had to be done."


def test_hermes_keeps_texts_and_calls_in_order() -> None:
    """Blanks alone are no passage."""
    answer = Hermes().answer(f"First.\n{CALL}\n{CALL} Then.", with_results(("ok", False)), cut=False)
    assert answer.parts == (
        Text("First.\n"),
        ToolCall("call_2", "move_to", {"x": 1}),
        ToolCall("call_3", "move_to", {"x": 1}),
        Text(" Then."),
    )
    assert answer.stop_reason == "tools"


def test_hermes_reports_an_unknown_tool_as_a_call() -> None:
    """The toolbox refuses it, and the model hears of it."""
    answer = Hermes().answer('<tool_call>{"name": "fly", "arguments": {}}</tool_call>', ASKED, cut=False)
    assert answer.parts == (ToolCall("call_1", "fly", {}),)


@pytest.mark.parametrize("block", ["<tool_call>{nonsense}</tool_call>", '<tool_call>{"name": "move_to"', "<tool_call>"])
def test_hermes_returns_a_broken_block_as_a_malformed_call(block: str) -> None:
    """All of what was written, so that the model can see its mistake."""
    answer = Hermes().answer("So: " + block, ASKED, cut=False)
    assert answer.parts == (Text("So: "), ToolCall("call_1", "unreadable", {}, malformed=block))
    assert answer.stop_reason == "tools"


def test_a_tag_inside_an_argument_is_text() -> None:
    """A model may write a file about tags."""
    block = '<tool_call>{"name": "move_to", "arguments": {"x": "</tool_call> \\" <tool_call>"}}</tool_call>'
    answer = Hermes().answer(block + "ok", ASKED, cut=False)
    assert answer.parts == (ToolCall("call_1", "move_to", {"x": '</tool_call> " <tool_call>'}), Text("ok"))
    assert shown(Hermes(), list(block + "ok")) == "ok"


def test_hermes_that_must_answer_calls_nothing() -> None:
    """Blocks are dropped should one appear all the same."""
    request = Request("", ASKED.messages, TOOLS, may_call_tools=False)
    answer = Hermes().answer(f"So.{CALL}", request, cut=False)
    assert answer.parts == (Text("So."),)
    assert answer.stop_reason == "end"


def test_hermes_text_that_was_cut_says_so() -> None:
    """The loop asks for the rest."""
    assert Hermes().answer("half a sen", ASKED, cut=True).stop_reason == "length"


PIECES = st.lists(
    st.sampled_from([OPENING := "<tool_call>", "</tool_call>", "<tool", "_call>", "<", ">", " ", "\n", '"', "a", "{}"])
)


@given(PIECES)
def test_what_hermes_shows_is_the_text_of_its_answer(pieces: list[str]) -> None:
    """However the pieces fall, no more and no less."""
    assert shown(Hermes(), pieces) == Hermes().answer("".join(pieces), ASKED, cut=False).text


@given(st.text(alphabet='<tol_cal>/"\\{}:n ', max_size=200))
def test_hermes_takes_any_text(text: str) -> None:
    """Nothing that a model writes raises, and a call has an id and a name."""
    for call in (part for part in Hermes().answer(text, ASKED, cut=False).parts if isinstance(part, ToolCall)):
        assert call.id
        assert call.name


def test_json_is_judged_against_its_schema() -> None:
    """Ranges are not in the grammar; the claim says whether they hold."""
    dialect = JsonOnly({"type": "integer", "minimum": 3})
    assert dialect.answer("3", ASKED, cut=False).claim == "done"
    assert dialect.answer("2", ASKED, cut=False).claim == "failed"
    assert dialect.answer("[", ASKED, cut=True).claim == "failed"
    assert dialect.answer("[", ASKED, cut=True).stop_reason == "length"
    assert shown(dialect, ["1", "2"]) == "12"
