"""Personal data and secrets are known by their shapes; what only looks a little like them is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.memory.private import looks_secret, unfit

PRIVATE = {
    "an e-mail address": ["write to ana.b+x@example.co.uk", "<ana@example.com>"],
    "a bank account (IBAN)": ["DE89 3704 0044 0532 0130 00 belongs to Ana", "GB29NWBK60161331926819"],
    "a payment card": ["card 4111 1111 1111 1111", "378282246310005", "5555-5555-5555-4444"],
    "a social security number": ["her number is 123-45-6789"],
    "a phone number": [
        "+49 30 1234567",
        "Ada at +49 170 1234567",
        "(555) 123-4567",
        "555-123-4567",
        "tel. 030 1234567",
        "my phone is 5551234567",
    ],
    "a date of birth": ["Ana, born on 1980-05-17", "Birthday: 17 May 1980", "date of birth May 17, 1980"],
    "a postal address": ["lives at 12 Oak Street", "221b Baker Street", "Lindenstraße 12", "12 rue de Rivoli"],
}

HARMLESS = [
    "The arm parks at (0, 0, 1).",
    "moved +1.5 1.0 0.5 2.25",
    "run 20261120-095132-k3f9qz did it on 2026-11-20 at 14:52:43.469",
    "commit 8e5554cb3ac186cc2be27acdd8d0f84eddd5e52b, sha256:69821c31f4ff538931d01888c48d20109e20fc2ec103c535",
    "clone git@github.com:a/b.git, install left-pad@1.3.0",
    "it has 4 Wheel Drive and weighs 1763654321123 g",
    "id 123e4567-e89b-12d3-a456-426614174000",
    "call move_to with 1.5 1.0 0.5; the call took 1234567 ns",
    "/usr/lib/python3.11/site-packages/anyio/_backends/_asyncio.py",
    "4111 1111 1111 1112 fails the check digit",
    "cell 12 of the grid holds 34",
    "test_that_the_gate_refuses_a_path_through_zone_2, CamelCaseIdentifierWithManyWords2",
    "0x7ffd5e8c9a10, http://localhost:8000/a/b?x=1",
]

SECRETS = [
    "password: hunter2",
    "the PIN is 4711",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "3f9a8c7b6d5e4f3a2b1c0d9e8f7a6b5c",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0",
    "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
]


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in PRIVATE.items() for text in texts])
def test_personal_data_is_named(name: str, text: str) -> None:
    """By what it looks like, also within a sentence."""
    assert unfit(text) == unfit(f"As told by them: {text}, so it is.") == unfit(f"Ask: {text}. Then go.") == name


@pytest.mark.parametrize("text", HARMLESS)
def test_what_robots_and_programs_write_is_harmless(text: str) -> None:
    """Coordinates, dates, hashes, versions and paths."""
    assert (unfit(text), looks_secret(text)) == (None, False)


@pytest.mark.parametrize("text", SECRETS)
def test_secrets_are_known_by_cue_or_chance(text: str) -> None:
    """A word that gives it away, or letters that only chance would write."""
    assert looks_secret(text)


@given(st.integers(10**7, 10**12), st.sampled_from(["+49", "+1", "+33 ", "0044 "]))
def test_international_numbers_are_phones_however_long(number: int, prefix: str) -> None:
    """With a country's code in front, from eight digits on."""
    assert unfit(f"reach him under {prefix}{number}") == unfit(f"It is {prefix}{number}.") == "a phone number"


@given(st.lists(st.floats(-9, 9).map(lambda x: f"{x:.3f}"), min_size=3, max_size=6))
def test_coordinates_are_never_personal(values: list[str]) -> None:
    """With signs, in brackets, in a row."""
    assert unfit(f"at ({', '.join(values)}) or {' '.join(values)}") is None


def test_a_wrong_check_digit_is_no_account() -> None:
    """Nor a country that has none, nor a wrong length."""
    assert [unfit(each) for each in ("DE88370400440532013000", "ZZ89370400440532013000", "DE893704004405320130")] == [
        None
    ] * 3
