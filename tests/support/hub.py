"""A stand-in for a model hub on the loopback: lists files with checksums, redirects downloads, serves ranges."""

import hashlib
from dataclasses import dataclass, field
from typing import Self

from tests.support.loopback import Answer, LoopbackServer, Received, json_answer

REPOSITORY = "maker/model-GGUF"
_BYTES = (("content-type", "application/octet-stream"),)


@dataclass
class Hub:
    """`drops` downloads break in their midst, one after the other; `lies` are checksums that the hub gets wrong."""

    files: dict[str, bytes]
    drops: int = 0
    knows_ranges: bool = True
    lies: dict[str, str] = field(default_factory=dict)
    in_git: set[str] = field(default_factory=set)
    """The files that are in no large-file storage."""
    status: int = 200
    downloads: list[str] = field(default_factory=list)
    """The ranges that were asked for, `all` for a whole file."""

    async def __aenter__(self) -> Self:
        self._server = LoopbackServer(self._answer)
        await self._server.__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._server.__aexit__(*exception)

    @property
    def url(self) -> str:
        """The hub's address, for HF_ENDPOINT."""
        return self._server.url

    def _answer(self, asked: Received) -> Answer:
        path = asked.path.partition("?")[0]
        if self.status != 200:
            return json_answer(self.status, {"error": "no"})
        if path == f"/api/models/{REPOSITORY}/tree/main":
            return json_answer(200, [self._described(name) for name in self.files])
        if path.startswith(f"/{REPOSITORY}/resolve/main/"):
            name = path.removeprefix(f"/{REPOSITORY}/resolve/main/")
            return Answer(status=302, headers=(("location", f"/storage/{name}"),))
        name = path.removeprefix("/storage/")
        return self._download(self.files[name], asked) if name in self.files else json_answer(404, {"error": "no"})

    def _described(self, name: str) -> dict[str, object]:
        content = self.files[name]
        if name in self.in_git:
            blob = hashlib.sha1(f"blob {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()
            return {"type": "file", "path": name, "size": len(content), "oid": self.lies.get(name, blob)}
        oid = self.lies.get(name, hashlib.sha256(content).hexdigest())
        lfs = {"lfs": {"oid": oid, "size": len(content), "pointerSize": 134}} if oid else {}
        return {"type": "file", "path": name, "size": len(content), **lfs}

    def _download(self, content: bytes, asked: Received) -> Answer:
        wanted = asked.headers.get("range", "")
        self.downloads.append(wanted or "all")
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.knows_ranges else 0
        status, headers = 200, _BYTES
        if start:
            status, headers = 206, (*_BYTES, ("content-range", f"bytes {start}-{len(content) - 1}/{len(content)}"))
        rest = content[start:]
        if self.drops:
            self.drops -= 1
            return Answer((rest[: len(rest) // 2],), status, headers, then="drop")
        return Answer((rest,), status, headers)
