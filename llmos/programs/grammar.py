"""The words of the language, and how tightly its operators bind.

Knows no text and no program; `docs/programs.md` has the grammar that this belongs to.
"""

import re

STATEMENTS = ("call", "try", "let", "if", "repeat", "for", "wait", "expect", "stop", "done")
"""What a statement begins with."""

HEADS = ("given", "require")
"""What stands before all statements."""

KEYWORDS = frozenset(
    {
        *STATEMENTS, *HEADS,
        "else", "end", "each", "in", "until", "asking", "within", "every", "and", "or", "not", "contains", "true",
        "false", "none", "of", "up", "to", "one", "list",
    }
)  # fmt: skip
"""What cannot be a name."""

BINDING = {
    "or": 1,
    "and": 2,
    "not": 3,
    "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "contains": 4,
    "+": 5, "-": 5,
    "*": 6, "/": 6,
    "minus": 7,
}  # fmt: skip
"""How tightly an operator binds; the larger, the tighter. Comparisons do not chain."""

RESERVED = frozenset({"ok", "text"})
"""The fields that every result has."""

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


def is_word(text: str) -> bool:
    """Whether it can stand without quotes as the name of a tool or argument."""
    return _WORD.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Whether it can be the name of a parameter or value."""
    return is_word(text) and text not in KEYWORDS
