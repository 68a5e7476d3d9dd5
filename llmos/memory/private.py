"""Says whether a text holds what is never remembered: secrets that look like chance, and data about a private person.

Knows shapes, no meaning: a name, an illness or a faith in plain words passes, and so does an address without a street
that it can tell. What is refused by mistake can be written in other words; what is stored by mistake travels by git.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

_SPACES = re.compile(r"[\s\u00a0\u202f-]+")

_EMAIL = re.compile(r"(?<![\w.+-])([\w.+-]+)@(?:[\w-]+\.)+[^\W\d_]{2,}", re.UNICODE)
_NOBODY: Final = frozenset({"git", "hg", "noreply", "no-reply", "users.noreply"})
"""Names before an @ behind which no person is."""

_ABROAD = re.compile(r"(?<![\w.])(?:\+|00)[1-9]\d{0,2}[ /()-]*(?:\d[ /()-]{0,2}){6,12}\d(?!\.?\d)")
_NORTH_AMERICA = re.compile(r"(?<![\w.+-])(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-.]\d{4}(?![\w-])")
_CALLED = re.compile(
    r"\b(?:tele)?(?:phone|fon|fax|tel|mobile|cell|handy|whatsapp|call(?: (?:me|him|her|them))?)\b\W{0,3}"
    r"(?:(?:is|at|on|number|no|nr)\b\W{0,3}){0,3}(\+?\d[\d /().-]{5,}\d)",
    re.IGNORECASE,
)

_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}")
# ISO 13616, the registry's lengths by country.
_IBAN_LENGTHS: Final = {
    country: int(length)
    for length, countries in (
        line.split(":")
        for line in (
            "15:NO", "16:BE", "18:DK FO FI GL NL SD", "19:MK SI", "20:AT BA EE KZ LT LU XK MN",
            "21:CH HR LI LV", "22:BG BH CR DE GB GE IE ME RS VA", "23:AE GI IL IQ OM TL",
            "24:AD CZ ES MD PK RO SA SE SK TN VG", "25:LY PT ST", "26:IS TR", "27:FR GR IT MC MR SM",
            "28:AL AZ BY CY DO GT HU LB NI PL SV",
            "29:BR EG PS QA UA", "30:JO KW MU", "31:MT SC", "32:LC", "33:RU",
        )
    )
    for country in countries.split()
}  # fmt: skip

_CARD = re.compile(r"(?<![\w.+-])\d(?:[ -]?\d){12,18}(?![\w.]*\d)")
_CARD_BEGINS = re.compile(r"4|5[1-5]|2[2-7]|3[47]|6(?:011|4|5)|35|36|30[0-5]|62")
"""Issuers' first digits (ISO/IEC 7812)."""

_SOCIAL = re.compile(r"(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")
_BORN = re.compile(
    r"\b(?:born(?: on)?|date of birth|birthday|dob)\b\W{0,3}(?:(?:is|on|was)\W{1,2}){0,2}"
    r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}\.? [A-Z][a-z]+ \d{4}|[A-Z][a-z]+ \d{1,2},? \d{4})",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"(?<!\w)(?:\d{1,5}[a-z]?,? (?:[NSEW]\.? )?(?:[A-Z][\w'-]+ ){1,3}"
    r"(?:Street|St\.|Avenue|Ave\b|Road|Rd\b|Lane|Boulevard|Blvd\b|Terrace|Crescent)"
    r"|\d{1,4}(?: ?(?:bis|ter))?,? (?:rue|avenue|boulevard|chemin|allée|impasse) (?:[dl][eu'\u2019]\S* ?)?[A-ZÉÈ]\w+"
    r"|[A-ZÄÖÜ][\wäöüß-]+(?:straße|strasse|str\.|allee|gasse|weg|platz|damm|ufer) \d{1,4} ?[a-z]?\b)"
)

# `password: hunter2`, `the api key is x7f3`: a word for a secret, and something with a digit in it.
_GIVEN_AWAY = re.compile(
    r"(?:pass(?:word|phrase|wd|code)|api[ _-]?key|secret|token|\bpin)\W{0,3}\s*(?:is\b|:|=)\s*[\"'`]?(?=\S*\d)\S{4,}",
    re.IGNORECASE,
)
_RUN_OF_LETTERS = re.compile(r"[A-Za-z0-9+_=-]{20,}")
_KEY_OF_FORTY = re.compile(r"(?<![A-Za-z0-9/+=])(?!/)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_KEY_BITS: Final = 4.2
"""The same for keys of forty characters in base 64, whose slashes cut them into pieces that tell nothing."""
_KNOWN_CHANCE = re.compile(r"(?:sha\d+:|commit |[0-9a-f]{8}-(?:[0-9a-f]{4}-){3})", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_CHANCE_BITS: Final = 3.0
"""Bits of Shannon entropy per character from which on a long run of letters and digits looks drawn by chance: twenty
random hexadecimal digits nearly always have more."""


def unfit(text: str) -> str | None:
    """What the text holds that is never remembered, with its article; None where nothing was found."""
    return next((name for name, holds in _LOOKS if holds(text)), None)


def looks_secret(text: str) -> bool:
    """Whether the text gives a password away, or holds a run of characters that only chance would write."""
    if _GIVEN_AWAY.search(text) or any(_is_chance(run, before) for run, before in _runs(text)):
        return True
    keys = (found[0] for found in _KEY_OF_FORTY.finditer(text))
    return any(_kinds(key) == [True, True, True] and _entropy_bits(key) >= _KEY_BITS for key in keys)


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """Long runs of letters and digits, and what stands right before each."""
    for found in _RUN_OF_LETTERS.finditer(_UUID.sub(" ", text)):
        yield found[0], _UUID.sub(" ", text)[max(0, found.start() - 8) : found.start()]


def _is_chance(run: str, before: str) -> bool:
    if _KNOWN_CHANCE.search(before):  # the name of a commit or of a content is no secret
        return False
    pieces = [piece for piece in re.split(r"[-_=+]", run) if piece]
    mixed = [piece for piece in pieces if any(map(str.isdigit, piece)) and any(map(str.isalpha, piece))]
    longest = max(map(len, mixed), default=0)
    enough = sum(_kinds(run)) >= 2 and len(re.findall(r"\d+", run)) > 1 and longest >= 12
    return enough and _entropy_bits(max(mixed, key=len)) >= _CHANCE_BITS


def _kinds(text: str) -> list[bool]:
    """Whether it has small letters, large ones, digits."""
    return [any(map(kind, text)) for kind in (str.islower, str.isupper, str.isdigit)]


def _entropy_bits(text: str) -> float:
    """Shannon entropy per character: -sum p log2 p over the characters."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def _email(text: str) -> bool:
    return any(found[1].casefold() not in _NOBODY for found in _EMAIL.finditer(text))


def _phone(text: str) -> bool:
    if _ABROAD.search(text) or _NORTH_AMERICA.search(text):
        return True
    return any(sum(map(str.isdigit, found[1])) >= 6 for found in _CALLED.finditer(text))


def _iban(text: str) -> bool:
    return any(_is_iban(_SPACES.sub("", found[0])) for found in _IBAN.finditer(text))


def _is_iban(written: str) -> bool:
    """Of the country's length, and its check digits right: the number modulo 97 is 1 (ISO 7064)."""
    account = written[: _IBAN_LENGTHS.get(written[:2], 0)]
    if len(account) < 15 or len(account) != _IBAN_LENGTHS[written[:2]]:
        return False
    return int("".join(str(int(letter, 36)) for letter in account[4:] + account[:4])) % 97 == 1


def _card(text: str) -> bool:
    numbers = (_SPACES.sub("", found[0]) for found in _CARD.finditer(text))
    return any(_CARD_BEGINS.match(number) and _is_luhn(number) for number in numbers)


def _is_luhn(number: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812, annex B)."""
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


_LOOKS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("an e-mail address", _email),
    ("a bank account (IBAN)", _iban),
    ("a payment card", _card),
    ("a social security number", lambda text: bool(_SOCIAL.search(text))),
    ("a phone number", _phone),
    ("a date of birth", lambda text: bool(_BORN.search(text))),
    ("a postal address", lambda text: bool(_STREET.search(text))),
)
