"""A bundle travels whole or not at all, and what comes out of one is what a stranger says."""

import io
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from llmos.documents.document import hash_of
from llmos.errors import LLMosError, StorageError
from llmos.traces import bundle
from llmos.traces.bundle import Entry, Manifest, pack, take_up, texts, unpack
from llmos.traces.encryption import Passphrase, new_salt
from llmos.traces.trace_text import show
from tests.support.disks import tmpfs
from tests.support.learned import fill, learned, library

ONE, TWO = learned(number=1.0), learned(number=2.0)
WORDS = "correct horse battery staple"
MARK = "2026-02-01 b.llmos sha256:0123"


def packed(folder: Path, *found: str, name: str = "b.llmos") -> Path:
    """A bundle of these texts."""
    target = folder / name
    pack(target, found, "2026-02-01T00:00:00+00:00", "0.1.0")
    return target


def forged(folder: Path, lines: list[bytes], **changes: Any) -> Path:
    """A bundle written by somebody else: these lines under a manifest that says what it likes."""
    stated = [Entry(hash_of(show(ONE).encode()), len(show(ONE).encode()))]
    fields: dict[str, Any] = {"format": "llmos-traces", "version": 1, "created": "", "llmos": "", "traces": stated}
    manifest = fields | changes
    target = folder / "forged.llmos"
    target.write_bytes(zstandard.compress(b"\n".join([msgspec.json.encode(manifest), *lines]) + b"\n"))
    return target


LINE = msgspec.json.encode({"text": show(ONE)})


def test_what_is_packed_comes_out_again(tmp_path: Path) -> None:
    """Each trace as it was, and the same hash whoever packed them and when."""
    first = unpack(packed(tmp_path, show(ONE), show(TWO)))
    assert first.traces == (ONE, TWO)
    assert first.left_out == ()
    assert (first.agents, first.tools) == ({"operator": 2}, {"move_to": 2})
    second = pack(tmp_path / "again.llmos", [show(ONE), show(TWO)], "2027-01-01T00:00:00+00:00", "9.9")
    assert first.manifest.hash == second.hash != unpack(packed(tmp_path, show(ONE), name="c.llmos")).manifest.hash


def test_it_is_one_zstd_stream_that_anybody_can_read(tmp_path: Path) -> None:
    """Lines of JSON: a manifest, and the texts."""
    content = packed(tmp_path, show(ONE)).read_bytes()
    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content), read_across_frames=True) as stream:
        first, second = stream.read().splitlines()
    assert msgspec.json.decode(first, type=Manifest).traces == (Entry(hash_of(show(ONE).encode()), len(show(ONE))),)
    assert msgspec.json.decode(second) == {"text": show(ONE)}


def test_what_is_taken_up_is_marked_and_counts_as_never_used(tmp_path: Path) -> None:
    """Somebody else's uses are not ours; a trace of our own is not touched by the same one of theirs."""
    theirs = replace(ONE, uses=40, last_used="2026-01-31T00:00:00Z", rating=0.9)
    [mine] = fill(tmp_path, [TWO])
    before = mine.read_bytes()
    content = unpack(packed(tmp_path, show(theirs), show(replace(TWO, uses=9))))
    with library(tmp_path) as opened:
        kept, left_out = take_up(opened, tmp_path / "user", content, MARK)
        assert (len(kept), left_out) == (2, [])
        assert opened.exact(ONE.signature, "operator") == (replace(ONE, uses=0, imported=MARK), TWO)
    assert mine.read_bytes() == before


def test_taking_up_twice_changes_nothing(tmp_path: Path) -> None:
    """The same bundle again finds everything there."""
    content = unpack(packed(tmp_path, show(ONE)))
    with library(tmp_path) as opened:
        first = take_up(opened, tmp_path / "user", content, MARK)
        text = first[0][0].read_bytes()
        assert take_up(opened, tmp_path / "user", content, "later") == first
        assert first[0][0].read_bytes() == text


@pytest.mark.parametrize(
    ("changes", "lines", "sentence"),
    [
        ({"format": "notes"}, [LINE], " is a bundle of 'notes', version 1; this llmos reads llmos-traces 1"),
        ({"version": 2}, [LINE], " is a bundle of 'llmos-traces', version 2; this llmos reads llmos-traces 1"),
        ({"traces": [("sha256:0", 10**6)] * 201}, [LINE],
         " announces more than a bundle may hold, 20000 traces of 200 MB together"),
        ({"traces": [("sha256:0", 1)] * 20_001}, [LINE],
         " announces more than a bundle may hold, 20000 traces of 200 MB together"),
        ({"traces": [("sha256:0", -1)]}, [LINE], " is no bundle of traces: it does not begin with a manifest"),
        ({"traces": [("sha256:0", 10**7)]}, [LINE], " is no bundle of traces: it does not begin with a manifest"),
        ({"traces": "none"}, [LINE], " is no bundle of traces: it does not begin with a manifest"),
        ({}, [LINE, LINE], " is damaged: more follows than its manifest announces"),
        ({}, [], " is damaged: its trace 1 is not the one that its manifest announces"),
        ({}, [b"{}"], " is damaged: its trace 1 is not the one that its manifest announces"),
        ({}, [b'{"text": "' + b"a" * 10**7 + b'"}'],
         " is damaged: its trace 1 is not the one that its manifest announces"),
        ({}, [LINE.replace(b'\\"x\\": 1.0', b'\\"x\\": 9.0')],
         " is damaged: its trace 1 is not the one that its manifest announces"),
    ],
)  # fmt: skip
def test_a_bundle_that_is_not_what_it_says_is_refused(
    tmp_path: Path, changes: dict[str, Any], lines: list[bytes], sentence: str
) -> None:
    """All of it: nothing of a damaged bundle is taken up."""
    path = forged(tmp_path, lines, **changes)
    with pytest.raises(LLMosError) as caught:
        unpack(path)
    assert str(caught.value) == f"{path}{sentence}"


@pytest.mark.parametrize(
    "content", [b"", b"no bundle", zstandard.compress(b"\0" * 10**8), zstandard.compress(b"[" * 10**6)]
)
def test_what_is_no_bundle_is_refused(tmp_path: Path, content: bytes) -> None:
    """Also what would fill the memory when it is unpacked."""
    path = tmp_path / "b.llmos"
    path.write_bytes(content)
    with pytest.raises(LLMosError) as caught:
        unpack(path)
    assert str(caught.value).startswith(f"{path} is no bundle of traces")


def test_a_stream_that_wants_much_memory_is_refused(tmp_path: Path) -> None:
    """The window of a zstd stream is memory that the reader must have."""
    settings_ = zstandard.ZstdCompressionParameters(window_log=27, compression_level=3)
    stream = zstandard.ZstdCompressor(compression_params=settings_).compressobj()
    path = tmp_path / "b.llmos"
    path.write_bytes(stream.compress(b"{" * 2**28) + stream.flush())
    with pytest.raises(LLMosError) as caught:
        unpack(path)
    assert str(caught.value).startswith(f"{path} is no bundle of traces, or is damaged: zstd decompress error")


@settings(max_examples=60)
@given(st.data())
def test_a_changed_byte_is_noticed_or_changes_nothing(tmp_path: Path, data: st.DataObject) -> None:
    """Whatever a bad disk or a bad person does to a bundle, no other trace comes out."""
    path = tmp_path / "b.llmos"
    path.unlink(missing_ok=True)
    content = bytearray(packed(tmp_path, show(ONE), show(TWO)).read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[at] ^= data.draw(st.integers(1, 255))
    else:
        del content[at:]
    path.write_bytes(content)
    with suppress(LLMosError):
        assert unpack(path).traces == (ONE, TWO)


def test_texts_that_are_no_traces_are_left_out_and_named(tmp_path: Path) -> None:
    """The others are taken up."""
    path = packed(tmp_path, "# Notes\n", show(ONE), show(TWO).replace("move to {", "move from {"))
    content = unpack(path, objection=lambda trace: "it goes too far" if trace == ONE else "")
    assert content.traces == ()
    assert [each.partition(":")[0] for each in content.left_out] == [f"{path}, trace {n}" for n in (1, 2, 3)]
    assert content.left_out[1] == f"{path}, trace 2: it goes too far"
    assert content.left_out[2] == f"{path}, trace 3:1: its signature is not that of its skeleton"


def test_a_bundle_leads_nowhere(tmp_path: Path) -> None:
    """Where a file stands, and what it is called, is for the library to say: a bundle holds no paths."""
    goal = "../../../etc/passwd and /root/.ssh/authorized_keys"
    content = unpack(packed(tmp_path, show(learned(goal=goal))))
    with library(tmp_path / "home") as opened:
        [path], _ = take_up(opened, tmp_path / "home" / "user", content, MARK)
    assert path.parent == tmp_path / "home" / "user" / "traces"


def test_secrets_stay_at_home(tmp_path: Path) -> None:
    """Taken out of what was said; a trace that works with one is left out. The same holds for what comes in."""
    key = "sk-ant-" + "a" * 40
    told = replace(ONE, answer=f"The key is {key}.")
    doing = replace(TWO, steps=(replace(TWO.steps[0], args={"token": key}),))
    said: list[str] = []
    with library(tmp_path) as opened:
        [text] = texts(opened, [told, doing], said.append, sensitive=False)
        assert key not in text
        assert said == [f"the trace of '{TWO.goal}' is not kept: what it does needs a password, key or token"]
        content = unpack(packed(tmp_path, show(told), show(doing)))
        kept, left_out = take_up(opened, tmp_path / "user", content, MARK)
        assert left_out == said
        assert key not in kept[0].read_text("utf-8")


def test_sensitive_traces_travel_encrypted_or_not_at_all(tmp_path: Path) -> None:
    """They are told only when asked for, come out for who knows the words, and are encrypted anew where they land."""
    hidden = replace(ONE, sensitive=True)
    said: list[str] = []
    with library(tmp_path / "a", passphrase=WORDS) as opened:
        assert list(texts(opened, [hidden], said.append, sensitive=False)) == []
        [text] = texts(opened, [hidden], said.append, sensitive=True)
    assert said == [f"trace {ONE.id} is sensitive and was left out; --sensitive takes it along, encrypted"]
    path = packed(tmp_path, text)
    for passphrase in (None, Passphrase("other words")):
        assert unpack(path, passphrase).traces == ()
    assert unpack(path).left_out == (
        f"{path}, trace 1: it is encrypted; set LLMOS_TRACE_PASSPHRASE to the words that it was encrypted with",
    )
    content = unpack(path, Passphrase(WORDS))
    assert content.traces == (hidden,)
    with library(tmp_path / "b") as opened:
        kept, left_out = take_up(opened, tmp_path / "b" / "user", content, MARK)
        assert kept == []
        assert left_out == ["a sensitive trace is kept encrypted or not at all; set LLMOS_TRACE_PASSPHRASE to keep it"]
    with library(tmp_path / "b", passphrase="mine alone") as opened:
        take_up(opened, tmp_path / "b" / "user", content, MARK)
        assert opened.exact(ONE.signature, "operator") == (replace(hidden, uses=0, imported=MARK),)


def test_a_bundle_cannot_keep_us_busy_making_keys(tmp_path: Path) -> None:
    """Keys are made slowly on purpose, so a stranger may ask for few."""
    words = Passphrase(WORDS)
    pages = [words.encrypt(show(learned(number=n)), "name", new_salt()) for n in range(bundle._MOST_SALTS + 2)]
    content = unpack(packed(tmp_path, *pages), Passphrase(WORDS))
    assert (len(content.traces), len(content.left_out)) == (bundle._MOST_SALTS, 2)


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    """It may be somebody's only copy."""
    path = packed(tmp_path, show(ONE))
    with pytest.raises(LLMosError) as caught:
        packed(tmp_path, show(TWO))
    assert str(caught.value) == f"there is already a {path}; give another name, or remove it first"


def test_more_than_a_bundle_may_hold_is_not_written(tmp_path: Path) -> None:
    """What we write, we can read."""
    with pytest.raises(LLMosError) as caught:
        packed(tmp_path, *["a" * 10**6] * 201)
    assert str(caught.value) == (
        "this is more than a bundle may hold, 20000 traces of 200 MB together; export them in parts"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_no_half_bundle(tmp_path: Path) -> None:
    """A sentence, and nothing else."""
    with tmpfs(tmp_path / "disk", "size=64k") as disk:
        noise = [show(learned(number=n)) + str(hash_of(str(n).encode())) * 400 for n in range(400)]
        with pytest.raises(StorageError) as caught:
            packed(disk, *noise)
        assert str(caught.value) == (
            f"cannot write the bundle {disk}/b.llmos: the disk is full; free some space or set LLMOS_HOME to a folder "
            "on another disk"
        )
        assert list(disk.iterdir()) == []


def test_without_the_package_a_sentence_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exchanging traces is an extra."""
    path = packed(tmp_path, show(ONE))
    monkeypatch.setitem(sys.modules, "zstandard", None)
    for work in (lambda: unpack(path), lambda: packed(tmp_path, name="other.llmos")):
        with pytest.raises(LLMosError) as caught:
            work()
        assert str(caught.value) == (
            "a bundle of traces needs the package zstandard; get it with pip install 'llmos[exchange]'"
        )


def test_a_bundle_that_is_no_file_is_a_sentence(tmp_path: Path) -> None:
    """A folder, a pipe, nothing at all."""
    with pytest.raises(StorageError) as caught:
        unpack(tmp_path / "none")
    assert str(caught.value) == (
        f"cannot read the bundle {tmp_path}/none: No such file or directory; check the disk or set LLMOS_HOME to "
        "another folder"
    )
