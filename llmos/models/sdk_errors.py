"""From the exceptions of a provider's SDK to ours; knows no provider, only what the SDKs have in common.

The `anthropic` and `openai` packages come from one generator: their exceptions have the same names and fields, both
talk through httpx2, and both let its errors pass unchanged once a stream has begun.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Protocol

import anyio

from llmos.errors import ModelError, RetryableError
from llmos.messages import Message, Usage
from llmos.models.base import BrokenReplyError


class Collected(Protocol):
    """What has come in of a reply."""

    @property
    def usage(self) -> Usage:
        """What has been counted so far."""
        ...

    @property
    def said(self) -> Message | None:
        """What the model has said so far; None where nothing has come in, so that nothing is billed."""
        ...


@contextmanager
def sdk_errors(
    sdk: ModuleType, server: str, collected: Collected, refusal: Callable[[Any], ModelError]
) -> Iterator[None]:
    """Raise ours in place of the SDK's; `refusal` puts an answer with a bad status into words.

    A cancellation passes, with what it broke off as its cause.
    """
    import httpx2

    try:
        yield
    except sdk.APIStatusError as error:
        raise refusal(error) from error
    except sdk.APIConnectionError as error:
        raise RetryableError(f"{server} cannot be reached: {_words(error.__cause__ or error)}") from error
    except httpx2.HTTPError as error:
        sentence = f"{server} broke off while the reply came in: {_words(error)}"
        raise BrokenReplyError(sentence, collected.usage, collected.said) from error
    except UnicodeEncodeError as error:
        raise ModelError(f"the request holds text that is not valid Unicode: {error.reason}") from error
    except anyio.get_cancelled_exc_class() as error:
        if collected.said is None:
            raise
        sentence = f"the reply of {server} was cut off by an interruption"
        raise error from BrokenReplyError(sentence, collected.usage, collected.said)


def expect(kind: str, headers: Any, server: str) -> None:  # noqa: ANN401 - the headers of httpx2
    """Refuse an answer that is not of this media type: the address belongs to something else."""
    found = headers.get("content-type", "nothing")
    if not found.startswith(kind):
        raise ModelError(f"{server} does not stream: it answered with {found}")


def _words(error: BaseException) -> str:
    """What an error says, or its name when it says nothing."""
    return str(error) or type(error).__name__
