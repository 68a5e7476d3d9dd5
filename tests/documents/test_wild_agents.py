"""Claude Code agent files that are not valid YAML."""

from pathlib import Path

import pytest
import yaml

from llmos.documents.agent import agent_from
from llmos.documents.frontmatter import parse, rewrite
from tests.support.wild_agents import WILD_AGENTS, Wild

PATH = Path("agents/wild.md")


@pytest.fixture(params=WILD_AGENTS, ids=lambda wild: wild.style)
def wild(request: pytest.FixtureRequest) -> Wild:
    """One file of the corpus."""
    return request.param


def test_the_corpus_is_not_yaml(wild: Wild) -> None:
    """Each file of the corpus is one that a YAML parser refuses, else it would test nothing here."""
    with pytest.raises(yaml.YAMLError):
        yaml.safe_load(wild.text.split("---\n")[1])


def test_keys_are_what_a_person_means(wild: Wild) -> None:
    """The keys come out as a person reads them, and the body begins after the second fence."""
    document = parse(wild.text, PATH)
    assert dict(document.keys) == wild.keys
    assert document.body == wild.body


def test_the_reader_is_told_once_and_where(wild: Wild) -> None:
    """A single warning says that the frontmatter is no YAML, at a line of the frontmatter."""
    (problem,) = parse(wild.text, PATH).problems
    assert problem.severity == "warning"
    assert "is not valid YAML" in problem.sentence
    assert 2 <= problem.line <= wild.text.split("---\n")[1].count("\n") + 2


def test_it_loads_as_an_agent(wild: Wild) -> None:
    """What Claude Code runs is an agent here too, with its model."""
    agent = agent_from(parse(wild.text, PATH))
    assert agent.name == wild.keys["name"]
    assert agent.model == wild.keys.get("model", "inherit")
    assert agent.body == "You do the work."


def test_changing_a_key_leaves_the_rest_alone(wild: Wild) -> None:
    """A key can be changed in a file that is no YAML, and every other line stays as it was."""
    changed = rewrite(wild.text, {"name": "renamed"}, PATH)
    before = [line for line in wild.text.split("\n") if not line.startswith("name: ")]
    assert [line for line in changed.split("\n") if not line.startswith("name: ")] == before
    assert parse(changed, PATH).keys["name"] == "renamed"


def test_the_full_sentence_names_the_reason() -> None:
    """The warning says why, at the line where YAML gave up, and what was done instead."""
    (problem,) = parse(WILD_AGENTS[0].text, PATH).problems
    assert str(problem) == (
        "agents/wild.md:3: warning: the frontmatter is not valid YAML "
        "(mapping values are not allowed in this context); its keys were read line by line"
    )


def test_escaped_line_breaks_become_line_breaks_in_an_agent() -> None:
    """A description that spells its line breaks with a backslash is read with real ones."""
    agent = agent_from(parse(WILD_AGENTS[4].text, PATH))
    assert agent.description.split("\n")[:3] == ["Use for forms.", "", "<example>"]


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("name: a\ncolor:Red\n", 3),
        ("name: a\ncolor: [red\n", 3),
        ("name: a\ncolor: 'red\n", 3),
        ("name: a\ncolor: {red: 1\nmodel: opus\n\n\n", 3),
        ("name: a\nmodel: opus\n\tcolor: red\n", 4),
        ("name: a\nmodel: opus\n- color: red\n", 4),
        ('name: a\nuser: "x "y" z"\nmodel: opus\n', 3),
    ],
)
def test_the_warning_has_the_line_that_is_wrong(keys: str, line: int) -> None:
    """What is never closed is told where it was opened, and never at the closing fence."""
    (problem,) = parse(f"---\n{keys}---\nB\n", PATH).problems
    assert problem.sentence.startswith("the frontmatter is not valid YAML")
    assert problem.line == line
