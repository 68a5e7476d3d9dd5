"""The Protocol behind which llama.cpp runs in this process, and the values that go in and come out.

Knows no chat, no tools and no JSON: a backend continues a text under a grammar. Two packages carry llama.cpp to Python;
both fulfil the same contract tests.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from llmos.errors import ModelError, nearest
from llmos.models.chat_template import Prompt

BackendName = Literal["xllamacpp", "llama-cpp-python"]
_MODULES: dict[BackendName, str] = {"llama-cpp-python": "llama_cpp", "xllamacpp": "xllamacpp"}
"""The faster one first: a decision of the tiny test model took 4.3 and 5.6 ms (median of 60, 2 cores)."""

OnPiece: TypeAlias = Callable[[str], None]
"""Called with each piece of text and, with an empty one, between parts of the prompt; it raises to stop."""

TINY_BYTES = 50_000_000
"""Below this size one thread is fastest: on a busy machine a second one made a decision of 15 ms last 6.7 s."""


@dataclass(frozen=True, slots=True)
class Loading:
    """What to load: the files, the length of the context and the number of threads."""

    path: Path
    mmproj: Path | None
    context_tokens: int
    threads: int

    @property
    def tiny(self) -> bool:
        """Whether the model is too small to gain anything from more threads or a graphics card."""
        return self.threads == 1


@dataclass(frozen=True, slots=True)
class Decoding:
    """How to continue: `grammar` is GBNF with the rule `root`; temperature 0 takes the likeliest token."""

    max_tokens: int
    grammar: str | None = None
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """The text and what it took; `prompt_tokens` counts all of the prompt, images and cached tokens included."""

    text: str
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int
    stop: Literal["end", "length"]


class Backend(Protocol):
    """A loaded model. Both methods block, and one call is under way at a time."""

    def complete(self, prompt: Prompt, decoding: Decoding, on_piece: OnPiece) -> Completion:
        """Continue `prompt`; what begins like the prompt before is not computed again.

        Raises ContextOverflowError before anything is generated, ModelError for an image that cannot be read, and
        whatever `on_piece` raised.
        """
        ...

    def close(self) -> None:
        """Give the memory back; safe to call twice."""
        ...


class ContextOverflowError(ModelError):
    """A prompt leaves no room for a reply; `limit` is the length of the context."""

    def __init__(self, tokens: int, limit: int) -> None:
        super().__init__(f"the request has {tokens} tokens, and the model's context holds {limit}")
        self.tokens, self.limit = tokens, limit


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
    if name == "xllamacpp":
        from llmos.models.backend_xllamacpp import XllamacppBackend

        return XllamacppBackend(loading)
    from llmos.models.backend_llama_cpp import LlamaCppBackend

    return LlamaCppBackend(loading)


def threads_for(path: Path) -> int:
    """One thread for a tiny file, else one per physical core."""
    return 1 if path.stat().st_size < TINY_BYTES else _physical_cores()


def _physical_cores() -> int:
    siblings = Path("/sys/devices/system/cpu").glob("cpu[0-9]*/topology/thread_siblings_list")
    cores = {file.read_text() for file in siblings}
    logical = os.cpu_count() or 1
    return min(len(cores), logical) if cores else max(1, logical // 2)


def load_failure(loading: Loading, reason: str) -> ModelError:
    """One sentence for files that llama.cpp refused, with its own words where it gave some."""
    files = f"{loading.path} with {loading.mmproj}" if loading.mmproj else str(loading.path)
    return ModelError(f"llama.cpp cannot load {files}: {reason or 'it gives no reason'}")


def reason_in(log: str) -> str:
    """The sentence in llama.cpp's log that says why, without time stamps and function names."""
    for line in log.splitlines():
        _, found, reason = line.partition("error loading model: ")
        if not found:
            _, found, reason = line.partition("error: ")
        if found and reason.strip():
            return reason.strip()
    return ""
