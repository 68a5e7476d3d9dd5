"""Agent files in the ten ways in which files of the wild fail to be YAML, written for these tests.

Each entry: a name, the text, and what a person means by it.
"""

from typing import Any, NamedTuple


class Wild(NamedTuple):
    """A file and what its keys mean."""

    style: str
    text: str
    keys: dict[str, Any]
    body: str


def _wild(style: str, frontmatter: str, body: str = "You do the work.\n", **keys: Any) -> Wild:
    return Wild(style, f"---\n{frontmatter}---\n{body}", keys, body)


WILD_AGENTS = (
    _wild(
        "a colon in an unquoted description",
        "name: tide-watcher\ndescription: Use when somebody asks one thing: when is high water?\nmodel: sonnet\n",
        name="tide-watcher",
        description="Use when somebody asks one thing: when is high water?",
        model="sonnet",
    ),
    _wild(
        "several colons and a URL",
        "name: mapper\ndescription: Format: name: value, see https://example.org/a: it is short\ntools: Read, Grep\n",
        name="mapper",
        description="Format: name: value, see https://example.org/a: it is short",
        tools="Read, Grep",
    ),
    _wild(
        "a dialogue at column 0",
        "name: greeter\n"
        "description: Use this agent to welcome people. Examples:\n"
        "\n"
        "Context: A visitor arrives.\n"
        'user: "Hello, is anybody there?"\n'
        'assistant: "I will use the greeter."\n'
        "commentary: It is a greeting.\n"
        "model: haiku\n"
        "color: green\n",
        name="greeter",
        description="Use this agent to welcome people. Examples:\n\nContext: A visitor arrives.\n"
        'user: "Hello, is anybody there?"\nassistant: "I will use the greeter."\ncommentary: It is a greeting.',
        model="haiku",
        color="green",
    ),
    _wild(
        "an XML example over many lines",
        "name: gardener\n"
        "description: Knows plants. <example>\n"
        "Context: The roses are ill.\n"
        "user: my roses have spots\n"
        "<commentary>\nmodel: a rose is a model plant here\n</commentary>\n"
        "</example>\n"
        "model: opus\n"
        "tools:\n  - Read\n  - Bash(git log:*)\n",
        name="gardener",
        description="Knows plants. <example>\nContext: The roses are ill.\nuser: my roses have spots\n"
        "<commentary>\nmodel: a rose is a model plant here\n</commentary>\n</example>",
        model="opus",
        tools=["Read", "Bash(git log:*)"],
    ),
    _wild(
        "escaped line breaks",
        r"""name: clerk
description: Use for forms.\n\n<example>\nuser: "Fill in: form A"\nassistant: "Done: see below"\n</example>
model: inherit
""",
        name="clerk",
        description=r'Use for forms.\n\n<example>\nuser: "Fill in: form A"\nassistant: "Done: see below"\n</example>',
        model="inherit",
    ),
    _wild(
        "quotes that are opened again inside",
        'name: quoter\ndescription: "Use when someone says "go" or "stop": it obeys."\ntools: Read\n',
        name="quoter",
        description='Use when someone says "go" or "stop": it obeys.',
        tools="Read",
    ),
    _wild(
        "a value that begins like something else",
        "name: star\ndescription: *Always* use this one, `even` at night\nmodel: sonnet\n",
        name="star",
        description="*Always* use this one, `even` at night",
        model="sonnet",
    ),
    _wild(
        "a list of tools with brackets left open",
        "name: builder\ndescription: Builds things.\ntools: [Read, Write\nmodel: sonnet\n",
        name="builder",
        description="Builds things.",
        tools="[Read, Write",
        model="sonnet",
    ),
    _wild(
        "a tab where blanks should be",
        "name: tabber\ndescription: Uses: tabs\nmetadata:\n\tllmos-fallback: yes\nmodel: sonnet\n",
        name="tabber",
        description="Uses: tabs",
        metadata="llmos-fallback: yes",
        model="sonnet",
    ),
    _wild(
        "text before the first key and a percent sign",
        "an agent for sums\nname: adder\ndescription: Adds %s: quickly\nmaxTurns: 7\nversion: 1.10\n",
        name="adder",
        description="Adds %s: quickly",
        max_turns=7,
        version=1.1,
    ),
)
