"""Reads what a GGUF file says of itself, and refuses a file whose tables or tensors do not fit inside it.

Knows no backend and needs no library: native code that maps a truncated or hostile file may crash the process, so a
file passes here first. Format (versions 2 and 3, little-endian): https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import mmap
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

from llmos.disk import open_file
from llmos.errors import ModelError
from llmos.messages import JSON

_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_CONTROL = 3

# ggml type -> (weights per block, bytes per block); ggml.h and ggml-common.h
_BLOCKS = {
    0: (1, 4),  # F32
    1: (1, 2),  # F16
    2: (32, 18),  # Q4_0
    3: (32, 20),  # Q4_1
    6: (32, 22),  # Q5_0
    7: (32, 24),  # Q5_1
    8: (32, 34),  # Q8_0
    9: (32, 36),  # Q8_1
    10: (256, 84),  # Q2_K
    11: (256, 110),  # Q3_K
    12: (256, 144),  # Q4_K
    13: (256, 176),  # Q5_K
    14: (256, 210),  # Q6_K
    15: (256, 292),  # Q8_K
    24: (1, 1),  # I8
    25: (1, 2),  # I16
    26: (1, 4),  # I32
    27: (1, 8),  # I64
    28: (1, 8),  # F64
    30: (1, 2),  # BF16
}
_MOST_DIMENSIONS = 4

PROJECTOR = "clip"
"""The architecture of an image projector (mmproj file)."""


class ModelFileError(ModelError):
    """A model file cannot be used as it is; whoever named it can name another."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """The keys of a GGUF file."""

    keys: Mapping[str, JSON]

    @property
    def architecture(self) -> str:
        """`general.architecture`, such as `qwen3vl`."""
        return str(self.keys.get("general.architecture", ""))

    @property
    def context_tokens(self) -> int:
        """The longest context that the model was trained for; 0 when the file does not say."""
        value = self.keys.get(f"{self.architecture}.context_length", 0)
        return value if isinstance(value, int) and value > 0 else 0

    @property
    def chat_template(self) -> str | None:
        """The Jinja source of the chat template, None when there is none."""
        source = self.keys.get("tokenizer.chat_template")
        return source if isinstance(source, str) and source.strip() else None

    @property
    def control_tokens(self) -> tuple[str, ...]:
        """The tokens that steer the model and that no text may contain, the longest first."""
        tokens, kinds = self.keys.get("tokenizer.ggml.tokens"), self.keys.get("tokenizer.ggml.token_type")
        if not isinstance(tokens, list) or not isinstance(kinds, list):
            return ()
        pairs = zip(tokens, kinds, strict=False)
        found = {token for token, kind in pairs if kind == _CONTROL and isinstance(token, str) and token}
        return tuple(sorted(found, key=len, reverse=True))

    @property
    def adds_bos(self) -> bool:
        """Whether the tokenizer begins every prompt with the bos token by itself; SentencePiece ones do unless told."""
        return bool(self.keys.get("tokenizer.ggml.add_bos_token", self.keys.get("tokenizer.ggml.model") == "llama"))

    def token(self, role: str) -> str:
        """The text of the token with that role, `bos` or `eos`; empty when there is none."""
        tokens, number = self.keys.get("tokenizer.ggml.tokens"), self.keys.get(f"tokenizer.ggml.{role}_token_id")
        if isinstance(tokens, list) and isinstance(number, int) and 0 <= number < len(tokens):
            return str(tokens[number])
        return ""


def read_header(path: Path) -> GgufHeader:
    """The header of the file at `path`; ModelFileError when it has none, or ends before its tensors do."""
    try:
        with open_file(path) as file:
            size = file.seek(0, 2)
            if size < len(b"GGUF"):
                raise _not_gguf(path)
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return _read(path, content, size)
    except IsADirectoryError as error:
        raise ModelFileError(f"{path} is a folder, not a GGUF model file") from error
    except FileNotFoundError as error:
        raise ModelFileError(f"{path} does not exist; give the path of a GGUF model file") from error
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror or error}") from error


def _not_gguf(path: Path) -> ModelFileError:
    return ModelFileError(f"{path} is not a GGUF model file: it does not begin with the letters GGUF")


def _read(path: Path, content: mmap.mmap, size: int) -> GgufHeader:
    if content[:4] != b"GGUF":
        raise _not_gguf(path)
    cursor = _Cursor(content, size)
    try:
        version = cursor.scalar("<I")
        if version not in (2, 3):
            raise ModelFileError(f"{path} is GGUF version {version}; versions 2 and 3 can be read")
        tensors, count = cursor.count(24), cursor.count(12)
        keys = {cursor.string(): cursor.value(cursor.scalar("<I")) for _ in range(count)}
        places = [cursor.tensor() for _ in range(tensors)]
    except (struct.error, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} is damaged: its header ends or breaks at byte {cursor.at} of {size}") from error
    alignment = keys.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 1:
        raise ModelFileError(f"{path} is damaged: its alignment is {alignment}")
    start = -(-cursor.at // alignment) * alignment
    for name, shape, kind, offset in places:
        weights, width = _BLOCKS.get(kind, (1, 0))
        end = start + offset + prod(shape) // weights * width
        if end > size:
            raise ModelFileError(f"{path} is incomplete: tensor '{name}' ends at byte {end}, the file at byte {size}")
    return GgufHeader(keys)


class _Cursor:
    """A place in the file; every step is checked against the file's end before anything is made of it."""

    def __init__(self, content: mmap.mmap, size: int) -> None:
        self._content = content
        self._size = size
        self.at = 4
        self._readers: dict[int, Callable[[], JSON]] = {_STRING: self.string, _ARRAY: self._array}

    def scalar(self, form: str) -> JSON:
        (value,) = struct.unpack_from(form, self._content, self.at)
        self.at += struct.calcsize(form)
        return value

    def count(self, least_bytes: int) -> int:
        """A number of things that take `least_bytes` each; more than the rest of the file holds is damage."""
        number = int(self.scalar("<Q"))
        if number * least_bytes > self._size - self.at:
            raise ValueError(number)
        return number

    def string(self) -> str:
        length = self.count(1)
        text = self._content[self.at : self.at + length].decode("utf-8", errors="replace")
        self.at += length
        return text

    def value(self, kind: int) -> JSON:
        reader = self._readers.get(kind)
        if reader is not None:
            return reader()
        if kind not in _SCALARS:
            raise ValueError(kind)
        return self.scalar(_SCALARS[kind])

    def tensor(self) -> tuple[str, tuple[int, ...], int, int]:
        """Name, shape, type and offset of one tensor."""
        name, dimensions = self.string(), self.scalar("<I")
        if dimensions > _MOST_DIMENSIONS:
            raise ValueError(dimensions)
        shape = tuple(int(self.scalar("<Q")) for _ in range(dimensions))
        return name, shape, int(self.scalar("<I")), int(self.scalar("<Q"))

    def _array(self) -> list[JSON]:
        kind = self.scalar("<I")
        if kind in (_STRING, _ARRAY):
            return [self._readers[kind]() for _ in range(self.count(8))]
        if kind not in _SCALARS:
            raise ValueError(kind)
        width = struct.calcsize(_SCALARS[kind])
        number = self.count(width)
        values = struct.unpack_from(f"<{number}{_SCALARS[kind][1]}", self._content, self.at)
        self.at += number * width
        return list(values)
