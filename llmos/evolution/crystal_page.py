"""Writes the SKILL.md of a program: what it says of itself, words for people, and the program as the last block.

Knows no model: words come in, and are held to what a page may hold.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from llmos.documents.crystal import crystal_of
from llmos.documents.document import hash_of
from llmos.documents.emit import lines_of
from llmos.documents.frontmatter import parse
from llmos.documents.skill import Skill, skill_from
from llmos.errors import DocumentError, RefusedError
from llmos.evolution.crystallizer import Candidate, with_words
from llmos.programs.blocks import program_of
from llmos.programs.form import ProgramError
from llmos.programs.printer import program_hash, show
from llmos.traces.scrub import Scrubber

_MOST_DESCRIPTION: Final = 1024
_MOST_BODY: Final = 4000
_FENCE = re.compile(r"`{3}|~{3}")
_MARKUP = re.compile(r"<[A-Za-z/!?]")
_HEADING = re.compile(r"^\s{0,3}(?:---|===|\+\+\+)", re.MULTILINE)
_SHELL = re.compile(r"!`")
_PROGRAM_FENCE = "\n```program\n"
_END = "\n```"


@dataclass(frozen=True, slots=True)
class Words:
    """What a SKILL.md says in words: its description on one line, and its instructions."""

    description: str
    body: str
    by: str
    """Who wrote them: a model, or the template."""


def page(candidate: Candidate, words: Words) -> str:
    """The SKILL.md; RefusedError where it would not read as it is meant."""
    if wrong := wrong_words(words):
        raise RefusedError(f"The words of {candidate.name} cannot stand in a skill: {wrong}.")
    candidate = with_words(candidate, _words_hash(words.description.strip(), words.body.strip()))
    text = "\n".join(["---", *_head(candidate, words), "---", "", words.body.strip(), "", *_program(candidate), ""])
    try:
        skill = skill_from(parse(text, Path(candidate.name) / "SKILL.md"))
        same = program_of(skill.document) == candidate.program and crystal_of(skill) == candidate.crystal
    except (DocumentError, ProgramError) as error:
        raise RefusedError(f"The page of {candidate.name} cannot be read: {error}") from error
    if not same or not is_as_written(skill):
        raise RefusedError(f"The page of {candidate.name} would not read as it was meant.")
    if wrong := _unfit(text):
        raise RefusedError(f"The page of {candidate.name} is not written: {wrong}.")
    return text


def wrong_words(words: Words) -> str:
    """Why these words may not stand in a skill; empty where they may."""
    both = f"{words.description}\n{words.body}"
    if not words.description.strip() or not words.body.strip():
        return "a description and instructions are needed"
    if len(words.description.strip()) > _MOST_DESCRIPTION or len(words.description.strip().splitlines()) > 1:
        return f"a description is one line of at most {_MOST_DESCRIPTION} characters"
    if len(words.body) > _MOST_BODY:
        return f"instructions have at most {_MOST_BODY} characters"
    if "<" in words.description or ">" in words.description:
        return "a description has no angle brackets"
    if _FENCE.search(both):
        return "instructions bring no block of code; the program is the only one"
    if _MARKUP.search(words.body):
        return "instructions bring no HTML"
    if _SHELL.search(both):
        return "instructions bring no command of a shell"
    if _HEADING.search(words.body):
        return "instructions bring no line of dashes, which may pass for a frontmatter"
    return _unfit(both)


def _unfit(text: str) -> str:
    if strange := sorted({f"U+{ord(letter):04X}" for letter in text if is_hidden(letter)}):
        return f"it holds letters that nobody can see: {', '.join(strange[:5])}"
    plain = text.encode("utf-8", "replace")
    return "it holds what looks like a secret" if Scrubber().scrub(plain) != plain else ""


def is_as_written(skill: Skill) -> bool:
    """Whether nobody has edited words or program of a skill since it was made of runs."""
    crystal = crystal_of(skill)
    if crystal is None:
        return False
    try:
        program = program_of(skill.document)
    except ProgramError:
        return False
    before, _, rest = skill.document.body.partition(_PROGRAM_FENCE)
    words = f"{before.strip()}{rest.partition(_END)[2].strip()}"
    same_words = _words_hash(skill.description, words) == crystal.words
    return program is not None and program_hash(program) == crystal.program and same_words


def is_hidden(letter: str) -> bool:
    """Whether a letter is there and not seen: controls, marks of direction, and other formatting."""
    return letter not in "\n\t" and unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


def _words_hash(description: str, body: str) -> str:
    return hash_of(f"{description}\0{body}".encode("utf-8", "surrogatepass"))


def _head(candidate: Candidate, words: Words) -> Iterator[str]:
    yield from lines_of("name", candidate.name)
    yield from lines_of("description", words.description.strip())
    yield from lines_of("allowed-tools", " ".join(candidate.verified.tools))
    yield from lines_of("metadata", candidate.crystal.metadata)


def _program(candidate: Candidate) -> Iterator[str]:
    yield "```program"
    yield from show(candidate.program).rstrip("\n").split("\n")
    yield "```"
