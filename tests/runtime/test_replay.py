"""Following a trace: its calls and no others, stopped before the first step that would not be the same any more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from llmos.documents.document import hash_of
from llmos.messages import JSON, Effect, ToolCall
from llmos.runtime.replay import Follower, ReplayRules
from llmos.traces.binding import Bound, bind
from llmos.traces.trace import TraceStep
from tests.support.loops import bench
from tests.support.tapes import asks, cassette, says
from tests.support.traces import HERE, NARROW, step, trace

pytestmark = pytest.mark.anyio


@dataclass
class House:
    """Says what stands in files."""

    files: Mapping[str, str | None] = field(default_factory=dict)

    async def standing(self, call: ToolCall) -> dict[str, str | None]:
        """The file that the call names, if it does."""
        path = call.args.get("file_path")
        return {} if path is None else {f"{HERE}/{path}": self.files.get(f"{HERE}/{path}")}


def follower(steps: Sequence[TraceStep], house: House | None = None, retries: int = 1) -> Follower:
    """A lead over a trace of these steps, asked for the same goal again."""
    bound = bind([trace(steps, {})], {}, HERE)
    assert isinstance(bound, Bound), bound
    return Follower(bound, house or House(), ReplayRules(NARROW, retries))


def count(at: int, effect: Effect = Effect.IRREVERSIBLE) -> TraceStep:
    """A step that says its number."""
    return step("count", {"at": at}, f"counted {at}", effect)


async def test_the_same_goal_makes_the_same_calls_and_gives_the_recorded_answer(tmp_path: Path) -> None:
    """In their order, with their arguments, and without a model."""
    lead = follower([count(0), count(1), count(2)])
    run = bench(cassette(tmp_path), tools={"count": lambda call: f"counted {call.args['at']}"}, lead=lead)
    ending = await run.run()
    assert (ending.outcome, ending.answer, lead.reached) == ("done", "It is done.", True)
    assert run.tools.log == ['count{"at": 0}', 'count{"at": 1}', 'count{"at": 2}']


async def test_a_step_that_fails_is_handed_on_and_nothing_runs_twice(tmp_path: Path) -> None:
    """The effects are [0, 1, 2] and never [0, 1, 0, 1, 2]: the model begins where the trace ended."""
    effects: list[int] = []

    def tried(call: ToolCall) -> str:
        if call.args["at"] == 2 and not call.args.get("again"):
            return "error: the third fails"
        effects.append(call.args["at"])
        return f"counted {call.args['at']}"

    repaired = {"expect": "after step 3 (count), it failed", **asks(("count", {"at": 2, "again": True}))}
    lead = follower([count(0), count(1), count(2)])
    run = bench(cassette(tmp_path, repaired, says("all three")), tools={"count": tried}, lead=lead)
    ending = await run.run()
    assert (ending.answer, lead.reached, effects) == ("all three", False, [0, 1, 2])


@pytest.mark.parametrize(
    ("effect", "retries", "made"),
    [
        (Effect.PURE, 1, 2),
        (Effect.IDEMPOTENT, 1, 2),
        (Effect.IDEMPOTENT, 3, 4),
        (Effect.IDEMPOTENT, 0, 1),
        (Effect.REVERSIBLE, 3, 1),
        (Effect.IRREVERSIBLE, 3, 1),
    ],
)
async def test_only_what_may_be_repeated_is_tried_again(
    tmp_path: Path, effect: Effect, retries: int, made: int
) -> None:
    """As often as the rules say, and then it is handed on."""
    lead = follower([count(0, effect)], retries=retries)
    run = bench(cassette(tmp_path, says("no")), tools={"count": lambda _: "error: busy"}, lead=lead)
    await run.run()
    assert len(run.tools.log) == made
    assert not lead.reached


async def test_another_answer_stops_before_the_next_step(tmp_path: Path) -> None:
    """Gripped nothing is not gripped the cube."""
    steps = [step("grip", {}, "holding 'cube'", Effect.REVERSIBLE), step("move", {}, "moved")]
    lead = follower(steps)
    tools = {"grip": lambda _: "closed on nothing", "move": lambda _: "moved"}
    told = {"expect": "after step 1 (grip), it answered otherwise", **says("It is not there.")}
    run = bench(cassette(tmp_path, told), tools=tools, lead=lead)
    ending = await run.run()
    assert (ending.answer, run.tools.log) == ("It is not there.", ["grip{}"])


@pytest.mark.parametrize(
    ("now", "fate"),
    [("sha256:then", True), (hash_of(b"x"), True), ("sha256:else", False), (None, False)],
)
async def test_a_file_that_was_changed_is_not_written_over(tmp_path: Path, now: str | None, *, fate: bool) -> None:
    """It may hold what it held then, or what the run left in it; anything else is somebody's work."""
    path = "{workspace}/a.txt"
    write = step(
        "Write",
        {"file_path": "a.txt", "content": "x"},
        "written",
        Effect.REVERSIBLE,
        before={path: "sha256:then"},
        after={path: hash_of(b"x")},
    )
    lead = follower([write], House({f"{HERE}/a.txt": now}))
    run = bench(cassette(tmp_path, says("It has changed.")), tools={"Write": lambda _: "written"}, lead=lead)
    await run.run()
    assert (lead.reached, bool(run.tools.log)) == (fate, fate)


@pytest.mark.parametrize("value", [None, [None, {"a": [1, {"b": None}]}], {"deep": {"er": [[]]}}, "", 0, False])
async def test_arguments_come_back_as_they_were(tmp_path: Path, value: JSON) -> None:
    """None, nested, empty: nothing is lost or made into text."""
    seen: list[JSON] = []

    def keep(call: ToolCall) -> str:
        seen.append(call.args["value"])
        return "kept"

    lead = follower([step("keep", {"value": value}, "kept")])
    await bench(cassette(tmp_path), tools={"keep": keep}, lead=lead).run()
    assert seen == [value]
    assert lead.reached
