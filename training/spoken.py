"""Goals as people say them when they change their minds, forbid something, repeat, or want a word afterwards.

Knows no prompt and no tool result. The last thing said counts; what is forbidden is not done; `twice` is two calls, and
`and then stop` only says that nothing follows.
"""

from random import Random

from training import goals, handling
from training.goals import DIRECTIONS, Draft, Goal, Intent, look, shift
from training.wording import reads_well
from training.world import Call

PARTS: dict[Intent, float] = {
    goals.relative: 5,
    goals.slight: 1,
    goals.turn: 2,
    goals.turn_side: 0.5,
    goals.move_to: 2,
    goals.go_home: 0.7,
    goals.close_gripper: 0.7,
    goals.open_gripper: 0.7,
    handling.go_place: 1.5,
    handling.go_object: 0.7,
}
"""What is changed, forbidden or repeated: goals of one call."""
FORBIDDEN: dict[Intent, float] = {**PARTS, goals.stop: 0.5, goals.view: 0.5, handling.pick: 1}
GRIPPERS = (goals.close_gripper, goals.open_gripper)


def corrected(draft: Draft) -> Goal | None:
    """A slip of the tongue and what is meant instead."""
    return draft.random.choice((_other_amount, _other_amount, _other_way, _other_point, _other_place, _other_goal))(
        draft
    )


def _other_amount(draft: Draft) -> Goal:
    """`go left 0.3, no wait, 0.4 m`."""
    way, axis, sign = draft.way()
    (wrong, _), (text, amount) = draft.amount(), draft.amount()
    if draft.random.random() < 0.3:
        (wrong, _), (text, angle) = draft.angle(), draft.angle()
        side, sign = draft.random.choice((("right", -1), ("left", 1)))
        values = {"side": side, "degrees": wrong, "mend": draft.say("mend"), "degrees2": text}
        return draft.goal("mended_turn", values, shift(dtheta_deg=sign * angle))
    values = {"direction": draft.say(way), "amount": wrong, "mend": draft.say("mend"), "amount2": text}
    return draft.goal("mended_amount", values, shift(**{axis: sign * amount}))


def _other_way(draft: Draft) -> Goal:
    """`go left, i mean right, 20 cm`."""
    (wrong, *_), (way, axis, sign) = draft.way(), draft.way()
    text, amount = draft.amount()
    values = {"direction": draft.say(wrong), "direction2": draft.say(way), "amount": text, "mend": draft.say("mend")}
    return draft.goal("mended_way", values, shift(**{axis: sign * amount}))


def _other_point(draft: Draft) -> Goal:
    """`go to (1, 1, 1), sorry, (1, 1, 0.5)`."""
    wrong, point = draft.point(), draft.point()
    values = {"xyz": draft.coordinates(wrong), "xyz2": draft.coordinates(point), "mend": draft.say("mend")}
    return draft.goal("mended_point", values, draft.move(point))


def _other_place(draft: Draft) -> Goal | None:
    """`go to the shelf, no, the bin`."""
    names = list(draft.world.places)
    if len(names) < 2:
        return None
    wrong, name = draft.random.sample(names, 2)
    values = {"place": handling.spoken(wrong), "place2": handling.spoken(name), "mend": draft.say("mend")}
    return draft.goal("mended_place", values, draft.move(draft.world.places[name]))


def _other_goal(draft: Draft) -> Goal | None:
    """`open the gripper. scratch that, go home`."""
    first, second = _two(draft)
    if first is None or second is None:
        return None
    return draft.goal("mended_goal", {"one": first.text, "other": second.text}, *second.calls)


def called_off(draft: Draft) -> Goal | None:
    """A goal that is taken back, or all that is forbidden: nothing to do."""
    one = _part(draft, FORBIDDEN)
    values = {"one": one.text, "direction": draft.say(draft.random.choice(list(DIRECTIONS)))}
    phrase = draft.grammar.phrase("called_off", draft.random)
    return Goal("abstain", draft.write(phrase, values), ()) if reads_well(phrase, {"one": one.text}) else None


def but_not(draft: Draft) -> Goal | None:
    """One thing is forbidden, the other is wanted."""
    wanted, forbidden = _part(draft, PARTS), _part(draft, FORBIDDEN)
    if wanted.calls == forbidden.calls or not _fits(wanted):
        return None
    phrase, values = draft.grammar.phrase("but_not", draft.random), {"one": wanted.text, "other": forbidden.text}
    return Goal("but_not", draft.write(phrase, values), wanted.calls) if reads_well(phrase, values) else None


def repeated(draft: Draft) -> Goal | None:
    """The same call two or three times."""
    one = draw(draft.random, {goals.relative: 4, goals.slight: 1, goals.turn: 2})(draft)
    if one is None:
        return None
    intent, times = draft.random.choice((("twice", 2), ("twice", 2), ("thrice", 3)))
    return draft.goal(intent, {"one": one.text}, *one.calls * times)


def then_stop(draft: Draft) -> Goal | None:
    """Nothing follows: `stop` after a motion is no emergency."""
    one = _part(draft, PARTS)
    return draft.goal("then_stop", {"one": one.text}, *one.calls) if _fits(one) else None


def then_tell(draft: Draft) -> Goal | None:
    """Do it, and then say or show how things are."""
    one = _part(draft, PARTS)
    if not _fits(one):
        return None
    last = draft.random.choice(("status", "camera", "camera", "cockpit", "operator"))
    call = Call("get_status") if last == "status" else look(last)
    return draft.goal(f"then_{last}", {"one": one.text}, *one.calls, call)


def draw(random: Random, intents: dict[Intent, float]) -> Intent:
    """One of the intents, by weight."""
    return random.choices(list(intents), list(intents.values()))[0]


def _part(draft: Draft, intents: dict[Intent, float]) -> Goal:
    while True:
        intent = draw(draft.random, intents)
        goal = None if draft.is_rover and intent in GRIPPERS else intent(draft)
        if goal is not None and goal.calls:
            return goal


def _two(draft: Draft) -> tuple[Goal | None, Goal | None]:
    first, second = _part(draft, PARTS), _part(draft, PARTS)
    return (first, second) if _fits(second) else (None, None)


def _fits(goal: Goal) -> bool:
    """Whether the goal stays clear beside other words: it does not end in a number without a unit."""
    return not goal.text[-1:].isdigit()
