"""The text form of traces."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.errors import DocumentError
from llmos.messages import JSON, Effect
from llmos.traces.trace import Trace, TraceStep
from llmos.traces.trace_text import file_name, parse_trace, read_trace, show
from tests.support.traces import moved, robot_world, step, trace

PATH = Path("traces/move.md")

nasty = st.text() | st.sampled_from(
    [
        "```",
        "````text\n```\n",
        "---",
        "a\n---\nb",
        "\r\n",
        "\x00\x1b[2J",
        "\u2028",
        "  blanks ",
        "What was done:",
        "\n\n",
    ]
)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
json = st.recursive(
    st.none() | st.booleans() | numbers | nasty,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(nasty, below, max_size=3),
    max_leaves=8,
)
mappings = st.dictionaries(nasty, json, max_size=3)
files = st.dictionaries(nasty, st.none() | nasty, max_size=2)
steps = st.builds(
    TraceStep,
    tool=st.sampled_from(["move_to", "Write"]) | nasty,
    args=mappings,
    effect=st.sampled_from(Effect),
    tool_version=nasty,
    output=nasty,
    output_hash=nasty,
    before=files,
    after=files,
    sources=st.dictionaries(nasty, nasty, max_size=2),
)
amounts = st.floats(min_value=0, max_value=1e9)
traces = st.builds(
    Trace,
    signature=nasty,
    skeleton=nasty,
    goal=nasty,
    slots=mappings,
    agent=nasty,
    agent_hash=nasty,
    skill_hashes=st.dictionaries(nasty, nasty, max_size=2),
    steps=st.lists(steps, max_size=3).map(tuple),
    answer=nasty,
    mode=nasty,
    run_id=nasty,
    world=mappings,
    model=nasty,
    input_tokens=st.integers(min_value=0),
    output_tokens=st.integers(min_value=0),
    cost_usd=amounts,
    duration_s=amounts,
    created=nasty,
    rating=amounts,
    uses=st.integers(min_value=0),
    last_used=nasty,
    imported=nasty,
    sensitive=st.booleans(),
)


def reach() -> Trace:
    """A trace of one motion."""
    return trace([step("move_to", {"x": 1.5, "y": 1.0, "z": 0.5}, moved(1.5, 1.0, 0.5))], {"point1": [1.5, 1.0, 0.5]})


@given(traces)
def test_what_is_written_is_read_back_the_same(kept: Trace) -> None:
    """No text, however odd, gets lost or changes another."""
    text = show(kept)
    text.encode()
    assert parse_trace(text, PATH) == kept
    assert show(parse_trace(text, PATH)) == text


def test_a_person_can_read_it() -> None:
    """Keys above, numbered steps with their arguments and answers below."""
    kept = trace(reach().steps, {"point1": [1.5, 1.0, 0.5]}, world=robot_world())
    assert show(kept) == Path(__file__).with_name("move-to-a-point.md").read_text()


def test_a_file_is_read(tmp_path: Path) -> None:
    """From the disk as from a text."""
    kept = reach()
    path = tmp_path / file_name(kept)
    path.write_text(show(kept))
    assert read_trace(path) == kept


def test_the_file_is_named_after_the_goal() -> None:
    """A few words for people, the id against confusion."""
    assert file_name(reach()) == f"move-to-a-point-{reach().id}.md"


def test_a_goal_without_letters_has_a_file_name() -> None:
    """Whatever alphabet it is written in."""
    kept = trace([], {}, goal="移动")
    assert file_name(kept) == f"goal-{kept.id}.md"


DAMAGE = [
    ("mode: LEARNER", "mood: LEARNER", ":12: 'mood' is no key of a trace; did you mean 'mode'?"),
    ("mode: LEARNER\n", "", ":1: 'mode' is missing, without which this is no trace"),
    ("uses: 1", "uses: once", ":21: 'uses' must be a whole number"),
    ("cost_usd: 0.25", "cost_usd: true", ":17: 'cost_usd' must be a number"),
    ("agent: operator", "agent: 7", ":10: 'agent' must be a text"),
    ("slots:\n  point1:\n    - 1.5\n    - 1.0\n    - 0.5", "slots: 3", ":5: 'slots' must hold keys and values"),
    ("slots:", 'slots: "{"\nslats:', ":5: 'slots' must hold keys and values"),
    ("What was done:", "What happened:", ":25: 'What was done:' belongs here, not 'What happened:'"),
    ("1. `move_to`, idem", "2. `move_to`, idem", ":27: step 1 belongs here, and one of {effects}"),
    ("1. `move_to`, idem", "1. `move_to`, quiem", ":27: step 1 belongs here, and one of {effects}"),
    ("1. `move_to`", "1 move", ":27: step 1, or 'What was said of it:', belongs here, not '1 move, idempotent'"),
    ('{"x": 1.5, ', '{"x" 1.5, ', ":30: this is not JSON: Expecting ':' delimiter"),
    ('{"x": 1.5, "y": 1.0, "z": 0.5}', "[1.5]", ":30: keys and values belong here, as JSON"),
    ('    {"x": 1.5, ', '{"x": 1.5, ', ":30: a line of a block here begins with 4 blanks"),
    ('    ```json\n    {"x"', '    ```yaml\n    {"x"', ":29: a block of json or text belongs here, not '```yaml'"),
    ("    which answered", "    which said", ":33: 'which answered' belongs here, not 'which said'"),
    ("It is done.\n```", "It is done.\n", ":50: this block is never closed"),
    ("```text\nIt is done.", "```json\n7", ":51: a text belongs here, not another value"),
    ("It is done.\n```", "It is done.\n```\n\nAnd more.", ":54: nothing belongs here, not 'And more.'"),
    ('"tool_version": "sha256:move_to"', '"tool_version": 1', ":46: tool_version and output_hash belong here"),
]  # fmt: skip


@pytest.mark.parametrize(("there", "instead", "sentence"), DAMAGE)
def test_damage_is_named_with_its_line(there: str, instead: str, sentence: str) -> None:
    """Who edits a trace by hand is told what it can no longer be read for."""
    text = show(reach())
    assert there in text
    with pytest.raises(DocumentError) as error:
        parse_trace(text.replace(there, instead, 1), PATH)
    assert str(error.value) == f"{PATH}{sentence}".format(effects="pure, idempotent, reversible, irreversible")


def test_a_second_key_of_a_name_is_damage() -> None:
    """A trace in which two things stand of the same is evidence of neither, as a merge may leave it."""
    with pytest.raises(DocumentError, match=r"'mode' stands here a second time; the first one, in line 12, counts"):
        parse_trace(show(reach()).replace("mode: LEARNER", "mode: LEARNER\nmode: MIXED"), PATH)


def test_what_block_style_cannot_say_stands_as_json() -> None:
    """None and empty lists come back, too."""
    odd: dict[str, JSON] = {"list1": [], "text1": None}
    text = show(trace([], odd))
    assert 'slots: "{\\"list1\\": [], \\"text1\\": null}"' in text
    assert parse_trace(text, PATH).slots == odd
