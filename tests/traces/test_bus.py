"""The bus hands every event to every subscriber, in order."""

import pytest

from llmos.traces.bus import Bus
from llmos.traces.events import Event, TextStreamed


def test_subscribers_hear_every_event_and_its_run_in_order() -> None:
    """A cockpit that shows two runs must know whose event it is."""
    bus, heard = Bus(), []
    bus.subscribe(lambda event, run: heard.append(("first", event, run)))
    bus.subscribe(lambda event, run: heard.append(("second", event, run)))
    bus.publish(TextStreamed("a"), "r1")
    bus.publish(TextStreamed("b"))
    assert heard == [
        ("first", TextStreamed("a"), "r1"),
        ("second", TextStreamed("a"), "r1"),
        ("first", TextStreamed("b"), ""),
        ("second", TextStreamed("b"), ""),
    ]


def test_who_unsubscribes_hears_nothing_more() -> None:
    """Unsubscribing twice is harmless."""
    bus, heard = Bus(), []
    end = bus.subscribe(lambda event, run: heard.append(event))
    end()
    end()
    bus.publish(TextStreamed("a"))
    assert heard == []


def test_who_unsubscribes_while_hearing_disturbs_nobody() -> None:
    """The list of an ongoing publish does not change under it."""
    bus, heard = Bus(), []

    def once(event: Event, run: str) -> None:
        heard.append("once")
        end()

    end = bus.subscribe(once)
    bus.subscribe(lambda event, run: heard.append("always"))
    bus.publish(TextStreamed("a"))
    bus.publish(TextStreamed("b"))
    assert heard == ["once", "always", "always"]


def test_a_bug_in_a_subscriber_is_not_hidden() -> None:
    """Our own bugs are tracebacks."""
    bus = Bus()
    bus.subscribe(lambda event, run: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bus.publish(TextStreamed("a"))
