"""The network: a small Qwen3 decoder (RMSNorm, grouped attention with normed queries and keys, rotary, SwiGLU).

Knows no data. Names of parameters are those of GGUF, so that export is a copy.
Architecture: Qwen3 technical report, https://arxiv.org/abs/2505.09388
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.packing import IGNORED

SHARPNESS = 1.7
"""Where the norms of queries and keys begin. At 1 no score exceeds sqrt(head_dim), too little to single out one token
of a few hundred, and copying numbers is learned late."""

BLOCK = 128
"""So many queries attend at once."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a model; `head_dim` counts rotary pairs twice."""

    vocabulary: int
    width: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    hidden: int
    context: int = 1024
    rope_base: float = 10_000.0
    epsilon: float = 1e-6


class Block(nn.Module):
    """Attention and feed-forward, each behind a norm and added to the stream."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width, inner = shape.width, shape.heads * shape.head_dim
        self.shape = shape
        self.attn_norm = nn.RMSNorm(width, eps=shape.epsilon)
        self.attn_q = nn.Linear(width, inner, bias=False)
        self.attn_k = nn.Linear(width, shape.kv_heads * shape.head_dim, bias=False)
        self.attn_v = nn.Linear(width, shape.kv_heads * shape.head_dim, bias=False)
        self.attn_q_norm = nn.RMSNorm(shape.head_dim, eps=shape.epsilon)
        self.attn_k_norm = nn.RMSNorm(shape.head_dim, eps=shape.epsilon)
        self.attn_output = nn.Linear(inner, width, bias=False)
        self.ffn_norm = nn.RMSNorm(width, eps=shape.epsilon)
        self.ffn_gate = nn.Linear(width, shape.hidden, bias=False)
        self.ffn_up = nn.Linear(width, shape.hidden, bias=False)
        self.ffn_down = nn.Linear(shape.hidden, width, bias=False)

    def forward(self, stream: Tensor, rotation: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        """`stream` [batch, tokens, width], `mask` [batch, 1, tokens, tokens]."""
        stream = stream + self._attend(self.attn_norm(stream), rotation, mask)
        normed = self.ffn_norm(stream)
        return stream + self.ffn_down(functional.silu(self.ffn_gate(normed)) * self.ffn_up(normed))

    def _attend(self, normed: Tensor, rotation: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        batch, tokens, _ = normed.shape

        def heads(values: Tensor, count: int) -> Tensor:
            return values.view(batch, tokens, count, self.shape.head_dim).transpose(1, 2)

        query = rotate(self.attn_q_norm(heads(self.attn_q(normed), self.shape.heads)), rotation)
        key = rotate(self.attn_k_norm(heads(self.attn_k(normed), self.shape.kv_heads)), rotation)
        value = heads(self.attn_v(normed), self.shape.kv_heads)
        repeats = self.shape.heads // self.shape.kv_heads
        key, value = key.repeat_interleave(repeats, 1), value.repeat_interleave(repeats, 1)
        mixed = attention(query, key, value, mask)
        return self.attn_output(mixed.transpose(1, 2).reshape(batch, tokens, -1))


class Planner(nn.Module):
    """The whole decoder; the embedding is also the output."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Embedding(shape.vocabulary, shape.width)
        self.blk = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.output_norm = nn.RMSNorm(shape.width, eps=shape.epsilon)
        self._initialise()

    def _initialise(self) -> None:
        """Normal weights; what writes into the stream begins smaller, by depth (GPT-2's rule)."""
        nn.init.normal_(self.token_embd.weight, std=0.02)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2 and not name.startswith("token_embd"):
                std = parameter.shape[1] ** -0.5
                if name.endswith(("attn_output.weight", "ffn_down.weight")):
                    std /= (2 * self.shape.layers) ** 0.5
                nn.init.normal_(parameter, std=std)
            elif name.endswith(("attn_q_norm.weight", "attn_k_norm.weight")):
                nn.init.constant_(parameter, SHARPNESS)

    def forward(self, tokens: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        """The stream after the last norm, [batch, tokens, width]."""
        rotation = angles(positions, self.shape)
        stream = self.token_embd(tokens)
        for block in self.blk:
            stream = block(stream, rotation, mask)
        normed: Tensor = self.output_norm(stream)
        return normed

    def logits(self, normed: Tensor) -> Tensor:
        """Scores of the next token."""
        return functional.linear(normed, self.token_embd.weight)

    def losses(self, tokens: Tensor, targets: Tensor, told: Tensor, positions: Tensor, mask: Tensor) -> list[Tensor]:
        """Mean cross-entropy over the tokens of replies, and over those of the lines told besides."""
        normed = self(tokens, positions, mask[:, None])
        return [
            functional.cross_entropy(self.logits(normed[wanted != IGNORED]), wanted[wanted != IGNORED])
            for wanted in (targets, told)
        ]


def attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> Tensor:
    """Attention of heads [batch, heads, tokens, head_dim] where a causal `mask` [batch, 1, tokens, tokens] lets them.

    A block of queries at a time, without the keys behind it, and scores in single precision: compiled for a CPU, two
    thirds of the time of `functional.scaled_dot_product_attention`, which works on all keys.
    """
    mixed = []
    for start in range(0, query.shape[2], BLOCK):
        end = min(start + BLOCK, query.shape[2])
        with torch.autocast("cpu", enabled=False):
            scores = query[:, :, start:end].float() @ key[:, :, :end].float().transpose(2, 3)
        hidden = ~mask[..., start:end, :end]
        shares = (scores * query.shape[3] ** -0.5).masked_fill(hidden, -torch.inf).softmax(3)
        mixed.append(shares.to(value.dtype) @ value[:, :, :end])
    return torch.cat(mixed, 2)


def angles(positions: Tensor, shape: Shape) -> tuple[Tensor, Tensor]:
    """Cosine and sine per position and pair, [batch, 1, tokens, head_dim / 2]."""
    half = shape.head_dim // 2
    frequencies = shape.rope_base ** (-torch.arange(half, dtype=torch.float32) / half)
    turned = positions[:, None, :, None].float() * frequencies
    return turned.cos(), turned.sin()


def rotate(heads: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Rotary position: each half of a head is one side of the pairs (the NEOX order of llama.cpp)."""
    cosine, sine = rotation
    first, second = heads.chunk(2, dim=-1)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)
