"""What a provider's refusal says about trying again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.models.refusals import may_pass, retry_after_s

NOW = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "3", "retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": NOW}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:27:30 GMT", "date": NOW}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
    ],
)
def test_the_wait_is_what_the_provider_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, milliseconds and dates are read; what makes no sense is no advice."""
    assert retry_after_s(headers) == seconds


DATES = st.from_regex(r"(Wed, )?[0-9]{1,3} (Oct|x) [0-9]{2,5} [0-9:]{5,9} (GMT|-0000|\+9999)?")


@given(st.dictionaries(st.sampled_from(["retry-after", "retry-after-ms", "date"]), st.text(max_size=40) | DATES))
def test_no_header_breaks_the_reader(headers: dict[str, str]) -> None:
    """Headers come from strangers."""
    seconds = retry_after_s(headers)
    assert seconds is None or 0 <= seconds < float("inf")


@pytest.mark.parametrize(
    ("status", "headers", "passes"),
    [
        (429, {}, True),
        (503, {}, True),
        (529, {}, True),
        (400, {}, False),
        (401, {}, False),
        (400, {"x-should-retry": "true"}, True),
        (503, {"x-should-retry": "false"}, False),
        (503, {"x-should-retry": "perhaps"}, True),
    ],
)
def test_the_providers_own_word_beats_the_status(status: int, headers: dict[str, str], passes: bool) -> None:
    """Rate limits and server faults pass, unless the provider says otherwise."""
    assert may_pass(status, headers) == passes
