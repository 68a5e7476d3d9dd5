"""What lists and shows: agents, skills, rules, runs, costs and notes, for people and for programs."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from llmos.cli.table import show_rows
from tests.support.command_line import CommandLine
from tests.support.tapes import WORKER, calls, says
from tests.support.terminals import CTRL_C, Terminal


def test_an_agent_is_shown_with_what_it_shadows(llmos: CommandLine) -> None:
    """Where it stands, its tools and model, what is odd about it, its text."""
    mine = llmos.place.write(
        "user/agents/critic.md", "---\nname: critic\ndescription: Mine.\nturns: 3\n---\nBe kind.\n"
    )
    said = llmos("agent", "show", "critic")
    lines = said.out.splitlines()
    assert lines[0] == f"critic  {mine} (user)"
    assert lines[1].startswith("shadows ")
    assert lines[-5:] == ["tools all", "", "Mine.", "", "Be kind."]
    shown = llmos("agent", "show", "critic", "--json").json
    assert (shown["tools"], shown["model"], shown["body"]) == (None, "inherit", "Be kind.")


@pytest.mark.parametrize(
    ("kind", "wanted"), [("agent", "critic"), ("skill", "pick-and-place"), ("robot", "arm, lab, rover")]
)
def test_a_listing_tells_of_what_cannot_be_read(llmos: CommandLine, kind: str, wanted: str) -> None:
    """A folder that cannot be looked into is named, and the names that it may hide; the rest is listed."""
    folder = llmos.place.home / f"user/{kind}s"
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("")
    said = llmos(kind, "list")
    assert said.code == 0
    assert f"{folder}: the folder cannot be read: Not a directory; what lies in it is not listed.\n" in said.err
    (refused,) = [line for line in said.err.splitlines() if line.startswith("Not used, ")]
    assert wanted in refused
    assert refused.endswith("; see `llmos doctor`.")


def test_a_listing_names_an_agent_that_is_broken(llmos: CommandLine) -> None:
    """Neither it nor the shipped one of its name is listed, and both stay out with a word."""
    llmos.place.write("user/agents/critic.md", "")
    said = llmos("agent", "list")
    sentence = "Not used, since what counts under these names cannot be read: critic; see `llmos doctor`."
    assert sentence in said.err.splitlines()
    assert "\ncritic " not in said.out


def test_an_agents_text_cannot_drive_the_terminal(llmos: CommandLine) -> None:
    """What it says is made visible."""
    llmos.place.write("user/agents/evil.md", '---\nname: evil\ndescription: "a\\e[2Jb"\n---\n\x1b[31mred\n')
    assert "\x1b" not in llmos("agent", "show", "evil").out + llmos("agent", "list").out


def test_a_skill_is_shown(llmos: CommandLine) -> None:
    """As it stands, and for a program with its hash."""
    assert "# " in llmos("skill", "show", "pick-and-place").out
    shown = llmos("skill", "show", "pick-and-place", "--json").json
    assert (shown["volume"], shown["shadows"]) == ("system", [])
    assert shown["content_hash"].startswith("sha256:")
    assert "draw-square" in [row["name"] for row in llmos("skill", "list", "--json").json["skills"]]
    assert llmos("skill", "show", "pick-and-plaec").last == (
        "llmos: There is no skill 'pick-and-plaec'; did you mean 'pick-and-place'?"
    )


def test_rules_are_shown_with_where_they_come_from(llmos: CommandLine) -> None:
    """A key of the home names the home's file; a wrong key the nearest one."""
    page = llmos.place.write("kernel/budget.md", "---\nbudget_usd: 2.5\n---\n")
    [row] = llmos("kernel", "show", "budget.budget_usd", "--json").json["rules"]
    assert row == {"key": "budget.budget_usd", "value": 2.5, "where": f"{page}:2"}
    said = llmos("kernel", "show", "budget.budget_us")
    assert (said.code, said.last) == (
        2,
        "llmos: there is no rule 'budget.budget_us'; did you mean 'budget.budget_usd'?",
    )


def test_runs_are_listed_shown_and_indexed_anew(llmos: CommandLine) -> None:
    """The newest first; the journal as markdown, or line by line; the index can be lost."""
    assert llmos("trace", "list").err == "No run has been journaled in this home yet.\n"
    first = llmos("agent", "run", "worker", "look", "--model", llmos.tape(calls("Glob", pattern="*"), says()), "--json")
    run_id = first.json["run_id"]
    [row] = llmos("trace", "list", "--json").json["runs"]
    assert (row["run_id"], row["agent"], row["goal"], row["outcome"]) == (run_id, "worker", "look", "done")
    assert llmos("trace", "list", "--agent", "nobody", "--json").json == {"runs": []}
    said = llmos("trace", "list", "--agent", "nobody").err
    assert said == "No run of the agent 'nobody' has been journaled in this home yet.\n"
    told = llmos("trace", "show", run_id)
    assert "look" in told.out
    assert "Glob" in told.out
    shown = llmos("trace", "show", run_id, "--json").json
    assert shown["journal"] == first.json["journal"]
    assert [entry["type"] for entry in shown["entries"]][:: len(shown["entries"]) - 1] == [
        "run_started",
        "run_finished",
    ]
    (llmos.place.home / "index.sqlite").unlink()
    assert llmos("trace", "reindex").out == "The index holds 1 run and 1 trace.\n"
    assert llmos("trace", "show", "x").code == 2


def test_what_runs_cost_is_summed_up(llmos: CommandLine) -> None:
    """By day, agent or model; from a day on."""
    for _ in range(2):
        llmos("agent", "run", "worker", "go", "--model", llmos.tape(says()))
    [row] = llmos("usage", "--by", "agent", "--json").json["usage"]
    assert (row["agent"], row["runs"], row["done"], row["cost_usd"]) == ("worker", 2, 2, 0.0)
    assert llmos("usage", "--since", "2999-01-01", "--json").json == {"usage": []}
    assert llmos("usage", "--since", "yesterday").code == 2


def test_notes_are_found_shown_and_forgotten(at_home: CommandLine) -> None:
    """What an agent remembered; forgetting is one commit, and git still has it."""
    line = calls("Remember", text="The fern likes shade.")
    at_home("run", "go", "--model", at_home.tape({"reply": {**line["reply"]}}, says()), "--approve", "never")
    at_home.place.write("user/agents/worker.md", WORKER)
    at_home("agent", "run", "worker", "go", "--model", at_home.tape(line, says()))
    [note] = at_home("memory", "search", "fern", "--json").json["notes"]
    assert note["text"] == "The fern likes shade."
    assert at_home("memory", "show", note["id"]).out.startswith("The fern likes shade.\n")
    root = at_home.place.home / "user"
    assert at_home("memory", "forget", note["id"]).out == f"Forgot {note['id']}; git in {root} still has it.\n"
    assert at_home("memory", "search", "fern").err == "No note shares a word with this.\n"


def test_an_empty_memory_says_so(at_home: CommandLine) -> None:
    """Whichever notes are asked for."""
    for words in ((), ("--archived",)):
        assert at_home("memory", "list", *words).err == "There is no note yet.\n"


def test_notes_that_were_put_aside_are_listed_and_restored(at_home: CommandLine) -> None:
    """With why; a restored one is recalled again; what looks personal is said where it is shown."""
    page = "---\ncreated: 2026-01-01\n{more}---\n\n{text}\n"
    aside = page.format(more="archived: 2026-02-01\nbecause: faded\n", text="The fern likes shade.")
    at_home.place.write("user/memory/archive/fern.md", aside)
    assert at_home("memory", "list").err == "No note is in use; 1 note put aside can be seen with --archived.\n"
    at_home.place.write("user/memory/ana.md", page.format(more="", text="Ana is ana@example.com."))
    assert [row["id"] for row in at_home("memory", "list", "--json").json["notes"]] == ["ana"]
    [row] = at_home("memory", "list", "--archived", "--json").json["notes"]
    assert (row["id"], row["because"], row["text"]) == ("fern", "faded", "The fern likes shade.")
    assert at_home("memory", "search", "fern").err == "No note shares a word with this.\n"
    assert [row["id"] for row in at_home("memory", "search", "fern", "--archived", "--json").json["notes"]] == ["fern"]
    assert at_home("memory", "show", "fern").out.endswith("put aside 2026-02-01: faded\n")
    assert at_home("memory", "restore", "fern").out == "Restored fern.\n"
    assert at_home("memory", "list", "--archived").err == "No note was put aside yet.\n"
    nothing = "No note that was put aside shares a word with this.\n"
    assert at_home("memory", "search", "fern", "--archived").err == nothing
    assert [row["id"] for row in at_home("memory", "search", "fern", "--json").json["notes"]] == ["fern"]
    assert at_home("memory", "show", "ana").last == (
        "Look at this note: this holds what looks like an e-mail address, and personal data is never remembered; "
        "no model is given it to sum up."
    )


ROWS = [["worker", "user", "Does one thing and does it well, whatever it is."], ["x", "y", "短い説明" * 12]]


def table(width: int, llmos: CommandLine) -> list[str]:
    """The rows as a terminal of this width shows them."""

    class Screen:
        """A stream that says it is a terminal."""

        def __init__(self) -> None:
            self.text = ""

        def isatty(self) -> bool:
            return True

        def write(self, text: str) -> int:
            self.text += text
            return len(text)

        def flush(self) -> None:
            return None

    screen = Screen()
    llmos.patch.setenv("COLUMNS", str(width))
    llmos.patch.setattr(sys, "stdout", screen)
    show_rows("rows", ("name", "volume", "description"), ROWS, as_json=False, nothing="")
    return [line.replace("\x1b[1m", "").replace("\x1b[0m", "") for line in screen.text.splitlines()]


def test_a_line_ends_where_the_terminal_ends(llmos: CommandLine) -> None:
    """The last column is cut; letters that take two cells count as two."""
    lines = table(50, llmos)
    assert lines[0] == "name    volume  description"
    assert lines[1] == "worker  user    Does one thing and does it well, …"
    assert lines[2] == "x       y       短い説明短い説明短い説明短い説明…"


def test_on_a_narrow_terminal_the_last_column_gets_its_own_line(llmos: CommandLine) -> None:
    """Nothing wraps."""
    assert table(30, llmos)[:4] == [
        "name    volume",
        "  description",
        "worker  user",
        "  Does one thing and does it …",
    ]


def test_a_check_is_repeated_on_every_save(llmos: CommandLine) -> None:
    """`agent check --watch` until Ctrl-C, which ends it with 130."""
    page = llmos.place.write("user/agents/odd.md", WORKER.replace("worker", "odd"))
    words = ("agent", "check", str(page.parent), "--watch")
    with Terminal(*words, folder=llmos.place.workspace, environment=dict(os.environ)) as terminal:
        terminal.until("0 errors, 0 warnings")
        page.write_text("")
        terminal.until("saved, checking again")
        terminal.until("odd.md:1: error: the file is empty")
        terminal.until("1 error, 0 warnings")
        terminal.type(CTRL_C)
        code, _ = terminal.ended()
    assert code == 130


def test_a_repeated_check_is_one_object_for_each_save(llmos: CommandLine) -> None:
    """A line of JSON each; what is told beside them goes to standard error."""
    page = llmos.place.write("user/agents/odd.md", WORKER.replace("worker", "odd"))
    words = [sys.executable, "-m", "llmos.cli", "agent", "check", str(page), "--watch", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as watching:
        assert watching.stdout is not None
        said = map(json.loads, watching.stdout)
        assert next(said) == {"problems": []}
        page.write_text("")
        [wrong] = next(each["problems"] for each in said if each["problems"])
        watching.terminate()
    assert wrong["sentence"] == "the file is empty"


@pytest.mark.parametrize("words", ["agent list", "skill list", "volume list", "kernel show", "model list"])
def test_every_listing_is_one_object(llmos: CommandLine, words: str) -> None:
    """With one list under its name."""
    said = llmos(*words.split(), "--json")
    [rows] = [value for value in said.json.values() if isinstance(value, list)]
    assert rows
    assert all(isinstance(row, dict) for row in rows)
