"""Skills: the Agent Skills standard with Claude Code's extras; what departs from it loads with a warning."""

from pathlib import Path

import pytest

from llmos.documents.document import BrokenDocumentError
from llmos.documents.frontmatter import parse
from llmos.documents.skill import Skill, read_skill, skill_from

PATH = Path("skills/draw/SKILL.md")


def skill(keys: str, body: str = "# Draw\n\nDraw it.\n") -> Skill:
    """A skill with these keys."""
    return skill_from(parse(f"---\n{keys}---\n{body}", PATH))


def warnings(made: Skill) -> list[str]:
    """What is odd about a skill."""
    return [str(problem) for problem in made.document.problems]


def test_standard_keys_are_read(tmp_path: Path) -> None:
    """Name, description, tools between blanks, and metadata as texts."""
    path = tmp_path / "draw" / "SKILL.md"
    path.parent.mkdir()
    path.write_text(
        "---\nname: draw\ndescription: Draws. Use when asked to draw.\nlicense: MIT\ncompatibility: a robot\n"
        "allowed-tools: Bash(git:*) Read\nmetadata:\n  llmos-robot: arm\n  n: 1\n  on: true\n---\n\nDraw it.\n"
    )
    made = read_skill(path)
    assert (made.name, made.description) == ("draw", "Draws. Use when asked to draw.")
    assert made.allowed_tools == ("Bash(git:*)", "Read")
    assert made.metadata == {"llmos-robot": "arm", "n": "1", "on": "true"}
    assert (made.folder, made.body, made.offered) == (path.parent, "Draw it.", True)
    assert warnings(made) == []


def test_extras_of_claude_code_are_read() -> None:
    """`when_to_use` belongs to what a model is told; a skill may be kept for people."""
    made = skill("name: draw\ndescription: Draws.\nwhen_to_use: Always.\ndisableModelInvocation: yes\nversion: 1.0\n")
    assert made.description == "Draws. Always."
    assert not made.offered
    assert warnings(made) == []


def test_name_that_differs_from_its_folder_is_told() -> None:
    """It loads under the name it gives itself."""
    made = skill("name: paint\ndescription: Paints.\n")
    assert made.name == "paint"
    assert warnings(made) == ["skills/draw/SKILL.md:2: warning: the name 'paint' differs from its folder's, 'draw'"]


def test_missing_name_and_description_have_stand_ins() -> None:
    """Folder and first paragraph serve, and a warning says so."""
    made = skill("license: MIT\n")
    assert (made.name, made.description) == ("draw", "Draw it.")
    assert warnings(made) == ["skills/draw/SKILL.md:1: warning: there is no description; the first paragraph serves"]
    assert warnings(skill("name: draw\n", body="")) == [
        "skills/draw/SKILL.md:1: warning: there is no description; add one",
        "skills/draw/SKILL.md:1: warning: there are no instructions below the frontmatter",
    ]


def test_text_that_is_too_long_for_the_standard_is_told() -> None:
    """The validator of the standard would refuse it; we load it."""
    keys = f"name: draw\ndescription: {'d' * 1025}\ncompatibility: {'c' * 501}\n"
    assert warnings(skill(keys)) == [
        "skills/draw/SKILL.md:3: warning: 'description' has 1025 characters; 1024 are allowed by the standard",
        "skills/draw/SKILL.md:4: warning: 'compatibility' has 501 characters; 500 are allowed by the standard",
    ]


def test_flag_that_is_neither_is_told() -> None:
    """A flag in doubt keeps its default."""
    made = skill("name: draw\ndescription: D.\ndisable-model-invocation: maybe\n")
    assert made.offered
    (warning,) = warnings(made)
    assert warning == (
        "skills/draw/SKILL.md:4: warning: "
        "'disable_model_invocation' should be yes or no, not 'maybe'; it is taken as no"
    )


def test_empty_file_is_no_skill() -> None:
    """A file without anything in it is an error, not a skill without instructions."""
    with pytest.raises(BrokenDocumentError, match=r"^skills/draw/SKILL\.md:1: the file is empty$"):
        skill_from(parse("", PATH))


def test_a_skill_in_quarantine_is_not_offered() -> None:
    """Whatever else it says of itself; without a reason it is in none."""
    held = skill("name: draw\ndescription: D.\nmetadata:\n  llmos-quarantine: smells\n")
    assert (held.quarantine, held.offered) == ("smells", False)
    free = skill('name: draw\ndescription: D.\nmetadata:\n  llmos-quarantine: ""\n')
    assert (free.quarantine, free.offered) == ("", True)


def test_a_lens_is_offered_to_no_model() -> None:
    """Only `llmos evolve` hands it on; the flag stands in `metadata`, so that the strict validator takes it."""
    text = '---\nname: lens-x\ndescription: y\nmetadata:\n  llmos-lens: "{}"\n---\nLook.\n'
    lens, other = (skill_from(parse(text.format(flag), Path("lens-x/SKILL.md"))) for flag in ("true", "false"))
    assert (lens.is_lens, lens.offered) == (True, False)
    assert (other.is_lens, other.offered) == (False, True)
