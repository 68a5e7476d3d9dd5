"""The laws of the tool Skill."""

from pathlib import Path

import pytest

from llmos.documents.skill import Skill, read_skill
from llmos.errors import DocumentError
from llmos.tools.skills import skill_tool
from tests.support.tools import Bench, make_workspace

pytestmark = pytest.mark.anyio


class Folder:
    """The skills of one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def skill(self, name: str) -> Skill:
        if not (self.root / name).is_dir():
            raise DocumentError(f"there is no skill '{name}'; did you mean 'pdf'?")
        return read_skill(self.root / name / "SKILL.md")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A skill with files, one without, and one for persons only."""
    skills = tmp_path / "skills"
    aside = "metadata:\n  llmos-quarantine: 3 failures in a row\n"
    for name, more in (("pdf", ""), ("plain", ""), ("secret", "disable-model-invocation: true\n"), ("aside", aside)):
        (skills / name / "scripts").mkdir(parents=True)
        (skills / name / "SKILL.md").write_text(f"---\nname: {name}\ndescription: x\n{more}---\n\n# Do it\n\nWell.\n")
    (skills / "pdf/scripts/fill.py").write_text("")
    (skills / "pdf/FORMS.md").write_text("")
    return Bench(make_workspace(tmp_path), [skill_tool(Folder(skills))])


async def test_a_skill_opens_in_the_form_of_the_standard(bench: Bench, tmp_path: Path) -> None:
    """Its instructions, where it lies, and what comes with it."""
    assert (await bench.call("Skill", skill="pdf")).text == (
        '<skill_content name="pdf">\n# Do it\n\nWell.\n\n'
        f"Folder: {tmp_path / 'skills/pdf'}\n"
        "<skill_resources>\n<file>FORMS.md</file>\n<file>scripts/fill.py</file>\n</skill_resources>\n</skill_content>"
    )


async def test_a_skill_alone_is_its_instructions(bench: Bench) -> None:
    """Nothing is said of files that are not there."""
    assert (await bench.call("Skill", skill="plain")).text == (
        '<skill_content name="plain">\n# Do it\n\nWell.\n</skill_content>'
    )


async def test_a_skill_that_is_not_there_is_a_sentence(bench: Bench) -> None:
    """Whoever knows the skills says which are near."""
    result = await bench.call("Skill", skill="pfd")
    assert (result.is_error, result.text) == (True, "there is no skill 'pfd'; did you mean 'pdf'?")


async def test_a_skill_for_persons_is_not_opened_by_a_model(bench: Bench) -> None:
    """`disable-model-invocation` is obeyed here, not only in the list."""
    result = await bench.call("Skill", skill="secret")
    expected = "the skill 'secret' is opened by a person only (disable-model-invocation)"
    assert (result.is_error, result.text) == (True, expected)


async def test_a_skill_in_quarantine_is_opened_by_nobody(bench: Bench) -> None:
    """The model is told why, and that there are other ways."""
    result = await bench.call("Skill", skill="aside")
    expected = "the skill 'aside' is in quarantine (3 failures in a row); do it in another way"
    assert (result.is_error, result.text) == (True, expected)
