"""The pocket tokenizer: byte-level BPE with single digits, and the fragments of calls as tokens of their own.

Knows no model. Fragments stay under 32 bytes, because a binding of llama.cpp drops longer tokens; they are found in
prompts too, so that a call costs the same few tokens when it is written and when it is read back.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llmos.models.gbnf import CLAIMS

if TYPE_CHECKING:
    from tokenizers import Tokenizer

EOS = "<|end|>"
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""The pre-tokenizer that llama.cpp calls `qwen2`."""

_NAMES = (
    "move_to",
    "move_relative",
    "toggle_tool",
    "get_camera_feed",
    "get_status",
    "go_home",
    "emergency_stop",
    "finish",
)
_KEYS = ("x", "y", "z", "theta_deg", "dx", "dy", "dz", "dtheta_deg")
FRAGMENTS = (
    *(f'{{"name":"{name}"' for name in _NAMES),
    '{"name":"',
    ',"arguments":{',
    *(f'"{key}":' for key in _KEYS),
    *(f',"{key}":' for key in _KEYS if key not in ("x", "dx")),
    '"activate":true}}',
    '"activate":false}}',
    *(f'"view":"{view}"}}}}' for view in ("cockpit", "operator", "camera")),
    *(f'"status":"{status}"' for status in dict.fromkeys(status for status, _ in CLAIMS)),
    *(f',"quote":"{quote}"}}}}' for quote in dict.fromkeys(quote for _, quote in CLAIMS)),
    "}}",
)


def train_tokenizer(texts: Iterable[str], size: int) -> "Tokenizer":
    """A tokenizer of exactly `size` tokens, or fewer when the texts hold no more pairs."""
    from tokenizers import pre_tokenizers, trainers

    tokenizer = _empty()
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(FRAGMENTS) - 1,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
        min_frequency=2,
    )
    tokenizer.train_from_iterator(_without_fragments(texts), trainer)
    return _with_fragments(tokenizer, FRAGMENTS)


def assembled(plain: Mapping[str, int], merges: Sequence[tuple[str, str]], fragments: Sequence[str]) -> "Tokenizer":
    """A tokenizer from its parts, as a GGUF file holds them."""
    from tokenizers import models

    tokenizer = _empty()
    tokenizer.model = models.BPE(vocab=dict(plain), merges=list(merges))
    return _with_fragments(tokenizer, fragments)


def _empty() -> "Tokenizer":
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _with_fragments(tokenizer: "Tokenizer", fragments: Sequence[str]) -> "Tokenizer":
    from tokenizers import AddedToken

    tokenizer.add_tokens([AddedToken(fragment, normalized=False) for fragment in fragments])
    tokenizer.add_special_tokens([AddedToken(EOS, normalized=False, special=True)])
    return tokenizer


def load_tokenizer(path: Path) -> "Tokenizer":
    """A tokenizer that was saved as JSON."""
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(path))


def encode_lines(tokenizer: "Tokenizer", lines: Sequence[str]) -> list[list[int]]:
    """Tokens of each line; a line ends with its line break, so that lines join without changing tokens."""
    return [encoding.ids for encoding in tokenizer.encode_batch(list(lines), add_special_tokens=False)]


def _without_fragments(texts: Iterable[str]) -> Iterable[str]:
    """Merges are learned on what the fragments leave over, and few on lists of tools and on results: both repeat."""
    for number, text in enumerate(texts):
        for line in text.splitlines(keepends=True):
            if not line.startswith(">") and (number % 8 == 0 or line[0] not in "#="):
                yield line
