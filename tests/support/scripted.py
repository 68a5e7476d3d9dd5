"""A model that gives back, or raises, what it was made with; the double for rooms that need a model and no provider."""

from collections.abc import Iterable

from llmos.errors import ModelError
from llmos.messages import Message, Reply, Request, Text, Usage
from llmos.models.base import OnText


def said(text: str) -> Reply:
    """A reply that ends with a text."""
    return Reply((Text(text),), "end", Usage(10, 2), "scripted")


def asked(text: str = "go") -> Request:
    """A request with one message."""
    return Request("You are a test.", (Message("user", (Text(text),)),))


class ScriptedModel:
    """Answers in order; `requests` keeps what it was asked, `said_first` is streamed before each answer."""

    context_tokens = 1000

    def __init__(
        self, *answers: Reply | ModelError, name: str = "scripted:one", said_first: Iterable[str] = ()
    ) -> None:
        self.name = name
        self.answers = list(answers)
        self.requests: list[Request] = []
        self.closed = 0
        self._said_first = tuple(said_first)

    async def reply(self, request: Request, on_text: OnText) -> Reply:
        """The next answer; a failure comes after what was said first."""
        self.requests.append(request)
        for piece in self._said_first:
            on_text(piece)
        answer = self.answers.pop(0)
        if isinstance(answer, ModelError):
            raise answer
        on_text(answer.text)
        return answer

    async def aclose(self) -> None:
        """Count the closings."""
        self.closed += 1
