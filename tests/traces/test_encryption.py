"""A sensitive trace is kept encrypted or not at all, and found by who has the passphrase."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmos.documents.frontmatter import parse
from llmos.errors import DocumentError, LLMosError
from llmos.traces.encryption import Page, Passphrase, new_salt, page_of
from tests.support.learned import MOVE, fill, learned, library

ONE = learned(sensitive=True)
TWO = learned(number=2.0, sensitive=True)
WORDS = "correct horse battery staple"
MINE, SALT = Passphrase(WORDS), new_salt()


def opened(text: str, passphrase: Passphrase = MINE) -> str | None:
    """What the page holds for who has this passphrase."""
    return passphrase.decrypt(page_of(parse(text, Path("page.md"))))


@settings(max_examples=30)
@given(st.text())
def test_what_is_encrypted_comes_back_for_the_same_words_only(text: str) -> None:
    """Byte for byte; for other words, and another salt, there is nothing."""
    page = MINE.encrypt(text, "a name", SALT)
    assert opened(page) == text
    assert opened(page, OTHER) is None


OTHER = Passphrase(WORDS + "!")


@pytest.mark.parametrize("part", ["salt", "tag", "hidden"])
def test_a_changed_page_cannot_be_read(part: str) -> None:
    """Neither the text nor what stands in clear beside it can be exchanged."""
    page = page_of(parse(MINE.encrypt("text", "name", SALT), Path("page.md")))
    changes = {"salt": new_salt(), "tag": "0" * 32, "hidden": page.hidden[:-1] + bytes([page.hidden[-1] ^ 1])}
    fields = {"salt": page.salt, "tag": page.tag, "hidden": page.hidden} | {part: changes[part]}
    assert MINE.decrypt(page) == "text"
    assert MINE.decrypt(Page(**fields)) is None  # type: ignore[arg-type]
    assert MINE.decrypt(Page(page.salt, page.tag, b"short")) is None


def test_a_page_that_is_torn_is_named() -> None:
    """Half a page is no text under other words."""
    with pytest.raises(DocumentError) as caught:
        opened(MINE.encrypt("text", "name", SALT)[:-3] + "!\n")
    assert str(caught.value) == "page.md:2: the encrypted text is not whole"


def test_a_page_tells_nothing_in_clear(tmp_path: Path) -> None:
    """Neither file nor name nor index hold a word of the goal, of what was done, or of whose it is."""
    with library(tmp_path, passphrase=WORDS) as mine:
        path = mine.add(tmp_path / "user", ONE)
        assert mine.exact(ONE.signature, "operator") == (ONE,)
        assert mine.similar(MOVE, 5, "operator") == ()
        assert mine.groups() == ()
        assert mine.path_of(ONE.id) == path
        assert [trace for _, trace in mine.all()] == [ONE]
    everything = b"".join(each.read_bytes() + each.name.encode() for each in tmp_path.rglob("*") if each.is_file())
    for word in (b"move", b"operator", b"arm", ONE.signature.encode(), ONE.id.encode(), WORDS.encode()):
        assert word not in everything.replace(b"removed", b"").replace(b"remove_diacritics", b"")
    assert path.name.startswith("encrypted-")


def test_only_who_has_the_passphrase_finds_it(tmp_path: Path) -> None:
    """Without it, or with another, the trace is not there, and nothing complains."""
    fill(tmp_path, [learned(number=3.0)])
    with library(tmp_path, passphrase=WORDS) as mine:
        mine.add(tmp_path / "user", ONE)
    said: list[str] = []
    for words in ("", "something else"):
        with library(tmp_path, said=said, passphrase=words) as theirs:
            theirs.refresh()
            assert theirs.exact(ONE.signature, "operator") == (learned(number=3.0),)
    assert said == []
    with library(tmp_path, passphrase=WORDS) as mine:
        assert mine.exact(ONE.signature, "operator") == (ONE, learned(number=3.0))
        assert mine.exact(ONE.signature, "coder") == ()


def test_the_same_sensitive_trace_counts_uses_and_stays_one_file(tmp_path: Path) -> None:
    """And all of a volume share a salt, so that keys are made once."""
    with library(tmp_path, passphrase=WORDS) as mine:
        paths = {mine.add(tmp_path / "user", each) for each in (ONE, ONE, TWO)}
        assert len(paths) == 2
        assert [trace.uses for trace in mine.exact(ONE.signature, "operator")] == [2, 1]
        assert len(mine._shelf.salts()) == 1


def test_without_a_passphrase_it_is_not_kept(tmp_path: Path) -> None:
    """Not even a folder is made."""
    with library(tmp_path) as opened_library, pytest.raises(LLMosError) as caught:
        opened_library.add(tmp_path / "user", ONE)
    assert str(caught.value) == (
        "a sensitive trace is kept encrypted or not at all; set LLMOS_TRACE_PASSPHRASE to keep it"
    )
    assert list((tmp_path / "user").iterdir()) == []


def test_without_the_package_it_is_not_kept_and_the_sentence_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Encrypting is an extra."""
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with library(tmp_path, passphrase=WORDS) as mine, pytest.raises(LLMosError) as caught:
        mine.add(tmp_path / "user", replace(ONE))
    assert str(caught.value) == (
        "an encrypted trace needs the package cryptography; get it with pip install 'llmos[exchange]'"
    )
    assert list((tmp_path / "user").iterdir()) == []
