"""llama.cpp through llama-cpp-python's low-level bindings: load, continue, free.

Knows no chat. The package's high-level class is not used: it drops tokens of more than 32 bytes, clears the cache at
every image, and counts positions where tokens are meant.
"""

import codecs
import contextlib
import ctypes
from collections import deque
from collections.abc import Iterator
from typing import Any, Literal

import llama_cpp
import numpy as np
from llama_cpp import mtmd_cpp

from llmos.errors import ModelError
from llmos.models.carried import Carried
from llmos.models.chat_template import Prompt
from llmos.models.completion import (
    Completion,
    ContextOverflowError,
    Decoding,
    Loading,
    OnPiece,
    load_failure,
    reason_in,
)
from llmos.models.llama_cpp_prompt import (
    Picture,
    Unit,
    in_batches,
    position_count,
    read_prompt,
    shared_start,
    token_count,
)
from llmos.models.llama_cpp_sampler import Sampler
from llmos.models.streaming import StopText

_PROMPT_BATCH = 256
"""Tokens between two looks at whether the request was cancelled."""
_WARNING = 3  # GGML_LOG_LEVEL_WARN
_PIECE_BYTES = 32


class LlamaCppBackend:
    """A model loaded by llama-cpp-python; ModelError when llama.cpp refuses it."""

    def __init__(self, loading: Loading) -> None:
        with _gathered_log() as log, contextlib.ExitStack() as opened:
            llama_cpp.llama_backend_init()
            self._model = _load_model(loading, opened)
            self._context = _new_context(self._model, loading, opened) if self._model else None
            self._eyes = _load_projector(self._model, loading, opened) if self._context and loading.mmproj else None
            if not self._context or (loading.mmproj and not self._eyes):
                raise load_failure(loading, reason_in("".join(log)))
            self._batch = _Batch(opened)
            self._open = opened.pop_all()
        self._vocabulary = llama_cpp.llama_model_get_vocab(self._model)
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._limit = loading.context_tokens
        self._on_piece: OnPiece = lambda _: None
        self._carried = Carried()
        self._abort = llama_cpp.ggml_abort_callback(self._is_stopped)
        if not loading.tiny:  # a part of a prompt may take seconds, and is left in its midst
            llama_cpp.llama_set_abort_callback(self._context, self._abort, None)
        self._seen: list[Unit] = []
        self._position = 0
        self._pieces: dict[int, bytes] = {}

    def complete(self, prompt: Prompt, decoding: Decoding, on_piece: OnPiece) -> Completion:
        """Continue `prompt` from where it parts from what the cache holds."""
        self._on_piece = on_piece
        with contextlib.ExitStack() as opened:
            units = read_prompt(prompt, self._vocabulary, self._eyes, opened)
            size = token_count(units)
            if size >= self._limit:
                raise ContextOverflowError(size, self._limit)
            sampler = Sampler(self._vocabulary, decoding, opened)
            kept = self._keep(units)
            self._read(units[kept:], on_piece)
            text = StopText(decoding.stop, on_piece)
            count, ended = self._write(sampler, text, min(decoding.max_tokens, self._limit - size))
        stop: Literal["end", "length"] = "end" if ended else "length"
        return Completion(text.text, size, token_count(units[:kept]), count, stop, sampler.logprob)

    def _is_stopped(self, _: object) -> bool:
        with self._carried:
            self._on_piece("")
        return self._carried.error is not None

    def close(self) -> None:
        """Free everything that native code holds."""
        self._open.close()

    def _keep(self, units: list[Unit]) -> int:
        """Drop from the cache what differs; the last unit is always read, for it yields the first choice."""
        kept = min(shared_start(self._seen, units), len(units) - 1)
        if not llama_cpp.llama_memory_seq_rm(self._memory, 0, position_count(units[:kept]), -1):
            llama_cpp.llama_memory_clear(self._memory, True)
            kept = 0
        self._seen, self._position = units[:kept], position_count(units[:kept])
        return kept

    def _read(self, units: list[Unit], on_piece: OnPiece) -> None:
        for batch in in_batches(units, _PROMPT_BATCH):
            on_piece("")
            if isinstance(batch, Picture):
                self._look(batch)
            else:
                self._decode(batch)

    def _write(self, sampler: Sampler, text: StopText, room: int) -> tuple[int, bool]:
        """Tokens written, and whether the model ended by itself."""
        letters = codecs.getincrementaldecoder("utf-8")("replace")
        for count in range(1, room + 1):
            token = sampler.next(llama_cpp.llama_get_logits_ith(self._context, -1))
            if token is None or llama_cpp.llama_vocab_is_eog(self._vocabulary, token):
                text.finish()
                return count, True
            if text.add(letters.decode(self._piece(token))):
                return count, True
            if count < room:
                self._decode([token])
        text.finish()
        return room, False

    def _decode(self, tokens: list[int]) -> None:
        self._batch.fill(tokens, self._position)
        failed = llama_cpp.llama_decode(self._context, self._batch.native)
        self._carried.release()
        if failed:
            raise ModelError(f"llama.cpp cannot compute {len(tokens)} tokens at position {self._position}")
        self._seen.extend(tokens)
        self._position += len(tokens)

    def _look(self, picture: Picture) -> None:
        after = llama_cpp.llama_pos()
        failed = mtmd_cpp.mtmd_helper_eval_chunk_single(
            self._eyes,
            self._context,
            picture.chunk,
            self._position,
            0,
            _PROMPT_BATCH,
            True,
            ctypes.byref(after),
        )
        self._carried.release()
        if failed:
            raise ModelError("llama.cpp cannot compute an image of this request")
        self._seen.append(picture)
        self._position = after.value

    def _piece(self, token: int) -> bytes:
        """The bytes of a token, however many; control tokens have none."""
        if token not in self._pieces:
            room = ctypes.create_string_buffer(_PIECE_BYTES)
            size = llama_cpp.llama_token_to_piece(self._vocabulary, token, room, len(room), 0, False)
            if size < 0:
                room = ctypes.create_string_buffer(-size)
                size = llama_cpp.llama_token_to_piece(self._vocabulary, token, room, len(room), 0, False)
            self._pieces[token] = room.raw[:size]
        return self._pieces[token]


class _Batch:
    """llama.cpp's batch for one sequence, filled through arrays that share its memory."""

    def __init__(self, opened: contextlib.ExitStack) -> None:
        self.native = llama_cpp.llama_batch_init(_PROMPT_BATCH, 0, 1)
        opened.callback(llama_cpp.llama_batch_free, self.native)
        shape = (_PROMPT_BATCH,)
        self._tokens = np.ctypeslib.as_array(self.native.token, shape)
        self._positions = np.ctypeslib.as_array(self.native.pos, shape)
        self._outputs = np.ctypeslib.as_array(self.native.logits, shape)
        np.ctypeslib.as_array(self.native.n_seq_id, shape)[:] = 1
        for place in range(_PROMPT_BATCH):
            self.native.seq_id[place][0] = 0

    def fill(self, tokens: list[int], position: int) -> None:
        """Tokens in a row from `position` on; the last one yields scores."""
        size = len(tokens)
        self.native.n_tokens = size
        self._tokens[:size] = tokens
        self._positions[:size] = np.arange(position, position + size)
        self._outputs[:size] = 0
        self._outputs[size - 1] = 1


def _load_model(loading: Loading, opened: contextlib.ExitStack) -> Any:  # noqa: ANN401 - a pointer
    params = llama_cpp.llama_model_default_params()
    if loading.tiny:
        params.n_gpu_layers = 0
    model = llama_cpp.llama_model_load_from_file(bytes(loading.path), params)
    if model:
        opened.callback(llama_cpp.llama_model_free, model)
    return model


def _new_context(model: Any, loading: Loading, opened: contextlib.ExitStack) -> Any:  # noqa: ANN401
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_seq_max = loading.context_tokens, 1
    params.n_batch = params.n_ubatch = _PROMPT_BATCH
    params.n_threads = params.n_threads_batch = loading.threads
    params.no_perf = True
    context = llama_cpp.llama_init_from_model(model, params)
    if context:
        opened.callback(llama_cpp.llama_free, context)
    return context


def _load_projector(model: Any, loading: Loading, opened: contextlib.ExitStack) -> Any:  # noqa: ANN401
    params = mtmd_cpp.mtmd_context_params_default()
    params.use_gpu, params.n_threads = not loading.tiny, loading.threads
    params.print_timings, params.warmup = False, False
    eyes = mtmd_cpp.mtmd_init_from_file(bytes(loading.mmproj or b""), model, params)
    if eyes:
        opened.callback(mtmd_cpp.mtmd_free, eyes)
    return eyes


_log: deque[str] = deque(maxlen=50)


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _keep_warning(level: int, text: bytes, _: object) -> None:
    """llama.cpp's log goes nowhere but here; without this it would fill stderr."""
    if level >= _WARNING:
        _log.append(text.decode("utf-8", "replace"))


@contextlib.contextmanager
def _gathered_log() -> Iterator[deque[str]]:
    """The warnings and errors of a load."""
    for listen in (llama_cpp.llama_log_set, mtmd_cpp.mtmd_log_set, mtmd_cpp.mtmd_helper_log_set):
        listen(_keep_warning, None)
    _log.clear()
    yield _log
    _log.clear()
