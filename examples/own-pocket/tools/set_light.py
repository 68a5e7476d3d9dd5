"""The lamp of this robot: one tool. This lamp is simulated, and says so; a real one would be switched here."""

from typing import Literal

from llmos import Effect, tool


@tool(effect=Effect.IDEMPOTENT)
def set_light(color: Literal["red", "green", "blue", "white", "off"]) -> str:
    """Set the color of the status light.

    Args:
        color: One of five; off is dark.

    """
    return "The simulated light is off." if color == "off" else f"The simulated light is {color}."
