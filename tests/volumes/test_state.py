"""Laws that hold for any documents: a moment made by changes is the moment made at once, and nothing is unjudgeable."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from llmos.volumes.capabilities import of_file
from llmos.volumes.row import Row
from llmos.volumes.state import State
from llmos.volumes.volume import Volume

VOLUMES = [
    Volume("user", Path("/u"), "user", trusted=True, writable=True, boundary=Path("/u"), folders={}),
    Volume("team", Path("/t"), "team", trusted=True, writable=True, boundary=Path("/t"), folders={}),
    Volume("extra", Path("/x"), "added", trusted=False, writable=True, boundary=Path("/x"), folders={}),
]
ROWS = st.builds(
    Row,
    kind=st.sampled_from(["agent", "skill"]),
    path=st.just(""),
    signature=st.just((1, 1, 1, 1)),
    name=st.sampled_from(["a", "A", "b", "x:b"]),
    usable=st.booleans(),
)
CHANGES = st.dictionaries(st.sampled_from(["/p", "/q", "/r"]), st.none() | ROWS)
HISTORY = st.lists(st.tuples(CHANGES, CHANGES, CHANGES), max_size=6)
PATHS = st.sampled_from(
    [
        "agents/a.md",
        "skills/s/SKILL.md",
        "commands/c.md",
        "robots/r.md",
        "plugin.json",
        ".mcp.json",
        "x.py",
        "n.txt",
        "n",
    ]
)


@given(HISTORY)
def test_changes_one_by_one_lead_where_all_at_once_do(history: list[tuple[dict[str, Row | None], ...]]) -> None:
    """Whatever came, changed its name, broke or went: the names are those of a fresh look at the result."""
    state = State(VOLUMES)
    for moment in history:
        placed = [_at_their_paths(changes, number) for number, changes in enumerate(moment)]
        before, names = state.rows, {kind: dict(known) for kind, known in state.names.items()}
        later = state.changed(placed, ())
        assert (state.rows, state.names) == (before, names), "the moment before stays as it was"
        state = later
    fresh = State(VOLUMES).changed(state.rows, ())
    for kind in ("agent", "skill"):
        assert state.entries(kind) == fresh.entries(kind)
    assert state.inert() == fresh.inert()
    assert set(state.problems()) == set(fresh.problems())


@given(PATHS, st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.booleans())
def test_any_file_is_judged(path: str, content: bytes, executable: bool) -> None:
    """No bytes make the judgement fail; the same file has the same capabilities, and each names the file."""
    able = of_file(path, content, executable=executable)
    assert able == of_file(path, content, executable=executable)
    assert {each.path for each in able} <= {path}


@given(st.binary(min_size=1, max_size=50), st.binary(min_size=1, max_size=50))
def test_changed_program_is_a_new_capability(before: bytes, after: bytes) -> None:
    """A script is what its bytes are."""
    for path in ("tools/x.py", "skills/s/scripts/run", "bin/tool"):
        widens = bool(of_file(path, after, executable=True) - of_file(path, before, executable=True))
        assert widens or before == after


def _at_their_paths(changes: dict[str, Row | None], number: int) -> dict[str, Row | None]:
    placed: dict[str, Row | None] = {}
    for path, row in changes.items():
        whole = f"{VOLUMES[number].root}{path}"
        placed[whole] = row and Row(
            kind=row.kind, path=whole, signature=row.signature, name=row.name, usable=row.usable
        )
    return placed
