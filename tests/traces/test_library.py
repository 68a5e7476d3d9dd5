"""The library says what the files say, whoever changed them, and finds the trace of a goal without reading them all."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmos.documents.document import text_hash
from llmos.documents.frontmatter import read_document
from llmos.documents.keys import read
from llmos.documents.memory_rules import MemoryRules
from llmos.errors import LLMosError, StorageError
from llmos.settings import system_root
from llmos.traces.library import TraceLibrary
from llmos.traces.schema import MIGRATIONS
from llmos.traces.stamps import UNSETTLED, look, settled, stamp_of
from llmos.traces.trace import Trace
from llmos.traces.trace_text import read_trace, show
from tests.support.disks import remount_read_only, tmpfs
from tests.support.learned import MOVE, fill, learned, library
from tests.support.repositories import person, repository

RULES = read(MemoryRules, read_document(system_root() / "kernel" / "memory.md"))
SIGNATURE = text_hash(MOVE)
ONE, TWO, OTHER = learned(number=1.0), learned(number=2.0), learned("go home", number=3.0)


def exact(opened: TraceLibrary, trace: Trace = ONE) -> tuple[Trace, ...]:
    """The traces of the goal of this one."""
    return opened.exact(trace.signature, trace.agent)


def test_a_trace_is_found_by_its_goal_and_its_agent(tmp_path: Path) -> None:
    """Whole, as it was kept, and the oldest first; another skeleton or agent has none of it."""
    later = replace(TWO, created="2026-01-02T00:00:00Z")
    fill(tmp_path, [later, ONE, OTHER])
    with library(tmp_path) as opened:
        assert exact(opened) == (ONE, later)
        assert exact(opened, OTHER) == (OTHER,)
        assert opened.exact(SIGNATURE, "coder") == ()
        assert opened.exact(text_hash("stop"), "operator") == ()


def test_a_kept_trace_is_a_text_that_travels(tmp_path: Path) -> None:
    """The file is what the text form says, readable by whoever may read the volume."""
    [path] = fill(tmp_path, [ONE])
    assert path.parent == tmp_path / "user" / "traces"
    assert path.read_text("utf-8") == show(ONE)
    assert read_trace(path) == ONE
    assert stat.S_IMODE(path.stat().st_mode) == 0o644 or sys.platform == "win32"


def test_a_home_behind_a_link_is_a_home(tmp_path: Path) -> None:
    """Whoever commits what was kept finds it below the folder that he named."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    home = tmp_path / "link"
    [path] = fill(home, [ONE])
    assert path.parent == home / "user" / "traces"
    with library(home) as opened:
        assert exact(opened) == (ONE,)
        [gone] = opened.prune(home / "user", RULES, datetime(2099, 1, 1, tzinfo=UTC), lambda *_: None)
        assert gone.path == path
    assert not path.exists()


def test_the_same_trace_counts_uses_and_stays_one_file(tmp_path: Path) -> None:
    """What a person wrote into the file, or called it, stays."""
    [path] = fill(tmp_path, [ONE])
    mine = path.with_name("my favourite.md")
    mine.write_text(path.read_text("utf-8").replace("agent: operator", "agent: operator   # the careful one"), "utf-8")
    path.unlink()
    again = replace(ONE, created="2026-02-01T00:00:00Z", run_id="20260201-000000-bbbbbb")
    assert fill(tmp_path, [again, again]) == [mine, mine]
    assert [each.name for each in mine.parent.iterdir()] == ["my favourite.md"]
    assert "# the careful one" in mine.read_text("utf-8")
    with library(tmp_path) as opened:
        assert exact(opened) == (replace(ONE, uses=3, last_used="2026-02-01T00:00:00Z"),)


@pytest.mark.parametrize("sensitive", [False, True])
def test_a_trace_that_is_learned_anew_rests_on_what_is_there_now(tmp_path: Path, sensitive: bool) -> None:
    """After an edit of the agent or a tool the same steps, planned again, can be replayed again; uses add up."""
    old = replace(ONE, sensitive=sensitive)
    step = replace(ONE.steps[0], tool_version=text_hash("a newer move_to"))
    new = replace(old, steps=(step,), agent_hash=text_hash("edited"), created="2026-02-01T00:00:00Z", run_id="r2")
    older, brought = replace(new, created="2025-01-01T00:00:00Z"), replace(new, imported="from a friend")
    with library(tmp_path, passphrase="correct horse") as opened:
        (tmp_path / "user").mkdir(exist_ok=True)
        paths = {opened.add(tmp_path / "user", each) for each in (old, older, brought)}
        assert [(each.agent_hash, each.uses) for each in exact(opened)] == [(ONE.agent_hash, 3)]
        paths.add(opened.add(tmp_path / "user", new))
        [kept] = exact(opened)
    assert len(paths) == 1
    assert (kept.agent_hash, kept.steps, kept.run_id, kept.uses) == (new.agent_hash, new.steps, "r2", 4)


def test_only_the_volumes_given_are_seen(tmp_path: Path) -> None:
    """A trace of a volume that is not trusted, and so not given, is never seen, though the index may know it."""
    fill(tmp_path, [ONE], "user")
    fill(tmp_path, [TWO], "volumes/theirs")
    with library(tmp_path, "user", "volumes/theirs") as opened:
        assert exact(opened) == (ONE, TWO)
        assert opened.groups() == ((SIGNATURE, "operator", 2),)
    with library(tmp_path, "user") as opened:
        assert exact(opened) == (ONE,)
        assert opened.similar(MOVE, 5, "operator") == ((ONE, 1.0),)
        assert [trace for _, trace in opened.all()] == [ONE]
        assert opened.groups() == ((SIGNATURE, "operator", 1),)
        with pytest.raises(LLMosError) as caught:
            opened.add(tmp_path / "volumes" / "theirs", OTHER)
        assert str(caught.value) == f"{tmp_path}/volumes/theirs is no volume of this library; known are: user"
        with pytest.raises(LLMosError) as caught:
            opened.remove([tmp_path / "journals" / "a.jsonl"])
        assert str(caught.value) == f"{tmp_path}/journals/a.jsonl is no trace of this library; known are: user"


@pytest.mark.parametrize("later_ns", [10**9, 0], ids=["long ago", "just now"])
@pytest.mark.parametrize("opened_before", [True, False], ids=["an open library", "a new process"])
def test_what_a_person_or_git_changes_counts_at_the_next_question(
    tmp_path: Path, opened_before: bool, later_ns: int
) -> None:
    """Edited in place, replaced, deleted, added, brought back: the answer is what the files say at that moment."""
    first, second = fill(tmp_path, [ONE, TWO])
    text = first.read_text("utf-8")
    opened = library(tmp_path, later_ns=later_ns)
    exact(opened)

    def answer() -> list[float]:
        nonlocal opened
        if not opened_before:
            opened.close()
            opened = library(tmp_path, later_ns=later_ns)
        return sorted(trace.steps[0].args["x"] for trace in exact(opened))

    assert answer() == [1.0, 2.0]
    first.write_text(text.replace('"x": 1.0', '"x": 1.25'), "utf-8")
    assert answer() == [1.25, 2.0]
    other = first.with_suffix(".new")
    other.write_text(text, "utf-8")
    other.replace(first)
    assert answer() == [1.0, 2.0]
    first.unlink()
    assert answer() == [2.0]
    first.with_name("another name.md").write_text(text, "utf-8")
    assert answer() == [1.0, 2.0]
    second.unlink()
    first.with_name("another name.md").unlink()
    assert answer() == []
    opened.close()


def test_a_file_that_became_about_another_goal_is_found_there(tmp_path: Path) -> None:
    """Saved in place, so that its folder tells nothing: the old goal loses it at once, the new one finds it."""
    path, _ = fill(tmp_path, [ONE, TWO])
    with library(tmp_path) as opened:
        assert exact(opened) == (ONE, TWO)
        path.write_text(show(OTHER), "utf-8")
        assert exact(opened, OTHER) == (OTHER,)
        assert exact(opened) == (TWO,)


def test_a_hit_that_no_longer_is_one_is_left_out(tmp_path: Path) -> None:
    """The row says one thing, the file another: the file counts."""
    path, _ = fill(tmp_path, [ONE, TWO])
    with library(tmp_path) as opened:
        assert exact(opened) == (ONE, TWO)
        path.write_text(show(OTHER), "utf-8")
        assert exact(opened) == (TWO,)
        assert exact(opened, OTHER) == (OTHER,)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (show(ONE)[:300].encode(), "1: "),
        (b"", "1: "),
        (b"\xff\xfe\x00", "1: the file is not UTF-8; save it as UTF-8"),
        (b"# Notes\n", "1: "),
        (show(ONE).replace("move to {point}", "move away from {point}").encode(),
         "1: its signature is not that of its skeleton"),
        (b"---\nencrypted: rot13\n---\nabc\n",
         "2: 'encrypted' is no way that this llmos knows; known is: chacha20poly1305-scrypt-1"),
        (b"---\nencrypted: chacha20poly1305-scrypt-1\nsalt: 00\n---\nabc\n", "2: the encrypted text is not whole"),
    ],
    ids=["half", "empty", "bytes", "prose", "forged", "unknown", "torn"],
)  # fmt: skip
def test_a_broken_file_stays_out_and_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    """Once when it is met and at each refresh; the others are found all the same."""
    fill(tmp_path, [ONE])
    broken = tmp_path / "user" / "traces" / "broken.md"
    broken.write_bytes(content)
    said: list[str] = []
    with library(tmp_path, said=said) as opened:
        assert exact(opened) == (ONE,)
        assert exact(opened) == (ONE,)
        assert len(said) >= 1
        said.clear()
        opened.refresh()
        assert [each.startswith(f"{broken}:{sentence}") for each in said[-1:]] == [True]
        broken.write_text(show(TWO), "utf-8")
        assert exact(opened) in ((ONE, TWO), (ONE,))
        opened.refresh()
        assert exact(opened) == (ONE, TWO)


def test_what_is_no_file_of_the_volume_is_not_read(tmp_path: Path) -> None:
    """A link may lead out of the volume, a pipe would be waited for; half-written files begin with a dot."""
    elsewhere = tmp_path / "elsewhere.md"
    elsewhere.write_text(show(TWO), "utf-8")
    [path] = fill(tmp_path, [ONE])
    path.with_name("link.md").symlink_to(elsewhere)
    path.with_name(".half.md").write_text(show(TWO), "utf-8")
    path.with_name("folder.md").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(path.with_name("pipe.md"))
    with library(tmp_path) as opened:
        opened.refresh()
        assert [trace for _, trace in opened.all()] == [ONE]
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "traces").symlink_to(path.parent)
    with library(tmp_path, "linked") as opened:
        assert exact(opened) == ()


@pytest.mark.parametrize("damage", ["no database", "rotten page", "rotten trace", "gone"])
def test_a_damaged_index_is_made_anew_while_it_is_asked(tmp_path: Path, damage: str) -> None:
    """No answer is lost, none is wrong, and a sentence says what was done."""
    fill(tmp_path, [ONE, TWO, *(learned(f"go to room {number}") for number in range(40))])
    index = tmp_path / "index.sqlite"
    said: list[str] = []
    with library(tmp_path) as opened:
        exact(opened)
    content = bytearray(index.read_bytes())
    if damage == "rotten trace":
        connection = sqlite3.connect(index)
        connection.execute("UPDATE traces SET trace = zeroblob(100), stamp = stamp")
        connection.commit()
        connection.close()
    elif damage == "gone":
        index.unlink()
    else:
        start = 0 if damage == "no database" else 8192
        content[start:] = b"\xff" * (len(content) - start)
        index.write_bytes(content)
    with library(tmp_path, said=said) as opened:
        assert exact(opened) == (ONE, TWO)
    told = [f"the index {index} was damaged" in each for each in said]
    assert told == ([True] if damage in {"no database", "rotten page"} else [])


def test_an_index_that_rots_under_us_is_made_anew(tmp_path: Path) -> None:
    """Damage that shows in the middle of a question ends no run."""
    fill(tmp_path, [ONE, *(learned(f"go to room {number}") for number in range(200))])
    said: list[str] = []
    with library(tmp_path, said=said) as opened:
        exact(opened)
        opened._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        opened._connection.execute("PRAGMA cache_size = 0")
        index = tmp_path / "index.sqlite"
        with index.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * (index.stat().st_size - 4096))
        opened._connection.execute("PRAGMA shrink_memory")
        assert exact(opened) == (ONE,)
    assert [each.partition(" (")[0] for each in said] == [f"the index {index} was damaged"]
    assert (tmp_path / "index.damaged.sqlite").exists()


def test_an_index_of_a_newer_llmos_is_left_alone(tmp_path: Path) -> None:
    """The question is answered from the files."""
    fill(tmp_path, [ONE])
    connection = sqlite3.connect(tmp_path / "index.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    said: list[str] = []
    with library(tmp_path, said=said) as opened:
        assert exact(opened) == (ONE,)
    [sentence] = said
    assert sentence == (
        f"the index {tmp_path}/index.sqlite cannot be used (its version 99 is newer than the {len(MIGRATIONS)} of this "
        "llmos); for this command it is kept in memory"
    )


LEARNER = """
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tests.support.learned import learned, library
home, who = Path(sys.argv[1]), float(sys.argv[2])
with library(home) as opened:
    for number in range(20):
        opened.add(home / "user", learned(number=100 * who + number))
        opened.add(home / "user", replace(learned("go home"), created=f"2026-01-01T00:00:{number:02}Z"))
        assert len(opened.exact(learned().signature, "operator")) > number
"""


def test_processes_that_learn_at_once_lose_nothing(tmp_path: Path) -> None:
    """Each trace of each is there, and what all of them learned counts each time."""
    command = [sys.executable, "-c", LEARNER, str(tmp_path)]
    learners = [
        subprocess.Popen([*command, str(who)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for who in (1, 2, 3)
    ]
    assert [(each.communicate()[0], each.returncode) for each in learners] == [("", 0)] * 3
    with library(tmp_path) as opened:
        assert len(exact(opened)) == 60
        [trace] = exact(opened, learned("go home"))
        assert trace.uses == 60


KILLED = """
import os, sys
from pathlib import Path
from llmos.traces import library as room
from tests.support.learned import learned, library
home = Path(sys.argv[1])
class Killed(room.TraceLibrary):
    def _settled(self, question):
        if (home / "user" / "traces").is_dir():
            os._exit(9)
        return super()._settled(question)
opened = library(home)
opened.__class__ = Killed
opened.add(home / "user", learned())
"""


def test_a_crash_between_file_and_index_loses_nothing(tmp_path: Path) -> None:
    """The file stands, the index does not know it: the next question finds it."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert done.returncode == 9
    assert len(list((tmp_path / "user" / "traces").iterdir())) == 1
    with library(tmp_path) as opened:
        assert exact(opened) == (ONE,)


def test_a_full_disk_is_a_sentence_and_leaves_no_half_trace(tmp_path: Path) -> None:
    """What is known stays known; with some space again, learning goes on."""
    with tmpfs(tmp_path / "disk", "size=600k") as disk:
        fill(disk, [ONE])
        said: list[str] = []
        with library(disk, said=said) as opened:
            assert exact(opened) == (ONE,)
            ballast = disk / "ballast"
            ballast.write_bytes(b"b" * os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize)
            with pytest.raises(StorageError) as caught:
                opened.add(disk / "user", TWO)
            assert str(caught.value) == (
                f"cannot keep the trace {disk}/user/traces/move-to-2-0-0-0-{TWO.id}.md: "
                "the disk is full; free some space or set LLMOS_HOME to a folder on another disk"
            )
            assert exact(opened) == (ONE,)
            assert len(list((disk / "user" / "traces").iterdir())) == 1
            ballast.unlink()
            opened.add(disk / "user", TWO)
            assert exact(opened) == (ONE, TWO)


def test_a_read_only_home_answers_all_the_same(tmp_path: Path) -> None:
    """To look for a trace needs no permission to write."""
    with tmpfs(tmp_path / "disk", "size=2m") as disk:
        fill(disk, [ONE])
        remount_read_only(disk)
        said: list[str] = []
        with library(disk, said=said) as opened:
            assert exact(opened) == (ONE,)
        assert [each.partition(" (")[0] for each in said] == [f"the index {disk}/index.sqlite cannot be used"]


def test_a_busy_index_keeps_answering(tmp_path: Path) -> None:
    """Another process writes for longer than we wait: what is known is said, what is new comes later."""
    fill(tmp_path, [ONE])
    said: list[str] = []
    with library(tmp_path, said=said) as opened:
        assert exact(opened) == (ONE,)
        opened._connection.execute("PRAGMA busy_timeout = 1")
        other = sqlite3.connect(tmp_path / "index.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        path = tmp_path / "user" / "traces" / "new.md"
        path.write_text(show(TWO), "utf-8")
        assert exact(opened) == (ONE,)
        other.execute("ROLLBACK")
        other.close()
        assert exact(opened) == (ONE, TWO)
    assert said == [f"the index {tmp_path}/index.sqlite cannot take up what is new (database is locked)"]


def test_what_sqlite_refuses_is_a_sentence(tmp_path: Path) -> None:
    """Another program took a table away."""
    fill(tmp_path, [ONE])
    with library(tmp_path, said=[]) as opened:
        opened._connection.execute("DROP TABLE traces")
        with pytest.raises(StorageError) as caught:
            exact(opened)
    assert str(caught.value) == (
        f"the index {tmp_path}/index.sqlite refused: no such table: traces; the traces are whole, "
        "`llmos trace reindex` reads them"
    )


def test_a_secret_is_taken_out_of_what_was_said_and_kept_from_being_done(tmp_path: Path) -> None:
    """In an answer it is removed; a trace that needs it to do its work is not kept."""
    key = "sk-ant-" + "a" * 40
    leaky = replace(ONE, answer=f"I used {key} and hunter2hunter2.")
    [path] = fill(tmp_path, [leaky])
    assert read_trace(path).answer == "I used [secret removed] and [secret removed]."
    with library(tmp_path) as opened:
        step = replace(TWO.steps[0], args={"token": key})
        with pytest.raises(LLMosError) as caught:
            opened.add(tmp_path / "user", replace(TWO, steps=(step,)))
        assert str(caught.value) == (
            "the trace of 'move to (2.0, 0, 0.5)' is not kept: what it does needs a password, key or token"
        )
        assert [trace for _, trace in opened.all()] == [replace(leaky, answer=read_trace(path).answer)]


def test_rebuilding_finds_what_was_there(tmp_path: Path) -> None:
    """The index holds nothing that the files do not say."""
    fill(tmp_path, [ONE, TWO, OTHER])
    with library(tmp_path) as opened:
        before = [*opened.all()]
        assert opened.rebuild() == 3
        assert [*opened.all()] == before


def test_a_trace_is_found_by_its_id(tmp_path: Path) -> None:
    """An id with a slip gets the nearest one."""
    [path] = fill(tmp_path, [ONE])
    with library(tmp_path) as opened:
        assert opened.path_of(ONE.id) == path
        slip = ONE.id[:-1] + "x"
        with pytest.raises(LLMosError) as caught:
            opened.path_of(slip)
        assert str(caught.value) == f"there is no trace '{slip}'; did you mean '{ONE.id}'?"
        opened.remove([path])
        assert [*opened.all()] == []


def test_a_stamp_taken_too_soon_equals_nothing(tmp_path: Path) -> None:
    """One more change in the same tick of the disk's clock would leave it as it is."""
    (tmp_path / "a").write_text("a")
    status, looked_ns = look(tmp_path / "a")
    assert status is not None
    assert settled(status, looked_ns) == UNSETTLED
    assert settled(status, looked_ns + 10**9) == stamp_of(status)
    assert look(tmp_path / "b")[0] is None


GOALS = (MOVE, "go home", "stop")
OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["write", "replace", "delete", "rename", "break", "add", "reopen", "refresh"]),
        st.integers(0, 5),
        st.integers(0, 9),
    ),
    max_size=12,
)


class Desk:
    """A folder of traces and a library of it; the goal of a file is that of its number."""

    def __init__(self, home: Path, later_ns: int) -> None:
        self.home = home
        self.folder = home / "user" / "traces"
        self.folder.mkdir(parents=True)
        self.later_ns = later_ns
        self.count = 0
        self.reopen(None, learned())

    def write(self, path: Path, trace: Trace) -> None:
        """No two texts are of one size: the clock of these disks may stand still for as long as an example takes."""
        self.count += 1
        path.write_text(show(replace(trace, answer="a" * self.count)), "utf-8")

    def replace(self, path: Path, trace: Trace) -> None:
        self.write(path.with_suffix(".tmp"), trace)
        path.with_suffix(".tmp").replace(path)

    def delete(self, path: Path, trace: Trace) -> None:
        path.unlink(missing_ok=True)

    def rename(self, path: Path, trace: Trace) -> None:
        self.count += 1
        if path.exists():
            path.rename(self.folder / f"renamed-{self.count}.md")

    def break_(self, path: Path, trace: Trace) -> None:
        path.write_text("# nothing\n", "utf-8")

    def add(self, path: Path, trace: Trace) -> None:
        self.library.add(self.home / "user", trace)

    def refresh(self, path: Path, trace: Trace) -> None:
        self.library.refresh()

    def reopen(self, path: Path | None, trace: Trace) -> None:
        self.library = library(self.home, said=[], later_ns=self.later_ns)

    def answers(self) -> dict[str, set[str]]:
        """What the library says of each goal."""
        return {goal: {one.id for one in self.library.exact(text_hash(goal), "operator")} for goal in GOALS}

    def spoken(self) -> dict[str, set[str]]:
        """What reading every file says of it."""
        found: dict[str, set[str]] = {goal: set() for goal in GOALS}
        for path in self.folder.glob("*.md"):
            with suppress(LLMosError):
                trace = read_trace(path)
                found[trace.skeleton].add(trace.id)
        return found


@settings(max_examples=80)
@given(OPERATIONS, st.booleans())
def test_the_answer_is_always_what_the_files_say(
    tmp_path_factory: pytest.TempPathFactory, operations: list[tuple[str, int, int]], still: bool
) -> None:
    """Whatever happened to the files, in whatever order: each goal has the traces that reading all of them finds.

    A file that is overwritten in place keeps its goal here; the page on memory tells when another one counts.
    """
    desk = Desk(tmp_path_factory.mktemp("home"), later_ns=10**9 if still else 0)
    for operation, which, number in operations:
        trace = learned(GOALS[which % 3], float(number) * 10**which)
        getattr(desk, {"break": "break_"}.get(operation, operation))(desk.folder / f"file-{which}.md", trace)
        assert desk.answers() == desk.spoken()
    desk.library.close()


def test_a_commit_that_is_reverted_by_hand_is_honoured(tmp_path: Path) -> None:
    """With git itself, beside an open library."""
    user = repository(tmp_path / "user", {"a.md": "a"})
    fill(tmp_path, [ONE, TWO])
    person(user, "add", "traces")
    person(user, "commit", "--quiet", "-m", "Learn two")
    with library(tmp_path) as opened:
        assert exact(opened) == (ONE, TWO)
        person(user, "revert", "--no-edit", "HEAD")
        assert exact(opened) == ()
        person(user, "revert", "--no-edit", "HEAD")
        assert exact(opened) == (ONE, TWO)
        person(user, "checkout", "--quiet", "HEAD~1")
        assert exact(opened) == ()
