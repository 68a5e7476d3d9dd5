"""Goals that only a rover has, and those that it is asked for in vain: heights, grippers, hands.

Knows no prompt and no tool result. A rover has no height, so that up and down are no goals for it; what takes a gripper
needs a tool that is not in its list. Goals that arm and rover share stand in `goals` and `handling`.
"""

from training import numbers
from training.goals import Draft, Goal, grip, release, shift
from training.world import Call


def drive(draft: Draft) -> Goal | None:
    """Drive a distance, in the words of somebody who drives."""
    if not draft.is_rover:
        return None
    text, amount = draft.amount()
    intent, name, sign = draft.random.choice((("rover_ahead", "dx", 1), ("rover_back", "dx", -1)))
    return draft.goal(intent, {"amount": text}, shift(**{name: sign * amount}))


def drive_and_turn(draft: Draft) -> Goal | None:
    """Drive straight, then turn on the spot: two calls."""
    if not draft.is_rover:
        return None
    (text, amount), (degrees, angle) = draft.amount(), draft.angle()
    side, sign = draft.random.choice((("left", 1), ("right", -1)))
    calls = (shift(dx=amount), shift(dtheta_deg=sign * angle))
    values = {"amount": text, "degrees": degrees, "side": side}
    if draft.random.random() < 0.4:
        return draft.goal("rover_turn_drive", values, *reversed(calls))
    return draft.goal("rover_drive_turn", values, *calls)


def there_and_back(draft: Draft) -> Goal | None:
    """Drive to a point and come home."""
    if not draft.is_rover:
        return None
    point = draft.point()
    return draft.goal("rover_there_and_back", {"xyz": draft.coordinates(point)}, draft.move(point), Call("go_home"))


def height(draft: Draft) -> Goal | None:
    """Up, down, and points in the air are not for a rover."""
    if not draft.is_rover:
        return None
    text, _ = draft.amount()
    x, y = draft.number(numbers.coordinate), draft.number(numbers.coordinate)
    xyz = numbers.triple((x, y, draft.number(numbers.height)), draft.random)
    intent = draft.random.choice(("relative", "raise", "lower", "slight", "move_to", "move_to_z"))
    values = {"direction": draft.say(draft.random.choice(("up", "down"))), "amount": text, "xyz": xyz}
    values |= {"zlength": text, "z": numbers.plain(draft.number(numbers.height), draft.random)}
    if draft.random.random() < 0.5:
        values["arm"] = draft.say("arm")
    return Goal("abstain", draft.write(draft.grammar.phrase(intent, draft.random), values), ())


def gripper(draft: Draft) -> Goal | None:
    """A rover has no gripper: the tool is missing from its list."""
    if not draft.is_rover:
        return None
    intent, call = draft.random.choice((("grip", grip()), ("loose", release())))
    values = {"gripon": "closed", "gripoff": "open", "heldname": "the object"}
    return draft.goal(intent, values, call)
