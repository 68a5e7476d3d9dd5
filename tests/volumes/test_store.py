"""What is kept between starts: believed only where the file agrees, rebuilt when damaged, done without when refused."""

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from llmos.clock import SimulatedClock
from llmos.documents.document import hash_of
from llmos.volumes.registry import Registry
from llmos.volumes.row import Row
from llmos.volumes.store import Store
from tests.support.disks import remount_read_only, tmpfs
from tests.support.volumes import volume, write_agent, write_skill

ROOT = Path(__file__).parents[2]
_LATER = datetime(2999, 1, 1, tzinfo=UTC)  # so that files just written count as settled


def test_second_start_reads_no_document_that_did_not_change(tmp_path: Path) -> None:
    """A row whose file looks the same is taken as it is: the name that was stored is answered, not read again."""
    write_agent(tmp_path / "v", "operator")
    path = tmp_path / "store.sqlite"
    _index(tmp_path, path)
    store = Store(path)
    rows = store.rows(tmp_path / "v")
    (row,) = rows.values()
    row.description = "From the store."
    store.save({str(tmp_path / "v"): ([row], {row.path: row})}, [])
    assert Registry([volume(tmp_path / "v")], store).agents()[0].description == "From the store."


def test_edits_between_starts_are_found(tmp_path: Path) -> None:
    """Changed, new and deleted files are seen at the next start; nothing stale is answered."""
    agent, gone = write_agent(tmp_path / "v", "operator"), write_agent(tmp_path / "v", "painter")
    path = tmp_path / "store.sqlite"
    _index(tmp_path, path)
    agent.write_text(agent.read_text().replace("Does things.", "Does other."))
    gone.unlink()
    write_skill(tmp_path / "v", "draw")
    registry = Registry([volume(tmp_path / "v")], Store(path))
    assert [(entry.name, entry.description) for entry in registry.agents()] == [("operator", "Does other.")]
    assert [entry.name for entry in registry.skills()] == ["draw"]


@pytest.mark.parametrize("damage", ["garbage", "truncated", "emptied", "rows", "version", "folder"])
def test_damaged_store_is_made_anew(tmp_path: Path, damage: str) -> None:
    """Whatever happened to the file, the documents are right, and the start after that is warm again."""
    write_agent(tmp_path / "v", "operator")
    path = tmp_path / "store.sqlite"
    _index(tmp_path, path)
    _damage(path, damage)
    for _ in range(2):
        store = Store(path)
        assert [entry.name for entry in Registry([volume(tmp_path / "v")], store).agents()] == ["operator"]
        store.close()
    if damage != "folder":
        assert list(Store(path).rows(tmp_path / "v")) == [str(tmp_path / "v/agents/operator.md")]


def test_store_on_a_read_only_disk_is_read(tmp_path: Path) -> None:
    """A read-only home serves what was stored, and new texts are kept in memory."""
    write_agent(tmp_path / "v", "operator", body="Old.")
    with tmpfs(tmp_path / "disk", "size=4m") as disk:
        _index(tmp_path, disk / "store.sqlite")
        remount_read_only(disk)
        store = Store(disk / "store.sqlite")
        assert len(store.rows(tmp_path / "v")) == 1
        registry = Registry([volume(tmp_path / "v")], store)
        snapshot = registry.snapshot()
        write_agent(tmp_path / "v", "operator", body="New.")
        assert registry.agent("operator").body == "New."
        later = registry.snapshot()
        write_agent(tmp_path / "v", "operator", body="Newest.")
        registry.refresh()
        assert (snapshot.agent("operator").body, later.agent("operator").body) == ("Old.", "New.")
        store.close()


def test_store_on_a_full_disk_is_done_without(tmp_path: Path) -> None:
    """No space for the store is no reason not to find the documents."""
    for number in range(30):
        write_skill(tmp_path / "v", f"s{number}", body="x" * 4000)
    with tmpfs(tmp_path / "disk", "size=64k") as disk:
        store = Store(disk / "store.sqlite")
        registry = Registry([volume(tmp_path / "v")], store)
        assert len(registry.skills()) == 30
        skill = tmp_path / "v/skills/s7/SKILL.md"
        snapshot = registry.snapshot()
        skill.write_text("---\nname: s7\n---\nnew\n")
        registry.refresh()
        assert snapshot.skill("s7").body == "x" * 4000
        store.close()


def test_two_processes_share_a_store(tmp_path: Path) -> None:
    """Both index at once; each finds everything, and the store is whole afterwards."""
    for number in range(50):
        write_skill(tmp_path / "v", f"s{number}")
    script = (
        "import sys; from pathlib import Path; from llmos.volumes.registry import Registry\n"
        "from llmos.volumes.store import Store; from llmos.volumes.volume import open_volume\n"
        "root = Path(sys.argv[1])\n"
        "assert len(Registry([open_volume(root / 'v', 'user')], Store(root / 'store.sqlite')).skills()) == 50\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT) for _ in range(3)]
    assert [process.wait() for process in started] == [0, 0, 0]
    assert len(Store(tmp_path / "store.sqlite").rows(tmp_path / "v")) == 50


def test_old_texts_that_no_row_needs_are_forgotten(tmp_path: Path) -> None:
    """A text stays while a row needs it or a run may; after some days the others go with the day's first save."""
    clock = SimulatedClock()
    store = Store(tmp_path / "store.sqlite", clock)
    used, unused, recent, today = (_row(name) for name in ("used", "unused", "recent", "today"))
    store.save({}, [(unused, b"unused")])
    store.save({"v": ([used], {"used": used})}, [(used, b"used")])
    clock.advance(timedelta(days=2).total_seconds())
    store.save({}, [(recent, b"recent")])
    assert store.content(unused) == b"unused"
    clock.advance(timedelta(days=1).total_seconds())
    store.save({}, [(today, b"today")])
    assert [store.content(row) for row in (used, unused, recent, today)] == [b"used", None, b"recent", b"today"]
    store.close()
    assert store.content(used) is None


def test_text_that_does_not_match_its_hash_is_not_given(tmp_path: Path) -> None:
    """A row of another store, or damage that SQLite does not see, yields nothing rather than another text."""
    store = Store(tmp_path / "store.sqlite")
    one, other = _row("one"), _row("other")
    store.save({}, [(one, b"one"), (other, b"other")])
    one.place, other.place = other.place, one.place
    assert (store.content(one), store.content(other)) == (None, None)


@pytest.mark.parametrize("after", ["hello", None], ids=["written", "deleted"])
def test_an_empty_page_alone_is_kept_and_found_again(tmp_path: Path, after: str | None) -> None:
    """SQLite has nothing where an empty value is cut, and no row must break for it: a stop looks here for names."""
    write_agent(tmp_path / "v", "operator")
    path, page = tmp_path / "store.sqlite", tmp_path / "v" / "robots" / "mine.md"
    _index(tmp_path, path)
    page.parent.mkdir(exist_ok=True)
    page.touch()
    _index(tmp_path, path)
    if after is None:
        page.unlink()
    else:
        page.write_text(after)
    assert [agent.name for agent in Registry([volume(tmp_path / "v")], Store(path)).agents()] == ["operator"]


def test_few_changes_are_kept_beside_the_many_rows(tmp_path: Path) -> None:
    """Edits and removals after a large save read back as one; so they do after the next large save."""
    rows = {f"r{number}": _row(f"r{number}") for number in range(300)}
    store = Store(tmp_path / "store.sqlite")
    store.save({"v": (list(rows.values()), rows)}, [])
    other = _row("other")
    other.path = "r1"
    store.save({"v": ([], {"r0": None, "r1": other})}, [(other, b"other")])
    kept = store.rows(Path("v"))
    assert len(kept) == 299
    assert "r0" not in kept
    assert store.content(kept["r1"]) == b"other"
    store.save({"v": (list(rows.values()), rows)}, [])
    assert store.rows(Path("v")).keys() == rows.keys()


def test_failed_save_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    """Half a save does not count: texts come with the rows that know them, or not at all."""
    store = Store(tmp_path / "store.sqlite")
    row = _row("one")
    assert store.save({"v": ([row], {"one": row})}, [(row, b"one")])
    broken = Row(kind="agent", path="\udc80", signature=(1, 1, 1, 1))
    assert not store.save({"v": ([broken], {"x": broken})}, [(broken, b"two")])
    assert list(store.rows(Path("v"))) == ["one"]
    assert store.content(row) == b"one"


def test_commits_that_were_looked_up_are_remembered(tmp_path: Path) -> None:
    """Answers of `History.head` survive a restart; only the newest thousand are kept."""
    store = Store(tmp_path / "store.sqlite")
    assert store.heads() == {}
    store.save_heads({f"key {number}": str(number) for number in range(1500)})
    store.close()
    heads = Store(tmp_path / "store.sqlite").heads()
    assert len(heads) == 1000
    assert heads["key 1499"] == "1499"


def _row(text: str) -> Row:
    return Row(kind="agent", path=text, signature=(1, 1, 1, 1), content_hash=hash_of(text.encode()), usable=True)


def _index(tmp_path: Path, path: Path) -> None:
    store = Store(path)
    Registry([volume(tmp_path / "v")], store, clock=SimulatedClock(_LATER)).refresh()
    store.close()


def _damage(path: Path, damage: str) -> None:
    if damage == "garbage":
        path.write_bytes(b"no database" * 500)
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:5000])
    elif damage == "emptied":
        path.write_bytes(b"")
    elif damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        base = sqlite3.connect(path)
        base.execute("UPDATE edits SET row = ?", (b"\xc1",)) if damage == "rows" else base.execute(
            "PRAGMA user_version = 9"
        )
        base.commit()
        base.close()
