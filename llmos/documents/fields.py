"""Takes single values of a document the way they are written in the wild: a list or a string, `yes` or `true`.

Knows no key by name, and never raises for an odd value: it adds a warning and goes on without it.
"""

import re
from collections.abc import Mapping

from llmos.documents.document import Document, Problem
from llmos.messages import JSON

_WORD = re.compile(r"""(?:[^\s,()\[\]"']|\([^)]*\)?)+""")
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
        if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
            value = " ".join(str(item) for item in value)
        if isinstance(value, Mapping | list):
            self.warn(key, f"'{key}' should be a text; it is ignored")
            return None
        spelled = (self.document.spelled or {}).get(key)
        return (str(value) if spelled is None else spelled).strip() or None

    def words(self, key: str) -> tuple[str, ...] | None:
        """A list, or a string with commas or blanks between its words; what stands in parentheses stays together."""
        value = self.document.keys.get(key)
        if value is None:
            return None
        if isinstance(value, Mapping):
            self.warn(key, f"'{key}' should be a list of names; it is ignored")
            return None
        texts = value if isinstance(value, list) else [self.text(key) or ""]
        return tuple(word for text in texts if isinstance(text, str | int | float) for word in split_words(str(text)))

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

    def all_metadata(self) -> dict[str, str]:
        """The values of `metadata:` as text; that is where keys stand that only LLMos knows."""
        group = self.document.keys.get("metadata")
        if group is None:
            return {}
        if not isinstance(group, Mapping):
            self.warn("metadata", "'metadata' should hold keys and values; it is ignored")
            return {}
        return {key: _as_text(value) for key, value in group.items() if not isinstance(value, Mapping | list)}

    def metadata(self, key: str) -> str | None:
        """One value of `metadata:`; None when absent or empty."""
        return self.all_metadata().get(key) or None

    def metadata_flag(self, key: str, *, default: bool) -> bool:
        """A truth value of `metadata:`."""
        value = self.metadata(key)
        return default if value is None else self._flag(f"metadata.{key}", value, default=default)

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
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    return str(value).strip()


def split_words(text: str) -> list[str]:
    """Words between commas or blanks; brackets and quotes around them go, parentheses hold together.

    >>> split_words("Read, Bash(git add:*, git commit:*) mcp__db__query")
    ['Read', 'Bash(git add:*, git commit:*)', 'mcp__db__query']
    """
    return _WORD.findall(text)


def shown(value: JSON) -> str:
    """A value as a sentence quotes it, cut when long."""
    text = f"'{value}'" if isinstance(value, str) else repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
