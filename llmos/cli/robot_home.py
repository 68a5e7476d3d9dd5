"""How the robot commands reach a robot: its body for a while, and the names of those that a home knows.

Knows no command.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from llmos.cli.system import environment, library, notice
from llmos.errors import LLMosError, nearest

if TYPE_CHECKING:
    from llmos.boot.body import Body

PERSON: Final = "a person at the command line"


@contextmanager
def body_of(robot: str | None, scene: str | None) -> "Iterator[Body]":
    """The robot of a running host, or a simulated one at its beginning; at rest again afterwards."""
    from llmos.boot.body import open_body
    from llmos.boot.preferences import with_preferences

    here = with_preferences(environment())
    with library() as opened:
        body = open_body(opened.registry, here.home, robot or here.robot or "", scene or "")
    tell_of(body)
    try:
        yield body
    finally:
        body.close()


def tell_of(body: "Body") -> None:
    """Say which robot it is, and what becomes of its world."""
    if body.is_hosted:
        notice(f"{body.name}, in the scene '{body.scene.name}' of its robot host.")
    else:
        notice(f"{body.name}, at its initial state: simulated worlds end with their run.")


def known_robots(home: Path) -> list[str]:
    """Every robot of the home: those with a profile, be it broken, and those at hand although their profile is gone."""
    with library() as opened:
        return sorted(robots_at_hand(home).union(opened.registry.names("robot")))


def robots_at_hand(home: Path) -> set[str]:
    """The robots that the home's own files tell of, those with a latch and those with a host; reads no document."""
    files = (*(home / "robots").glob("*.json"), *(home / "run").glob("*.host"))
    return {file.stem for file in files}


def require_robot(name: str, home: Path) -> str:
    """The name, if the home knows such a robot; LLMosError names the nearest."""
    known = known_robots(home)
    if name not in known:
        raise LLMosError(f"There is no robot '{name}'; {nearest(name, known)}")
    return name
