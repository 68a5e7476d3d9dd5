"""Whether two notes say the same: word for word, or so nearly that the longer one holds what the shorter one says.

Knows no meaning, so it is careful: of the words of the longer note only those may be missing in the shorter one that
change nothing in any sentence. Notes that have the same words in another order are two notes, and so are notes that
differ in a number, a name, a quotation or a path.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from llmos.memory.recall import words

_NUMBER = re.compile(r"[-+\u2212]?\d+(?:[.,]\d+)*")
_EXACT = re.compile(r"`[^`]+`|\"[^\"]+\"|'[^'\s]+'|\S*[/\\_@#]\S*")
_NAME = re.compile(r"(?<![.!?:]\s)(?<!^)\b[A-Z]\w*", re.MULTILINE)
_DENYING = """
not no never none nothing nobody neither nor without cannot except unless
don doesn didn isn aren wasn won couldn shouldn wouldn mustn
"""
_NEGATIONS = frozenset(_DENYING.split())
_ARTICLES = frozenset(("the", "a", "an"))
_HARMLESS = frozenset(("please", "very", "also", "indeed", "bitte", "sehr"))
"""What a sentence may have more and still say the same; whatever is not known to be so may turn it around."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a note is compared by."""

    plain: str
    """Its text without case, compatibility forms and differences in space and final stop."""
    words: tuple[str, ...]
    held: tuple[str, ...]
    """Numbers, quotations, paths and names, each kind in the order of the text: what must be equal."""

    def says(self, other: "Likeness", least: float) -> bool:
        """Whether this note says what the other says, and more only in words that change nothing.

        `least` is the share of words in common.
        """
        if self.plain == other.plain:
            return True
        if self.held != other.held or not other.words or len(other.words) < least * len(self.words):
            return False
        wanted = [*reversed(other.words)]
        for word in self.words:
            if wanted and word == wanted[-1]:
                wanted.pop()
            elif word not in _HARMLESS:
                return False
        return not wanted


def likeness(text: str) -> Likeness:
    """What a text is compared by.

    >>> likeness("The cube is red.").says(likeness("the cube  is red"), 1.0)
    True
    >>> likeness("The cube weighs 2 kg").says(likeness("The cube weighs 3 kg"), 0.1)
    False
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(".!;, ")
    held = (*_numbers(text), *exact(text))
    said = tuple(word for word in words(text) if word not in _ARTICLES and not word.isdigit())
    return Likeness(plain, said, held)


def numbers(text: str) -> frozenset[str]:
    """The numbers of a text, each in one form: `1.50`, `+1.5` and `1.5` are one."""
    return frozenset(_numbers(text))


def _numbers(text: str) -> Iterable[str]:
    for found in _NUMBER.finditer(unicodedata.normalize("NFKC", text)):
        written = found[0].replace("\u2212", "-").lstrip("+")
        try:
            yield f"{float(written):g}"
        except ValueError:  # such as 1.2.3 or 1,000
            yield written


def turns(text: str) -> frozenset[str]:
    """The negations of a text: with one more or less it says something else."""
    return frozenset(words(text)) & _NEGATIONS


def exact(text: str) -> Iterable[str]:
    """Quotations, paths and names, as they are written."""
    yield from (found[0].strip("`\"'.,;:()") for found in _EXACT.finditer(text))
    yield from (found[0] for found in _NAME.finditer(text))
