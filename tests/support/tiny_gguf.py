"""Writes GGUF files of a few hundred kilobytes with random weights: a qwen3vl text model and its image projector.

Enough to drive all of llama.cpp's real path, images included; what such a model says means nothing.
"""

from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np

WIDTH = 64
LAYERS, HEADS, KV_HEADS, HEAD_WIDTH, HIDDEN = 2, 2, 1, 32, 128
PATCH, IMAGE_SIZE, VISION_WIDTH = 16, 64, 64
LONG_TOKEN = "a-single-token-of-more-than-thirty-two-bytes"
CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>")
STATEFUL_TEMPLATE = (
    "{%- for name, value in state.items() %}{{ name }}={{ value }} {% endfor -%}"
    "{%- for tool in tools or [] %}{{ tool.function.name }} {% endfor -%}"
    "{%- for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}"
    "{%- for call in message.tool_calls or [] %}{{ call.function | tojson }}{% endfor %}<|im_end|>\n{% endfor -%}"
    "{%- if add_generation_prompt %}<|im_start|>assistant\n{% endif -%}"
)


@dataclass(frozen=True, slots=True)
class TinyFiles:
    """Where the two files lie."""

    text: Path
    mmproj: Path


def write_tiny(
    folder: Path, *, template: str | None = STATEFUL_TEMPLATE, context: int = 2048, seed: int = 7
) -> TinyFiles:
    """Both files, the same bytes for the same seed."""
    files = TinyFiles(folder / "tiny.gguf", folder / "mmproj-tiny.gguf")
    write_text_model(files.text, template=template, context=context, seed=seed)
    write_mmproj(files.mmproj, seed=seed)
    return files


def write_text_model(
    path: Path, *, template: str | None = STATEFUL_TEMPLATE, context: int = 2048, seed: int = 7, arch: str = "qwen3vl"
) -> None:
    """A qwen3vl model over bytes, one merge, six control tokens and one token of more than 32 bytes."""
    writer = gguf.GGUFWriter(path, arch)
    writer.add_name("tiny")
    writer.add_context_length(context)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_key_length(HEAD_WIDTH)
    writer.add_value_length(HEAD_WIDTH)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10_000.0)
    writer.add_rope_dimension_sections([6, 5, 5, 0])
    writer.add_num_deepstack_layers(0)
    tokens = [*_byte_letters(), "ĠĠ", LONG_TOKEN, *CONTROL]
    _add_vocabulary(writer, tokens)
    if template is not None:
        writer.add_chat_template(template)
    _add_text_tensors(writer, np.random.default_rng(seed), len(tokens))
    _write(writer)


def write_mmproj(path: Path, *, projection: int = WIDTH, seed: int = 7) -> None:
    """A two-layer vision transformer whose output is `projection` wide."""
    random = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "clip")
    writer.add_type(gguf.GGUFType.MMPROJ)
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type("qwen3vl_merger")
    writer.add_vision_use_gelu(True)
    writer.add_vision_image_size(IMAGE_SIZE)
    writer.add_vision_patch_size(PATCH)
    writer.add_vision_embedding_length(VISION_WIDTH)
    writer.add_vision_feed_forward_length(HIDDEN)
    writer.add_vision_block_count(LAYERS)
    writer.add_vision_head_count(2)
    writer.add_vision_projection_dim(projection)
    writer.add_vision_spatial_merge_size(2)
    writer.add_vision_attention_layernorm_eps(1e-6)
    writer.add_vision_image_mean([0.5, 0.5, 0.5])
    writer.add_vision_image_std([0.5, 0.5, 0.5])
    writer.add_vision_is_deepstack_layers([False] * LAYERS)
    _add_vision_tensors(writer, random, projection)
    _write(writer)


def _add_vocabulary(writer: gguf.GGUFWriter, tokens: list[str]) -> None:
    control = set(CONTROL)
    kinds = [gguf.TokenType.CONTROL if token in control else gguf.TokenType.NORMAL for token in tokens]
    kinds[tokens.index(LONG_TOKEN)] = gguf.TokenType.USER_DEFINED
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(["Ġ Ġ"])
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_pad_token_id(tokens.index("<|endoftext|>"))
    writer.add_add_bos_token(False)


def _add_text_tensors(writer: gguf.GGUFWriter, random: np.random.Generator, vocabulary: int) -> None:
    def add(name: str, *shape: int, scale: float = 0.3) -> None:
        writer.add_tensor(name, (random.standard_normal(shape) * scale).astype(np.float32))

    def ones(name: str, width: int) -> None:
        writer.add_tensor(name, np.ones(width, dtype=np.float32))

    add("token_embd.weight", vocabulary, WIDTH)
    add("output.weight", vocabulary, WIDTH)
    ones("output_norm.weight", WIDTH)
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        ones(f"{block}.attn_norm.weight", WIDTH)
        ones(f"{block}.ffn_norm.weight", WIDTH)
        ones(f"{block}.attn_q_norm.weight", HEAD_WIDTH)
        ones(f"{block}.attn_k_norm.weight", HEAD_WIDTH)
        add(f"{block}.attn_q.weight", HEADS * HEAD_WIDTH, WIDTH)
        add(f"{block}.attn_k.weight", KV_HEADS * HEAD_WIDTH, WIDTH)
        add(f"{block}.attn_v.weight", KV_HEADS * HEAD_WIDTH, WIDTH)
        add(f"{block}.attn_output.weight", WIDTH, HEADS * HEAD_WIDTH)
        add(f"{block}.ffn_gate.weight", HIDDEN, WIDTH)
        add(f"{block}.ffn_up.weight", HIDDEN, WIDTH)
        add(f"{block}.ffn_down.weight", WIDTH, HIDDEN)


def _add_vision_tensors(writer: gguf.GGUFWriter, random: np.random.Generator, projection: int) -> None:
    def linear(name: str, wide: int, narrow: int) -> None:
        writer.add_tensor(f"{name}.weight", (random.standard_normal((wide, narrow)) * 0.2).astype(np.float32))
        writer.add_tensor(f"{name}.bias", (random.standard_normal(wide) * 0.1).astype(np.float32))

    def norm(name: str) -> None:
        writer.add_tensor(f"{name}.weight", np.ones(VISION_WIDTH, dtype=np.float32))
        writer.add_tensor(f"{name}.bias", np.zeros(VISION_WIDTH, dtype=np.float32))

    for suffix in ("weight", "weight.1"):
        patches = random.standard_normal((VISION_WIDTH, 3, PATCH, PATCH)) * 0.1
        writer.add_tensor(f"v.patch_embd.{suffix}", patches.astype(np.float32))
    writer.add_tensor("v.patch_embd.bias", np.zeros(VISION_WIDTH, dtype=np.float32))
    places = random.standard_normal(((IMAGE_SIZE // PATCH) ** 2, VISION_WIDTH)) * 0.2
    writer.add_tensor("v.position_embd.weight", places.astype(np.float32))
    for layer in range(LAYERS):
        block = f"v.blk.{layer}"
        norm(f"{block}.ln1")
        norm(f"{block}.ln2")
        linear(f"{block}.attn_qkv", 3 * VISION_WIDTH, VISION_WIDTH)
        linear(f"{block}.attn_out", VISION_WIDTH, VISION_WIDTH)
        linear(f"{block}.ffn_up", HIDDEN, VISION_WIDTH)
        linear(f"{block}.ffn_down", VISION_WIDTH, HIDDEN)
    norm("v.post_ln")
    linear("mm.0", 4 * VISION_WIDTH, 4 * VISION_WIDTH)
    linear("mm.2", projection, 4 * VISION_WIDTH)


def _byte_letters() -> list[str]:
    """The 256 letters by which byte-level BPE writes bytes (GPT-2, `bytes_to_unicode`)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = {byte: chr(byte) for byte in plain} | {byte: chr(256 + place) for place, byte in enumerate(others)}
    return [letters[byte] for byte in range(256)]


def _write(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
