"""Agents and skills written at the command line: checked, and each change one commit with its reason."""

import json
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.repositories import person
from tests.support.tapes import calls, says

WATERER = "---\nname: waterer\ndescription: Waters plants. Use when they are dry.\ntools: Read\n---\n\nYou water.\n"
HEADLESS = "---\nname: waterer\n---\n\nYou water.\n"
NO_SUCH = "[Errno 2] No such file or directory: 'no-such-editor'"


def log(llmos: CommandLine) -> list[str]:
    """Subjects of the user volume's history, the newest first."""
    return person(llmos.place.home / "user", "log", "--format=%s").splitlines()


def editor(llmos: CommandLine, script: str) -> None:
    """Make this shell script, which finds the file in $1, the person's editor."""
    path = llmos.place.root / "my editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    llmos.patch.setenv("EDITOR", f"'{path}'")


def test_a_new_agent_begins_from_a_template(at_home: CommandLine) -> None:
    """The file loads without a warning, is committed, and counts at once."""
    said = at_home("agent", "new", "gardener")
    path = at_home.place.home / "user/agents/gardener.md"
    assert (said.code, said.out) == (0, f"{path}\n")
    assert said.last == "`llmos agent edit gardener` opens it."
    assert log(at_home)[0] == "Add the agent gardener"
    assert at_home("agent", "check", path, "--json").json == {"problems": []}
    assert at_home("agent", "show", "gardener", "--json").json["tools"] == ["Read", "Glob", "Grep"]


def test_a_new_skill_begins_from_a_template(at_home: CommandLine) -> None:
    """A folder of its own with a SKILL.md."""
    said = at_home("skill", "new", "water-plants", "--json")
    path = at_home.place.home / "user/skills/water-plants/SKILL.md"
    assert said.json == {"path": str(path), "commit": said.json["commit"], "warnings": []}
    assert log(at_home)[0] == "Add the skill water-plants"
    assert at_home("agent", "check", path, "--json").json == {"problems": []}


@pytest.mark.parametrize("name", ["Gardener", "the gardener", "gardener-", "a--b", "../x", "a" * 65, "gärtner"])
def test_a_name_is_small_letters_joined_by_hyphens(at_home: CommandLine, name: str) -> None:
    """Whatever else is typed becomes no file."""
    said = at_home("agent", "new", name)
    assert (said.code, said.err) == (
        2,
        f"llmos: '{name}' cannot name an agent: take small letters and digits, words joined by '-', at most 64.\n",
    )
    assert at_home("volume", "diff", "user", "--json").json["changed"] == []


def test_a_name_that_is_taken_stays_with_its_owner(at_home: CommandLine) -> None:
    """Also where a shipped agent has it, and where a file is in the way."""
    coder = at_home("agent", "show", "coder", "--json").json["path"]
    said = at_home("agent", "new", "coder")
    assert (said.code, said.last) == (
        2,
        f"llmos: There is an agent 'coder' already: {coder}; `llmos agent edit coder` changes it.",
    )
    path = at_home.place.write("user/agents/gardener.md", "---\nname: else\n---\nx")
    said = at_home("agent", "new", "gardener")
    assert said.last == f"llmos: {path} is there already; mend it, remove it, or take another name."


def test_a_model_writes_an_agent_from_plain_english(at_home: CommandLine) -> None:
    """One run of skill-writer in the user volume; what it wrote is checked and committed with the run's id."""
    write = calls("Write", file_path="agents/waterer.md", content=WATERER)
    model = at_home.tape({"expect": "keeps my ferns alive", **write}, says("agents/waterer.md is there."))
    said = at_home("agent", "new", "waterer", "--from", "keeps my ferns alive", "--model", model, "--json")
    path = at_home.place.home / "user/agents/waterer.md"
    assert (said.code, said.json["path"], said.json["run"]["agent"]) == (0, str(path), "skill-writer")
    assert path.read_text() == WATERER
    whole = person(at_home.place.home / "user", "log", "-1", "--format=%B")
    assert whole == f"Add the agent waterer\n\nkeeps my ferns alive\n\nRun: {said.json['run']['run_id']}"


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("agents/waterer.md", "", "PATH:1: the file is empty; nothing was kept."),
        (
            "agents/waterer.md",
            WATERER.replace("name: waterer", "name: other"),
            "The run ID wrote PATH with the name 'other'; nothing was kept.",
        ),
        ("agents/waterer.md", HEADLESS, "The run ID wrote PATH without a description; nothing was kept."),
        (
            "agents/waterer.md",
            WATERER.removesuffix("You water.\n"),
            "The run ID wrote PATH without instructions; nothing was kept.",
        ),
        ("agents/another.md", WATERER, "The run ID wrote agents/another.md instead of PATH; nothing was kept."),
        ("waterer.md", WATERER, "The run ID ended without writing PATH."),
    ],
)
def test_what_a_model_wrote_wrong_is_not_committed(
    at_home: CommandLine, file: str, content: str, sentence: str
) -> None:
    """Done is decided, not claimed: exit code 1, the one cause, and nothing half-made that would count as an agent."""
    model = at_home.tape(calls("Write", file_path=file, content=content), says("done"))
    said = at_home("agent", "new", "waterer", "--from", "x", "--model", model)
    [journal] = at_home.place.home.glob("journals/*/*/*.jsonl")
    path = at_home.place.home / "user/agents/waterer.md"
    assert (said.code, said.out) == (1, "")
    assert said.last == f"llmos: {sentence}".replace("PATH", str(path)).replace("ID", journal.stem)
    assert log(at_home) == ["Begin the user volume"]
    assert list(at_home.place.home.glob("user/agents/*")) == []


def test_what_a_model_changed_besides_is_told(at_home: CommandLine) -> None:
    """Other agents are taken away, nothing else is; what the person had left uncommitted before stays as it is."""
    mine = at_home.place.write("user/agents/mine.md", WATERER.replace("waterer", "mine"))
    files = ("agents/stray.md", "agents/waterer.md", "stray.md")
    write = [calls("Write", file_path=file, content=WATERER) for file in files]
    said = at_home("agent", "new", "waterer", "--from", "x", "--model", at_home.tape(*write, says()))
    assert said.code == 0
    assert [line for line in said.err.splitlines() if line.startswith(("Also", "Written"))] == [
        "Written and taken away again: agents/stray.md",
        "Also changed and not committed: stray.md",
    ]
    assert sorted(path.name for path in mine.parent.iterdir()) == ["mine.md", "waterer.md"]


def test_a_run_that_fails_commits_nothing(at_home: CommandLine) -> None:
    """Its own exit code and its own result; what it had written is gone."""
    write = calls("Write", file_path="agents/waterer.md", content=WATERER)
    model = at_home.tape(write, {"reply": {"text": "I cannot.", "claim": "failed"}})
    said = at_home("agent", "new", "waterer", "--from", "x", "--model", model, "--json")
    assert (said.code, said.json["outcome"]) == (1, "failed")
    assert said.last == "Written and taken away again: agents/waterer.md"
    assert list(at_home.place.home.glob("user/agents/*")) == []


def test_editing_a_shipped_agent_copies_it_and_commits_the_change(at_home: CommandLine) -> None:
    """The copy counts from then on; the reason stands in the history."""
    editor(at_home, 'sed -i "s/^You /YOU /" "$1"')
    said = at_home("agent", "edit", "critic", "-m", "speak up")
    path = at_home.place.home / "user/agents/critic.md"
    assert (said.code, said.out, said.err) == (0, f"{path}\n", "")
    assert person(at_home.place.home / "user", "log", "-1", "--format=%B") == "Edit the agent critic\n\nspeak up"
    shown = at_home("agent", "show", "critic", "--json").json
    assert shown["path"] == str(path)
    assert [Path(each).name for each in shown["shadows"]] == ["critic.md"]


def test_an_edit_is_told_what_no_run_would_find(at_home: CommandLine) -> None:
    """A person's own tool is known; what nobody has is told with path, line and the nearest name."""
    at_home("agent", "new", "waterer")
    at_home.place.write("user/tools/water.py", '@tool\ndef water_fern() -> str:\n    """Water."""\n')
    editor(at_home, "sed -i 's/^tools:.*/tools: water_fern, water_fren\\nskills: pick-and-plce/' \"$1\"")
    said = at_home("agent", "edit", "waterer", "--json").json
    assert said["warnings"] == [
        f"{said['path']}:4: warning: there is no tool 'water_fren'; did you mean 'water_fern'?",
        f"{said['path']}:5: warning: there is no skill 'pick-and-plce'; did you mean 'pick-and-place'?",
    ]


def test_an_editor_that_changes_nothing_leaves_nothing(at_home: CommandLine) -> None:
    """No copy, no commit."""
    editor(at_home, "true")
    said = at_home("agent", "edit", "critic", "--json")
    assert said.json["commit"] is None
    assert at_home("agent", "edit", "critic").err == "Nothing was changed.\n"
    assert not (at_home.place.home / "user/agents/critic.md").exists()


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("false", "The editor 'false' ended with 1; nothing was committed."),
        ("no-such-editor -w", f"The editor 'no-such-editor -w' cannot be started: {NO_SUCH}; set VISUAL or EDITOR."),
        ("'unclosed", "The editor ''unclosed' cannot be started: No closing quotation; set VISUAL or EDITOR."),
    ],
)
def test_an_editor_that_fails_is_told(at_home: CommandLine, command: str, sentence: str) -> None:
    """VISUAL comes before EDITOR; no copy is left behind."""
    at_home.patch.setenv("VISUAL", command)
    at_home.patch.setenv("EDITOR", "true")
    said = at_home("agent", "edit", "critic")
    assert (said.code, said.err) == (2, f"llmos: {sentence}\n")
    assert not (at_home.place.home / "user/agents/critic.md").exists()


def test_an_edit_that_does_not_load_is_kept_and_not_committed(at_home: CommandLine) -> None:
    """The person's work is there, the next edit opens it again, and mending it commits it."""
    at_home("agent", "new", "gardener")
    editor(at_home, ': > "$1"')
    said = at_home("agent", "edit", "gardener")
    path = at_home.place.home / "user/agents/gardener.md"
    assert (said.code, said.err.splitlines()) == (
        2,
        [
            "Nothing was committed; `llmos agent edit gardener` opens it again.",
            f"llmos: {path}:1: the file is empty",
        ],
    )
    editor(at_home, f"printf '%s' {json.dumps(WATERER)} > \"$1\"".replace("\\n", "\n"))
    assert at_home("agent", "edit", "gardener").code == 0
    assert log(at_home)[0] == "Edit the agent gardener"


def test_without_an_editor_the_path_is_told(at_home: CommandLine) -> None:
    """The copy is made and committed, so that the history shows what the person changes."""
    said = at_home("agent", "edit", "critic")
    assert said.out == f"{at_home.place.home / 'user/agents/critic.md'}\n"
    assert said.err == "Neither VISUAL nor EDITOR is set, so this is the file to edit.\n"
    assert log(at_home)[0] == "Copy the agent critic"


def test_what_a_person_staged_is_never_touched(at_home: CommandLine) -> None:
    """Refused, exit code 3."""
    at_home("agent", "new", "gardener")
    path = at_home.place.home / "user/agents/gardener.md"
    path.write_text(WATERER.replace("waterer", "gardener"))
    person(at_home.place.home / "user", "add", "agents/gardener.md")
    editor(at_home, 'echo more >> "$1"')
    said = at_home("agent", "edit", "gardener")
    assert said.code == 3
    assert said.last == (
        f"llmos: {path} has staged changes of yours; commit or unstage them, then try again. Nothing was written."
    )
