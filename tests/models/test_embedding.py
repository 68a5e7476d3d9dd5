"""The embedder: real onnxruntime and tokenizers over a small stand-in of the same inputs and outputs as MiniLM."""

import threading
from pathlib import Path

import numpy as np
import pytest

from llmos.errors import ModelError
from llmos.models.embedding import OnnxEmbedder
from tests.support.stand_in_embedder import DIMENSIONS, rules, write_model, write_stand_in


def refusal(embedder: OnnxEmbedder) -> str:
    """What an embedder says that cannot be used."""
    with pytest.raises(ModelError) as caught:
        embedder.embed(["move the arm"])
    return str(caught.value)


def test_a_text_becomes_a_row_of_length_one(tmp_path: Path) -> None:
    """The same whatever stands beside it: what fills up a shorter text counts for nothing."""
    embedder = write_stand_in(tmp_path)
    texts = ["move the arm", "a red cube is on the sofa in the kitchen"]
    together = embedder.embed(texts)
    assert (together.shape, together.dtype) == ((2, DIMENSIONS), np.float32)
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0)
    assert np.allclose(together[0], embedder.embed(texts[:1])[0], atol=1e-6)
    assert embedder.embed([]).shape == (0, DIMENSIONS)


def test_what_means_the_same_is_near(tmp_path: Path) -> None:
    """Words that are shared or not do not matter, words that mean the same do."""
    mine, same, other = write_stand_in(tmp_path).embed(["move the arm", "drive a hand", "crimson cube"])
    assert float(mine @ same) > 0.95 > 0.3 > float(mine @ other)


def test_a_long_text_is_cut_and_an_empty_one_is_no_error(tmp_path: Path) -> None:
    """At the tokens that the kernel names; a text of nothing has a direction all the same, and no number is none."""
    embedder = write_stand_in(tmp_path)
    long, longer = embedder.embed(["red " * 500, "red " * 500 + "sofa"])
    assert np.array_equal(long, longer)
    assert np.isfinite(embedder.embed(["", "\ud7ff \u0000"])).all()


def test_vectors_are_told_apart_by_the_files_that_made_them(tmp_path: Path) -> None:
    """Another model has another name, so has the same one with another tokenizer."""
    one, other = write_stand_in(tmp_path / "a"), write_stand_in(tmp_path / "b", seed=2)
    again = write_stand_in(tmp_path / "c")
    assert one.model == again.model != other.model
    more = write_stand_in(tmp_path / "d", words=("window",))
    assert more.model not in {one.model, other.model}


def test_a_model_of_other_dimensions_is_refused(tmp_path: Path) -> None:
    """Its numbers would be compared with others that they cannot be compared with."""
    write_stand_in(tmp_path, dimensions=16)
    model = tmp_path / "model_quantized.onnx"
    embedder = OnnxEmbedder(model, tmp_path / "tokenizer.json", rules())
    assert refusal(embedder) == (
        f"{model} answers in the shape [1, 5, 16], where kernel/models.md expects [1, 5, 384] "
        "(texts, tokens, `embeddings.dimensions`)"
    )


def test_a_model_that_asks_for_more_is_refused(tmp_path: Path) -> None:
    """It is none that we know how to ask."""
    write_stand_in(tmp_path)
    model = tmp_path / "model_quantized.onnx"
    write_model(model, np.ones((40, DIMENSIONS), np.float32), extra_input="pixel_values")
    embedder = OnnxEmbedder(model, tmp_path / "tokenizer.json", rules())
    assert refusal(embedder) == (f"{model} asks for pixel_values; known are: input_ids, attention_mask, token_type_ids")


@pytest.mark.parametrize("name", ["model_quantized.onnx", "tokenizer.json"])
def test_a_missing_or_damaged_file_is_one_sentence(tmp_path: Path, name: str) -> None:
    """With what to do; cut in half as by a broken download, or gone."""
    embedder = write_stand_in(tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    said = refusal(embedder)
    assert said.startswith(f"{path} is no embedder that can be used: ")
    assert said.endswith("; pull it again")
    assert "\n" not in said
    path.unlink()
    assert refusal(embedder) == f"{path} cannot be read (No such file or directory); `llmos model pull embeddings`"


def test_several_threads_may_ask(tmp_path: Path) -> None:
    """Nothing is loaded before the first asks, and then once."""
    embedder = write_stand_in(tmp_path)
    found: list[float] = []
    threads = [
        threading.Thread(target=lambda: found.append(float(embedder.embed(["move the arm"])[0][0]))) for _ in range(4)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 4
    assert len(set(found)) == 1
