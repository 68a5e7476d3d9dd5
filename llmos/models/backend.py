"""Chooses and loads one of the two packages that carry llama.cpp to Python; both fulfil the same contract tests.

Knows no chat. A package is imported only when it is chosen.
"""

import os
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from llmos.errors import ModelError, nearest
from llmos.models.completion import Backend, Loading, is_tiny

BackendName = Literal["xllamacpp", "llama-cpp-python"]
_MODULES: dict[BackendName, str] = {"llama-cpp-python": "llama_cpp", "xllamacpp": "xllamacpp"}
"""The faster one first: a decision of the tiny test model took 4.3 and 5.6 ms (median of 60, 2 cores)."""
_EXTRAS: dict[BackendName, str] = {"llama-cpp-python": "llmos[local]", "xllamacpp": "llmos[prebuilt]"}


def installed_backends() -> tuple[BackendName, ...]:
    """The packages that are there, in the order in which they are preferred."""
    return tuple(name for name, module in _MODULES.items() if find_spec(module) is not None)


def load(loading: Loading, backend: str | None = None, there: Sequence[BackendName] | None = None) -> Backend:
    """The model in memory, through `backend` or the first that is `there`; ModelError says what is missing or wrong."""
    there = installed_backends() if there is None else there
    name = backend or next(iter(there), None)
    if name is None:
        raise ModelError(
            "no llama.cpp is installed for local models; get it with pip install 'llmos[prebuilt]' (a ready wheel) "
            "or 'llmos[local]' (compiled on this machine)"
        )
    if name not in _MODULES:
        raise ModelError(f"there is no llama.cpp backend '{name}'; {nearest(name, _MODULES)}")
    if name not in there:
        raise ModelError(f"the llama.cpp backend {name} is not installed; installed are: {', '.join(there) or 'none'}")
    return _imported("xllamacpp" if name == "xllamacpp" else "llama-cpp-python")(loading)


def _imported(name: BackendName) -> Callable[[Loading], Backend]:
    """The class of a backend; ModelError where its package is broken, as without a shared library that it needs."""
    try:
        if name == "xllamacpp":
            from llmos.models.backend_xllamacpp import XllamacppBackend

            return XllamacppBackend
        from llmos.models.backend_llama_cpp import LlamaCppBackend
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        other, extra = next((each, extra) for each, extra in _EXTRAS.items() if each != name)
        raise ModelError(
            f"{name} is installed and cannot be loaded: {error}; install it again, or uninstall it and take {other} "
            f"(pip install '{extra}')"
        ) from error
    return LlamaCppBackend


def threads_for(path: Path) -> int:
    """One thread for a tiny file, else one per physical core."""
    return 1 if is_tiny(path) else _physical_cores()


def _physical_cores() -> int:
    siblings = Path("/sys/devices/system/cpu").glob("cpu[0-9]*/topology/thread_siblings_list")
    cores = {file.read_text() for file in siblings}
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(len(cores), usable) if cores else max(1, usable // 2)
