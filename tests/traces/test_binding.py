"""Binding, case by case: what is replayed, what is bound anew, and what is left to a model."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.documents.document import hash_of
from llmos.messages import JSON, Effect
from llmos.traces.binding import Bound, Unbound, bind
from llmos.traces.components import equal
from llmos.traces.trace import Trace, TraceStep
from tests.support.traces import HERE, moved, robot_world, step, trace

PICK = {"point1": [1.5, 1.0, 0.5], "point2": [0.2, -0.4, 0.3]}


def move(x: float, y: float, z: float, holding: str = "gripper open") -> TraceStep:
    """A step to a point."""
    return step("move_to", {"x": x, "y": y, "z": z}, moved(x, y, z, then=holding))


def grip(*, closes: bool, at: tuple[float, float, float]) -> TraceStep:
    """The gripper closed on the cube, or opened."""
    said = "gripper holding 'cube'" if closes else "gripper open"
    return step("toggle_tool", {"activate": closes}, moved(*at, then=said), Effect.REVERSIBLE)


def pick(point1: tuple[float, float, float], point2: tuple[float, float, float], **more: Any) -> Trace:
    """A trace that brings the cube from one point to another."""
    steps = [
        move(*point1),
        grip(closes=True, at=point1),
        move(*point2, holding="gripper holding 'cube'"),
        grip(closes=False, at=point2),
    ]
    return trace(steps, {"point1": list(point1), "point2": list(point2)}, **({"world": robot_world()} | more))


def write(path: str, text: str, before: bytes | None = None, **more: Any) -> TraceStep:
    """A file written."""
    name = f"{{workspace}}/{path}"
    return step(
        "Write",
        {"file_path": path, "content": text},
        f"wrote {len(text)} bytes to {path}",
        Effect.REVERSIBLE,
        **{"before": {name: None if before is None else hash_of(before)}, "after": {name: hash_of(text.encode())}}
        | more,
    )


def bound(traces: list[Trace], slots: dict[str, JSON], *, leap: bool = True) -> Bound:
    """What is bound; the test fails with the reason when nothing is."""
    found = bind(traces, slots, HERE, leap=leap)
    assert isinstance(found, Bound), found
    return found


def reason(traces: list[Trace], slots: dict[str, JSON], *, leap: bool = True) -> str:
    """Why nothing is bound."""
    found = bind(traces, slots, HERE, leap=leap)
    assert isinstance(found, Unbound), [(each.tool, each.args, each.sources) for each in found.steps]
    return found.reason


def args(found: Bound) -> list[dict[str, JSON]]:
    """The arguments of all steps, none of which may rest on an answer."""
    return [each.arguments([]) for each in found.steps]


def test_the_same_goal_is_done_as_it_was() -> None:
    """With its answer, and from where the robot was not asked to be."""
    found = bound([pick((1.5, 1.0, 0.5), (0.2, -0.4, 0.3))], dict(PICK))
    assert [each.tool for each in found.steps] == ["move_to", "toggle_tool", "move_to", "toggle_tool"]
    assert args(found)[0] == {"x": 1.5, "y": 1.0, "z": 0.5}
    assert (found.exact, found.answer, found.start.poses) == (True, "It is done.", ())
    assert found.start.same == {"gripper": "open", "holding": "nothing", "stopped": False}
    assert found.note == "the same goal, as in run 20261120-095132-k3f9qz"


def test_other_points_are_bound_from_one_run() -> None:
    """Each axis to its own, and the answers with them."""
    found = bound([pick((1.5, 1.0, 0.5), (0.2, -0.4, 0.3))], {"point1": [0.1, 0.2, 0.3], "point2": [-1.0, 0.0, 0.8]})
    assert args(found)[0] == {"x": 0.1, "y": 0.2, "z": 0.3}
    assert args(found)[2] == {"x": -1.0, "y": 0.0, "z": 0.8}
    assert found.steps[2].expect.shown == "At (-1, 0, 0.8) turned 0°, gripper holding 'cube'."
    assert found.steps[2].sources == {"x": "slot point2.x", "y": "slot point2.y", "z": "slot point2.z"}
    assert (found.exact, found.answer) == (False, None)
    assert found.note == "same skeleton, 2 slots re-bound from 1 trace"


def test_swapped_zones_are_not_the_same() -> None:
    """The points stay where the goal has them."""
    found = bound([pick((1.5, 1.0, 0.5), (0.2, -0.4, 0.3))], {"point1": PICK["point2"], "point2": PICK["point1"]})
    assert [each.get("x") for each in args(found)] == [0.2, None, 1.5, None]


def test_points_that_were_equal_cannot_be_told_apart() -> None:
    """From the only run; who knows which one came first."""
    same = pick((1.5, 1.0, 0.5), (1.5, 1.0, 0.5))
    new: dict[str, JSON] = {"point1": [0.1, 0.2, 0.3], "point2": [-1.0, 0.0, 0.8]}
    assert reason([same], new) == "nothing certain is known of 'x' in step 1, move_to"
    other = pick((0.0, 0.1, 0.2), (0.3, 0.4, 0.5), created="2026-11-21")
    assert args(bound([same, other], new))[2] == {"x": -1.0, "y": 0.0, "z": 0.8}


def test_equal_points_may_change_together() -> None:
    """Then it does not matter which is which."""
    same = pick((1.5, 1.0, 0.5), (1.5, 1.0, 0.5))
    found = bind([same], {"point1": [0.1, 0.2, 0.3], "point2": [0.1, 0.2, 0.3]}, HERE)
    assert isinstance(found, Unbound)
    one = trace([move(1.5, 1.0, 0.5)], {"point1": [1.5, 1.0, 0.5], "point2": [1.5, 1.0, 0.5]})
    assert args(bound([one], {"point1": [0.1, 0.2, 0.3], "point2": [0.1, 0.2, 0.3]})) == [
        {"x": 0.1, "y": 0.2, "z": 0.3}
    ]


def test_a_height_that_no_value_explains_is_left_to_a_model() -> None:
    """One run does not tell a constant from what is computed."""
    hover = trace([move(1.5, 1.0, 0.6), move(1.5, 1.0, 0.5)], {"point1": [1.5, 1.0, 0.5]})
    assert reason([hover], {"point1": [0.1, 0.2, 0.3]}) == "nothing certain is known of 'z' in step 1, move_to"


def hovers(*points: tuple[float, float, float], by: float = 0.1) -> list[Trace]:
    """Runs that first went above the point."""
    return [
        trace([move(x, y, round(z + by, 6)), move(x, y, z)], {"point1": [x, y, z]}, created=str(number))
        for number, (x, y, z) in enumerate(points)
    ]


def test_three_runs_show_what_is_computed() -> None:
    """Between the values that they had."""
    runs = hovers((1.5, 1.0, 0.5), (0.3, -1.0, 0.2), (-0.6, 0.7, 0.4))
    found = bound(runs, {"point1": [0.9, 0.9, 0.3]})
    assert args(found)[0] == {"x": 0.9, "y": 0.9, "z": 0.4}
    assert found.steps[0].sources["z"] == "slot point1.z + 0.1"
    assert found.note == "same skeleton, 1 slot re-bound from 3 traces"


def test_what_is_computed_is_not_carried_beyond_what_was_seen() -> None:
    """Above the highest point the arm may have been kept from hovering higher."""
    runs = hovers((1.5, 1.0, 0.5), (0.3, -1.0, 0.2), (-0.6, 0.7, 0.4))
    assert reason(runs, {"point1": [0.9, 0.9, 0.7]}) == "nothing certain is known of 'z' in step 1, move_to"


def test_two_runs_do_not_show_what_is_computed() -> None:
    """Two points are on many lines."""
    runs = hovers((1.5, 1.0, 0.5), (0.3, -1.0, 0.2))
    assert reason(runs, {"point1": [0.9, 0.9, 0.3]}) == "nothing certain is known of 'z' in step 1, move_to"


def test_two_runs_prove_a_constant() -> None:
    """Whatever the goal said, it was that."""
    runs = [
        trace([move(x, y, 0.9), move(x, y, z)], {"point1": [x, y, z]}, created=str(x), world=robot_world())
        for x, y, z in ((1.5, 1.0, 0.5), (0.3, -1.0, 0.2))
    ]
    found = bound(runs, {"point1": [0.9, 0.8, 0.4]})
    assert args(found)[0] == {"x": 0.9, "y": 0.8, "z": 0.9}
    assert found.start.poses, "a motion to numbers of its own is learned from where the robot was"


@pytest.mark.parametrize("key", ["robot", "robot_hash", "scene", "scene_hash"])
def test_runs_of_another_world_prove_nothing_of_this_one(key: str) -> None:
    """What was always the same on one robot in one scene need not be so with another."""
    here, elsewhere = robot_world(), {**robot_world(), key: "another"}
    older, newer = (
        trace([move(x, y, 0.9), move(x, y, z)], {"point1": [x, y, z]}, created=created, world=world)
        for x, y, z, created, world in ((0.3, -1.0, 0.2, "1", elsewhere), (1.5, 1.0, 0.5, "2", here))
    )
    goal: dict[str, JSON] = {"point1": [0.9, 0.8, 0.4]}
    assert reason([older, newer], goal) == "nothing certain is known of 'z' in step 1, move_to"
    bound([replace(older, world=here), newer], goal)


def test_a_constant_height_is_not_believed_of_values_beyond_the_seen() -> None:
    """It may be one that was never allowed to be less."""
    runs = [
        trace([move(x, y, 0.9)], {"point1": [x, y, z]}, created=str(x))
        for x, y, z in ((1.5, 1.0, 0.5), (0.3, -1.0, 0.2))
    ]
    assert (
        reason(runs, {"point1": [0.9, 0.8, 1.4]}) == "'z' was always the same, but never for such a value of point1.z"
    )


def test_a_value_that_no_step_depends_on_asks_for_something_else() -> None:
    """One run, or two, are not enough to pass over a part of the goal."""
    one = trace([move(1.5, 1.0, 0.5)], {"point1": [1.5, 1.0, 0.5], "duration1": 30})
    assert reason([one], {"point1": [0.1, 0.2, 0.3], "duration1": 20}) == (
        "no step depends on duration1, as far as the traces show"
    )


def test_many_runs_show_that_a_value_does_not_matter() -> None:
    """Three different ones that changed nothing."""
    runs = [
        trace([move(x, 1.0, 0.5)], {"point1": [x, 1.0, 0.5], "duration1": seconds}, created=str(seconds))
        for x, seconds in ((1.5, 30), (0.2, 20), (0.7, 10))
    ]
    assert args(bound(runs, {"point1": [0.3, 1.0, 0.5], "duration1": 25})) == [{"x": 0.3, "y": 1.0, "z": 0.5}]
    assert "duration1" in reason(runs, {"point1": [0.3, 1.0, 0.5], "duration1": 99})


def test_a_number_may_explain_one_argument_only() -> None:
    """The second one may be a constant that happened to be equal."""
    one = trace([move(1.5, 1.0, 0.5), move(1.5, 1.0, 0.5)], {"point1": [1.5, 1.0, 0.5]})
    assert reason([one], {"point1": [0.1, 0.2, 0.3]}) == (
        "point1.x may explain several arguments, one of them by chance; one more run tells"
    )


@pytest.mark.parametrize(
    ("slots", "argument", "new", "expected"),
    [
        ({"length1": 0.3}, {"dx": 0.3}, {"length1": 0.25}, {"dx": 0.25}),
        ({"length1": 0.3}, {"dx": -0.3}, {"length1": 0.25}, {"dx": -0.25}),
        ({"length1": 0.3}, {"mm": 300}, {"length1": 0.25}, {"mm": 250}),
        ({"length1": 0.3}, {"cm": 30.0}, {"length1": 0.255}, {"cm": 25.5}),
        ({"angle1": 90}, {"turn": 1.5707963267948966}, {"angle1": 45}, {"turn": 0.785398163397}),
        ({"duration1": 2}, {"ms": 2000}, {"duration1": 0.5}, {"ms": 500}),
        ({"point1": [1, 2, 3]}, {"at": [1, 2, 3]}, {"point1": [3, 2.5, 1]}, {"at": [3, 2.5, 1]}),
        ({"pair1": [1, 2]}, {"x": 1, "y": 2}, {"pair1": [2, 1]}, {"x": 2, "y": 1}),
        ({"list1": [4, 5]}, {"of": {"them": [4, 5]}}, {"list1": [5, 4]}, {"of": {"them": [5, 4]}}),
        ({"text1": "cube"}, {"name": "cube", "fast": True}, {"text1": "ball"}, {"name": "ball", "fast": True}),
        ({"text1": "a"}, {"name": "a", "how": None}, {"text1": "b"}, {"name": "b", "how": None}),
        ({"text1": "hi"}, {"text": "hi\n", "way": "append"}, {"text1": "bye"}, {"text": "bye\n", "way": "append"}),
        ({"path1": "a.txt"}, {"path": "{workspace}/a.txt"}, {"path1": "b.txt"}, {"path": f"{HERE}/b.txt"}),
        ({"number1": 3}, {"count": 3}, {"number1": 4}, {"count": 4}),
    ],
)
def test_values_are_bound_from_one_run(
    slots: dict[str, JSON], argument: dict[str, JSON], new: dict[str, JSON], expected: dict[str, JSON]
) -> None:
    """As they are, in other units, against the direction, in lists, as the whole of a text, as a path."""
    assert args(bound([trace([step("do", argument)], slots)], new)) == [expected]


@pytest.mark.parametrize(
    ("slots", "argument", "new", "named"),
    [
        ({"length1": 0.3}, {"dx": 0.3, "dy": 0.0}, {"length1": 0.25}, "dy"),
        ({"length1": 0.3}, {"dx": 0.3}, {"length1": -0.25}, "dx"),
        ({"length1": 0.3, "length2": 0.3}, {"dx": 0.3, "dy": 0.3}, {"length1": 0.2, "length2": 0.4}, "dx"),
        ({"length1": 0.5, "number1": 0.5}, {"dx": 0.5}, {"length1": 0.6, "number1": 0.7}, "dx"),
        ({"text1": "cube"}, {"text": "the cube"}, {"text1": "ball"}, "text"),
        ({"text1": "cube"}, {"name": "cube", "kind": "cubes"}, {"text1": "ball"}, "kind"),
        ({"text1": "cube"}, {"name": "cube", "kind": "v2"}, {"text1": "ball"}, "kind"),
        ({"text1": "cube"}, {"name": "Cube"}, {"text1": "ball"}, "name"),
        ({"number1": 3}, {"text": "3"}, {"number1": 4}, "text"),
        ({"number1": 3}, {"count": 3, "first": 1}, {"number1": 4}, "first"),
    ],
)
def test_one_run_leaves_to_a_model_what_it_does_not_prove(
    slots: dict[str, JSON], argument: dict[str, JSON], new: dict[str, JSON], named: str
) -> None:
    """Numbers that nothing explains, signs never seen, twins, texts around a value, words too near to one."""
    assert reason([trace([step("do", argument)], slots)], new) == f"nothing certain is known of '{named}' in step 1, do"


def say(text: str, slots: dict[str, JSON], number: int) -> Trace:
    """A run that said this."""
    return trace([step("say", {"text": text})], slots, created=str(number))


def test_texts_around_values_need_two_runs() -> None:
    """Then what stood in both is the template."""
    runs = [say("move 0.5 m: cube", {"length1": 0.5, "text1": "cube"}, 1)]
    new: dict[str, JSON] = {"length1": 0.7, "text1": "a ball"}
    assert reason(runs, new) == "nothing certain is known of 'text' in step 1, say"
    runs.append(say("move 0.6 m: ball", {"length1": 0.6, "text1": "ball"}, 2))
    assert args(bound(runs, new)) == [{"text": "move 0.7 m: a ball"}]


def test_a_template_that_can_be_read_in_two_ways_is_none() -> None:
    """`0.5` may be the shortest way to write it, or one with one decimal."""
    runs = [say("0.5 m", {"length1": 0.5}, 1), say("0.6 m", {"length1": 0.6}, 2)]
    assert reason(runs, {"length1": 0.55}) == "nothing certain is known of 'text' in step 1, say"
    assert args(bound(runs, {"length1": 0.7})) == [{"text": "0.7 m"}]


def test_digits_are_not_put_together() -> None:
    """`10.5` is not `1` before 0.5."""
    runs = [say("10.5", {"number1": 0.5}, 1), say("10.6", {"number1": 0.6}, 2)]
    assert reason(runs, {"number1": 12}) == "nothing certain is known of 'text' in step 1, say"


def test_deleting_a_file_is_bound_to_the_file_that_is_named() -> None:
    """Never to the one that was deleted last time."""
    learned = trace([step("remove", {"path": "A"}, "removed A", Effect.IRREVERSIBLE)], {"path1": "A"})
    found = bound([learned], {"path1": "B"})
    assert args(found) == [{"path": "B"}]
    assert found.steps[0].expect.shown == "removed B"
    assert found.steps[0].effect is Effect.IRREVERSIBLE


def test_other_ways_to_the_same_kind_of_goal_are_not_mixed() -> None:
    """What decides between them is not known."""
    other = trace([step("go_home", {})], {"point1": [0.0, 0.0, 1.0]}, created="2")
    one = trace([move(1.5, 1.0, 0.5)], {"point1": [1.5, 1.0, 0.5]}, created="1")
    assert reason([one, other], {"point1": [0.1, 0.2, 0.3]}) == "such goals were reached in different ways"


def test_who_looked_around_in_between_reached_it_in_the_same_way() -> None:
    """Of the runs those bear witness whose goals differ most."""
    look = step("get_status", {}, "ready", Effect.PURE)
    runs = [
        trace([move(x, 1.0, 0.5)], {"point1": [x, 1.0, 0.5]}, created=str(number))
        for number, x in enumerate((0.1, 0.2))
    ]
    runs.append(trace([look, move(0.3, 1.0, 0.5)], {"point1": [0.3, 1.0, 0.5]}, created="9"))
    assert [each.tool for each in bound(runs, {"point1": [0.6, 1.0, 0.5]}).steps] == ["move_to"]


def test_what_was_replayed_bears_no_witness() -> None:
    """It only repeats what was believed before."""
    copies = [replace(pick((1.5, 1.0, 0.5), (0.2, -0.4, 0.3)), mode="FOLLOWER")]
    assert reason(copies, {"point1": [0.1, 0.2, 0.3], "point2": [-1.0, 0.0, 0.8]}) == (
        "no trace is of a model's own run, so none says where arguments come from"
    )
    assert bound(copies, dict(PICK)).exact


def test_runs_with_another_version_of_a_tool_bear_no_witness() -> None:
    """Nor do those in another scene."""
    stale = replace(hovers((1.5, 1.0, 0.5))[0].steps[0], tool_version="sha256:old")
    old = trace([stale], {"point1": [1.5, 1.0, 0.5]}, created="1")
    new = trace([move(0.3, 0.4, 0.2)], {"point1": [0.3, 0.4, 0.2]}, created="2")
    assert args(bound([old, new], {"point1": [0.6, 0.7, 0.5]})) == [{"x": 0.6, "y": 0.7, "z": 0.5}]


def test_traces_of_several_goals_are_refused() -> None:
    """Skeletons are never mixed, nor is nothing made of nothing."""
    one = pick((1.5, 1.0, 0.5), (0.2, -0.4, 0.3))
    assert reason([one, replace(one, signature="sha256:other")], dict(PICK)) == "the traces are of several goals"
    assert reason([], dict(PICK)) == "there is no trace of such a goal"


def test_values_of_other_kinds_are_refused() -> None:
    """A text is no length, and a point has the axes it has."""
    one = trace([move(1.5, 1.0, 0.5)], {"point1": [1.5, 1.0, 0.5]})
    told = "its values are of other kinds than those of the traces"
    assert reason([one], {"point1": [1.5, 1.0]}) == told
    assert reason([one], {"point1": [1.5, 1.0, "high"]}) == told
    assert reason([one], {"point1": [1.5, 1.0, 0.5], "text1": "x"}) == told


def test_truth_is_no_number() -> None:
    """1 and true are two goals."""
    one = trace([step("do", {"a": True})], {"number1": True})
    assert isinstance(bind([one], {"number1": 1}, HERE), Unbound)
    assert bound([one], {"number1": True}).exact


def test_arguments_that_come_and_go_are_refused() -> None:
    """Sometimes with a heading, sometimes without."""
    one = trace([step("move_to", {"x": 1.0, "theta_deg": 3})], {"number1": 1.0, "angle1": 3}, created="1")
    other = trace([step("move_to", {"x": 2.0})], {"number1": 2.0, "angle1": 4}, created="2")
    assert reason([one, other], {"number1": 1.5, "angle1": 3.5}) == (
        "the arguments of step 1, move_to, are not always the same ones"
    )


def test_a_key_that_may_come_from_the_goal_is_left_to_a_model() -> None:
    """Only values are bound; the names of a tool's own arguments are the tool's."""
    learned = trace([step("set", {"text1": {"cube": 1}, "name": "cube"})], {"text1": "cube"})
    assert reason([learned], {"text1": "ball"}) == "'cube' in step 1, set, may come from the goal"
    other = trace([step("set", {"text1": {"fast": True}, "name": "cube"})], {"text1": "cube"})
    assert args(bound([other], {"text1": "ball"})) == [{"text1": {"fast": True}, "name": "ball"}]


def seen(x: float, y: float) -> TraceStep:
    """What the camera showed."""
    return step("get_camera_feed", {"view": "camera"}, f"cube at ({x:.2f}, {y:.2f}); 'box' is full", Effect.PURE)


def fetch(x: float, y: float, place: str, number: int) -> Trace:
    """A run that went where it saw the cube."""
    steps = [seen(x, y), step("goto", {"x": x, "y": y, "place": place}, "there")]
    return trace(steps, {"text1": place}, created=str(number))


def test_arguments_may_come_from_what_was_answered() -> None:
    """Two runs that went to where the cube was show that this one must, too."""
    runs = [fetch(0.31, 0.42, "bin", 1), fetch(0.55, 0.17, "box", 2)]
    found = bound(runs, {"text1": "shelf"})
    assert found.steps[1].sources == {"x": "step 1", "y": "step 1", "place": "slot text1"}
    assert found.steps[1].arguments(["cube at (0.90, 0.10); 'box' is full"]) == {"x": 0.9, "y": 0.1, "place": "shelf"}
    assert found.steps[0].expect.shown == "cube at (#, #); 'box' is full"


def test_one_run_does_not_show_what_came_from_an_answer() -> None:
    """The cube may be at home there."""
    assert (
        reason([fetch(0.31, 0.42, "bin", 1)], {"text1": "shelf"}) == "nothing certain is known of 'x' in step 2, goto"
    )


def test_a_new_file_is_written_where_there_is_none() -> None:
    """And is known afterwards by its content, so that it may be asked for again."""
    learned = trace([write("primes.py", "print(2)")], {"path1": "primes.py", "text1": "print(2)"})
    found = bound([learned], {"path1": "odd.py", "text1": "print(13)"})
    assert args(found) == [{"file_path": "odd.py", "content": "print(13)"}]
    assert found.steps[0].before == {f"{HERE}/odd.py": (None, hash_of(b"print(13)"))}
    assert found.steps[0].after == {f"{HERE}/odd.py": hash_of(b"print(13)")}
    assert found.steps[0].expect.shown == "wrote 9 bytes to odd.py"


def test_what_stands_in_another_file_is_not_known() -> None:
    """That the first one held what it held says nothing of the second."""
    learned = trace([write("a.txt", "new", before=b"old")], {"path1": "a.txt", "text1": "new"})
    assert reason([learned], {"path1": "b.txt", "text1": "other"}) == (
        "nobody can say what stands in the file that step 1, Write, writes"
    )


def test_a_file_may_be_as_it_was_or_as_the_run_left_it() -> None:
    """So that a script that was written can be written again, and one that a person changed is left alone."""
    found = bound([trace([write("primes.py", "print(2)")], {})], {})
    assert found.steps[0].before == {f"{HERE}/primes.py": (None, hash_of(b"print(2)"))}


def test_only_a_tool_that_replaces_may_meet_its_own_result() -> None:
    """One that appends would append again."""
    noted = replace(write("log", "done"), tool="append_to")
    assert bound([trace([noted], {})], {}).steps[0].before == {f"{HERE}/log": (None,)}


def test_what_depends_on_a_file_is_not_done_to_its_own_result() -> None:
    """An edit that was made cannot be made again."""
    name = "{workspace}/a.txt"
    edit = step(
        "Edit", {"file_path": "a.txt", "old_string": "a", "new_string": "aa"}, "replaced 1 passage in a.txt",
        Effect.REVERSIBLE, before={name: hash_of(b"a")}, after={name: hash_of(b"aa")},
    )  # fmt: skip
    assert bound([trace([edit], {})], {}).steps[0].before == {f"{HERE}/a.txt": (hash_of(b"a"),)}


def test_a_relative_move_of_the_goal_begins_anywhere() -> None:
    """And its coordinates are then nobody's business; the words are."""
    run = trace(
        [step("move_relative", {"dx": 0.3}, moved(0.3, 0.0, 1.0), Effect.REVERSIBLE)],
        {"length1": 0.3},
        world=robot_world(),
    )
    found = bound([run], {"length1": 0.3})
    assert found.start.poses == ()
    assert found.steps[0].expect.shown == "At (#, #, #) turned 0°, gripper open."


def test_numbers_of_its_own_begin_where_they_were_learned() -> None:
    """`Move slightly left` is 5 cm from where that was meant."""
    run = trace([step("move_relative", {"dx": -0.05}, "ok", Effect.REVERSIBLE)], {}, world=robot_world(x=0.4))
    assert bound([run], {}).start.poses == ({"x": 0.4, "y": 0.0, "z": 1.0, "theta_deg": 0.0},)


def test_without_a_robot_nothing_must_hold_at_the_start() -> None:
    """Files are looked at step by step."""
    assert not bound([trace([write("a", "b")], {})], {}).start


def test_the_workspace_may_stand_elsewhere() -> None:
    """Paths of the goal are those of this workspace."""
    run = trace([step("read", {"path": "{workspace}/a"}, "{workspace}/a has 1 line")], {"path1": "{workspace}/a"})
    found = bound([run], {"path1": f"{HERE}/a"})
    assert args(found) == [{"path": f"{HERE}/a"}]
    assert found.exact


def test_without_leaps_only_what_was_seen_is_bound() -> None:
    """Neither beyond it, nor finer, nor in letters of another kind."""
    runs = [trace([move(x, 1.0, 0.5)], {"point1": [x, 1.0, 0.5]}, created=str(x)) for x in (0.5, 1.5)]
    assert args(bound(runs, {"point1": [0.9, 1.0, 0.5]}, leap=False))[0]["x"] == 0.9
    for new in ([1.6, 1.0, 0.5], [0.75, 1.0, 0.5], [0.9, 1.1, 0.5]):
        name = "point1.y" if new[1] == 1.1 else "point1.x"
        assert reason(runs, {"point1": new}, leap=False) == f"the traces show nothing like the value of {name}"
    names = [trace([step("do", {"name": name})], {"text1": name}, created=name) for name in ("cube", "ball")]
    assert args(bound(names, {"text1": "bench"}, leap=False)) == [{"name": "bench"}]
    assert "text1" in reason(names, {"text1": "Red Box"}, leap=False)


def test_an_answer_in_other_words_is_not_foreseen() -> None:
    """Where runs answered differently, and not by their values, nobody can judge the next one."""
    runs = [
        trace([step("goto", {"at": x}, said)], {"number1": x}, created=str(x))
        for x, said in ((0.5, "there"), (0.7, "there, but late"))
    ]
    assert reason(runs, {"number1": 0.6}) == "nobody can say what step 1, goto, will answer"


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from([0, 1, 0.5, -2.0, 10**400, 1e300])
    | st.sampled_from(["", "a", "aa", "a1.txt"]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(["x", "y", "a.b"]), below, max_size=2),
    max_leaves=5,
)
ODD_STEP = st.builds(
    step,
    st.sampled_from(["move_to", "Write"]),
    st.dictionaries(st.sampled_from(["x", "y", "file_path"]), ODD, max_size=2),
    st.sampled_from(["done", "a 1 at (0.50, -2.00)", "wrote 2 bytes to aa", "9" * 5000, "\ue000"]),
    st.sampled_from(Effect),
    before=st.dictionaries(st.sampled_from(["{workspace}/a", "b"]), st.none() | st.just("sha256:x"), max_size=1),
    after=st.dictionaries(st.sampled_from(["{workspace}/a", "b"]), st.none() | st.just("sha256:y"), max_size=1),
)
ODD_SLOTS = st.dictionaries(st.sampled_from(["point1", "length1", "text1", "list1"]), ODD, max_size=2)
ODD_TRACE = st.builds(
    trace,
    st.lists(ODD_STEP, max_size=3),
    ODD_SLOTS,
    world=st.sampled_from([{}, robot_world(), {"robot": "arm", "state": 1}]),
)


@given(st.lists(ODD_TRACE, max_size=3), ODD_SLOTS, st.booleans())
def test_whatever_traces_hold_binding_gives_an_answer(traces: list[Trace], slots: dict[str, JSON], leap: bool) -> None:
    """A trace that was edited by hand, or damaged, is no reason for a run to break."""
    found = bind(traces, slots, HERE, leap=leap)
    assert isinstance(found, Bound | Unbound)
    if isinstance(found, Bound):
        assert found.exact is any(equal(each.slots, slots) and each.steps for each in traces)


def test_of_several_runs_of_one_goal_the_best_is_repeated() -> None:
    """The one that succeeds most, and of those the newest."""
    poor = replace(hovers((1.5, 1.0, 0.5))[0], rating=0.5, created="3")
    good = trace([move(1.5, 1.0, 0.5)], {"point1": [1.5, 1.0, 0.5]}, created="2")
    assert len(bound([poor, good], {"point1": [1.5, 1.0, 0.5]}).steps) == 1
