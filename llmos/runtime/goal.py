"""Take a goal as a person typed it; apart from trimming it is never changed.

Knows nothing of models and agents.
"""

from llmos.errors import LLMosError


def check_goal(text: str, max_bytes: int) -> str:
    """The goal without surrounding blanks; LLMosError when it is empty, too long or not text."""
    goal = text.strip()
    if not goal:
        raise LLMosError("The goal is empty; say in plain words what is to be done, or pipe it in with GOAL '-'.")
    try:
        size = len(goal.encode())
    except UnicodeEncodeError as error:
        raise LLMosError(f"The goal holds bytes that are not text at character {error.start}; use UTF-8.") from None
    if size > max_bytes:
        raise LLMosError(
            f"The goal is {size} bytes long and orchestration.max_goal_bytes allows {max_bytes}; "
            "put the material into a file of the workspace and name the file."
        )
    return goal
