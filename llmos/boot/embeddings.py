"""The embedder of a home, where its extra is installed and its files have been pulled; otherwise texts have words only.

Knows which files and which index; what is done with a likeness, its askers know: it nominates and decides nothing.
"""

import logging
import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from llmos.documents.embedding_rules import NAME, EmbeddingRules
from llmos.errors import ModelError
from llmos.memory.notes import Notes
from llmos.memory.recall import Meaning
from llmos.settings import Environment
from llmos.traces.meaning import Meanings

if TYPE_CHECKING:
    from llmos.documents.kernel import KernelRules
    from llmos.models.embedding import OnnxEmbedder

_log = logging.getLogger("llmos")

MODULES: Final = ("onnxruntime", "tokenizers")
NO_EXTRA: Final = "onnxruntime is not installed: pip install 'llmos[embeddings]'"


def files_of(environment: Environment, rules: EmbeddingRules) -> tuple[Path, Path]:
    """Where the model and its tokenizer lie, or would lie."""
    folder = environment.home / "models" / NAME
    return folder / Path(rules.file).name, folder / Path(rules.tokenizer_file).name


def missing(environment: Environment, rules: EmbeddingRules) -> str:
    """Why texts are compared by words only, and how to change that; empty where they are not."""
    absent = [path for path in files_of(environment, rules) if not path.is_file()]
    if absent:
        return f"{absent[0].name} is not on this machine: llmos model pull {NAME}"
    return "" if all(find_spec(module) for module in MODULES) else NO_EXTRA


def embedder_of(environment: Environment, rules: EmbeddingRules) -> "OnnxEmbedder | None":
    """The embedder, shared by the whole process and not loaded yet; None where something is missing."""
    if missing(environment, rules):
        return None
    files = files_of(environment, rules)
    return _embedder(*files, rules, *(path.stat().st_mtime_ns for path in files))


def meanings_of(environment: Environment, rules: EmbeddingRules) -> Meanings | None:
    """The vectors of traces, shared by the whole process; None where something is missing."""
    embedder = embedder_of(environment, rules)
    return None if embedder is None else _meanings(embedder)


def meaning_of(environment: Environment, rules: "KernelRules", notes: Notes) -> Meaning | None:
    """How near notes are to a question; None where something is missing. What fails is told, and words decide alone."""
    embedder = embedder_of(environment, rules.models.embeddings)
    if embedder is None:
        return None

    def likeness(texts: Sequence[str], question: str) -> Sequence[float]:
        from llmos.memory.note_vectors import likenesses
        from llmos.traces.schema import open_index

        connection = open_index(environment.home, _log.warning)
        try:
            return likenesses(connection, embedder, lambda text: notes.never_kept(text) is None, texts, question)
        except (ModelError, sqlite3.Error) as error:
            _log.warning("notes are looked for by their words only: %s", error)
            return [0.0] * len(texts)
        finally:
            connection.close()

    return Meaning(likeness, rules.memory.note_near)


@lru_cache(maxsize=4)
def _embedder(model: Path, tokenizer: Path, rules: EmbeddingRules, *_: int) -> "OnnxEmbedder":
    from llmos.models.embedding import OnnxEmbedder

    return OnnxEmbedder(model, tokenizer, rules)


@lru_cache(maxsize=4)
def _meanings(embedder: "OnnxEmbedder") -> Meanings:
    return Meanings(embedder, _log.warning)
