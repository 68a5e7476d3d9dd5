"""llama.cpp through xllamacpp: its server, called in process.

Knows no chat: the server's own template passes the text through. The server insists on a listener; it is a socket in a
folder that only this user can enter, behind a random key, and nothing here ever connects to it.
"""

import base64
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import xllamacpp

from llmos.errors import ModelError
from llmos.messages import JSON
from llmos.models.candidates import CANDIDATES, Candidates
from llmos.models.carried import Carried
from llmos.models.chat_template import MEDIA_MARKER, Prompt
from llmos.models.completion import (
    Completion,
    ContextOverflowError,
    Decoding,
    Loading,
    OnPiece,
    load_failure,
    reason_in,
)

_VERBATIM = "{%- for message in messages -%}{{ message.content }}{%- endfor -%}"
_PROMPT_BATCH = 256
"""Tokens between two looks at whether the request was cancelled."""
_SILENT = -1
_EXPLAIN_SECONDS = 60.0
_EXPLAIN = """
import sys
from pathlib import Path
from llmos.models.completion import Loading
from llmos.models.backend_xllamacpp import start
path, mmproj, context, threads, folder = sys.argv[1:]
start(Loading(Path(path), Path(mmproj) if mmproj else None, int(context), int(threads)), Path(folder), verbosity=1)
"""


class XllamacppBackend:
    """A model loaded by xllamacpp; ModelError when llama.cpp refuses it."""

    def __init__(self, loading: Loading) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="llmos-"))
        try:
            self._server: Any = start(loading, self._folder, verbosity=_SILENT)
        except RuntimeError as error:
            reason = _explain(loading, self._folder)
            self.close()
            raise load_failure(loading, reason) from error

    def complete(self, prompt: Prompt, decoding: Decoding, on_piece: OnPiece) -> Completion:
        """Continue `prompt` in the server's only slot, whose cache holds the prompt before."""
        answer = _Answer(on_piece, Candidates(decoding.grammar) if decoding.scored else None)
        asked = _asked(decoding)
        if prompt.images:
            message = {"role": "user", "content": _content(prompt)}
            self._server.handle_chat_completions(msgspec.json.encode({**asked, "messages": [message]}), answer.receive)
        else:
            self._server.handle_completions(msgspec.json.encode({**asked, "prompt": prompt.text}), answer.receive)
        return answer.completion()

    def close(self) -> None:
        """End the server's threads and remove its socket."""
        self._server = None
        shutil.rmtree(self._folder, ignore_errors=True)


def start(loading: Loading, folder: Path, verbosity: int) -> Any:  # noqa: ANN401 - xllamacpp has no types
    """The server with its listener locked away in `folder`; RuntimeError when it does not start."""
    params = xllamacpp.CommonParams()
    params.model.path = str(loading.path)
    if loading.mmproj is not None:
        params.mmproj.path = str(loading.mmproj)
    params.n_ctx, params.n_parallel = loading.context_tokens, 1
    params.n_batch = params.n_ubatch = _PROMPT_BATCH
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = loading.threads
    if loading.tiny:
        params.n_gpu_layers, params.mmproj_use_gpu = 0, False
    params.chat_template, params.use_jinja = _VERBATIM, True
    params.reasoning_format = xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE
    params.cache_ram_mib, params.n_ctx_checkpoints, params.slot_prompt_similarity = 0, 0, 0.0
    params.warmup, params.fit_params = False, False
    params.ui, params.endpoint_slots, params.endpoint_metrics, params.n_threads_http = False, False, True, 1
    params.api_keys = [secrets.token_urlsafe(32)]
    if sys.platform == "win32":
        params.hostnames, params.port = ["127.0.0.1"], 0
    else:
        params.hostnames = [str(folder / "unused.sock")]
    params.verbosity = verbosity
    server = xllamacpp.Server(params)
    server.handle_metrics()  # waits until its loop runs: a server that is closed before that never ends
    for socket in folder.glob("*.sock"):
        socket.chmod(0o600)
    return server


def _explain(loading: Loading, folder: Path) -> str:
    """Why the file was refused: the server only says it on stderr, so a second process asks once more and is read."""
    second = folder / "second"
    words = (loading.path, loading.mmproj or "", loading.context_tokens, loading.threads, second)
    try:
        second.mkdir()
        asked = subprocess.run(
            [sys.executable, "-c", _EXPLAIN, *map(str, words)],
            capture_output=True,
            text=True,
            timeout=_EXPLAIN_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return reason_in(asked.stderr)


def _asked(decoding: Decoding) -> dict[str, JSON]:
    asked: dict[str, JSON] = {
        "max_tokens": decoding.max_tokens,
        "temperature": decoding.temperature,
        "top_k": 40,
        "top_p": 0.95,
        "min_p": 0.0,
        "seed": decoding.seed,
        "stop": list(decoding.stop),
        "cache_prompt": True,
        "stream": True,
        "stream_options": {"include_usage": True},
        "return_progress": True,
    }
    if decoding.scored:
        asked["n_probs"] = CANDIDATES
    return asked if decoding.grammar is None else {**asked, "grammar": decoding.grammar}


def _content(prompt: Prompt) -> list[JSON]:
    """The prompt as parts, an image where a marker stood; llama.cpp accepts no picture address but ours: bytes."""
    texts = prompt.text.split(MEDIA_MARKER)
    parts: list[JSON] = [{"type": "text", "text": texts[0]}]
    for image, text in zip(prompt.images, texts[1:], strict=True):
        address = "data:image/png;base64," + base64.b64encode(image).decode()
        parts += [{"type": "image_url", "image_url": {"url": address}}, {"type": "text", "text": text}]
    return parts


class _Answer:
    """Gathers the chunks of one answer."""

    def __init__(self, on_piece: OnPiece, candidates: Candidates | None) -> None:
        self._on_piece = on_piece
        self._candidates = candidates
        self._text: list[str] = []
        self._finish = ""
        self._usage: dict[str, JSON] = {}
        self._carried = Carried()

    def receive(self, chunk: bytes) -> bool:
        """Take one chunk; True stops the generation."""
        with self._carried:
            self._take(msgspec.json.decode(chunk))
        return self._carried.error is not None

    def completion(self) -> Completion:
        """What came back, or the exception that ended it."""
        self._carried.release()
        written = self._usage.get("completion_tokens", 0)
        return Completion(
            text="".join(self._text),
            prompt_tokens=self._usage.get("prompt_tokens", 0),
            cached_tokens=(self._usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0),
            output_tokens=written,
            stop="length" if self._finish == "length" else "end",
            logprob=self._candidates.logprob(written) if self._candidates else None,
        )

    def _take(self, chunk: dict[str, JSON]) -> None:
        if "error" in chunk:
            raise _failure(chunk["error"])
        for choice in chunk.get("choices") or ():
            piece = choice.get("text") or (choice.get("delta") or {}).get("content") or ""
            self._text.append(piece)
            self._finish = choice.get("finish_reason") or self._finish
            if self._candidates and choice.get("logprobs"):
                for token in choice["logprobs"]["content"]:
                    self._candidates.add(token)
            self._on_piece(piece)
        self._usage = chunk.get("usage") or self._usage


def _failure(error: dict[str, JSON]) -> ModelError:
    if error.get("type") == "exceed_context_size_error":
        return ContextOverflowError(error["n_prompt_tokens"], error["n_ctx"])
    message = str(error.get("message", error))
    if "load image" in message or "bitmap" in message:
        return ModelError("llama.cpp cannot read the image; it takes PNG and JPEG files")
    return ModelError(f"llama.cpp refuses the request: {message}")
