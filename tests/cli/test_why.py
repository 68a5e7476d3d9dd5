"""`llmos why` tells each decision of a run with file, line and commit, also where the document has changed since."""

from llmos.volumes.history import History
from tests.support.command_line import CommandLine
from tests.support.tapes import asks, says

KEEPER = """---
name: keeper
description: Keeps lists.
tools: Glob, Read
---

Use `Glob` to list the files before anything else.
"""


def a_run(llmos: CommandLine) -> tuple[str, str]:
    """A run of an agent that git has; its id, and the commit."""
    page = llmos.place.write("user/agents/keeper.md", KEEPER)
    commit = History(llmos.place.home / "user").commit([page], "Add keeper")
    tape = llmos.tape(asks(("Glob", {"pattern": "*"})), says("Nothing is there."))
    done = llmos("agent", "run", "keeper", "List the files", "--model", tape, "--json")
    assert commit is not None
    return done.json["run_id"], commit


def test_a_run_is_explained_line_by_line(at_home: CommandLine) -> None:
    """The tools rest on the agent's line; the beginning of the id is enough."""
    run_id, commit = a_run(at_home)
    lines = at_home("why", run_id[:-1]).out.splitlines()
    assert lines[0] == "goal       List the files"
    assert f"           agent: user/agents/keeper.md:4@{commit[:10]} “tools: Glob, Read”" in lines
    near = f"           nearest sentence: user/agents/keeper.md:7@{commit[:10]} “Use `Glob` to list the files before"
    assert any(line.startswith(near) for line in lines)
    assert lines[-1].startswith("           because ")


def test_a_document_that_changed_is_quoted_as_it_was(at_home: CommandLine) -> None:
    """From git, by the commit in the journal, and it is said; a program gets the same."""
    run_id, commit = a_run(at_home)
    page = at_home.place.write("user/agents/keeper.md", KEEPER.replace("Glob, Read", "Read"))
    told = at_home("why", run_id).out
    assert "“tools: Glob, Read” (the document has changed since)" in told
    page.unlink()
    answer = at_home("why", run_id, "--json").json
    [tools] = [each for each in answer["decisions"] if each["kind"] == "tools"]
    assert tools["bases"] == [
        {
            "kind": "agent",
            "sentence": "",
            "place": f"{page}:4@{commit[:10]}",
            "path": str(page),
            "line": 4,
            "commit": commit,
            "quote": "tools: Glob, Read",
            "note": "the document is gone by now",
        }
    ]
    assert (answer["run_id"], tools["what"], tools["allowed"], tools["line"]) == (run_id, "Glob, Read", None, 2)


def test_what_git_never_held_is_said_to_be_lost(llmos: CommandLine) -> None:
    """A home without git: the text of then is nowhere, and none is made up."""
    llmos.place.write("user/agents/keeper.md", KEEPER)
    tape = llmos.tape(says("Nothing is there."))
    run_id = llmos("agent", "run", "keeper", "List the files", "--model", tape, "--json").json["run_id"]
    llmos.place.write("user/agents/keeper.md", KEEPER.replace("lists", "books"))
    lost = "agent: user/agents/keeper.md (the document has changed since, and no commit holds how it read then)"
    assert lost in llmos("why", run_id).out


def test_a_name_cannot_drive_the_terminal(llmos: CommandLine) -> None:
    """What models say is made visible, as everywhere."""
    tape = llmos.tape(says("\x1b[2Jgone"))
    done = llmos("agent", "run", "worker", "go", "--model", tape, "--json")
    told = llmos("why", done.json["run_id"])
    assert "\x1b[2J" not in told.out
    assert "␛[2Jgone" in told.out


def test_a_run_that_decided_nothing_is_said(llmos: CommandLine) -> None:
    """As a crash right after the journal was made leaves it."""
    run_id = "20260101-000000-abcdef"
    path = llmos.place.write(f"journals/2026/01/{run_id}.jsonl", "")
    said = llmos("why", run_id)
    assert (said.code, said.out) == (0, "")
    assert said.err == f"No decision stands in {path}: the run has only begun, or was cut off before it made one.\n"
    assert llmos("why", run_id, "--json").json["decisions"] == []


def test_a_run_that_is_not_there_is_one_sentence(llmos: CommandLine) -> None:
    """As for `trace show`."""
    said = llmos("why", "last")
    assert (said.code, said.last) == (
        2,
        "llmos: 'last' is not a run id; they look like 20261120-095132-k3f9qz, and `llmos trace list` shows them",
    )
