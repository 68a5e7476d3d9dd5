"""`llmos model`: what can be used and why not, fetching from a hub, checking and timing through a real adapter."""

from collections.abc import Iterator

import pytest
from anyio.from_thread import start_blocking_portal

from tests.support.command_line import CommandLine
from tests.support.hub import REPOSITORY, Hub
from tests.support.tapes import calls, says

ALIAS = f"""---
aliases:
  small:
    provider: local
    id: small
    template: compact
    context_tokens: 512
    hub_repo: {REPOSITORY}
    file: model.gguf
    vision_file: mmproj.gguf
---
"""
FILES = {"model.gguf": b"m" * 3000, "mmproj.gguf": b"v" * 1000}


@pytest.fixture
def hub(llmos: CommandLine) -> Iterator[Hub]:
    """A hub with the files of the alias `small`."""
    llmos.place.write("kernel/models.md", ALIAS)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Hub(FILES)) as there:
        llmos.patch.setenv("HF_ENDPOINT", there.url)
        yield there


def listed(llmos: CommandLine) -> dict[str, dict[str, object]]:
    """The models by name."""
    return {row["name"]: row for row in llmos("model", "list", "--json").json["models"]}


def test_models_are_listed_with_what_they_lack(llmos: CommandLine) -> None:
    """Usable or not, why, where, at which price of which day."""
    models = listed(llmos)
    assert (models["dev"]["usable"], models["dev"]["missing"]) == (False, "ANTHROPIC_API_KEY is not set")
    assert (models["pocket"]["usable"], models["pocket"]["price"]) == (True, None)
    file = "Qwen3VL-8B-Instruct-Q4_K_M.gguf"
    assert models["runtime"]["missing"] == f"{file} is not on this machine: llmos model pull runtime"
    assert models["runtime"]["where"] == str(llmos.place.home / "models" / file)
    llmos.patch.setenv("ANTHROPIC_API_KEY", "sk-test-0123456789")
    assert listed(llmos)["dev"]["usable"]
    told = llmos("model", "list")
    assert told.err == "Prices are dollars per million tokens as of 2026-11-20; others: provider:ID, local:FILE.gguf.\n"
    assert "sk-test" not in told.out


def test_a_pull_fetches_all_files_and_then_the_model_is_usable(llmos: CommandLine, hub: Hub) -> None:
    """Into the home, checked, with a line for each file where nobody watches; the second pull fetches nothing."""
    folder = llmos.place.home / "models"
    said = llmos("model", "pull", "small")
    assert said.out.splitlines() == [str(folder / "model.gguf"), str(folder / "mmproj.gguf")]
    assert "model.gguf: fetching, 0.00 GB\nmodel.gguf: complete, 0.00 GB\n" in said.err
    assert (folder / "model.gguf").read_bytes() == FILES["model.gguf"]
    downloads = len(hub.downloads)
    assert llmos("model", "pull", "small", "--json").json["files"] == said.out.splitlines()
    assert len(hub.downloads) == downloads
    assert listed(llmos)["small"]["usable"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("rutnime", "There is no model 'rutnime'; did you mean 'runtime'?"),
        ("pocket", "The model 'pocket' has no files to pull; those of runtime, embeddings can be."),
    ],
)
def test_what_cannot_be_pulled_is_told(llmos: CommandLine, name: str, sentence: str) -> None:
    """With what can be."""
    said = llmos("model", "pull", name)
    assert (said.code, said.last) == (2, f"llmos: {sentence}")


def test_a_model_is_checked(llmos: CommandLine) -> None:
    """Each promise with what was seen; exit code 1 when one is broken."""
    name = llmos.tape(*[says("I would move.")] * 40)
    said = llmos("model", "check", name, "--json")
    checks = {check["name"]: check["status"] for check in said.json["checks"]}
    assert (said.code, checks["tool call"], set(checks)) == (
        1,
        "failed",
        {"tool call", "schema", "grammar", "image", "stop", "context"},
    )
    told = llmos("model", "check", llmos.tape(*[says("I would move.")] * 40))
    assert told.out.startswith("failed  tool call  asked to move, it said: 'I would move.'\n")


def test_a_model_is_timed_beside_the_target(llmos: CommandLine) -> None:
    """Half a second for a decision; what cannot be told is said."""
    name = llmos.tape(*[calls("move_to", x=1.0, y=1.0, z=1.0)] * 10)
    result = llmos("model", "bench", name, "--decisions", "2", "--json").json
    assert (result["target_s"], result["in_time"], result["decisions"], result["read_per_s"]) == (0.5, True, 2, None)
    told = llmos("model", "bench", llmos.tape(*[says()] * 10), "--decisions", "2").out
    assert "target    under 500 ms in a single pass: in time\n" in told
    assert "reads     not told\n" in told


def test_a_model_that_is_not_there_is_told(llmos: CommandLine) -> None:
    """By `check` and `bench` alike."""
    for command in ("check", "bench"):
        assert llmos("model", command, "pokcet").last == "llmos: There is no model 'pokcet'; did you mean 'pocket'?"
