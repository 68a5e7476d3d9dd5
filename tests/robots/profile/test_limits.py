"""Limits side by side: what is tighter counts at once, what is looser waits, and nothing slips through in between."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.documents.grants import Bounds, Grant
from llmos.documents.range import Range
from llmos.documents.robot_profile import Distances, Human, RobotProfile, Tool, Tracking, Workspace
from llmos.documents.scene import Point
from llmos.documents.zone import Sphere
from llmos.robots.profile.limits import (
    BY_PARTS,
    GREATER_IS_TIGHTER,
    LESS_IS_TIGHTER,
    LESS_OF_EACH_IS_TIGHTER,
    MORE_IS_TIGHTER,
    NO_LIMITS,
    looser,
    tightest,
    with_zones,
)
from tests.support.robots import arm_profile

ARM = arm_profile()
BALL = Sphere(Point(0.5, 0.5, 0.5), 0.1)
LARGER = Sphere(Point(0.5, 0.5, 0.5), 0.2)
PERSON = Grant("person", ("move_to", "go_home"))
AGENT = Grant("agent:operator", ("move_to",), "any")


def test_every_key_is_a_limit_or_none() -> None:
    """A new key of the profile must be given its place here, or it would be changed behind everybody's back."""
    groups = (*MORE_IS_TIGHTER, *LESS_OF_EACH_IS_TIGHTER, *BY_PARTS)
    placed = {*LESS_IS_TIGHTER, *GREATER_IS_TIGHTER, *groups, *NO_LIMITS, "kind", "driver"}
    assert {each.name for each in fields(RobotProfile)} == placed


@pytest.mark.parametrize("key", LESS_IS_TIGHTER)
def test_less_of_a_limit_is_tighter(key: str) -> None:
    """Half of it counts at once; going back is looser."""
    less = replace(ARM, **{key: getattr(ARM, key) / 2})
    assert looser(ARM, less) == ()
    assert looser(less, ARM) == (key,)
    assert getattr(tightest(ARM, less), key) == getattr(tightest(less, ARM), key) == getattr(less, key)


@pytest.mark.parametrize(
    ("key", "tighter"),
    [
        ("tool", Tool(0.2, 4.0, 0.2)),
        ("distances", Distances(0.1, 0.2, 0.4)),
        ("human", Human(2.0, 0.2)),
        ("zone_margin_m", 0.01),
        ("tracking", Tracking(0.02, 5.0, 0.05)),
        ("tracking", replace(ARM.tracking, max_error_deg=5.0)),
        ("workspace", Workspace(Range(-1, 1), Range(-2, 2), Range(0, 3))),
        ("max_step_m", 0.5),
        ("zones", {**ARM.zones, "ball": BALL}),
        ("grants", ARM.grants[:1]),
        ("grants", ()),
        ("grants", tuple(replace(each, max_speed_mps=0.1) for each in ARM.grants)),
        ("grants", tuple(replace(each, verbs=("go_home",)) for each in ARM.grants)),
        ("grants", tuple(replace(each, bounds=Bounds(x_m=Range(0, 1))) for each in ARM.grants)),
    ],
)
def test_more_distance_and_less_permission_are_tighter(key: str, tighter: Any) -> None:
    """Each counts at once in one direction and waits in the other."""
    tight = replace(ARM, **{key: tighter})
    assert looser(ARM, tight) == ()
    assert looser(tight, ARM) == (key,)
    assert looser(tight, tightest(tight, ARM)) == ()
    assert looser(ARM, tightest(tight, ARM)) == ()


def test_zone_that_changed_counts_twice() -> None:
    """A zone that moved may be looser in one place and tighter in another, so both are kept until a person decides."""
    old, new = replace(ARM, zones={"ball": BALL}), replace(ARM, zones={"ball": LARGER})
    assert looser(old, new) == ("zones",)
    assert tightest(old, new).zones == {"ball": LARGER, "ball (2)": BALL}
    assert with_zones({"a": BALL, "a (2)": LARGER}, {"a": LARGER}) == {"a": BALL, "a (2)": LARGER}


def test_workspaces_without_common_ground_leave_nothing() -> None:
    """What lies in neither both is nowhere legal."""
    left = replace(ARM, workspace=replace(ARM.workspace, x_m=Range(-2, -1)))
    right = replace(ARM, workspace=replace(ARM.workspace, x_m=Range(1, 2)))
    assert not any(x in tightest(left, right).workspace.x_m for x in (-2, -1, 0, 1, 2))


def test_other_kind_or_driver_waits_for_a_person() -> None:
    """What moves is no detail."""
    assert looser(ARM, replace(ARM, driver=("serial",))) == ("driver",)
    assert tightest(ARM, replace(ARM, kind="rover")).kind == "arm"


def test_home_moods_and_words_are_no_limits() -> None:
    """They change as they please."""
    changed = replace(ARM, description="x", home=replace(ARM.home, z_m=2.0), settle_time_s=5.0)
    assert looser(ARM, changed) == ()
    assert tightest(ARM, changed).home.z_m == 2.0


@pytest.mark.parametrize(
    ("old", "new", "both"),
    [
        (PERSON, AGENT, ()),
        (AGENT, replace(AGENT, to="agent:*"), (AGENT,)),
        (replace(AGENT, to="agent:*"), AGENT, (AGENT,)),
        (AGENT, replace(AGENT, to="agent:other"), ()),
        (AGENT, replace(AGENT, content="sha256:1"), (replace(AGENT, content="sha256:1"),)),
        (replace(AGENT, content="sha256:1"), AGENT, (replace(AGENT, content="sha256:1"),)),
        (replace(AGENT, content="sha256:1"), replace(AGENT, content="sha256:2"), ()),
        (PERSON, Grant("person:Ada", ("go_home", "toggle_tool")), (Grant("person:Ada", ("go_home",)),)),
        (Grant("person:Ada", ("go_home",)), PERSON, (Grant("person:Ada", ("go_home",)),)),
        (replace(PERSON, max_rate_hz=2), replace(PERSON, max_rate_hz=3), (replace(PERSON, max_rate_hz=2),)),
        (replace(PERSON, bounds=Bounds(x_m=Range(0, 2))), replace(PERSON, bounds=Bounds(Range(1, 3), Range(0, 1))),
         (replace(PERSON, bounds=Bounds(Range(1, 2), Range(0, 1))),)),
        (replace(PERSON, max_force_n=5), PERSON, (replace(PERSON, max_force_n=5),)),
    ],
)  # fmt: skip
def test_two_grants_permit_what_both_permit(old: Grant, new: Grant, both: tuple[Grant, ...]) -> None:
    """Whom, which document, which verbs, where, how fast, how strong and how often: the narrower of each."""
    assert tightest(replace(ARM, grants=(old,)), replace(ARM, grants=(new,))).grants == both


GRANTS = [PERSON, AGENT, replace(AGENT, to="agent:*"), Grant("person:Ada", ("go_home",))]
numbers = st.floats(0.01, 2.0)
profiles = st.builds(
    lambda less, tool, tracking, zones, grants, step: replace(
        ARM, **less, tool=Tool(*tool), tracking=Tracking(*tracking), zones=zones, grants=grants, max_step_m=step
    ),
    st.fixed_dictionaries(dict.fromkeys(LESS_IS_TIGHTER, numbers)),
    st.tuples(numbers, numbers, numbers),
    st.tuples(numbers, numbers, numbers),
    st.dictionaries(st.sampled_from("ab"), st.sampled_from([BALL, LARGER])),
    st.lists(st.sampled_from(GRANTS), max_size=3).map(tuple),
    st.none() | numbers,
)  # fmt: skip


@given(a=profiles, b=profiles)
def test_tightest_is_never_looser_than_either(a: RobotProfile, b: RobotProfile) -> None:
    """Whatever stands in two profiles, what satisfies both counts at once after each of them."""
    both = tightest(a, b)
    assert looser(a, both) == ()
    assert set(looser(b, both)) <= {"kind", "driver"}
    assert looser(a, a) == ()
