"""Walks along the tokens of a program, and says in a sentence what is missing where.

Knows no statement and no expression.
"""

from llmos.errors import nearest
from llmos.programs.form import UNITS, Number, ProgramError
from llmos.programs.grammar import KEYWORDS, is_name, is_word
from llmos.programs.lexer import Token

_MOST_DEEP = 30
"""Brackets, minus signs and `not` inside each other."""


class Reader:
    """A place among the tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._deep = 0

    @property
    def now(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._at]

    @property
    def line(self) -> int:
        """Where the next token stands."""
        return self.now.line

    def take(self) -> Token:
        """The next token, which is left behind."""
        token = self.now
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def wrong(self, sentence: str, line: int = 0) -> ProgramError:
        """What to raise: the sentence at this line, or at the next token's."""
        return ProgramError(sentence, line or self.line)

    def sees(self, *texts: str) -> bool:
        """Whether the next token is one of these signs or words."""
        return self.now.kind in ("word", "sign") and self.now.text in texts

    def took(self, text: str) -> bool:
        """Whether the next token is this sign or word; if so, it is left behind."""
        found = self.sees(text)
        if found:
            self.take()
        return found

    def need(self, text: str, what: str) -> Token:
        """The sign or word that must come next in `what`."""
        if not self.sees(text):
            raise self.wrong(f"{what} needs '{text}' where {self.now} stands")
        return self.take()

    def need_name(self, what: str) -> str:
        """A name of a person's own."""
        token = self.now
        if token.kind != "word":
            raise self.wrong(f"{what} needs a name where {token} stands")
        if token.text in KEYWORDS:
            raise self.wrong(f"'{token.text}' is a word of the language and cannot be a name")
        if not is_name(token.text):
            raise self.wrong(f"the name '{token.text[:40]}...' has more than 64 characters")
        return self.take().text

    def need_label(self, what: str) -> str:
        """The name of a tool or argument, in quotes where it is no word."""
        token = self.now
        if token.kind == "text" and isinstance(token.value, str) and 0 < len(token.value) <= 64:
            self.take()
            return token.value
        if token.kind != "word" or not is_word(token.text):
            raise self.wrong(f"{what} needs a name where {token} stands")
        return self.take().text

    def need_text(self, what: str) -> str:
        """A text in quotes."""
        token = self.now
        if token.kind != "text" or not isinstance(token.value, str):
            raise self.wrong(f'{what} needs a text in "quotes" where {token} stands')
        self.take()
        return token.value

    def need_number(self, what: str) -> Number:
        """A number with its sign and unit."""
        line = self.line
        minus = self.took("-")
        token = self.now
        if token.kind != "number" or isinstance(token.value, str):
            raise self.wrong(f"{what} needs a number where {token} stands")
        self.take()
        return Number(-token.value if minus else token.value, self.unit(), line)

    def unit(self) -> str:
        """The unit that comes next; empty where there is none."""
        token = self.now
        if token.kind != "word" or token.text in KEYWORDS:
            return ""
        if token.text not in UNITS:
            raise self.wrong(f"'{token.text[:40]}' is no unit; {nearest(token.text, UNITS)}")
        return self.take().text

    def end_of_line(self, what: str) -> str | None:
        """The comment at the end of this line, if there is one; nothing else may stand there."""
        token = self.now
        if token.kind not in ("comment", "newline"):
            raise self.wrong(f"{what} is over where {token} stands; a line has one statement")
        comment = str(self.take().value) if token.kind == "comment" else None
        if comment is not None:
            self.take()
        return comment

    def opening_line(self, what: str) -> None:
        """As `end_of_line`, but a comment stays, to be the first of the block that opens here."""
        if self.now.kind != "comment":
            self.end_of_line(what)

    def deeper(self, line: int) -> None:
        """Go into a bracket; raises ProgramError where there are too many."""
        self._deep += 1
        if self._deep > _MOST_DEEP:
            raise self.wrong(
                f"more than {_MOST_DEEP} brackets stand inside each other; name a part of it with 'let'", line
            )

    def back(self) -> None:
        """Leave a bracket."""
        self._deep -= 1
