"""Tables that can be made anew: whole, current and private, or in memory with a sentence that says why."""

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from llmos.tables import begin_anew, is_damage, open_tables, writing

ONE = "CREATE TABLE things (name TEXT PRIMARY KEY)"
TWO = "ALTER TABLE things ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'; CREATE INDEX by_colour ON things (colour)"


def version(path: Path) -> int:
    """How many migrations the file has seen."""
    connection = sqlite3.connect(path)
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(found)


def names(connection: sqlite3.Connection) -> list[str]:
    """What stands in the table."""
    return [name for (name,) in connection.execute("SELECT name FROM things ORDER BY name")]


def test_each_migration_is_run_once_and_in_order(tmp_path: Path) -> None:
    """What stood in a table of the version before stands in the new one."""
    path = tmp_path / "home" / "t.sqlite"
    said: list[str] = []
    for count, migrations in enumerate([(ONE,), (ONE, TWO), (ONE, TWO)], 1):
        connection = open_tables(path, migrations, said.append)
        connection.execute("INSERT INTO things (name) VALUES (?)", (f"thing {count}",))
        connection.close()
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT name, colour FROM things ORDER BY name").fetchall()
    connection.close()
    assert (version(path), found, said) == (2, [(f"thing {number}", "grey") for number in (1, 2, 3)], [])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 or sys.platform == "win32"


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """Half a migration would be a version that nobody knows; meanwhile the tables are kept in memory."""
    path = tmp_path / "t.sqlite"
    connection = open_tables(path, (ONE,), print)
    connection.execute("INSERT INTO things (name) VALUES ('grey')")
    connection.close()
    said: list[str] = []
    with pytest.raises(sqlite3.OperationalError):
        open_tables(path, (ONE, "CREATE TABLE more (name TEXT); CREATE TABLE things (name TEXT)"), said.append)
    assert said == [
        f"the index {path} cannot be used (table things already exists); for this command it is kept in memory"
    ]
    assert version(path) == 1
    connection = open_tables(path, (ONE,), print)
    assert names(connection) == ["grey"]
    assert connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'more'").fetchone() == (0,)
    connection.close()


def test_tables_of_a_newer_llmos_are_left_alone(tmp_path: Path) -> None:
    """They are neither misread nor destroyed."""
    path = tmp_path / "t.sqlite"
    open_tables(path, (ONE, TWO), print).close()
    said: list[str] = []
    connection = open_tables(path, (ONE,), said.append)
    assert names(connection) == []
    connection.close()
    [sentence] = said
    assert sentence == (
        f"the index {path} cannot be used (its version 2 is newer than the 1 of this llmos); "
        "for this command it is kept in memory"
    )
    assert version(path) == 2


@pytest.mark.parametrize("rows", [10, 200_000], ids=["small", "large"])
def test_damage_is_moved_aside_when_it_is_opened_or_when_it_shows(tmp_path: Path, rows: int) -> None:
    """A small file is read through at once; in a large one a rotten page shows where it is read."""
    path = tmp_path / "t.sqlite"
    connection = open_tables(path, (ONE,), print)
    with writing(connection):
        connection.executemany("INSERT INTO things VALUES (?)", ((f"a thing with number {n:08}",) for n in range(rows)))
    connection.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    said: list[str] = []
    connection = open_tables(path, (ONE,), said.append)
    if rows > 10:
        assert said == []
        with pytest.raises(sqlite3.DatabaseError) as caught:
            names(connection)
        assert is_damage(caught.value)
        connection.close()
        connection = begin_anew(path, (ONE,), caught.value, said.append)
    assert names(connection) == []
    connection.close()
    [sentence] = said
    assert sentence.startswith(f"the index {path} was damaged (")
    assert sentence.endswith("); it is now t.damaged.sqlite and a new one is made")
    assert (tmp_path / "t.damaged.sqlite").stat().st_size == size


def test_busy_is_no_damage(tmp_path: Path) -> None:
    """What another process holds is whole."""
    path = tmp_path / "t.sqlite"
    first, second = open_tables(path, (ONE,), print), open_tables(path, (ONE,), print)
    second.execute("PRAGMA busy_timeout = 0")
    with writing(first):
        with pytest.raises(sqlite3.OperationalError) as caught, writing(second):
            pass
        assert not is_damage(caught.value)
    first.close()
    second.close()


def test_a_change_that_breaks_off_is_taken_back(tmp_path: Path) -> None:
    """Whole or not at all."""
    connection = open_tables(tmp_path / "t.sqlite", (ONE,), print)

    def half() -> None:
        with writing(connection):
            connection.execute("INSERT INTO things VALUES ('half')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert names(connection) == []
    connection.close()


OPENER = """
import sys
from pathlib import Path
from llmos.tables import open_tables, writing
connection = open_tables(Path(sys.argv[1]), sys.argv[3:], print)
for number in range(50):
    with writing(connection):
        connection.execute("INSERT INTO things (name) VALUES (?)", (f"{sys.argv[2]} {number}",))
connection.close()
"""


def test_processes_that_migrate_and_write_at_once_lose_nothing(tmp_path: Path) -> None:
    """One of them migrates, all of them write, and nobody complains."""
    path = tmp_path / "t.sqlite"
    open_tables(path, (ONE,), print).close()
    command = [sys.executable, "-c", OPENER, str(path)]
    writers = [
        subprocess.Popen([*command, str(number), ONE, TWO], stdout=subprocess.PIPE, text=True) for number in range(3)
    ]
    assert [(writer.communicate()[0], writer.returncode) for writer in writers] == [("", 0)] * 3
    connection = open_tables(path, (ONE, TWO), print)
    assert len(names(connection)) == 150
    connection.close()


RUSH = """
import sys
from pathlib import Path
from llmos.tables import open_tables
for number, _ in enumerate(sys.stdin):
    open_tables(Path(sys.argv[1]) / f"{number}.sqlite", sys.argv[2:], print).close()
    print(number, flush=True)
"""


def test_processes_that_make_the_same_files_at_once_wait_for_each_other(tmp_path: Path) -> None:
    """SQLite itself refuses at once who switches a new file to its log while another does; none gives up."""
    command = [sys.executable, "-c", RUSH, str(tmp_path), ONE, TWO]
    makers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) for _ in range(3)
    ]
    said: list[str] = []
    for _ in range(150):
        for maker in makers:
            assert maker.stdin is not None
            maker.stdin.write("next\n")
        for maker in makers:
            assert maker.stdout is not None
            said.append(maker.stdout.readline().strip())
    ends = [(maker.communicate()[0], maker.returncode) for maker in makers]
    assert said == [str(number) for number in range(150) for _ in makers]
    assert ends == [("", 0)] * 3
    assert {version(path) for path in tmp_path.glob("*.sqlite")} == {2}


def test_opening_a_file_once_more_leaves_the_locks_of_the_process(tmp_path: Path) -> None:
    """Else another process takes the log away below a connection that is open, and what that writes is lost."""
    path = tmp_path / "t.sqlite"
    first = open_tables(path, (ONE,), print)
    open_tables(path, (ONE,), print).close()
    subprocess.run([sys.executable, "-c", OPENER, str(path), "other", ONE], check=True, timeout=60)
    first.execute("INSERT INTO things VALUES ('mine')")
    read = "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM things').fetchone())"
    found = subprocess.run([sys.executable, "-c", read, str(path)], check=True, timeout=60, capture_output=True)
    first.close()
    assert found.stdout.split() == [b"51"]


MENDER = """
import sys
from pathlib import Path
from llmos.tables import open_tables, writing
folder, mine, *migrations = sys.argv[1:]
for number, _ in enumerate(sys.stdin):
    said = []
    connection = open_tables(Path(folder) / f"{number}.sqlite", migrations, said.append)
    with writing(connection):
        connection.execute("INSERT INTO things (name) VALUES (?)", (mine,))
    connection.close()
    print(len(said), flush=True)
"""


def test_of_processes_that_find_the_same_damage_one_mends_it(tmp_path: Path) -> None:
    """The others use what it has made: the damaged file is kept as it was, and no row of anybody is lost."""
    junk = b"no tables at all" * 600
    menders = [
        subprocess.Popen(
            [sys.executable, "-c", MENDER, str(tmp_path), mine, ONE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        for mine in ("one", "two", "three")
    ]
    told = []
    for number in range(40):
        (tmp_path / f"{number}.sqlite").write_bytes(junk)
        for mender in menders:
            assert mender.stdin is not None
            mender.stdin.write("next\n")
        told.append(sum(int(mender.stdout.readline()) for mender in menders if mender.stdout is not None))
        connection = open_tables(tmp_path / f"{number}.sqlite", (ONE,), print)
        assert sorted(names(connection)) == ["one", "three", "two"]
        connection.close()
        assert (tmp_path / f"{number}.damaged.sqlite").read_bytes() == junk
    assert [(mender.communicate()[0], mender.returncode) for mender in menders] == [("", 0)] * 3
    assert told == [1] * 40
