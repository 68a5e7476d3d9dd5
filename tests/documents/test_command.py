"""Commands: a file is enough, its name is the command's."""

from pathlib import Path

import pytest

from llmos.documents.command import command_from, read_command
from llmos.documents.document import BrokenDocumentError
from llmos.documents.frontmatter import parse

PATH = Path("commands/llmos.md")


def test_keys_of_a_command_are_read(tmp_path: Path) -> None:
    """The file gives the name; a hint in brackets is text although YAML takes it for a list."""
    path = tmp_path / "ship.md"
    path.write_text(
        "---\nname: other\ndescription: Ships it.\nargument-hint: [version] [note]\nallowed-tools: Bash(git:*)\n"
        "model: haiku\n---\nShip $ARGUMENTS.\n"
    )
    made = read_command(path)
    assert (made.name, made.description, made.argument_hint) == ("ship", "Ships it.", "[version] [note]")
    assert (made.allowed_tools, made.model, made.body) == (("Bash(git:*)",), "haiku", "Ship $ARGUMENTS.")


def test_one_bracket_is_a_hint_too() -> None:
    """`[file]` is a valid list of YAML and was meant as text."""
    assert command_from(parse("---\nargument-hint: [file]\n---\nB", PATH)).argument_hint == "[file]"


def test_plain_prompt_is_a_command() -> None:
    """Without a frontmatter the first paragraph describes it, as most commands of the wild have it."""
    made = command_from(parse("Run the goal.\n", PATH))
    assert (made.name, made.description, made.model, made.allowed_tools) == ("llmos", "Run the goal.", "inherit", None)


def test_command_without_prompt_is_told() -> None:
    """It loads and does nothing."""
    made = command_from(parse("---\ndescription: D\n---\n", PATH))
    (problem,) = made.document.problems
    assert str(problem) == "commands/llmos.md:1: warning: there is no prompt below the frontmatter"


def test_empty_file_is_no_command() -> None:
    """As with agents and skills."""
    with pytest.raises(BrokenDocumentError, match=r"^commands/llmos\.md:1: the file is empty$"):
        command_from(parse("", PATH))
