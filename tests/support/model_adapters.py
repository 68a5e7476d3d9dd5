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
from llmos.models.local import LocalModel
from llmos.models.openai_compatible import OpenAICompatibleModel
from tests.support.llama import need_backend
from tests.support.loopback import Answer
from tests.support.messages_api import MessagesAPI, events, sse
from tests.support.openai_api import ChatAPI, chunks, wire
from tests.support.tiny_gguf import write_tiny


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


class ServerStage:
    """An adapter before a loopback server; `wire` is how that server streams a reply."""

    def __init__(self, api: MessagesAPI | ChatAPI, model: Model, wire: Callable[[Reply], tuple[bytes, ...]]) -> None:
        self._api = api
        self._wire = wire
        self.model = model

    def script(self, reply: Reply, then: Literal["end", "hang"] = "end") -> None:
        """Stream the reply; without its last three events, which end it, when it shall hang."""
        chunks = self._wire(reply)
        self._api.answer(Answer(chunks if then == "end" else chunks[:-3], then=then))

    def sent(self) -> str:
        """The body of the last request."""
        return self._api.requests[-1].body.decode()

    async def wait_until_disconnected(self) -> None:
        """Ask the server."""
        await self._api.server.wait_for_connections(0)


@asynccontextmanager
async def claude(_: Path) -> AsyncIterator[Stage]:
    """The Claude adapter before a Messages API."""
    async with MessagesAPI() as api:
        model = ClaudeModel("claude-opus-5-5", "test-key", api.url)
        yield ServerStage(api, model, lambda reply: tuple(sse(event) for event in events(reply)))
        await model.aclose()


@asynccontextmanager
async def openai_compatible(_: Path) -> AsyncIterator[Stage]:
    """The adapter of OpenAI-compatible servers before one that streams as OpenAI does."""
    async with ChatAPI() as api:
        model = OpenAICompatibleModel("test-model", base_url=api.url)
        yield ServerStage(api, model, lambda reply: wire(chunks(reply)))
        await model.aclose()


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


class LocalStage:
    """A model of random weights in real llama.cpp; nothing is sent, so nothing can stay connected."""

    def __init__(self, folder: Path, backend: str, speaks: Literal["pocket", "hermes"]) -> None:
        files = write_tiny(folder)
        mmproj = files.mmproj if speaks == "hermes" else None
        self.model: Model = LocalModel(files.text, mmproj=mmproj, speaks=speaks, backend=need_backend(backend))

    def script(self, reply: Reply, then: Literal["end", "hang"] = "end") -> None:
        """It says what it likes."""

    def sent(self) -> str:
        """Nothing is sent."""
        return ""

    async def wait_until_disconnected(self) -> None:
        """There is no connection."""


def local(backend: str, speaks: Literal["pocket", "hermes"]) -> Adapter:
    """An adapter for one package and one dialect."""

    @asynccontextmanager
    async def opened(folder: Path) -> AsyncIterator[Stage]:
        stage = LocalStage(folder, backend, speaks)
        yield stage
        await stage.model.aclose()

    return Adapter(opened, scripted=False, sees=speaks == "hermes")


ADAPTERS: dict[str, Adapter] = {
    "claude": Adapter(claude),
    "openai_compatible": Adapter(openai_compatible),
    "cassette": Adapter(cassette),
    "local-llama-cpp-python": local("llama-cpp-python", "hermes"),
    "local-xllamacpp": local("xllamacpp", "hermes"),
    "local-pocket-llama-cpp-python": local("llama-cpp-python", "pocket"),
    "local-pocket-xllamacpp": local("xllamacpp", "pocket"),
}
