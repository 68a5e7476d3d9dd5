"""What a home accepted, read again: what was left out stays out, and another kind of robot or machine begins anew."""

from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import Any

import pytest

from llmos.documents.robot_profile import RobotProfile
from llmos.robots.profile.accepted import AcceptedLimits
from llmos.robots.profile.in_force import InForce
from tests.support.robots import arm_profile

pytestmark = pytest.mark.anyio

ARM = arm_profile()


def kept(folder: Path) -> AcceptedLimits:
    """What this home accepted."""
    return AcceptedLimits(folder / "robots" / "arm.accepted")


@pytest.mark.parametrize(("before", "after"), [("arm", "rover"), ("rover", "arm")])
async def test_limits_of_another_kind_of_robot_stop_everything(tmp_path: Path, before: Any, after: Any) -> None:
    """What was accepted for an arm says nothing of a rover: after a restart nothing moves until a person has looked."""
    await InForce(replace(ARM, kind=before), {}, accepted=kept(tmp_path)).save()
    limits = InForce(replace(ARM, kind=after), {}, accepted=kept(tmp_path))
    assert limits.undecided is not None
    was = f"{tmp_path / 'robots' / 'arm.accepted'} is for a robot of the kind {before}, not {after}"
    assert limits.undecided.reason == f"The limits that were accepted last are not known: {was}"
    assert limits.pending == ARM.document.content_hash
    await limits.accept(limits.pending)
    assert str(limits.undecided) == "None"
    assert limits.profile.kind == after
    assert InForce(replace(ARM, kind=after), {}, accepted=kept(tmp_path)).undecided is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("mujoco-arm", "kinematic"), ("serial",)),
        (("kinematic",), ("kinematic", "serial")),
        (("serial",), ("can-bus",)),
        (("serial", "kinematic"), ("kinematic", "serial")),
        (("serial", "kinematic"), ("serial",)),
    ],
)
async def test_another_driver_that_is_no_simulator_stops_everything(
    tmp_path: Path, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    """A restart opens the newest driver, so where that may be a machine nothing moves before a person looks."""
    await InForce(replace(ARM, driver=before), {}, accepted=kept(tmp_path)).save()
    newest = replace(ARM, driver=after)
    limits = InForce(newest, {}, accepted=kept(tmp_path))
    assert limits.undecided is not None
    was = f"is for a robot driven by {', '.join(before)}, not by {', '.join(after)}"
    assert limits.undecided.reason.endswith(f"{tmp_path / 'robots' / 'arm.accepted'} {was}")
    assert limits.pending == newest.document.content_hash
    await limits.accept(limits.pending)
    assert (str(limits.undecided), limits.profile.driver) == ("None", after)
    assert InForce(newest, {}, accepted=kept(tmp_path)).undecided is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("kinematic",), ("mujoco-arm", "kinematic")),
        (("mujoco-arm", "kinematic"), ("kinematic",)),
        (("serial", "kinematic"), ("kinematic",)),
        (("serial", "kinematic"), ("serial", "kinematic")),
    ],
)
async def test_another_simulator_or_the_same_driver_stops_nothing(
    tmp_path: Path, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    """Simulators move nothing real, and what was accepted stays accepted."""
    await InForce(replace(ARM, driver=before), {}, accepted=kept(tmp_path)).save()
    assert InForce(replace(ARM, driver=after), {}, accepted=kept(tmp_path)).undecided is None


@pytest.mark.parametrize("link", ["robots", "robots/arm.accepted"])
def test_limits_on_a_disk_that_is_not_there_are_not_known(tmp_path: Path, link: str) -> None:
    """A link that leads nowhere may lead to tighter ones; one to an empty folder is a robot that never had any."""
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(tmp_path / "disk")
    undecided = InForce(ARM, {}, accepted=kept(tmp_path)).undecided
    said = f"The limits that were accepted last are not known: {tmp_path / link} is a link that leads nowhere"
    assert undecided is not None
    assert undecided.reason == said
    if link == "robots":
        (tmp_path / "disk").mkdir()
        assert InForce(ARM, {}, accepted=kept(tmp_path)).undecided is None


def test_what_was_accepted_without_a_key_that_may_be_left_out_has_none_of_it(tmp_path: Path) -> None:
    """Whatever is left at its default is not in the file, and is not taken from the newest profile either."""
    plain = {each.name for each in fields(RobotProfile) if (each.default, each.default_factory) != (MISSING, MISSING)}
    assert plain == {"kind", "max_step_m", "zones", "grants"}
    store = kept(tmp_path)
    store.write(replace(ARM, kind="arm", max_step_m=None, zones={}, grants=()))
    known = store.read(replace(ARM, max_step_m=0.5))
    assert known is not None
    assert (known.kind, known.max_step_m, known.zones, known.grants) == ("arm", None, {}, ())
