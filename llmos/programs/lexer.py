"""Splits the text of a program into words, numbers, texts and signs, each with its line.

Knows no grammar; line breaks inside brackets are blanks, as are tabs.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from llmos.programs.form import MOST_CHARACTERS, ProgramError

TokenKind: TypeAlias = Literal["word", "number", "text", "sign", "comment", "newline", "end of text"]

_LEXEME = re.compile(
    r"""(?P<blank>[ \t]+)
    |(?P<comment>\#[^\n]*)
    |(?P<newline>\n)
    |(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<text>"(?:[^"\\\n]|\\[^\n])*")
    |(?P<sign>\.\.|==|!=|<=|>=|[-+*/<>=.,:()\[\]{}])""",
    re.VERBOSE,
)
_BLOCK_LINE = re.compile(r"\| ?([^\n]*)(?:\n[ \t]*)?")
_MOST_DIGITS = 30


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number, text or sign; `value` is what it stands for, `text` how it is written."""

    kind: TokenKind
    text: str
    line: int
    value: int | float | str = ""

    def __str__(self) -> str:
        """As a sentence names it."""
        if self.kind in ("newline", "end of text"):
            return "the end of the line" if self.kind == "newline" else "the end of the program"
        return f"'{self.text[:40]}'"


def tokens(text: str, line: int = 1) -> list[Token]:
    """The text in tokens, ending with `end of text`; raises ProgramError with the line."""
    if len(text) > MOST_CHARACTERS:
        raise ProgramError(f"a program has at most {MOST_CHARACTERS:,} characters, and this one {len(text):,}", line)
    return list(_Lexer(text.replace("\r\n", "\n"), line).read())


class _Lexer:
    def __init__(self, text: str, line: int) -> None:
        self._text = text
        self._line = line
        self._at = 0
        self._open: list[Token] = []
        self._found: list[Token] = []

    def read(self) -> list[Token]:
        while self._at < len(self._text):
            if self._open and self._text[self._at] == "|":
                self._block()
                continue
            match = _LEXEME.match(self._text, self._at)
            if match is None:
                raise ProgramError(_unreadable(self._text[self._at :]), self._line)
            self._at = match.end()
            self._take(match)
        if self._open:
            raise ProgramError(f"'{self._open[-1].text}' is never closed", self._open[-1].line)
        self._add("newline", "\n")
        self._add("end of text", "")
        return self._found

    def _add(self, kind: TokenKind, text: str, value: float | str = "") -> None:
        self._found.append(Token(kind, text, self._line, value))

    def _take(self, match: re.Match[str]) -> None:
        text = match.group()
        match match.lastgroup:
            case "newline":
                if not self._open:
                    self._add("newline", text)
                self._line += 1
            case "comment":
                if self._open:
                    raise ProgramError("a comment cannot stand inside brackets; give it a line of its own", self._line)
                self._add("comment", text, _comment(text, self._line))
            case "number":
                self._add("number", text, _number(text, self._line))
            case "text":
                self._add("text", text, _literal(text, self._line))
            case "word":
                self._add("word", text, text)
            case "sign":
                self._add("sign", text)
                self._nest()

    def _nest(self) -> None:
        sign = self._found[-1]
        if sign.text in "([{":
            self._open.append(sign)
        elif sign.text in ")]}":
            if not self._open or "([{".index(self._open[-1].text) != ")]}".index(sign.text):
                raise ProgramError(f"'{sign.text}' closes nothing", sign.line)
            self._open.pop()

    def _block(self) -> None:
        """A text over several lines, each after a bar; every line of it ends."""
        lines: list[str] = []
        first = self._line
        while self._at < len(self._text) and self._text[self._at] == "|":
            match = _BLOCK_LINE.match(self._text, self._at)
            assert match is not None
            lines.append(match[1] + "\n")
            self._line += match.group().count("\n")
            self._at = match.end()
        text = "".join(lines)
        _check_characters(text.replace("\n", ""), first, but="\t")
        self._found.append(Token("text", "|", first, text))


def _check_characters(text: str, line: int, but: str = "") -> None:
    """Raises ProgramError for a character that a person cannot see or a file cannot hold."""
    for character in text:
        code = ord(character)
        if (code < 32 and character not in but) or code == 127 or 0xD800 <= code < 0xE000:
            raise ProgramError(f"the character U+{code:04X} cannot stand in a program", line)


def _comment(text: str, line: int) -> str:
    said = text[1:].strip()
    _check_characters(said, line, but="\t")
    return said


def _number(text: str, line: int) -> int | float:
    value = float(text)
    if not math.isfinite(value) or len(text) > _MOST_DIGITS:
        raise ProgramError(f"the number {text[:_MOST_DIGITS]} is too large or too long", line)
    return value if re.search(r"[.eE]", text) else int(text)


def _literal(text: str, line: int) -> str:
    _check_characters(text, line, but="\t")
    try:
        value = json.loads(text, strict=False)
    except json.JSONDecodeError:
        raise ProgramError(
            rf"the text {text[:40]} has a '\' that means nothing; there are \" \\ \n \t and \uXXXX", line
        ) from None
    assert isinstance(value, str)
    if any(0xD800 <= ord(character) < 0xE000 for character in value):
        raise ProgramError(f"the text {text[:40]} holds half a character", line)
    return value


def _unreadable(rest: str) -> str:
    character = rest[0]
    if character == '"':
        return "a text is not closed on its line"
    if character.isprintable():
        meant = {"'": '; a text stands in "double quotes"', "&": "; write 'and'", "!": "; write 'not' or '!='"}
        return f"the character '{character}' means nothing here{meant.get(character, '')}"
    return f"the character U+{ord(character):04X} cannot stand in a program"
