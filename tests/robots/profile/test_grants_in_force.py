"""Grants of two profiles together: nobody gets more, or may go faster, before a person has accepted it."""

from dataclasses import dataclass, replace
from itertools import permutations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmos.documents.grants import Bounds, Grant
from llmos.documents.range import Range
from llmos.documents.robot_profile import RobotProfile
from llmos.robots.base import Pose
from llmos.robots.controls import Order, Principal
from llmos.robots.judgement.permission import permitting
from llmos.robots.profile.limits import looser, tightest
from llmos.robots.verdict import Refusal
from tests.support.robots import arm_profile

ARM = arm_profile()
MOVES = ("move_to", "go_home")
CLUMSY = Grant("agent:clumsy", MOVES, "any", max_speed_mps=0.05)
ALL = Grant("agent:*", MOVES, "any", max_speed_mps=0.5)
QUICK = Grant("agent:quick", ("move_to",), "any", max_speed_mps=1.0)
NEAR = Grant("agent:*", MOVES, "any", Bounds(x_m=Range(-1, 0)), max_speed_mps=0.2)
FAR = Grant("agent:*", MOVES, "any", Bounds(x_m=Range(1, 2)), max_speed_mps=0.1)
WEAK = Grant("agent:*", ("toggle_tool",), "any", max_force_n=5)
ADA = Grant("person:Ada", MOVES, max_rate_hz=2)
PEOPLE = Grant("person", (*MOVES, "toggle_tool"))

Grants = tuple[Grant, ...]


def having(grants: Grants) -> RobotProfile:
    """The shipped arm, with these grants."""
    return replace(ARM, grants=grants)


def together(old: Grants, new: Grants) -> Grants:
    """What is in force before a person has accepted the new ones."""
    return tightest(having(old), having(new)).grants


def wait(old: Grants, new: Grants) -> bool:
    """Whether the new ones wait for a person."""
    return looser(having(old), having(new)) == ("grants",)


@pytest.mark.parametrize(
    ("old", "new", "both"),
    [
        ((CLUMSY, ALL), (ALL,), (CLUMSY, ALL)),
        ((CLUMSY, ALL), (ALL, CLUMSY), (CLUMSY, ALL)),
        ((CLUMSY, ALL), (replace(CLUMSY, max_speed_mps=None), ALL), (CLUMSY, ALL)),
        ((QUICK, ALL), (replace(QUICK, max_speed_mps=2.0), ALL), (QUICK, ALL)),
        ((NEAR, ALL), (ALL,), (NEAR, ALL)),
        ((ALL,), (PEOPLE, ALL), (ALL,)),
        ((WEAK,), (replace(WEAK, max_force_n=None),), (WEAK,)),
        ((PEOPLE,), (PEOPLE, ALL), (PEOPLE,)),
        ((ADA, PEOPLE), (PEOPLE,), (ADA, PEOPLE)),
    ],
    ids=["dropped", "put last", "no cap", "faster", "bounds", "more", "stronger", "new holder", "no rate"],
)
def test_looser_grants_wait(old: Grants, new: Grants, both: Grants) -> None:
    """The first grant that permits an order counts, so a list is looser also where only its order is."""
    assert wait(old, new)
    assert together(old, new) == both


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ((ALL,), (CLUMSY, ALL)),
        ((ALL,), (CLUMSY,)),
        ((CLUMSY, ALL), (CLUMSY,)),
        ((CLUMSY, ALL), (replace(ALL, max_speed_mps=0.05),)),
        ((CLUMSY, ALL), (replace(CLUMSY, max_speed_mps=0.01), ALL)),
        ((QUICK, ALL), (ALL,)),
        ((QUICK, ALL), (ALL, replace(QUICK, max_speed_mps=2.0))),
        ((ADA, CLUMSY), (CLUMSY, ADA)),
        ((NEAR, FAR), (FAR, NEAR)),
        ((NEAR, FAR), (NEAR,)),
        ((PEOPLE,), (ADA, PEOPLE)),
        ((WEAK,), (replace(WEAK, max_force_n=4),)),
        ((ALL,), ()),
        ((), ()),
    ],
)
def test_tighter_grants_count_at_once(old: Grants, new: Grants) -> None:
    """Slower, for fewer, in fewer places, or in another order that makes no difference."""
    assert not wait(old, new)
    assert together(old, new) == new


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_grants_that_did_not_change_do_not_wait(size: int) -> None:
    """Whatever overlaps whatever, in whatever order."""
    for grants in permutations((CLUMSY, ALL, QUICK, NEAR, FAR, WEAK, ADA, PEOPLE), size):
        assert together(grants, grants) == grants


@dataclass(frozen=True)
class Asked:
    """An order, where it goes, and whether this robot can limit its force."""

    order: Order
    path: tuple[Pose, ...]
    limits_force: bool


@dataclass(frozen=True)
class Leave:
    """What grants let an order do; None where they set no cap."""

    caps: tuple[float | None, ...]

    def within(self, other: "Leave") -> bool:
        """Whether it lets do no more than the other."""
        pairs = zip(self.caps, other.caps, strict=True)
        return all(most is None or (cap is not None and cap <= most) for cap, most in pairs)


def leave(grants: Grants, asked: Asked) -> Leave | None:
    """What the gate lets this order do by these grants; None when it refuses."""
    grant = permitting(asked.order, asked.path, having(grants), limits_force=asked.limits_force)
    return None if isinstance(grant, Refusal) else Leave((grant.max_speed_mps, grant.max_force_n, grant.max_rate_hz))


caps = st.sampled_from((None, 0.05, 0.5))
ranges = st.sampled_from((None, Range(-1, 0), Range(0, 1), Range(-1, 1), Range(0.5, 2)))
verbs = st.sampled_from((("move_to",), ("toggle_tool",), ("toggle_tool", "move_to"), ("move_to", "go_home")))
programs = st.sampled_from(("agent:*", "agent:a", "agent:b", "program:*"))
holders = st.tuples(st.sampled_from(("person", "person:a", "person:b")), st.none()) | st.tuples(
    programs, st.sampled_from(("any", "sha256:1", "sha256:2"))
)
some_grants = st.lists(
    st.builds(
        lambda holder, verbs, x_m, y_m, speed, force, rate: Grant(
            holder[0], verbs, holder[1], Bounds(x_m, y_m) if x_m or y_m else None, speed, force, rate
        ),
        holders, verbs, ranges, ranges, caps, caps, caps,
    ),
    max_size=4,
).map(tuple)  # fmt: skip
somewhere = st.builds(Pose, st.sampled_from((-1, 0, 0.5, 1, 2)), st.sampled_from((0, 0.5)), st.just(1), st.just(0))
orders = st.builds(
    lambda verb, kind, name, content, path, limits_force: Asked(
        Order(verb, {"activate": True} if verb == "toggle_tool" else {}, Principal(kind, name, content)),
        tuple(path),
        limits_force,
    ),
    st.sampled_from(("move_to", "toggle_tool", "go_home")),
    st.sampled_from(("person", "agent", "program")),
    st.sampled_from("ab"),
    st.sampled_from(("sha256:1", "sha256:2")),
    st.lists(somewhere, min_size=1, max_size=2),
    st.booleans(),
)
CLUMSILY = Order("move_to", {}, Principal("agent", "clumsy", "sha256:1"))
BY_CLUMSY = Asked(CLUMSILY, (Pose(0, 0, 1, 0),), limits_force=True)


@given(old=some_grants, new=some_grants, asked=orders)
@example(old=(CLUMSY, ALL), new=(ALL,), asked=BY_CLUMSY)
@example(old=(CLUMSY, ALL), new=(ALL, CLUMSY), asked=BY_CLUMSY)
def test_before_acceptance_nobody_may_more_than_by_the_old_grants(old: Grants, new: Grants, asked: Asked) -> None:
    """What is in force is within what the old grants permit and within what the new ones do, and forbids no more."""
    was, will, now = leave(old, asked), leave(new, asked), leave(together(old, new), asked)
    assert (now is None) == (was is None or will is None)
    if now and was and will:
        assert now.within(was)
        assert now.within(will)


@given(old=some_grants, new=some_grants, asked=orders)
@example(old=(CLUMSY, ALL), new=(ALL,), asked=BY_CLUMSY)
@example(old=(CLUMSY, ALL), new=(ALL, CLUMSY), asked=BY_CLUMSY)
def test_grants_that_let_anybody_do_more_wait(old: Grants, new: Grants, asked: Asked) -> None:
    """Whoever may do more by the new ones than by the old must wait for a person."""
    was, will = leave(old, asked), leave(new, asked)
    if will and not (was and will.within(was)):
        assert wait(old, new)


@given(old=some_grants, new=some_grants)
def test_what_is_in_force_is_looser_than_neither(old: Grants, new: Grants) -> None:
    """Offered once more it counts at once, and grants that did not change stay as they are."""
    both = together(old, new)
    assert not wait(old, both)
    assert not wait(new, both)
    assert together(old, both) == together(new, both) == both
    assert together(new, new) == new
