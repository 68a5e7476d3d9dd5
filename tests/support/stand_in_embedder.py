"""A stand-in for all-MiniLM-L6-v2: a real ONNX file of the same inputs and outputs, with one state for each known word.

Run by the real onnxruntime and the real tokenizers. It knows a few words, and that some of them mean the same.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from llmos.documents.embedding_rules import EmbeddingRules
from llmos.models.embedding import OnnxEmbedder

DIMENSIONS = 384
MEAN_THE_SAME = (
    ("move", "drive", "bring", "carry"),
    ("arm", "gripper", "hand"),
    ("sofa", "couch"),
    ("red", "crimson"),
    ("cube", "block", "box"),
    ("kitchen", "galley"),
    ("keys", "keychain"),
    ("the", "a", "to", "is", "in", "on", "of", "{", "}"),
)
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
_LITTLE = 0.05
"""How long the state of a word is that says little, beside 1."""


def rules(dimensions: int = DIMENSIONS, max_tokens: int = 64) -> EmbeddingRules:
    """The rules of the stand-in."""
    return EmbeddingRules("maker/model-GGUF", "onnx/model_quantized.onnx", "tokenizer.json", dimensions, max_tokens)


def write_stand_in(
    folder: Path, dimensions: int = DIMENSIONS, seed: int = 1, words: Iterable[str] = ()
) -> OnnxEmbedder:
    """The stand-in in a folder of models, as a pull would leave it; another `seed` is another model."""
    folder.mkdir(parents=True, exist_ok=True)
    groups = [*MEAN_THE_SAME, *((word,) for word in (*"0123456789", *words))]
    every = dict.fromkeys((*_SPECIAL, *(word for one in groups for word in one)))
    vocabulary = {word: number for number, word in enumerate(every)}
    draw = np.random.default_rng(seed)
    table = draw.normal(size=(len(vocabulary), dimensions)).astype(np.float32)
    for group in MEAN_THE_SAME:
        table[[vocabulary[word] for word in group]] = table[vocabulary[group[0]]]
    for word in (*_SPECIAL[1:], *MEAN_THE_SAME[-1]):
        table[vocabulary[word]] *= _LITTLE
    model, tokenizer = folder / "model_quantized.onnx", folder / "tokenizer.json"
    write_model(model, table)
    write_tokenizer(tokenizer, vocabulary)
    return OnnxEmbedder(model, tokenizer, rules(dimensions))


def write_model(path: Path, table: "np.ndarray[Any, np.dtype[np.float32]]", extra_input: str = "") -> None:
    """A graph that looks up the state of each token and adds that of its segment; the mask is left to whoever pools."""
    from onnx import TensorProto, helper, numpy_helper, save_model

    dimensions = table.shape[1]
    segments = np.zeros((2, dimensions), np.float32)
    names = ["input_ids", "attention_mask", "token_type_ids", *([extra_input] if extra_input else [])]
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["words", "input_ids"], ["states"]),
            helper.make_node("Gather", ["segments", "token_type_ids"], ["kinds"]),
            helper.make_node("Add", ["states", "kinds"], ["last_hidden_state"]),
        ],
        "stand-in",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "t"]) for name in names],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["b", "t", dimensions])],
        [numpy_helper.from_array(table, "words"), numpy_helper.from_array(segments, "segments")],
    )
    save_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))


def write_tokenizer(path: Path, vocabulary: dict[str, int]) -> None:
    """A tokenizer of whole words, in lower case, with the frame of BERT's."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True)]
    )
    frame = [(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=frame)
    tokenizer.save(str(path))
