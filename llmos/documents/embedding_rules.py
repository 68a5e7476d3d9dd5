"""Which model says how near texts are in meaning, as typed values; the names stand in `kernel/models.md`.

Knows no file. It is no model that an agent can have: it answers with numbers.
"""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from llmos.documents.keys import Text

NAME = "embeddings"
"""Under which `llmos model` knows it; no alias may be called so."""


@dataclass(frozen=True, slots=True)
class EmbeddingRules:
    """An ONNX model and its tokenizer, pulled from `hub_repo`: `dimensions` numbers for up to `max_tokens` tokens."""

    hub_repo: Text
    file: Text
    tokenizer_file: Text
    dimensions: Annotated[int, Meta(ge=8, le=4_096)]
    max_tokens: Annotated[int, Meta(ge=8, le=8_192)]
