"""The wire between a robot host and its clients: what is sent arrives, and nothing else is taken for it."""

import math
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.robots.base import Pose
from llmos.robots.caution import Caution
from llmos.robots.controls import Order, Principal, Ruling
from llmos.robots.host.wire import (
    MOST_BYTES,
    Cancel,
    Dispatch,
    Failed,
    Frames,
    Halt,
    Hello,
    Judge,
    Permit,
    Renew,
    WireError,
    framed,
    read_reply,
    read_request,
)
from llmos.robots.verdict import Refusal, Verdict

ADA = Principal("person", "Ada")
words = st.text(max_size=40).filter(lambda text: text.isprintable())
numbers = st.integers(0, 2**63 - 1)
floats = st.floats(allow_nan=False)
values = st.one_of(st.none(), st.booleans(), floats, st.integers(-(2**63), 2**63 - 1), words)
arguments = st.dictionaries(words, values, max_size=6)
poses = st.builds(Pose, floats, floats, floats, floats)
cautions = st.builds(Caution, st.floats(0.01, 1.0), st.floats(0, 9), st.none() | st.floats(0.01, 9), words)
orders = st.builds(Order, words, arguments, st.builds(Principal, st.sampled_from(["person", "agent"]), words, words))
refusals = st.one_of(st.none(), st.builds(Refusal, words, words, words))
verdicts = st.builds(Verdict, st.integers(0, 2**31), words, arguments, refusals)
rulings = st.builds(Ruling, orders, verdicts, st.lists(poses, max_size=4).map(tuple), floats, words, floats)
requests = st.one_of(
    st.builds(Hello, numbers, words, words),
    st.builds(Judge, numbers, orders, st.booleans()),
    st.builds(Dispatch, numbers, rulings),
    st.builds(Renew, numbers, cautions),
    st.builds(Cancel, numbers),
    st.builds(Halt, numbers, words, words, words),
    st.builds(Permit, numbers, words, words),
)


@given(st.lists(requests, max_size=6), st.data())
def test_messages_arrive_as_they_were_sent_however_they_are_cut(sent: list[Hello], data: st.DataObject) -> None:
    """A stream has no borders: any cut of the bytes gives the same messages in the same order."""
    stream = b"".join(framed(each) for each in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    frames, heard = Frames(), []
    for start, end in pairwise([0, *cuts, len(stream)]):
        heard += [read_request(message) for message in frames.feed(stream[start:end])]
    assert heard == sent


@given(st.binary(max_size=200))
def test_garbage_is_a_message_or_a_sentence(garbage: bytes) -> None:
    """No bytes raise anything but WireError, on either side."""
    for read in (read_request, read_reply):
        found: object
        try:
            found = read(garbage)
        except WireError as error:
            found = str(error)
        assert found.endswith(".") if isinstance(found, str) else type(found).__module__ == "llmos.robots.host.wire"


def test_garbage_is_told() -> None:
    """In a sentence that says what is wrong with it."""
    with pytest.raises(WireError, match=r"^A message cannot be understood: .+\.$"):
        read_request(b"\xc1garbage")


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_a_stream_of_garbage_never_holds_more_than_one_message(pieces: list[bytes]) -> None:
    """What announces too much is refused at once, before its bytes have come."""
    frames = Frames()
    with suppress(WireError):
        for piece in pieces:
            for message in frames.feed(piece):
                assert len(message) <= MOST_BYTES


def test_a_message_that_announces_too_much_is_refused_before_it_comes() -> None:
    """Four bytes are enough to know."""
    with pytest.raises(WireError) as caught:
        list(Frames().feed((MOST_BYTES + 1).to_bytes(4, "big")))
    assert str(caught.value) == "A message of 1000001 bytes was announced, more than the 1000000 allowed."


def test_not_a_number_travels_to_the_gate() -> None:
    """NaN and infinity are for the gate to refuse, with its own sentence."""
    order = Order("move_to", {"x": math.nan, "y": math.inf, "z": -math.inf}, ADA)
    got = read_request(framed(Judge(1, order, preview=False))[4:])
    assert isinstance(got, Judge)
    assert math.isnan(got.order.args["x"])
    assert (got.order.args["y"], got.order.args["z"]) == (math.inf, -math.inf)


@pytest.mark.parametrize("value", [object(), 10**400, 1j, "\ud800"])
def test_what_no_wire_carries_is_told(value: object) -> None:
    """An object, a number without end, an imaginary one, half a character: a sentence, and nothing was sent."""
    with pytest.raises(WireError, match=r"^A Judge cannot be sent: .+\.$"):
        framed(Judge(1, Order("move_to", {"x": value}, ADA), preview=False))


def test_a_message_that_is_too_long_is_not_sent() -> None:
    """A million bytes are the most."""
    with pytest.raises(WireError) as caught:
        framed(Judge(1, Order("move_to", {"x": "x" * MOST_BYTES}, ADA), preview=False))
    assert str(caught.value).startswith("A Judge of 1000")
    assert str(caught.value).endswith(" bytes is longer than the 1000000 allowed.")


def test_half_a_message_is_none() -> None:
    """Until the last byte has come nothing is read."""
    message = framed(Failed(1, "RobotError", "no"))
    frames = Frames()
    assert list(frames.feed(message[:-1])) == []
    assert [read_reply(each) for each in frames.feed(message[-1:])] == [Failed(1, "RobotError", "no")]


def test_a_reply_is_no_request() -> None:
    """The two directions have words of their own."""
    with pytest.raises(WireError):
        read_request(framed(Failed(1, "RobotError", "no"))[4:])
