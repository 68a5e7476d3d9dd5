"""Robot tools as carefully as the robot feels: each mode of its Sentience Layer does here what it promises.

Knows no formula and no limit. It can only hold back a command, ask first or say more; what it lets through, the gate
judges like any other.
"""

import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from llmos.autonomy.exactness import inexact
from llmos.autonomy.valence import Valence
from llmos.documents.robot_profile import RobotProfile
from llmos.documents.scene import NOTHING
from llmos.documents.verbs import AXES
from llmos.errors import RefusedError
from llmos.messages import JSON, Text
from llmos.robots.base import Pose
from llmos.robots.judgement.asked import target_of
from llmos.tools.alternatives import Place, Preview, alternatives
from llmos.tools.base import Tool, ToolOutcome, ToolOutput, failure
from llmos.tools.names import DRIVING_TOOLS

Confirm: TypeAlias = Callable[[str, str], Awaitable[None]]
"""Have a person say yes to what a tool is about to do; raises RefusedError where nobody does."""


@dataclass(frozen=True, slots=True)
class Careful:
    """The care that one run takes. `state` is what `robot_state` gives, `named` the positions that the goal names."""

    valence: Valence
    profile: RobotProfile
    named: Sequence[Sequence[float]]
    state: Callable[[], Mapping[str, JSON]]
    preview: Preview
    confirm: Confirm
    held_back: Callable[[str, str], None]
    """Told of each command that is not given to the gate, and why."""

    def over(self, tools: Iterable[Tool]) -> list[Tool]:
        """The tools; those that move something take care first."""
        return [
            replace(tool, call=partial(self._call, tool)) if tool.spec.name in DRIVING_TOOLS else tool for tool in tools
        ]

    async def _call(self, tool: Tool, args: Mapping[str, JSON]) -> ToolOutput:
        """Call the tool as the mode demands that holds at this moment."""
        verb, mode, conduct = tool.spec.name, self.valence.mode, self.valence.conduct
        if conduct.exact and (odd := self._inexact(args)):
            return self._not_given(verb, _inexact_sentence(mode, odd))
        told = await self._previewed(verb, args) if conduct.preview or self.valence.bored else ""
        if conduct.confirm and (what := self._final(verb, args)):
            try:
                await self.confirm(verb, f"{what} ({mode} mode)")
            except RefusedError as error:
                return self._not_given(verb, str(error))
        output = await tool.call(args)
        if conduct.alternatives:
            output = await self._with_others(output, verb, args, conduct.alternatives)
        return _prefixed(told, output)

    def _not_given(self, verb: str, sentence: str) -> ToolOutcome:
        self.held_back(verb, sentence)
        return failure(sentence)

    async def _previewed(self, verb: str, args: Mapping[str, JSON]) -> str:
        """What the gate would say; where it would refuse, nothing: the gate itself says why, and journals it."""
        ruling = await self.preview(verb, args)
        return f"Previewed: {ruling.duration_s:.1f} s. " if ruling.verdict.allowed else ""

    def _inexact(self, args: Mapping[str, JSON]) -> tuple[float, ...] | None:
        """A position that nobody named."""
        return inexact(self.named, args, self._seen(), self.profile.position_tolerance_m, self.profile.kind)

    def _seen(self) -> list[tuple[float, ...]]:
        """Where objects, places, home and the tool itself are."""
        state, home = self.state(), self.profile.home
        things = [*state["objects"].values(), *state["places"].values()]
        return [*map(tuple, things), (home.x_m, home.y_m), (state["x"], state["y"])]

    def _final(self, verb: str, args: Mapping[str, JSON]) -> str:
        """What cannot be undone about a command; empty where nothing is."""
        held = self.state().get("holding", NOTHING)
        return f"let go of '{held}'" if verb == "toggle_tool" and not args["activate"] and held != NOTHING else ""

    async def _with_others(self, output: ToolOutput, verb: str, args: Mapping[str, JSON], most: int) -> ToolOutput:
        """A refusal with the nearest positions that would be allowed."""
        target = self._target(verb, args)
        refused = target is not None and (await self.preview(verb, args)).verdict.refusal
        if target is None or not refused or not isinstance(output, ToolOutcome) or not output.is_error:
            return output
        found = await alternatives(target, most, self.profile, self.preview)
        if not found:
            return output
        places = ", ".join(map(_told, found))
        return replace(output, content=(*output.content, Text(f"Allowed instead: {places}.")))

    def _target(self, verb: str, args: Mapping[str, JSON]) -> Place | None:
        """Where a command goes; None for what goes nowhere."""
        axes = AXES[self.profile.kind]
        if verb == "move_to":
            return tuple(float(args[axis]) for axis in axes)
        if verb == "move_relative":
            state = self.state()
            here = Pose(state["x"], state["y"], state["z"], math.radians(state["theta_deg"]))
            target = target_of(verb, {name: by for name, by in args.items() if by is not None}, here, self.profile)
            return tuple(getattr(target, axis) for axis in axes)
        return None


def _told(place: Place) -> str:
    return f"({', '.join(f'{value:g}' for value in place)})"


def _inexact_sentence(mode: str, odd: Place) -> str:
    there = "above or below it" if len(odd) > 2 else "there"
    return (
        f"{_told(odd)} is no position that the goal names, and nothing that is seen lies {there}; "
        f"in {mode} mode coordinates are exact. Use the goal's own numbers (the way there is planned for you), or "
        "move_relative for what you worked out from them."
    )


def _prefixed(told: str, output: ToolOutput) -> ToolOutput:
    """The output with a few words before it."""
    if not told:
        return output
    if isinstance(output, str):
        return f"{told}{output}"
    content = output.content if isinstance(output, ToolOutcome) else output
    first = content[0]
    parts = (Text(f"{told}{first.text}"), *content[1:]) if isinstance(first, Text) else (Text(told.strip()), *content)
    return replace(output, content=parts) if isinstance(output, ToolOutcome) else parts
