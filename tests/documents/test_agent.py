"""Agents: Claude Code's subagent files run unchanged; only a limit that cannot be read stops one."""

from pathlib import Path

import pytest

from llmos.documents.agent import Agent, agent_from, read_agent
from llmos.documents.document import BrokenDocumentError
from llmos.documents.frontmatter import parse

PATH = Path("agents/helper.md")


def agent(keys: str = "", body: str = "You help.\n") -> Agent:
    """An agent with a name, a description and these further keys."""
    return agent_from(parse(f"---\nname: helper\ndescription: Helps.\n{keys}---\n{body}", PATH))


def warnings(made: Agent) -> list[str]:
    """What is odd about an agent, as a person sees it."""
    return [str(problem) for problem in made.document.problems]


def test_three_keys_make_an_agent(tmp_path: Path) -> None:
    """Name, description and a body are enough; all else has a plain meaning when it is absent."""
    path = tmp_path / "helper.md"
    path.write_text("---\nname: helper\ndescription: Helps.\n---\n\nYou help.\n")
    made = read_agent(path)
    assert (made.name, made.description, made.body) == ("helper", "Helps.", "You help.")
    assert (made.tools, made.disallowed_tools, made.model, made.max_turns) == (None, (), "inherit", None)
    assert (made.skills, made.budget_usd, made.fallback, made.sensitive) == ((), None, False, False)
    assert warnings(made) == []


@pytest.mark.parametrize(
    ("written", "tools"),
    [
        ("tools: Read, Grep", ("Read", "Grep")),
        ("tools: Read Grep", ("Read", "Grep")),
        ("tools: [Read, Grep]", ("Read", "Grep")),
        ("tools:\n  - Read\n  - Grep", ("Read", "Grep")),
        ("tools: Bash(git:*), Read", ("Bash(git:*)", "Read")),
        ("tools: Bash(git add:*) Read(./a b/**)", ("Bash(git add:*)", "Read(./a b/**)")),
        ("tools: Read Bash (git add:*), Grep", ("Read", "Bash(git add:*)", "Grep")),
        ("tools: ['Bash (git:*)', Grep]", ("Bash(git:*)", "Grep")),
        ("tools: [Read, Grep", ("Read", "Grep")),
        ('tools: \'"Read", "Grep"\'', ("Read", "Grep")),
        ("tools: []", ()),
        ('tools: ""', ()),
        ('tools: "*"', None),
        ("allowedTools: Read", None),
    ],
)
def test_tools_are_read_in_every_form(written: str, tools: tuple[str, ...] | None) -> None:
    """A comma string, a blank string and a list say the same; parentheses hold their words together."""
    assert agent(f"{written}\n").tools == tools


def test_tools_without_value_are_inherited_with_a_warning() -> None:
    """An empty key means all tools, as in Claude Code; whoever meant none is told how to say so."""
    made = agent("tools:\n")
    assert made.tools is None
    assert warnings(made) == [
        "agents/helper.md:4: warning: 'tools' is empty, so all tools are inherited; write '[]' for none"
    ]


def test_all_keys_of_an_agent_are_read() -> None:
    """Limits, skills and the keys that only LLMos knows."""
    made = agent(
        "disallowedTools: Bash\nmodel: sonnet\nmaxTurns: '7'\nskills: [a, b]\n"
        "metadata:\n  llmos-budget-usd: '0.25'\n  llmos-fallback: on\n  llmos-sensitive: yes\n"
    )
    assert made.disallowed_tools == ("Bash",)
    assert (made.model, made.max_turns, made.skills) == ("sonnet", 7, ("a", "b"))
    assert (made.budget_usd, made.fallback, made.sensitive) == (0.25, True, True)


@pytest.mark.parametrize(
    ("written", "name"), [("42", "42"), ("007", "007"), ("1.10", "1.10"), ("no", "no"), ("true", "true")]
)
def test_names_that_look_like_values_are_names(written: str, name: str) -> None:
    """A name is what was written, whatever YAML makes of it."""
    assert agent_from(parse(f"---\nname: {written}\ndescription: D.\n---\nB", PATH)).name == name


def test_without_frontmatter_file_name_and_first_paragraph_serve() -> None:
    """Plain markdown is an agent, and a warning says what was taken for its description."""
    made = agent_from(parse("# Tides\n\nKnows the *tides*\nof the bay.\n\nMore.\n", Path("agents/tides.agent.md")))
    assert (made.name, made.description) == ("tides", "Knows the *tides* of the bay.")
    assert warnings(made) == ["agents/tides.agent.md:1: warning: there is no description; the first paragraph serves"]


@pytest.mark.parametrize(
    ("body", "description"), [("# Only a title\n", "Only a title"), ("- a list\n", "a list"), ("", "")]
)
def test_where_no_paragraph_is_the_next_best_serves(body: str, description: str) -> None:
    """A heading, then nothing; the agent loads all the same."""
    assert agent_from(parse(f"---\nname: x\n---\n{body}", PATH)).description == description


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "a\\b", '"a\\nb"', ".."])
def test_name_that_could_leave_its_folder_is_not_used(name: str) -> None:
    """The file's name serves instead, because names become paths."""
    made = agent_from(parse(f"---\nname: {name}\ndescription: D.\n---\nB", PATH))
    assert made.name == "helper"
    assert warnings(made) == [
        "agents/helper.md:2: warning: a name must not hold slashes or line breaks; 'helper' is used"
    ]


@pytest.mark.parametrize(
    ("keys", "warning"),
    [
        ("maxTurns: many", "4: warning: 'max_turns' should be a whole number above 0, not 'many'; it is ignored"),
        ("maxTurns: 0", "4: warning: 'max_turns' should be a whole number above 0, not 0; it is ignored"),
        ("maxTurns: yes", "4: warning: 'max_turns' should be a whole number above 0, not 'yes'; it is ignored"),
        ("model: {a: b}", "4: warning: 'model' should be a text; it is ignored"),
        ("metadata: text", "4: warning: 'metadata' should hold keys and values; it is ignored"),
        (
            "metadata:\n  llmos-sensitive: perhaps",
            "5: warning: 'metadata.llmos-sensitive' should be yes or no, not 'perhaps'; it is taken as yes",
        ),
        (
            "metadata:\n  llmos-fallback: perhaps",
            "5: warning: 'metadata.llmos-fallback' should be yes or no, not 'perhaps'; it is taken as no",
        ),
    ],
)
def test_odd_values_are_told_and_left_out(keys: str, warning: str) -> None:
    """A file of the wild loads with what is sensible in it."""
    assert warnings(agent(f"{keys}\n")) == [f"agents/helper.md:{warning}"]


@pytest.mark.parametrize("key", ["tools", "disallowedTools", "skills"])
def test_list_that_cannot_be_read_stops_the_agent(key: str) -> None:
    """To go on without it would give the agent tools that nobody meant it to have."""
    with pytest.raises(BrokenDocumentError) as caught:
        agent(f"{key}:\n  Bash: false\n")
    spelled = "disallowed_tools" if key == "disallowedTools" else key
    assert str(caught.value) == f"agents/helper.md:4: '{spelled}' must be a list of names, not {{'Bash': False}}"


def test_agent_without_instructions_loads_with_a_warning() -> None:
    """A description alone is an agent, though hardly meant."""
    assert warnings(agent(body="\n")) == [
        "agents/helper.md:1: warning: there are no instructions below the frontmatter"
    ]


@pytest.mark.parametrize("amount", ["lots", "-1", "0", ".nan", "[1]", "1e999"])
def test_budget_that_cannot_be_read_stops_the_agent(amount: str) -> None:
    """To go on without the limit would spend what nobody allowed."""
    with pytest.raises(BrokenDocumentError) as caught:
        agent(f"metadata:\n  llmos-budget-usd: {amount}\n")
    assert str(caught.value).startswith(
        "agents/helper.md:5: 'llmos-budget-usd' must be an amount in dollars above 0, not "
    )


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff", "---\n---\n"])
def test_empty_file_is_no_agent(text: str) -> None:
    """An editor leaves such a file half-way through saving."""
    with pytest.raises(BrokenDocumentError) as caught:
        agent_from(parse(text, PATH))
    assert str(caught.value) == "agents/helper.md:1: the file is empty"


def test_long_and_unusual_names_load_with_a_warning() -> None:
    """The standard's limits are told, not enforced."""

    def named(name: str) -> list[str]:
        return warnings(agent_from(parse(f"---\nname: {name}\ndescription: D.\n---\nB", PATH)))

    assert named("n" * 65) == [
        "agents/helper.md:2: warning: the name has 65 characters; 64 are allowed by the standard"
    ]
    for name in ("Code Reviewer", "a--b", "-a", "a_b"):
        assert named(name) == [
            f"agents/helper.md:2: warning: the name '{name}' should be small letters, digits and single hyphens"
        ]
    for name in ("a", "über-2", "a-b-c"):
        assert named(name) == []


def test_first_of_several_models_counts() -> None:
    """A list of models, as VS Code has it, is an order of preference."""
    assert agent("model: [opus, sonnet]\n").model == "opus"
