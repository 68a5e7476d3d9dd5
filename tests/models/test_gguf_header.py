"""A file is read before native code maps it, and a broken one is one sentence."""

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmos.models.gguf_header import GgufHeader, ModelFileError, read_header
from tests.support.tiny_gguf import CONTROL, STATEFUL_TEMPLATE, write_mmproj, write_text_model


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good file."""
    path = tmp_path_factory.mktemp("whole") / "tiny.gguf"
    write_text_model(path)
    return path


def refusal(path: Path) -> str:
    """The sentence that reading `path` ends in."""
    with pytest.raises(ModelFileError) as caught:
        read_header(path)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_the_keys_that_a_chat_needs_are_read(whole: Path) -> None:
    """Architecture, context, template, control tokens, ends of text."""
    header = read_header(whole)
    assert header.architecture == "qwen3vl"
    assert header.context_tokens == 2048
    assert header.chat_template == STATEFUL_TEMPLATE
    assert set(header.control_tokens) == set(CONTROL)
    assert header.token("eos") == "<|im_end|>"
    assert header.token("bos") == ""
    assert not header.adds_bos


def test_a_projector_names_its_architecture_and_has_no_template(tmp_path: Path) -> None:
    """What tells the two kinds of file apart."""
    write_mmproj(tmp_path / "mmproj.gguf")
    header = read_header(tmp_path / "mmproj.gguf")
    assert header.architecture == "clip"
    assert header.chat_template is None
    assert header.control_tokens == ()
    assert header.context_tokens == 0


@pytest.mark.parametrize("tokens", [[7, 8], [["a"], ["b"]], [None, 1.5], "ab"])
def test_tokens_that_are_no_texts_steer_nothing(tokens: object) -> None:
    """A file may hold anything in place of them."""
    assert GgufHeader({"tokenizer.ggml.tokens": tokens, "tokenizer.ggml.token_type": [3, 3]}).control_tokens == ()


def test_a_file_that_is_no_gguf_is_refused(tmp_path: Path) -> None:
    """Also one that is too short to say what it is."""
    path = tmp_path / "page.gguf"
    for content in (b"<!DOCTYPE html>", b"GG", b""):
        path.write_bytes(content)
        assert refusal(path) == f"{path} is not a GGUF model file: it does not begin with the letters GGUF"


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    """The user's slip is told as one."""
    assert refusal(tmp_path / "no.gguf") == f"{tmp_path / 'no.gguf'} does not exist; give the path of a GGUF model file"
    assert refusal(tmp_path) == f"{tmp_path} is a folder, not a GGUF model file"


def test_another_version_is_named(tmp_path: Path) -> None:
    """Version 1 and whatever comes are not guessed at; big-endian files show as such."""
    path = tmp_path / "old.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 1, 0, 0))
    assert refusal(path) == f"{path} is GGUF version 1; versions 2 and 3 can be read"


def test_half_a_download_is_incomplete(whole: Path, tmp_path: Path) -> None:
    """The first tensor that does not fit is named."""
    half = tmp_path / "half.gguf"
    content = whole.read_bytes()
    half.write_bytes(content[: len(content) // 2])
    sentence = refusal(half)
    assert sentence.startswith(f"{half} is incomplete: tensor '")
    assert sentence.endswith(f"the file at byte {len(content) // 2}")


def test_a_header_that_ends_early_is_damaged(whole: Path, tmp_path: Path) -> None:
    """Cut within the keys."""
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(whole.read_bytes()[:200])
    assert refusal(cut).startswith(f"{cut} is damaged: its header ends or breaks at byte ")


def test_counts_that_no_file_could_hold_are_damage(tmp_path: Path) -> None:
    """No memory is asked for on a file's word alone."""
    path = tmp_path / "huge.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 2**60, 2**60))
    assert refusal(path) == f"{path} is damaged: its header ends or breaks at byte 16 of 24"


@settings(max_examples=150)
@given(place=st.integers(0, 12_000), byte=st.integers(0, 255), length=st.integers(0, 440_000))
def test_no_damage_raises_anything_but_a_sentence(
    whole: Path, tmp_path: Path, place: int, byte: int, length: int
) -> None:
    """One byte changed and the end cut off, anywhere."""
    content = bytearray(whole.read_bytes()[:length])
    if place < len(content):
        content[place] = byte
    path = tmp_path / "damaged.gguf"
    path.write_bytes(content)
    found: object
    try:
        found = read_header(path).architecture
    except ModelFileError as error:
        found = str(error).startswith(f"{path} is ")
    assert found is True or isinstance(found, str)
