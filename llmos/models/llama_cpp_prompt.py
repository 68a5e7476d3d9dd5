"""Turns a prompt into the units that llama.cpp's cache holds: tokens of text, and pictures as a whole.

Knows the low-level bindings of llama-cpp-python and no chat.
"""

import contextlib
import ctypes
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any, TypeAlias

import llama_cpp
from llama_cpp import mtmd_cpp

from llmos.errors import ModelError
from llmos.models.chat_template import Prompt


@dataclass(frozen=True, slots=True)
class Picture:
    """An image in a prompt: equal when its bytes are.

    With M-RoPE it takes fewer positions (its longer side) than cells of the cache (`tokens`); only the latter fill the
    context. `chunk` is mtmd's own, valid until the prompt is closed.
    """

    digest: bytes
    tokens: int
    positions: int
    chunk: Any = field(compare=False)


Unit: TypeAlias = int | Picture
"""A token's number, or a picture."""


def token_count(units: Sequence[Unit]) -> int:
    """How many cells of the context the units fill."""
    return sum(1 if isinstance(unit, int) else unit.tokens for unit in units)


def position_count(units: Sequence[Unit]) -> int:
    """How far the units move the position of what follows."""
    return sum(1 if isinstance(unit, int) else unit.positions for unit in units)


def shared_start(first: Sequence[Unit], second: Sequence[Unit]) -> int:
    """How many units both begin with."""
    pairs = zip(first, second, strict=False)
    return next((number for number, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second)))


def in_batches(units: Sequence[Unit], size: int) -> Iterator[list[int] | Picture]:
    """Runs of at most `size` tokens, and each picture by itself, in order."""
    for is_text, group in groupby(units, key=lambda unit: isinstance(unit, int)):
        if not is_text:
            yield from (unit for unit in group if isinstance(unit, Picture))
            continue
        tokens = (unit for unit in group if isinstance(unit, int))
        while batch := list(islice(tokens, size)):
            yield batch


def read_prompt(prompt: Prompt, vocabulary: Any, eyes: Any, opened: contextlib.ExitStack) -> list[Unit]:  # noqa: ANN401
    """The units of `prompt`; what native code allocates for them is freed with `opened`."""
    if not prompt.images:
        return [*_tokenize(prompt.text.encode(), vocabulary)]
    chunks = mtmd_cpp.mtmd_input_chunks_init()
    opened.callback(mtmd_cpp.mtmd_input_chunks_free, chunks)
    bitmaps = [_bitmap(image, eyes, opened) for image in prompt.images]
    text = prompt.text.encode()
    asked = mtmd_cpp.mtmd_input_text(text, len(text), True, True)
    array = (mtmd_cpp.mtmd_bitmap_p_ctypes * len(bitmaps))(*bitmaps)
    if mtmd_cpp.mtmd_tokenize(eyes, chunks, ctypes.byref(asked), array, len(bitmaps)):
        raise ModelError("llama.cpp cannot prepare the images of this request")
    digests = iter([hashlib.sha256(image).digest() for image in prompt.images])
    units: list[Unit] = []
    for number in range(mtmd_cpp.mtmd_input_chunks_size(chunks)):
        units.extend(_units(mtmd_cpp.mtmd_input_chunks_get(chunks, number), digests))
    return units


def _tokenize(text: bytes, vocabulary: Any) -> list[int]:  # noqa: ANN401
    """Special tokens are read as such: they come from the template alone, message text has been cleared of them."""
    size = len(text) + 2
    tokens = (llama_cpp.llama_token * size)()
    count = llama_cpp.llama_tokenize(vocabulary, text, len(text), tokens, size, True, True)
    if count < 0:
        raise ModelError(f"llama.cpp cannot tokenize a prompt of {len(text)} bytes")
    return list(tokens[:count])


def _bitmap(image: bytes, eyes: Any, opened: contextlib.ExitStack) -> Any:  # noqa: ANN401
    content = (ctypes.c_uint8 * len(image)).from_buffer_copy(image)
    bitmap = mtmd_cpp.mtmd_helper_bitmap_init_from_buf(eyes, content, len(image), False)
    if not bitmap:
        raise ModelError("llama.cpp cannot read the image; it takes PNG and JPEG files")
    opened.callback(mtmd_cpp.mtmd_bitmap_free, bitmap)
    return bitmap


def _units(chunk: Any, digests: Iterator[bytes]) -> list[Unit]:  # noqa: ANN401
    if mtmd_cpp.mtmd_input_chunk_get_type(chunk) == mtmd_cpp.MTMD_INPUT_CHUNK_TYPE_TEXT:
        count = ctypes.c_size_t()
        tokens = mtmd_cpp.mtmd_input_chunk_get_tokens_text(chunk, ctypes.byref(count))
        return list(tokens[: count.value])
    size, positions = mtmd_cpp.mtmd_input_chunk_get_n_tokens(chunk), mtmd_cpp.mtmd_input_chunk_get_n_pos(chunk)
    return [Picture(next(digests), size, positions, chunk)]
