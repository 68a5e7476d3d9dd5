"""Takes the keys of a document one by one, strictly: a wrong type, a missing key, an unknown key are mistakes.

Knows no meaning of any key. Every mistake is a DocumentError that names path, line and key.
"""

from collections.abc import Iterable, Mapping

from llmos.documents.document import BrokenDocumentError, Document
from llmos.documents.fields import shown
from llmos.errors import DocumentError, nearest
from llmos.messages import JSON

_MOST = 1e9  # far beyond any limit of a robot, and within what a float holds


class Keys:
    """The keys of a frontmatter, or of one group in it; a document that was odd to read is refused at once.

    Any key but the `known` ones is refused; without `known`, names are free.
    """

    def __init__(
        self, document: Document, known: Iterable[str] = (), values: Mapping[str, JSON] | None = None, group: str = ""
    ) -> None:
        for problem in document.problems:
            raise BrokenDocumentError(document.path, problem.line, problem.sentence)
        self._document = document
        self._values = document.keys if values is None else values
        self._group = group
        names = tuple(known)
        for key in self._values:
            if names and key not in names:
                raise self.wrong(key, f"is no key that is read here; {nearest(key, names)}")

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str) -> str:
        """A text that is not empty."""
        value = self._take(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, f"must be a text, not {shown(value)}")
        return value

    def number(self, key: str) -> float:
        """A finite number."""
        return self._number(key, self._take(key))

    def positive(self, key: str) -> float:
        """A finite number above 0."""
        number = self.number(key)
        if number <= 0:
            raise self.wrong(key, f"must be above 0, not {number:g}")
        return number

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """A list of exactly `count` finite numbers."""
        value = self._take(key)
        if not isinstance(value, list) or len(value) != count:
            raise self.wrong(key, f"must be a list of {count} numbers, not {shown(value)}")
        return tuple(self._number(key, each) for each in value)

    def group(self, key: str, *known: str) -> "Keys":
        """The keys below this one; any name is allowed there unless the `known` ones are given."""
        value = self._take(key)
        if not isinstance(value, Mapping):
            raise self.wrong(key, f"must hold keys and values, not {shown(value)}")
        return Keys(self._document, known, value, self._name(key))

    def names(self) -> tuple[str, ...]:
        """All names of a group whose names are free, sorted."""
        return tuple(sorted(self._values))

    def wrong(self, key: str, sentence: str) -> DocumentError:
        """The error of a key, with its place."""
        name, lines = self._name(key), self._document.lines
        line = lines.get(name) or lines.get(self._group) or 1
        return BrokenDocumentError(self._document.path, line, f"'{name}' {sentence}")

    def _take(self, key: str) -> JSON:
        if key not in self._values:
            raise self.wrong(key, "is missing")
        return self._values[key]

    def _number(self, key: str, value: JSON) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not -_MOST <= value <= _MOST:
            raise self.wrong(key, f"must be a finite number, not {shown(value)}")
        return float(value)

    def _name(self, key: str) -> str:
        return f"{self._group}.{key}" if self._group else key
