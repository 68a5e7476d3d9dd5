"""What LLMos writes, other readers read the same way: the Agent Skills reference validator and python-frontmatter."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import frontmatter
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.documents.frontmatter import compose, parse, rewrite
from llmos.settings import system_root

TEXTS = [
    "plain words", "Use when: x --- y", "no", "12:30", "a\nb\n\nc", "# hash", "x # y", "- dash", "*star", "&a",
    "!t", "%p", "@x", "`b`", "{a: b}", "[x]", "'q'", '"q"', "émoji 🙂", "tab\there", "back\\slash\\n", "1e3",
    "0x1F", "2026-01-01", "~", "null", "trailing:", "<<", "=", "---", "\u2028 sep", "x\x85y", "?", "| pipe",
    "> fold", "<example>user: hi</example>", "C:\\dir",
]  # fmt: skip


@pytest.fixture
def skills_ref(require_system: Callable[[str], None]) -> ModuleType:
    """The reference implementation."""
    try:
        import skills_ref
    except ImportError:
        require_system("skills-ref")
        raise
    return skills_ref


@pytest.mark.parametrize("text", TEXTS)
def test_written_skills_pass_the_reference_validator(skills_ref: ModuleType, tmp_path: Path, text: str) -> None:
    """Whatever stands in a value, the file is valid and the value comes back, also after a change."""
    folder = tmp_path / "some-skill"
    folder.mkdir()
    keys = {
        "name": "some-skill",
        "description": text,
        "license": "MIT",
        "allowed-tools": "Read Bash(git:*)",
        "metadata": {"llmos-robot": "arm"},
    }
    written = compose(keys, "# Body\n\n---\n\nwith a rule")
    for content in (written, rewrite(written, {"metadata": {"llmos-note": text}, "license": None})):
        (folder / "SKILL.md").write_text(content, encoding="utf-8")
        assert skills_ref.validate(folder) == []
    properties = skills_ref.read_properties(folder)
    assert properties.description == text.strip()
    assert properties.metadata == {"llmos-robot": "arm", "llmos-note": text}


@pytest.mark.parametrize("skill", sorted((system_root() / "skills").iterdir()), ids=lambda path: path.name)
def test_shipped_skills_pass_the_reference_validator(skills_ref: ModuleType, skill: Path) -> None:
    """Our own skills can be installed anywhere."""
    assert skills_ref.validate(skill) == []


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"])), st.text("a- \n#:é", max_size=30))
def test_written_documents_read_the_same_elsewhere(text: str, body: str) -> None:
    """A reader that we did not write finds the same keys and the same body."""
    written = compose({"name": "x", "description": text, "tools": ["Read", text or "y"]}, f"Body {body}")
    found = frontmatter.loads(written)
    assert found.metadata == dict(parse(written, Path("x.md")).keys)
    assert found.content.strip() == parse(written, Path("x.md")).prose
