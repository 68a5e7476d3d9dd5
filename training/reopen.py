"""Opens a pocket GGUF again, so that training can go on from it: sizes, tokenizer and weights, dequantised.

Knows no training. Q8_0 keeps about three digits of a weight, which a few steps of training make good again; what the
optimizers had gathered is not in the file.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gguf
import torch
from gguf import GGUFReader

from training import prompt
from training.model import Planner, Shape
from training.tokenizer import EOS, assembled

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class ReopenError(Exception):
    """A file that cannot be gone on with; the sentence says why."""


def reopen(path: Path) -> "tuple[Planner, Tokenizer]":
    """The network and the tokenizer of a file that `export.write_gguf` wrote; ReopenError for any other."""
    try:
        reader = GGUFReader(path)
    except (OSError, ValueError, IndexError) as error:
        raise ReopenError(f"{path} is no GGUF file that can be read: {error}") from error
    try:
        return _network(reader), _tokenizer(reader)
    except (KeyError, RuntimeError) as error:
        raise ReopenError(f"{path} is no pocket model of this repository: {error}") from error


def has_this_template(path: Path) -> bool:
    """Whether the file was trained on prompts as this checkout writes them."""
    field = GGUFReader(path).get_field("tokenizer.chat_template")
    return field is not None and field.contents() == prompt.template_source()


def _network(reader: GGUFReader) -> Planner:
    def size(key: str) -> int:
        return int(_value(reader, f"{_value(reader, 'general.architecture')}.{key}"))

    shape = Shape(
        vocabulary=len(_value(reader, "tokenizer.ggml.tokens")),
        width=size("embedding_length"),
        layers=size("block_count"),
        heads=size("attention.head_count"),
        kv_heads=size("attention.head_count_kv"),
        head_dim=size("attention.key_length"),
        hidden=size("feed_forward_length"),
        context=size("context_length"),
    )
    model = Planner(shape)
    model.load_state_dict(
        {
            tensor.name: torch.from_numpy(gguf.quants.dequantize(tensor.data, tensor.tensor_type).copy())
            for tensor in reader.tensors
        }
    )
    return model


def _tokenizer(reader: GGUFReader) -> "Tokenizer":
    """The same tokens with the same numbers; those that stand whole in a text are known by their type."""
    tokens, kinds = (list(_value(reader, f"tokenizer.ggml.{key}")) for key in ("tokens", "token_type"))
    merges = [tuple(merge.split(" ")) for merge in _value(reader, "tokenizer.ggml.merges")]
    plain = {token: number for number, token in enumerate(tokens) if kinds[number] == gguf.TokenType.NORMAL}
    fragments = [token for number, token in enumerate(tokens) if kinds[number] == gguf.TokenType.USER_DEFINED]
    if tokens[-1] != EOS or list(plain.values()) != list(range(len(plain))):
        raise KeyError("its tokens stand in another order")
    return assembled(plain, merges, fragments)


def _value(reader: GGUFReader, key: str) -> Any:  # noqa: ANN401 - what a key holds is the file's
    field = reader.get_field(key)
    if field is None:
        raise KeyError(f"it has no {key}")
    return field.contents()
