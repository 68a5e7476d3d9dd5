"""Takes single values of a document the way they are written in the wild: a list or a string, `yes` or `true`.

Knows no key by name but `metadata`. An odd value is told and left out; only a list that cannot be read is an error.
"""

import json
import re
from collections.abc import Mapping
from functools import cached_property

from llmos.documents.document import Document, Problem
from llmos.messages import JSON

_WORD = re.compile(r"""(?:[^\s,()\[\]"']|\s*\([^)]*\)?)+""")
_TRUE = frozenset({"true", "yes", "on", "1", "y"})
_FALSE = frozenset({"false", "no", "off", "0", "n"})


class Fields:
    """The values of one document; `problems` collects what was odd about them."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def text(self, key: str) -> str | None:
        """A text; a number or truth value is taken as it is spelled. None when absent or empty."""
        value = self.document.keys.get(key)
        if isinstance(value, str):
            return value.strip() or None
        if value is None:
            return None
        if isinstance(value, Mapping | list):
            self.warn(key, f"'{key}' should be a text; it is ignored")
            return None
        return (self.document.spelled or {}).get(key, str(value))

    def words(self, key: str) -> tuple[str, ...] | None:
        """A list, or a string with commas or blanks between its words; what stands in parentheses stays together.

        Raises DocumentError for anything else: such lists are limits, and a limit that cannot be read must not be lost.
        """
        value = self.document.keys.get(key)
        if value is None:
            return None
        if isinstance(value, str):
            return tuple(split_words(value))
        texts = value if isinstance(value, list) else [value]
        if not all(isinstance(text, str | int | float) for text in texts):
            raise self.document.wrong(key, f"'{key}' must be a list of names, not {shown(value)}")
        return tuple(word for text in texts for word in split_words(str(text)))

    def flag(self, key: str, *, default: bool) -> bool:
        """A truth value in any of its spellings."""
        value = self.document.keys.get(key)
        return default if value is None else self._flag(key, value, default=default)

    def whole_number(self, key: str) -> int | None:
        """A whole number above 0."""
        value = self.document.keys.get(key)
        if value is None:
            return None
        if isinstance(value, str) and value.strip().isdecimal():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        self.warn(key, f"'{key}' should be a whole number above 0, not {shown(value)}; it is ignored")
        return None

    @cached_property
    def metadata(self) -> Mapping[str, str]:
        """The values of `metadata:` as texts; that is where keys stand that only LLMos knows."""
        group = self.document.keys.get("metadata") or {}
        if not isinstance(group, Mapping):
            self.warn("metadata", "'metadata' should hold keys and values; it is ignored")
            return {}
        return {key: value if isinstance(value, str) else _as_text(value) for key, value in group.items()}

    def metadata_flag(self, key: str, *, default: bool) -> bool:
        """A truth value of `metadata:`."""
        value = self.metadata.get(key)
        return self._flag(f"metadata.{key}", value, default=default) if value else default

    def warn(self, key: str, sentence: str) -> None:
        """Add a warning about a key."""
        self.problems.append(self.document.warning(key, sentence))

    def _flag(self, key: str, value: JSON, *, default: bool) -> bool:
        word = str(value).strip().lower()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        self.warn(key, f"'{key}' should be yes or no, not {shown(value)}; it is taken as {'yes' if default else 'no'}")
        return default


def _as_text(value: JSON) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def split_words(text: str) -> list[str]:
    """Words between commas or blanks; brackets and quotes around them go, parentheses hold together.

    A parenthesis belongs to the word before it, blanks between or not: alone, that word would mean more.

    >>> split_words("Read, Bash (git add:*, git commit:*) mcp__db__query")
    ['Read', 'Bash(git add:*, git commit:*)', 'mcp__db__query']
    """
    parted = (word.partition("(") for word in _WORD.findall(text))
    return [name.strip() + opened + scope for name, opened, scope in parted]


def shown(value: JSON) -> str:
    """A value as a sentence quotes it, cut when long."""
    text = f"'{value}'" if isinstance(value, str) else repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
