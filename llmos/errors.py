"""The exceptions of the house: each is one sentence that says what, where, and which alternatives there are.

Knows nothing of the parts that raise them, and never prints.

    LLMosError              the user's mistake, or the world's: exit 2
    ├── DocumentError       a markdown document cannot be used
    ├── ModelError          a model cannot be reached, loaded or understood
    │   └── RetryableError  the same call may succeed later
    ├── RefusedError        safety or policy says no: exit 3
    ├── LowBatteryError     the budget cannot pay: exit 4
    └── StorageError        the disk refused: full, read-only, broken: exit 1
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches


class LLMosError(Exception):
    """A mistake that one sentence explains; `exit_code` is what the command line returns for it."""

    exit_code = 2


class DocumentError(LLMosError):
    """A markdown document cannot be used; the sentence names path and line."""


class ModelError(LLMosError):
    """A model cannot be reached, loaded or understood."""

    exit_code = 1


class RetryableError(ModelError):
    """The provider refused this once; `retry_after_s` is its own advice, None when it gave none."""

    def __init__(self, sentence: str, retry_after_s: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


class RefusedError(LLMosError):
    """Safety or policy forbids what was asked."""

    exit_code = 3


class LowBatteryError(LLMosError):
    """The budget cannot pay for what comes next; nothing was called."""

    exit_code = 4


class StorageError(LLMosError):
    """The disk refused a write or a read that the run cannot do without."""

    exit_code = 1


@contextmanager
def ungrouped() -> Iterator[None]:
    """Around a group of tasks: the first error of ours that ends it comes out as it is, in no group of exceptions."""
    try:
        yield
    except* LLMosError as errors:
        raise _first(errors) from None


def _first(errors: ExceptionGroup[LLMosError]) -> LLMosError:
    """The first one, however deep the groups lie."""
    error: LLMosError | ExceptionGroup[LLMosError] = errors
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


_MOST_NAMED = 30
"""Names that a sentence may list; more are counted."""

_LONGEST_WORD = 100
"""Characters that are compared: nothing of ours has a longer name, and a model may write megabytes."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A closing clause that names the nearest known word, or lists what is known, unless that is too much to read.

    >>> nearest("max_iteration", ["max_iterations", "max_tool_calls"])
    "did you mean 'max_iterations'?"
    >>> nearest("colour", ["name", "model"])
    'known are: model, name'
    >>> nearest("zzz", map(str, range(278)))
    'none of the 278 names is near'
    """
    choices = sorted(set(known))
    close = get_close_matches(word[:_LONGEST_WORD], choices, n=1)
    if close:
        return f"did you mean '{close[0]}'?"
    if len(choices) > _MOST_NAMED:
        return f"none of the {len(choices)} names is near"
    return f"known are: {', '.join(choices)}" if choices else "there are none"


def counted(number: int, thing: str, things: str = "") -> str:
    """So many of a thing, as a sentence has it; `things` where the plural is not the thing with an s.

    >>> counted(1, "warning"), counted(0, "reply", "replies")
    ('1 warning', '0 replies')
    """
    return f"{number} {thing if number == 1 else things or f'{thing}s'}"
