"""The program of a document is found where it stands, with the lines of its file."""

from pathlib import Path

import pytest

from llmos.documents.frontmatter import read_document
from llmos.documents.unread import Known
from llmos.programs.blocks import Block, find_program, program_of, with_program
from llmos.programs.checking import check_documents
from llmos.programs.form import ProgramError

GO_HOME = Known(frozenset({"go_home"}), frozenset())
SKILL = """---
name: wave
description: Waves. Use to greet.
---

# Wave

````markdown
```program
not this one
```
````

  ```program
  call go_home()
  done "Waved."
  ```

~~~
```program
~~~
"""


def written(folder: Path, text: str) -> Path:
    """A skill with this text."""
    path = folder / "wave" / "SKILL.md"
    path.parent.mkdir()
    path.write_text(text)
    return path


def test_the_block_is_found_with_its_line() -> None:
    """A block inside another fence is none; a fence may be indented by up to three blanks."""
    assert find_program(SKILL) == Block('  call go_home()\n  done "Waved."\n', 15)


def test_a_document_has_its_program_with_the_lines_of_the_file(tmp_path: Path) -> None:
    """Frontmatter counts."""
    path = written(tmp_path, SKILL)
    program = program_of(read_document(path))
    assert program is not None
    line = program.body[0].line
    assert path.read_text().splitlines()[line - 1] == "  call go_home()"


@pytest.mark.parametrize("text", ["", "```\nprogram\n```", "```programs\nx\n```", "    ```program\n    done\n    ```"])
def test_other_fences_hold_no_program(text: str) -> None:
    """Only the word `program` marks one."""
    assert find_program(text) is None


def test_two_programs_are_refused() -> None:
    """Nobody could say which one counts."""
    with pytest.raises(ProgramError, match=r"^line 5: there is a second program; a skill has one$"):
        find_program("```program\ndone 1\n```\n```program\ndone 2\n```\n")


def test_a_fence_without_an_end_is_refused() -> None:
    """What follows may be prose."""
    with pytest.raises(ProgramError, match=r"^line 2: the fence of this program does not end$"):
        find_program("```program\ndone 1\n")


def test_a_program_is_put_in_place_of_the_old_one() -> None:
    """The prose around it stays byte for byte; a document without one gets it at its end."""
    text = "# A\n\n```program\ndone 1\n```\n\nafter\n"
    assert with_program(text, 'done "2"\n') == '# A\n\n```program\ndone "2"\n```\n\nafter\n'
    assert with_program("# A\n", 'done "2"\n') == '# A\n\n```program\ndone "2"\n```\n'
    assert find_program(with_program("", "done 3\n")) == Block("done 3\n", 4)


@pytest.mark.parametrize(
    ("statement", "severity", "sentence"),
    [
        ("cal go_home()", "error", "the program cannot be read: no statement begins with 'cal'; did you mean 'call'?"),
        ("call go_hom()", "warning", "the program calls 'go_hom', which is no tool of LLMos"),
        ("let a = b", "error", "the program cannot run: nothing is called 'b' here; there are none"),
    ],
)
def test_checks_tell_of_a_broken_program(tmp_path: Path, statement: str, severity: str, sentence: str) -> None:
    """With the line of the file, as of any other mistake in a document."""
    path = written(tmp_path, SKILL.replace("call go_home()", statement))
    (found,) = check_documents([path], GO_HOME)
    assert (found.path, found.line, found.severity, found.sentence) == (str(path), 15, severity, sentence)


def test_checks_are_silent_about_a_sound_program(tmp_path: Path) -> None:
    """A skill with a program is as good as one without."""
    assert check_documents([written(tmp_path, SKILL)], GO_HOME) == []
