"""Settings to a running system: the only place that chooses concrete models, robots, tools and volumes.

Importing this module loads nothing, so that a command which only lists documents loads no robot.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmos.boot.system import LLMOS

__all__ = ["LLMOS"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the type depends on the name
    """Import LLMOS when it is first asked for."""
    if name != "LLMOS":
        raise AttributeError(f"module 'llmos.boot' has no attribute {name!r}")
    from llmos.boot.system import LLMOS

    globals()[name] = LLMOS
    return LLMOS
