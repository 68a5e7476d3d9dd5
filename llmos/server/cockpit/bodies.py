"""What the cockpit's requests must look like; a field that is not there is an error, like everywhere in the service."""

from typing import Annotated, Any, Literal

from pydantic import Field

from llmos.server.shapes import Body, Degrees, Metres, Switch, Words

Verb = Literal["move_to", "move_relative", "toggle_tool", "go_home"]
Value = Annotated[float, Field(strict=True, ge=-1e6, le=1e6, allow_inf_nan=False)] | Switch


class OrderBody(Body):
    """A command: its verb and arguments, as the robot's tools have them."""

    verb: Verb
    args: Annotated[dict[Words, Value], Field(max_length=8, default_factory=dict)]


class RearmBody(Body):
    """Nothing is needed; `profile_hash` names a changed profile whose looser limits shall count."""

    profile_hash: Annotated[str, Field(strict=True, max_length=100)] = ""


class SayBody(Body):
    """What is said to which agent, and in which conversation; without one a new one begins."""

    agent: Annotated[Words, Field(max_length=100)]
    text: Annotated[Words, Field(max_length=100_000)]
    talk: Annotated[str, Field(strict=True, max_length=40)] | None = None


class TeachBody(Body):
    """What to do with the lesson; `goal` says what is about to be shown."""

    action: Literal["begin", "keep", "finish", "discard"]
    goal: Annotated[str, Field(strict=True, max_length=300)] = ""


class ZonesBody(Body):
    """All zones of the profile as they are to be; `over` is the hash of the document that was edited."""

    zones: Annotated[dict[str, dict[str, Any]], Field(max_length=500)]
    over: Annotated[str, Field(strict=True, max_length=100)]
    reason: Annotated[str, Field(strict=True, max_length=500)] = ""


class Way(Body):
    """A direction to move by hand; one of -1, 0 and 1 for each axis. None at all: the button was let go."""

    dx: Metres = 0.0
    dy: Metres = 0.0
    dz: Metres = 0.0
    dtheta_deg: Degrees = 0.0


class ArenaBody(Body):
    """How the arena is to look."""

    dark: Switch = False
