"""LLMos: markdown is the program, Python is the interpreter, git is the memory of both.

Importing this module loads nothing; the names of the Python API are imported when they are first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmos.boot import LLMOS
    from llmos.errors import LLMosError, LowBatteryError
    from llmos.messages import Effect
    from llmos.robots.devices.device import device_driver, robot_driver, sensor
    from llmos.tools.base import llm_tool, tool

__version__ = "0.1.0"
__all__ = [
    "LLMOS",
    "Effect",
    "LLMosError",
    "LowBatteryError",
    "__version__",
    "device_driver",
    "llm_tool",
    "robot_driver",
    "sensor",
    "tool",
]

_HOMES = {
    "LLMOS": "llmos.boot",
    "Effect": "llmos.messages",
    "LLMosError": "llmos.errors",
    "LowBatteryError": "llmos.errors",
    "device_driver": "llmos.robots.devices.device",
    "llm_tool": "llmos.tools.base",
    "robot_driver": "llmos.robots.devices.device",
    "sensor": "llmos.robots.devices.device",
    "tool": "llmos.tools.base",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the type depends on the name
    """Import a public name from the module that defines it, the first time it is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'llmos' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
