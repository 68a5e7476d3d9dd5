"""What requests must look like: every field typed, finite and bounded, no other field allowed.

Knows no endpoint. A truth value is no number here, a string neither, and NaN is none at all.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from llmos.robots.judgement.asked import HUGE

Metres = Annotated[float, Field(strict=True, ge=-HUGE, le=HUGE, allow_inf_nan=False)]
Degrees = Annotated[float, Field(strict=True, ge=-HUGE, le=HUGE, allow_inf_nan=False)]
Switch = Annotated[bool, Field(strict=True)]
Words = Annotated[str, Field(strict=True, min_length=1)]


class Body(BaseModel):
    """The body of a request: its fields and nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True)


class CommandBody(Body):
    """A goal in plain English, and who is to reach it: without `agent` an arm's `operator`, a rover's `driver`."""

    command: Annotated[str, Field(strict=True, min_length=1, max_length=1_000_000)] = Field(
        examples=["Move the arm 30cm to the right"]
    )
    agent: Annotated[str, Field(strict=True, min_length=1, max_length=100)] = ""


class MoveBody(Body):
    """Where to: metres, and degrees for the heading; without `theta` the heading stays. A rover takes no `z`."""

    x: Metres = Field(examples=[1.0])
    y: Metres = Field(examples=[0.5])
    z: Metres | None = Field(None, examples=[1.5])
    theta: Degrees | None = Field(None, examples=[90.0])


class ToolBody(Body):
    """Close the tool (true) or open it (false)."""

    activate: Switch


class ViewBody(Body):
    """Which view."""

    view_type: Literal["cockpit", "operator", "camera"] = "cockpit"


class ResetBody(Body):
    """Nothing is needed; `profile` names the hash of a changed profile whose looser limits shall count."""

    profile: Annotated[str, Field(strict=True, max_length=100)] = ""


class Refused(BaseModel):
    """Why something was not done."""

    success: Literal[False]
    reason: str
    rule: str
    suggestion: str


class Position(BaseModel):
    """Metres, and degrees in [0, 360)."""

    x: float | None
    y: float | None
    z: float | None
    theta: float | None


class Moved(BaseModel):
    """A motion that ended where it should, by measurement."""

    success: Literal[True]
    message: str
    position: Position
    tool_active: bool
    holding: str | None
    duration_s: float
    timestamp: str


class Accepted(BaseModel):
    """A motion that has begun."""

    success: Literal[True]
    accepted: Literal[True]
    message: str
    duration_s: float
    timestamp: str


class Commanded(BaseModel):
    """What an agent came to."""

    success: Literal[True]
    command: str
    agent: str
    response: str
    outcome: str
    run_id: str
    mode: str
    mode_reason: str
    model: str
    steps: int
    cost_usd: float
    timestamp: str


class Reset(BaseModel):
    """Whether the stop was cleared, whether the robot went home, and what comes next."""

    success: Literal[True]
    rearmed: bool
    homed: bool
    message: str
    next: str
    position: Position
    timestamp: str


class Stopped(BaseModel):
    """The stop that holds now."""

    success: Literal[True]
    emergency_stop: Literal[True]
    message: str
    reason: str
    by: str
    since: str
    timestamp: str
    warning: str | None = None
