"""The Protocol every model fulfils, and the value that names one.

Knows no provider. Retrying is the router's task alone: an adapter raises, it never repeats a call.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from llmos.errors import ModelError, RetryableError
from llmos.messages import Message, Reply, Request, Usage

OnText: TypeAlias = Callable[[str], None]
"""Called with each piece of text as it streams in; must not block."""

RESTARTED: Final = "\n[the reply broke off and begins again]\n"
"""What an `OnText` is given before a reply that had begun is asked for once more: what it was given before is void."""


NO_MODEL: Final = "none"
"""The name that stands for the model in a run that has none."""


class Model(Protocol):
    """Something that answers a request.

    `reply` is cancellable at any await. It raises RetryableError when the same call may succeed later, ModelError when
    it will not; a model's own mistakes (bad JSON, unknown tool) are no exception but a Reply whose ToolCall says so.
    A cancellation that ends a reply which had begun has a BrokenReplyError as its cause, for it is billed all the same.
    """

    @property
    def name(self) -> str:
        """Provider and id, e.g. `anthropic:claude-opus-5-5`, `local:pocket.gguf`."""
        ...

    @property
    def context_tokens(self) -> int:
        """How many tokens a request and its reply may have together."""
        ...

    async def reply(self, request: Request, on_text: OnText) -> Reply:
        """Answer one request, streaming its text through `on_text`."""
        ...

    async def aclose(self) -> None:
        """Give connections and memory back; safe to call twice."""
        ...


class FailedReplyError(ModelError):
    """An error ended the reply while it came in.

    `usage` is what had been counted, and billed; `said` is what had come in, None where nothing had.
    """

    def __init__(self, sentence: str, usage: Usage, said: Message | None = None) -> None:
        super().__init__(sentence)
        self.usage = usage
        self.said = said


class BrokenReplyError(FailedReplyError, RetryableError):
    """The connection or the provider failed while the reply came in; the next one may come to its end."""


def broken_by(cancellation: BaseException) -> BrokenReplyError | None:
    """The reply that a cancellation broke off; None where none had begun."""
    cause = cancellation.__cause__
    return cause if isinstance(cause, BrokenReplyError) else None


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """Which model was taken and why, as it is told to the person and written to the journal.

    `asked_at` is the path and line of the document that asks for it, where one does.
    """

    name: str
    reason: str
    asked_at: str = ""


def ignore_text(_: str) -> None:
    """An `OnText` for callers that do not show text."""
