"""Reads a frontmatter that is not valid YAML, line by line, as Claude Code's own agent files need it.

Knows the keys of the formats, because only they tell a key from a line of text: in `description:` a line that begins
with `user:` is text, one that begins with `model:` is the next key.
"""

import re
from collections.abc import Iterator

import yaml

from llmos.documents.spelling import canonical
from llmos.documents.yaml_tree import Entry, TooLargeError, read_yaml
from llmos.messages import JSON

_LINE = re.compile(r"[^\n]*\n?")
_KEY = re.compile(r"([A-Za-z_][\w.-]*)[ \t]*:(?=\s|\Z)")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_FREE_TEXT = frozenset({"description", "when_to_use", "initial_prompt", "argument_hint", "compatibility"})
KNOWN_KEYS = frozenset(
    (
        "name",
        "description",
        "when_to_use",
        "tools",
        "disallowed_tools",
        "allowed_tools",
        "model",
        "permission_mode",
        "max_turns",
        "skills",
        "mcp_servers",
        "hooks",
        "memory",
        "background",
        "effort",
        "isolation",
        "initial_prompt",
        "color",
        "argument_hint",
        "arguments",
        "disable_model_invocation",
        "user_invocable",
        "context",
        "agent",
        "paths",
        "shell",
        "metadata",
        "license",
        "compatibility",
        "version",
        "tags",
        "keywords",
        "globs",
        "tool_access",
        "author",
        "category",
        "hide_from_slash_command_tool",
    )
)
"""The keys of the formats, in snake_case."""


def read_lines(text: str) -> tuple[Entry, ...]:
    """The keys of a text in their order; none when no line looks like a key."""
    starts = list(_starts(text))
    ends = [*(start for _, start in starts[1:]), len(text)]
    return tuple(_entry(text, key, start, end) for (key, start), end in zip(starts, ends, strict=False))


def _starts(text: str) -> Iterator[tuple[str, int]]:
    """Each key and where its line begins."""
    current = ""
    since = 0
    seen: set[str] = set()
    for line in _LINE.finditer(text):
        found = _KEY.match(line[0])
        if found is None:
            continue
        key = canonical(found[1])
        if current in _FREE_TEXT and (key not in KNOWN_KEYS or key in seen or not found[1][0].islower()):
            continue
        if current in _FREE_TEXT and inside_example(text, since, line.start()):
            continue
        current, since = key, line.start()
        seen.add(key)
        yield found[1], line.start()


def inside_example(text: str, start: int, place: int) -> bool:
    """Whether an `<example>` that began after `start` is open at `place`; one that is never closed does not count."""
    opened = text.count("<example>", start, place) > text.count("</example>", start, place)
    return opened and text.find("</example>", place) >= 0


def _entry(text: str, key: str, start: int, end: int) -> Entry:
    piece = text[start:end]
    try:
        tree = read_yaml(piece)
    except (yaml.YAMLError, TooLargeError):
        tree = None
    if tree is not None and len(tree.entries) == 1 and not tree.flow:
        return tree.entries[0].moved(start)
    return Entry(key, start, 0, start + len(piece.rstrip()), _text(piece.partition(":")[2]))


def _text(raw: str) -> JSON:
    """What a person meant by a value that YAML does not take: quotes around it go, what is inside them stays."""
    text = raw.replace("\r\n", "\n").strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return _ESCAPED.sub(lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), text[1:-1])
    if len(text) >= 2 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    block = re.match(r"[|>][-+0-9]*[ \t]*\n", text)
    return text[block.end() :].strip() if block else text or None
