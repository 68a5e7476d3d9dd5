"""The smallest tool there is: one function, one sentence about it, one effect."""

from llmos import Effect, tool


@tool(effect=Effect.PURE)
def hello_world(name: str = "world") -> str:
    """Greet somebody.

    Args:
        name: Who is greeted.

    """
    return f"Hello, {name}!"
