"""A sentence embedder as an ONNX file: the mean of the model's states over a text's tokens, of length 1.

Knows no index and no note. Made for all-MiniLM-L6-v2 (https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2:
mean pooling, normalised, at most 256 word pieces) and its like. Nothing is loaded before the first text; one thread.
"""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from llmos.documents.embedding_rules import EmbeddingRules
from llmos.errors import LLMosError, ModelError
from llmos.vectors import Floats

_KNOWN_INPUTS: Final = ("input_ids", "attention_mask", "token_type_ids")
_FINGERPRINT_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class _Loaded:
    session: Any
    tokenizer: Any
    inputs: tuple[str, ...]
    model: str


class OnnxEmbedder:
    """The files of an embedder, opened when they are first needed; safe to share between threads."""

    def __init__(self, model: Path, tokenizer: Path, rules: EmbeddingRules) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._rules = rules
        self._lock = threading.Lock()

    @property
    def model(self) -> str:
        """The first digits of the SHA-256 of both files."""
        return self._loaded.model

    @property
    def dimensions(self) -> int:
        """As the kernel says; a model that answers otherwise is refused."""
        return self._rules.dimensions

    def embed(self, texts: Sequence[str]) -> Floats:
        """One row of length 1 for each text. ModelError for files that are missing, damaged or of another kind."""
        import numpy as np

        loaded = self._loaded
        if not texts:
            return np.empty((0, self._rules.dimensions), np.float32)
        with self._speaking(self._model):
            read = [loaded.tokenizer.encode(text) for text in texts]  # in a batch it would start threads
            shape = (len(read), max(len(each.ids) for each in read))
            given = {name: np.zeros(shape, np.int64) for name in _KNOWN_INPUTS}
            for row, each in enumerate(read):
                given["input_ids"][row, : len(each.ids)] = each.ids
                given["attention_mask"][row, : len(each.ids)] = 1
                given["token_type_ids"][row, : len(each.ids)] = each.type_ids
            mask = given["attention_mask"]
            states = loaded.session.run(None, {name: given[name] for name in loaded.inputs})[0]
        self._check(states.shape, mask.shape)
        weights = mask[..., None].astype(np.float32)
        mean = (states * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1.0)
        lengths = np.linalg.norm(mean, axis=1, keepdims=True)
        if not np.isfinite(lengths).all():
            raise ModelError(f"{self._model} answers with numbers that are none")
        rows: Floats = (mean / np.maximum(lengths, 1e-9)).astype(np.float32)
        return rows

    @property
    def _loaded(self) -> _Loaded:
        with self._lock:
            return self._files

    @cached_property
    def _files(self) -> _Loaded:
        try:
            import onnxruntime
            import tokenizers
        except ImportError as error:
            raise ModelError(f"{error.name} cannot be imported: pip install 'llmos[embeddings]'") from error
        digest = hashlib.sha256()
        for path in (self._model, self._tokenizer):
            try:
                digest.update(path.read_bytes())
            except OSError as error:
                raise ModelError(f"{path} cannot be read ({error.strerror}); `llmos model pull embeddings`") from error
        with self._speaking(self._tokenizer):
            tokenizer = tokenizers.Tokenizer.from_file(str(self._tokenizer))
            tokenizer.enable_truncation(self._rules.max_tokens)
            tokenizer.no_padding()
        with self._speaking(self._model):
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            options.log_severity_level = 4
            session = onnxruntime.InferenceSession(str(self._model), options, providers=["CPUExecutionProvider"])
        inputs = tuple(each.name for each in session.get_inputs())
        if strange := [name for name in inputs if name not in _KNOWN_INPUTS]:
            raise ModelError(f"{self._model} asks for {', '.join(strange)}; known are: {', '.join(_KNOWN_INPUTS)}")
        return _Loaded(session, tokenizer, inputs, digest.hexdigest()[:_FINGERPRINT_DIGITS])

    def _check(self, shape: tuple[int, ...], tokens: tuple[int, ...]) -> None:
        wanted = (*tokens, self._rules.dimensions)
        if shape != wanted:
            raise ModelError(
                f"{self._model} answers in the shape {list(shape)}, where kernel/models.md expects {list(wanted)} "
                "(texts, tokens, `embeddings.dimensions`)"
            )

    @contextmanager
    def _speaking(self, path: Path) -> Iterator[None]:
        """What the libraries raise, which is nothing narrower than Exception, becomes a sentence."""
        try:
            yield
        except LLMosError:
            raise
        except Exception as error:
            first = next(iter(str(error).splitlines()), type(error).__name__)
            raise ModelError(f"{path} is no embedder that can be used: {first}; pull it again") from error
