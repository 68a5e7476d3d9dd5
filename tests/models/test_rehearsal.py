"""A file that would abort this process aborts another one first."""

import struct
import subprocess
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from llmos.models import rehearsal
from llmos.models.backend import load
from llmos.models.chat_template import Prompt
from llmos.models.completion import Decoding, Loading
from llmos.models.gguf_header import ModelFileError
from llmos.models.rehearsal import Rehearsal
from tests.support.llama import BACKENDS, need_backend
from tests.support.tiny_gguf import write_text_model


def with_key(path: Path, key: bytes, value: int) -> None:
    """Overwrite an integer key of a GGUF file; its layout stays sound."""
    content = path.read_bytes()
    at = content.index(struct.pack("<Q", len(key)) + key) + 8 + len(key) + 4
    path.write_bytes(content[:at] + struct.pack("<I", value) + content[at + 4 :])


@pytest.fixture
def loading(tmp_path: Path) -> Loading:
    """A small text model."""
    path = tmp_path / "small.gguf"
    write_text_model(path)
    return Loading(path, None, 256, 1)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_file_that_crashes_llama_is_refused_in_a_sentence(backend: str, loading: Loading) -> None:
    """More layers than there are tensors for: llama.cpp aborts, and this process goes on."""
    with_key(loading.path, b"qwen3vl.block_count", 1000)
    with pytest.raises(ModelFileError) as refused:
        Rehearsal()(loading, need_backend(backend))
    assert str(refused.value) == (
        f"{loading.path} makes llama.cpp crash (SIGABRT): its keys and its tensors do not belong together; fetch the "
        "file again or name another"
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_passed_once_is_not_tried_again_until_it_changes(backend: str, loading: Loading, tmp_path: Path) -> None:
    """The memory holds the file's size and time, so a changed file is tried anew."""
    memory = tmp_path / "models" / "rehearsed.json"
    Rehearsal(memory)(loading, need_backend(backend))
    before = memory.read_bytes()
    Rehearsal(memory)(loading, backend)
    assert memory.read_bytes() == before
    with_key(loading.path, b"qwen3vl.block_count", 1000)
    with pytest.raises(ModelFileError):
        Rehearsal(memory)(loading, backend)


@dataclass
class Ended:
    """A process that ends with a status, in the place of one that loads a model."""

    returncode: int
    tries: int = 0

    def __call__(self, *_: object, **__: object) -> "Ended":
        """Run it."""
        self.tries += 1
        return self


@pytest.mark.parametrize(("status", "tries"), [(0, 1), (1, 2)])
def test_only_what_was_loaded_is_remembered(
    status: int, tries: int, loading: Loading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is merely wrong passes, for it is said where it is loaded in earnest, and is tried again after it."""
    ended = Ended(status)
    monkeypatch.setattr(subprocess, "run", ended)
    for _ in range(2):
        Rehearsal(tmp_path / "rehearsed.json")(loading, "xllamacpp")
    assert ended.tries == tries


@pytest.mark.parametrize(
    ("status", "words"),
    [(-6, "SIGABRT"), (-11, "SIGSEGV"), (-99, "signal 99"), (3, "status 3"), (0xC0000005, "status 0xc0000005")],
)
def test_a_crash_is_known_on_every_platform(
    status: int, words: str, loading: Loading, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows a process that aborts ends with 3, and one that reads where it may not with a large number."""
    monkeypatch.setattr(subprocess, "run", Ended(status))
    with pytest.raises(ModelFileError, match=rf"makes llama\.cpp crash \({words}\): "):
        Rehearsal()(loading, "xllamacpp")


def test_another_package_is_another_model(loading: Loading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nobody named one: what one llama.cpp loads may crash the other."""
    ended = Ended(0)
    monkeypatch.setattr(subprocess, "run", ended)
    for there in (["xllamacpp"], ["llama-cpp-python", "xllamacpp"], ["xllamacpp"]):
        monkeypatch.setattr(rehearsal, "installed_backends", partial(tuple, there))
        Rehearsal(tmp_path / "rehearsed.json")(loading, None)
    assert ended.tries == 2


@pytest.mark.parametrize("content", [b"", b"[", b'{"a": 1}', b"[1, null]"])
def test_a_memory_that_cannot_be_read_costs_one_more_try(content: bytes, loading: Loading, tmp_path: Path) -> None:
    """Whatever stands in the file."""
    backend = need_backend("xllamacpp")
    memory = tmp_path / "rehearsed.json"
    memory.write_bytes(content)
    Rehearsal(memory)(loading, backend)
    assert str(loading.path) in memory.read_text()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_sound_file_is_loaded_after_its_rehearsal(backend: str, loading: Loading) -> None:
    """Nothing of the trial stays behind."""
    Rehearsal()(loading, need_backend(backend))
    model = load(loading, backend)
    assert model.complete(Prompt("a", ()), Decoding(1), lambda _: None).output_tokens <= 1
    model.close()
