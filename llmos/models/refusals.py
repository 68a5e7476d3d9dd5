"""What an HTTP provider's refusal says about trying again; knows no provider.

Headers read: `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3), `retry-after-ms` and `x-should-retry`,
which both vendors' servers send and their SDKs obey.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_PASSING = (408, 409, 429)


def may_pass(status: int, headers: Mapping[str, str]) -> bool:
    """Whether the same call may succeed later."""
    advice = headers.get("x-should-retry")
    if advice in ("true", "false"):
        return advice == "true"
    return status in _PASSING or status >= 500


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The wait that the provider asks for; a date counts from the provider's own `Date`, so that no clock is asked."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    advice = headers.get("retry-after")
    seconds = _number(advice)
    if seconds is not None:
        return seconds
    until, now = _date(advice), _date(headers.get("date"))
    return max(0.0, (until - now).total_seconds()) if until and now else None


def _number(text: str | None) -> float | None:
    """A count of seconds; nothing for what is negative, infinite or no number."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def _date(text: str | None) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError, IndexError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
