"""The adapters that the model contract is tested on; to add one, add an entry to ADAPTERS.

A stage holds one adapter and, where it has one, the stand-in for the provider on the other side. `script` makes it say
exactly a reply; a local model says what it likes and has no script, so that only laws of form are tested on it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from llmos.messages import Reply
from llmos.models.base import Model
from llmos.models.cassette import CassetteModel
from llmos.models.cassette_format import Exchange, Spoken
from llmos.models.claude import ClaudeModel
from tests.support.loopback import Answer
from tests.support.messages_api import HEADERS, MessagesAPI, events, sse


class Stage(Protocol):
    """One adapter, ready to be asked."""

    @property
    def model(self) -> Model:
        """The adapter."""
        ...

    def script(self, reply: Reply, then: Literal["end", "hang"] = "end") -> None:
        """Queue what the model says next; `hang`: it begins to, and never ends."""
        ...

    def sent(self) -> str:
        """What the last request was on its way to the provider, as text; empty where nothing is sent."""
        ...

    async def wait_until_disconnected(self) -> None:
        """Return when no connection to the provider is open, fail when one stays."""
        ...


@dataclass(frozen=True)
class Adapter:
    """How to open a stage, given an empty folder; `scripted`: it can be told what to say; `sees`: it takes images."""

    open: Callable[[Path], AbstractAsyncContextManager[Stage]]
    scripted: bool = True
    sees: bool = True


class ClaudeStage:
    """The Claude adapter before a loopback Messages API."""

    def __init__(self, api: MessagesAPI) -> None:
        self._api = api
        self.model: Model = ClaudeModel("claude-opus-5-5", "test-key", api.url)

    def script(self, reply: Reply, then: Literal["end", "hang"] = "end") -> None:
        """All events but the last when it shall hang."""
        chunks = tuple(sse(event) for event in events(reply))
        self._api.answer(Answer(chunks if then == "end" else chunks[:-3], headers=HEADERS, then=then))

    def sent(self) -> str:
        """The body of the last request."""
        return self._api.requests[-1].body.decode()

    async def wait_until_disconnected(self) -> None:
        """Ask the server."""
        await self._api.server.wait_for_connections(0)


@asynccontextmanager
async def claude(_: Path) -> AsyncIterator[Stage]:
    """A Claude stage."""
    async with MessagesAPI() as api:
        stage = ClaudeStage(api)
        yield stage
        await stage.model.aclose()


class CassetteStage:
    """A cassette that is written before its model is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "tape.jsonl"
        self._path.touch()
        self._model: CassetteModel | None = None

    @property
    def model(self) -> Model:
        """The player; from now on the tape is fixed."""
        if self._model is None:
            self._model = CassetteModel(self._path)
        return self._model

    def script(self, reply: Reply, then: Literal["end", "hang"] = "end") -> None:
        """Add a line; a cassette cannot hang, but it can be cancelled between two words."""
        with self._path.open("ab") as tape:
            tape.write(msgspec.json.encode(Exchange(reply=Spoken.of(reply))) + b"\n")

    def sent(self) -> str:
        """Nothing is sent."""
        return ""

    async def wait_until_disconnected(self) -> None:
        """There is no connection."""


@asynccontextmanager
async def cassette(folder: Path) -> AsyncIterator[Stage]:
    """A cassette stage."""
    yield CassetteStage(folder)


ADAPTERS: dict[str, Adapter] = {
    "claude": Adapter(claude),
    "cassette": Adapter(cassette),
}
