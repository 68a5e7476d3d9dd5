"""`llmos doctor`: what is there, what is missing, how to get it; exit code 1 for what keeps LLMos from working."""

from typing import Any

import pytest

from tests.support.command_line import CommandLine

KEY = "sk-test-0123456789"


def findings(llmos: CommandLine) -> dict[str, dict[str, Any]]:
    """The findings by what was looked at."""
    return {each["what"]: each for each in llmos("doctor", "--json").json["findings"]}


def test_a_whole_home_has_no_problem(at_home: CommandLine) -> None:
    """Everything is looked at, from Python to the pocket model; nothing is changed."""
    said = at_home("doctor")
    found = findings(at_home)
    assert said.code == 0, said.out
    assert {"python", "git", "home", "settings", "kernel", "volumes", "watching", "physics", "llama.cpp"} <= set(found)
    assert found["home"]["sentence"].startswith(f"{at_home.place.home}, ")
    assert (found["pocket"]["state"], found["runtime"]["state"]) == ("ok", "note")
    assert found["runtime"]["remedy"] == "llmos model pull runtime"
    assert f"note    runtime    {found['runtime']['sentence']}\n{'':<19}-> llmos model pull runtime\n" in said.out


def test_a_home_that_is_not_there_is_no_problem_yet(llmos: CommandLine) -> None:
    """And asking does not make it."""
    home = llmos.place.root / "none"
    llmos.patch.setenv("LLMOS_HOME", str(home))
    said = llmos("doctor", "--json")
    assert (said.code, said.json["healthy"]) == (0, True)
    assert findings(llmos)["home"]["sentence"] == f"{home} does not exist yet"
    assert not home.exists()


@pytest.mark.parametrize("below", ["", "home"])
def test_a_home_that_cannot_be_is_a_problem(llmos: CommandLine, below: str) -> None:
    """Where a file stands in its place or in its way, `llmos init` would not help; what does is said, and only once."""
    file = llmos.place.root / "file"
    file.write_text("mine")
    llmos.patch.setenv("LLMOS_HOME", str(file / below))
    said = llmos("doctor", "--json")
    problems = [each for each in said.json["findings"] if each["state"] == "problem"]
    assert said.code == 1
    assert [(each["what"], each["sentence"], each["remedy"]) for each in problems] == [
        (
            "home",
            f"{file} is no folder, so there can be no home at {file / below}",
            "move it away, or set LLMOS_HOME to another folder",
        )
    ]
    assert file.read_text() == "mine"


def test_a_key_is_never_shown(llmos: CommandLine) -> None:
    """Only whether there is one."""
    llmos.patch.setenv("ANTHROPIC_API_KEY", KEY)
    said = llmos("doctor")
    assert "ANTHROPIC_API_KEY is set" in said.out
    assert KEY not in said.out + said.err


def test_problems_are_told_with_their_remedy(at_home: CommandLine) -> None:
    """A home open to others, wrong settings, a wrong rule, a broken document, a stopped robot: all at once."""
    home = at_home.place.home
    home.chmod(0o755)
    at_home.place.write("settings.md", "---\nmodle: pocket\n---\n")
    at_home.place.write("kernel/budget.md", "---\nbudget_usdd: 1\n---\n")
    at_home.place.write("user/agents/empty.md", "")
    at_home("robot", "stop", "arm", "--reason", "smoke")
    home.chmod(0o755)
    said = at_home("doctor", "--json")
    found = findings(at_home)
    assert (said.code, said.json["healthy"]) == (1, False)
    homes = [each for each in said.json["findings"] if each["what"] == "home"]
    assert (homes[0]["sentence"], homes[0]["remedy"]) == (
        f"{home} is open to others (mode 0755)",
        f"chmod 700 {home}",
    )
    assert found["settings"]["sentence"].endswith("did you mean 'model'?")
    assert found["kernel"]["sentence"].endswith("did you mean 'budget_usd'?")
    assert found["document"]["sentence"] == f"{home}/user/agents/empty.md:1: the file is empty"
    assert (found["robot"]["sentence"], found["robot"]["remedy"]) == ("arm is stopped: smoke", "llmos robot rearm arm")


def test_plugin_files_are_told_with_path_and_line(at_home: CommandLine) -> None:
    """Tools and drivers that cannot be loaded are problems, a name that is taken a note; a mended one is nothing."""
    tool = 'from llmos import tool\n\n\n@tool\ndef {0}() -> str:\n    """Do."""\n    return ""\n'
    whole = at_home.place.write("user/tools/whole.py", tool.format("whole"))
    taken = at_home.place.write("user/tools/taken.py", tool.format("Read"))
    half = at_home.place.write("user/tools/half.py", "from llmos import tool\n\ndef (\n")
    driver = at_home.place.write("user/drivers/lamp.py", "from llmos import sensor\n\n1 / 0\n")

    def told() -> list[tuple[str, str]]:
        found = at_home("doctor", "--json").json["findings"]
        return [(each["state"], each["sentence"]) for each in found if each["what"] == "plugin"]

    assert told() == [
        ("problem", f"{half}:3: the file cannot be loaded: SyntaxError: invalid syntax (half.py, line 3)"),
        ("note", f"{taken}:1: the tool 'Read' is left out; LLMos itself has it already"),
        ("problem", f"{driver}:3: the file cannot be loaded: ZeroDivisionError: division by zero"),
    ]
    assert at_home("doctor").code == 1
    half.write_text(tool.format("half"))
    for path in (taken, driver):
        path.unlink()
    assert told() == []
    assert whole.is_file()


def test_a_home_that_is_a_file_is_a_problem(llmos: CommandLine) -> None:
    """One finding, no traceback."""
    llmos.place.write("file", "x")
    llmos.patch.setenv("LLMOS_HOME", str(llmos.place.home / "file"))
    assert llmos("doctor").code == 1


def test_a_secret_that_others_can_read_is_a_problem(llmos: CommandLine) -> None:
    """A token of the service is its owner's alone, and is not shown."""
    path = llmos.place.write("secrets/service", "admin 0123456789abcdef\n")
    path.chmod(0o600)
    assert findings(llmos)["secrets"]["state"] == "ok"
    path.chmod(0o640)
    said = llmos("doctor")
    assert said.code == 1
    found = findings(llmos)["secrets"]
    assert (found["sentence"], found["remedy"]) == (f"{path} is open to others", f"chmod 600 {path}")
    assert "0123456789abcdef" not in said.out
