"""`llmos model pull embeddings` and what it changes: doctor, runs, notes; without it everything works by words."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

from tests.support.command_line import CommandLine
from tests.support.hub import REPOSITORY, Hub
from tests.support.learned import fill, learned
from tests.support.stand_in_embedder import write_stand_in

RULES = f"---\nembeddings:\n  hub_repo: {REPOSITORY}\n---\n"
ALIAS = """---
aliases:
  embeddings:
    provider: local
    id: x
    template: full
    context_tokens: 512
    shipped_file: x
---
"""
NAMES = {"model_quantized.onnx": "onnx/model_quantized.onnx", "tokenizer.json": "tokenizer.json"}


@pytest.fixture
def hub(llmos: CommandLine, tmp_path: Path) -> Iterator[Hub]:
    """A hub with the stand-in: the model in large-file storage, the tokenizer in git."""
    llmos.place.write("kernel/models.md", RULES)
    write_stand_in(tmp_path / "stand-in")
    files = {there: (tmp_path / "stand-in" / here).read_bytes() for here, there in NAMES.items()}
    served = Hub(files, in_git={"tokenizer.json"})
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(served) as there:
        llmos.patch.setenv("HF_ENDPOINT", there.url)
        yield there


def finding(llmos: CommandLine) -> dict[str, str]:
    """What doctor says of embeddings."""
    (found,) = (each for each in llmos("doctor", "--json").json["findings"] if each["what"] == "embeddings")
    return {key: found[key] for key in ("state", "sentence", "remedy")}


def test_what_is_pulled_is_used(llmos: CommandLine, hub: Hub) -> None:
    """Into a folder of its own, whole; doctor opens it, and a note in other words is found."""
    llmos("init")
    assert finding(llmos) == {
        "state": "note",
        "sentence": "model_quantized.onnx is not on this machine; similar goals and notes are found by their words",
        "remedy": "llmos model pull embeddings",
    }
    llmos.place.write("user/memory/keys.md", "---\ncreated: 2026-01-01\n---\nthe keys are in the kitchen\n")
    assert llmos("memory", "search", "keychain", "galley", "--json").json["notes"] == []
    said = llmos("model", "pull", "embeddings")
    folder = llmos.place.home / "models" / "embeddings"
    assert said.out.splitlines() == [str(folder / name) for name in NAMES]
    assert finding(llmos) == {
        "state": "ok",
        "sentence": f"{REPOSITORY}, 384 numbers for each text, on one thread",
        "remedy": "",
    }
    found = llmos("memory", "search", "keychain", "galley", "--json").json["notes"]
    assert [each["id"] for each in found] == ["keys"]
    downloads = len(hub.downloads)
    llmos("model", "pull", "embeddings")
    assert len(hub.downloads) == downloads


def test_a_damaged_file_is_a_problem_for_doctor_and_a_warning_elsewhere(
    llmos: CommandLine, hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing else stops working."""
    llmos("init")
    llmos("model", "pull", "embeddings")
    assert hub.downloads
    model = llmos.place.home / "models" / "embeddings" / "model_quantized.onnx"
    model.write_bytes(b"no model at all")
    assert finding(llmos)["state"] == "problem"
    assert finding(llmos)["sentence"].startswith(f"{model} is no embedder that can be used: ")
    llmos.place.write("user/memory/keys.md", "---\ncreated: 2026-01-01\n---\nthe keys are in the kitchen\n")
    said = llmos("memory", "search", "kitchen")
    assert (said.code, "keys" in said.out) == (0, True)
    assert "notes are looked for by their words only: " in caplog.text


def test_reindex_embeds_what_was_learned_before(llmos: CommandLine, hub: Hub) -> None:
    """And says nothing more than before."""
    llmos("init")
    fill(llmos.place.home, [learned("move the arm to {point}")])
    assert llmos("trace", "reindex").code == 0
    llmos("model", "pull", "embeddings")
    assert hub.downloads
    assert llmos("trace", "reindex").out == "The index holds 0 runs and 1 trace.\n"


def test_embeddings_are_no_model_of_an_agent(llmos: CommandLine) -> None:
    """They plan nothing, and no alias may take the name."""
    llmos("init")
    said = llmos("agent", "run", "operator", "go", "--model", "embeddings")
    assert said.code == 2
    assert said.last.startswith("llmos: 'embeddings' compares texts and plans nothing; known are: dev, runtime, pocket")
    page = llmos.place.write("kernel/models.md", ALIAS)
    assert llmos("model", "list").last == (
        f"llmos: {page}:5: 'embeddings' cannot be an alias; it is the model that compares texts"
    )
