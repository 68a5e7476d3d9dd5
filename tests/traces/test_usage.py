"""The sidecar of uses: whole lines only, from several processes at once, and a union when clones meet."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from llmos.clock import SimulatedClock
from llmos.errors import StorageError
from llmos.traces.usage import FILE, UNION, UsageLine, append, ensure_union, read_usage, slots_hash
from llmos.volumes.history import History
from llmos.volumes.remotes import Remote, clone
from tests.support.disks import tmpfs
from tests.support.repositories import person, repository

APPENDER = """
import sys
from pathlib import Path
from tests.traces.test_usage import use
from llmos.traces.usage import append
root, who, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for number in range(count):
    append(root, use(f"{who}-{number}"))
"""


def use(run_id: str, *, ok: bool = True, **more: object) -> UsageLine:
    """One use of the skill `draw`."""
    known = {
        "what": "skill",
        "name": "draw",
        "content_hash": "sha256:1",
        "slots_hash": "s",
        "at": "2026-11-20T09:00:00Z",
    }
    return UsageLine(run_id=run_id, ok=ok, **{**known, **more})  # type: ignore[arg-type]


def process(root: Path, who: str, count: int) -> "subprocess.Popen[bytes]":
    """A process of its own that counts so many uses."""
    folder = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.Popen([sys.executable, "-c", APPENDER, str(root), who, str(count)], env=environment, cwd=folder)


def runs(root: Path) -> list[str]:
    """The run ids in the sidecar, sorted."""
    return sorted(line.run_id for line in read_usage(root))


def test_what_is_counted_is_read_back(tmp_path: Path) -> None:
    """Every field, on one line of JSON each; a volume without uses has none."""
    assert read_usage(tmp_path) == ()
    first, second = use("a", tools={"Read": "sha256:2"}), use("b", ok=False, scenario="pick/7")
    append(tmp_path, first)
    append(tmp_path, second)
    assert read_usage(tmp_path) == (first, second)
    assert (tmp_path / FILE).read_text().count("\n") == 2


def test_a_line_of_a_later_version_is_read(tmp_path: Path) -> None:
    """A field that is not known yet does no harm."""
    append(tmp_path, use("a"))
    text = (tmp_path / FILE).read_text()
    (tmp_path / FILE).write_text(text.replace('{"what"', '{"mood":"calm","what"'))
    assert runs(tmp_path) == ["a"]


def test_equal_slots_have_equal_hashes() -> None:
    """In whatever order they stand; another value or another name is another hash."""
    assert slots_hash({"a": 1, "b": [0.5, 2]}) == slots_hash({"b": [0.5, 2], "a": 1})
    assert len({slots_hash(each) for each in ({}, {"a": 1}, {"a": 2}, {"b": 1}, {"a": "1"})}) == 5


def test_processes_that_count_at_once_lose_and_tear_nothing(tmp_path: Path) -> None:
    """Three real processes, 400 uses each, into one sidecar."""
    writers = [process(tmp_path, who, 400) for who in "abc"]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    torn: list[str] = []
    lines = read_usage(tmp_path, torn.append)
    assert torn == []
    assert sorted(line.run_id for line in lines) == sorted(f"{who}-{number}" for who in "abc" for number in range(400))


def test_a_torn_line_is_left_out_and_the_next_begins_anew(tmp_path: Path) -> None:
    """Half a line, as a crash leaves it: told with its place, and what follows is not glued to it."""
    append(tmp_path, use("a"), use("b"))
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-25])
    append(tmp_path, use("c"))
    told: list[str] = []
    assert [line.run_id for line in read_usage(tmp_path, told.append)] == ["a", "c"]
    assert told == [f"{path}:2: this is no whole line, so it does not count"]


@pytest.mark.parametrize(
    "rubbish", [b"\0\0\0\0", b"\xff\xfe{", b"[1, 2]", b'{"what":"skill"}', b"<<<<<<< ours", b"null"]
)
def test_rubbish_counts_for_nothing(tmp_path: Path, rubbish: bytes) -> None:
    """Whatever stands on a line that is no use; empty lines and Windows line ends are no rubbish."""
    append(tmp_path, use("a"))
    with (tmp_path / FILE).open("ab") as file:
        file.write(rubbish + b"\n\n\r\n")
    append(tmp_path, use("b"))
    told: list[str] = []
    assert [line.run_id for line in read_usage(tmp_path, told.append)] == ["a", "b"]
    assert len(told) == 1


def test_half_a_file_counts_for_half(tmp_path: Path) -> None:
    """Cut off at any byte, the whole lines before it count and nothing else does."""
    append(tmp_path, *(use(f"run-{number}") for number in range(5)))
    path = tmp_path / FILE
    whole = path.read_bytes()
    for cut in range(0, len(whole), 7):
        path.write_bytes(whole[:cut])
        ended = whole[:cut].count(b"\n") + (whole[cut : cut + 1] == b"\n")
        assert runs(tmp_path) == [f"run-{number}" for number in range(ended)]


def test_a_full_disk_is_one_sentence_and_harms_nothing(tmp_path: Path) -> None:
    """What stood there still counts, and the next use does when there is room again."""
    with tmpfs(tmp_path / "small", "size=64k") as root:
        append(root, use("a"))
        filler = root / "filler"
        with pytest.raises(OSError, match="No space left"):
            filler.write_bytes(bytes(1 << 20))
        with pytest.raises(StorageError, match=r"cannot count a use in .*usage\.jsonl: the disk") as refused:
            append(root, *(use(f"long-{number}") for number in range(200)))
        assert "free some space" in str(refused.value)
        filler.unlink()
        append(root, use("z"))
        counted = runs(root)
        assert counted[0] == "a"
        assert counted[-1] == "z"


def test_a_folder_that_refuses_is_one_sentence(tmp_path: Path) -> None:
    """Where a folder must be, there is a file."""
    (tmp_path / "volume").write_text("")
    with pytest.raises(StorageError, match="cannot count a use in"):
        append(tmp_path / "volume", use("a"))
    with pytest.raises(StorageError, match="cannot read"):
        read_usage(tmp_path / "volume")


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_in_a_volume_leads_nowhere(tmp_path: Path) -> None:
    """A sidecar or attributes that somebody made a link: nothing is written through it, nothing is copied from it."""
    outside = tmp_path / "outside"
    outside.write_text("secret\n")
    volume = repository(tmp_path / "volume", {"a.md": "a"})
    (volume / FILE).symlink_to(outside)
    (volume / ".gitattributes").symlink_to(outside)
    with pytest.raises(StorageError, match="cannot count a use in"):
        append(volume, use("a"))
    assert outside.read_text() == "secret\n"
    assert (volume / ".gitattributes").is_symlink()


def test_an_old_volume_gets_the_attribute_once(tmp_path: Path) -> None:
    """With the first use, below what stands there already; a folder that is no repository gets none."""
    volume = repository(tmp_path / "old", {".gitattributes": "*.png binary"})
    append(volume, use("a"))
    append(volume, use("b"))
    assert (volume / ".gitattributes").read_text() == f"*.png binary\n{UNION}\n"
    assert ensure_union(volume) is False
    append(tmp_path, use("a"))
    assert not (tmp_path / ".gitattributes").exists()


@pytest.mark.parametrize("line", [UNION, "*.jsonl merge=union", "/usage.jsonl text merge=union"])
def test_a_volume_that_has_the_attribute_keeps_its_file(tmp_path: Path, line: str) -> None:
    """In any of the forms in which it covers the sidecar."""
    volume = repository(tmp_path / "volume", {".gitattributes": f"{line}\n"})
    assert ensure_union(volume) is False
    assert (volume / ".gitattributes").read_text() == f"{line}\n"


def test_clones_merge_to_the_union(tmp_path: Path) -> None:
    """Real git: both sides counted, one of them with a torn last line; every whole line is there once, no conflict."""
    origin = repository(tmp_path / "origin", {".gitattributes": f"{UNION}\n"})
    append(origin, use("base"))
    person(origin, "add", "--all")
    person(origin, "commit", "--quiet", "--message", "Count")
    mine = History(tmp_path / "mine", SimulatedClock())
    clone(str(origin), mine)
    append(origin, use("theirs-1"), use("both"), use("theirs-2"))
    with (origin / FILE).open("ab") as file:
        file.write(b'{"what":"skill","na')
    person(origin, "commit", "--quiet", "--all", "--message", "Count more")
    append(mine.root, use("mine-1"), use("both"), use("mine-2"))
    mine.commit([Path(FILE)], "Count mine")
    commit = Remote(mine).fetch()
    assert commit is not None
    assert Remote(mine).merge(commit)
    assert sorted({line.run_id for line in read_usage(mine.root)}) == [
        "base", "both", "mine-1", "mine-2", "theirs-1", "theirs-2",
    ]  # fmt: skip
    assert "<<<<" not in (mine.root / FILE).read_text()
    append(mine.root, use("after"))
    assert "after" in runs(mine.root)
