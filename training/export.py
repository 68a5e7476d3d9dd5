"""Writes a trained planner as a GGUF file: Q8_0 matrices, tokenizer, chat template, classifier.

Knows no training. The architecture is written as `qwen3vl`, so that the runtime takes the same path as for
Qwen3-VL: on text its weights mean what qwen3's mean.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import gguf
from torch import Tensor

from llmos.models.domain_classifier import BIAS_KEY, SCALE_KEY, WEIGHTS_KEY, DomainClassifier
from training import prompt
from training.model import Planner, Shape
from training.tokenizer import EOS

if TYPE_CHECKING:
    from tokenizers import Tokenizer

ARCHITECTURE = "qwen3vl"
DESCRIPTION = "A demo planner for a robot arm: reads goal, tools and robot state, writes one tool call."


def write_gguf(
    model: Planner,
    tokenizer: "Tokenizer",
    path: Path,
    classifier: DomainClassifier | None = None,
    *,
    quantized: bool = True,
) -> int:
    """Write the file and return its size in bytes; not `quantized` means 32-bit floats, to compare with."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(path, ARCHITECTURE)
    kind = gguf.LlamaFileType.MOSTLY_Q8_0 if quantized else gguf.LlamaFileType.ALL_F32
    writer.add_name("LLMos pocket")
    writer.add_description(DESCRIPTION)
    writer.add_license("mit")
    writer.add_file_type(kind)
    _add_sizes(writer, model.shape)
    _add_vocabulary(writer, tokenizer)
    writer.add_chat_template(prompt.template_source())
    if classifier is not None:
        kinds = gguf.GGUFValueType.ARRAY, gguf.GGUFValueType.INT8
        writer.add_key_value(WEIGHTS_KEY, classifier.weights.tolist(), *kinds)
        writer.add_float32(SCALE_KEY, classifier.scale)
        writer.add_float32(BIAS_KEY, classifier.bias)
    for name, values in model.state_dict().items():
        _add_tensor(writer, name, values, quantized=quantized)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path.stat().st_size


def rope_sections(head_dim: int) -> list[int]:
    """How many rotary pairs time, height and width have; together they must be all pairs."""
    pairs = head_dim // 2
    return [pairs - 2 * (pairs // 3), pairs // 3, pairs // 3, 0]


def _add_sizes(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_dim)
    writer.add_value_length(shape.head_dim)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_rope_dimension_sections(rope_sections(shape.head_dim))
    writer.add_num_deepstack_layers(0)


def _add_vocabulary(writer: gguf.GGUFWriter, tokenizer: "Tokenizer") -> None:
    content = json.loads(tokenizer.to_str())
    tokens = [token for token, _ in sorted(tokenizer.get_vocab().items(), key=lambda pair: pair[1])]
    added = {token["id"]: token["special"] for token in content["added_tokens"]}
    kinds = [
        gguf.TokenType.NORMAL
        if number not in added
        else gguf.TokenType.CONTROL
        if added[number]
        else gguf.TokenType.USER_DEFINED
        for number in range(len(tokens))
    ]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(
        [merge if isinstance(merge, str) else " ".join(merge) for merge in content["model"]["merges"]]
    )
    writer.add_eos_token_id(tokens.index(EOS))
    writer.add_pad_token_id(tokens.index(EOS))
    writer.add_add_bos_token(value=False)


def _add_tensor(writer: gguf.GGUFWriter, name: str, values: Tensor, *, quantized: bool) -> None:
    array = values.detach().float().numpy()
    if quantized and array.ndim == 2:
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quants.quantize(array, kind), raw_dtype=kind)
    else:
        writer.add_tensor(name, array)
