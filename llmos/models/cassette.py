"""A model that says again what another once said, and the recorder that writes it down.

Knows no provider; how a cassette is written stands in `cassette_format`.
"""

import re
from pathlib import Path

import anyio
import anyio.lowlevel
import msgspec

from llmos.errors import ModelError, StorageError
from llmos.messages import Reply, Request
from llmos.models.base import Model, OnText
from llmos.models.cassette_format import Exchange, Fingerprint, Spoken, read_cassette
from llmos.traces.parts import plain


class CassetteModel:
    """A model that plays a cassette, one exchange a call, in order; for tests and for demos without a network.

    Recorded requests are compared with those that come in, unless `strict` is false; hand-written lines have none.
    """

    context_tokens = 200_000

    def __init__(self, path: Path, *, strict: bool = True) -> None:
        self._path = path
        self._strict = strict
        self._exchanges = read_cassette(path)
        self._played = 0

    @property
    def name(self) -> str:
        """`cassette:` and the file."""
        return f"cassette:{self._path}"

    async def reply(self, request: Request, on_text: OnText) -> Reply:
        """Play the next exchange; ModelError when the request is not the one it answers, or when none is left."""
        await anyio.lowlevel.checkpoint()
        if self._played == len(self._exchanges):
            raise ModelError(f"{self._path} has ended: all of its {self._played} exchanges were played")
        line, exchange = self._exchanges[self._played]
        self._played += 1
        mismatch = exchange.mismatch(request, strict=self._strict)
        if mismatch:
            raise ModelError(f"{self._path}:{line} {mismatch}")
        if exchange.reply is None:
            raise exchange.fault(f"{self._path}:{line}")
        reply = exchange.reply.reply(line, self.name)
        for piece in re.findall(r"\s*\S+|\s+$", reply.text):
            on_text(piece)
            await anyio.lowlevel.checkpoint()
        return reply

    async def aclose(self) -> None:
        """Nothing is held open."""


class Recorder:
    """A model that answers as another does, and adds each exchange to a cassette."""

    def __init__(self, model: Model, path: Path) -> None:
        self._model = model
        self._path = path

    @property
    def name(self) -> str:
        """The recorded model's name."""
        return self._model.name

    @property
    def context_tokens(self) -> int:
        """The recorded model's."""
        return self._model.context_tokens

    async def reply(self, request: Request, on_text: OnText) -> Reply:
        """Ask the recorded model; what it says or fails with is on disk before it is passed on."""
        fingerprint = Fingerprint.of(request)
        try:
            reply = await self._model.reply(request, on_text)
        except ModelError as error:
            await self._write(Exchange.of_error(error, fingerprint))
            raise
        await self._write(Exchange(reply=Spoken.of(reply), request=fingerprint))
        return reply

    async def aclose(self) -> None:
        """Close the recorded model."""
        await self._model.aclose()

    async def _write(self, exchange: Exchange) -> None:
        line = msgspec.json.encode(exchange, enc_hook=plain) + b"\n"
        try:
            async with await anyio.open_file(self._path, "ab") as cassette:
                await cassette.write(line)
        except OSError as error:
            raise StorageError(f"{self._path} cannot be recorded to: {error.strerror}") from error
