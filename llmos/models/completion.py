"""The Protocol behind which llama.cpp runs in this process, and the values that go in and come out.

Knows no chat, no tools and no JSON: a backend continues a text under a grammar.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from llmos.errors import ModelError
from llmos.models.chat_template import Prompt

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
        return is_tiny(self.path)


@dataclass(frozen=True, slots=True)
class Decoding:
    """How to continue: `grammar` is GBNF with the rule `root`; temperature 0 takes the likeliest token.

    Only what is `scored` gets a `logprob`: to look at the whole vocabulary under a grammar costs time.
    """

    max_tokens: int
    grammar: str | None = None
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    seed: int = 0
    scored: bool = False


@dataclass(frozen=True, slots=True)
class Completion:
    """The text and what it took; `prompt_tokens` counts all of the prompt, images and cached tokens included.

    `logprob` is the sum of ln p over the tokens written, the closing one included: p at temperature 1, whatever the
    choice was made at, and as a share of what the grammar allowed there. None when nobody asked, or nobody can tell.
    """

    text: str
    prompt_tokens: int
    cached_tokens: int
    output_tokens: int
    stop: Literal["end", "length"]
    logprob: float | None = None


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


def is_tiny(path: Path) -> bool:
    """Whether one thread runs this file fastest."""
    return path.stat().st_size < TINY_BYTES


class ContextOverflowError(ModelError):
    """A prompt leaves no room for a reply; `limit` is the length of the context."""

    def __init__(self, tokens: int, limit: int) -> None:
        super().__init__(f"the request has {tokens} tokens, and the model's context holds {limit}")
        self.tokens, self.limit = tokens, limit


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
