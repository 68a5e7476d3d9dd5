"""What a robot host and its clients say to each other: length-prefixed MessagePack, each message one tagged struct.

Knows no socket and no robot. A frame is four bytes of length, big-endian, then that many bytes of one message; what is
longer than `MOST_BYTES`, is no message or does not fit its type ends the connection with a sentence.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, TypeVar

import msgspec

from llmos.messages import JSON
from llmos.robots.base import Commanded, Measured, RobotError
from llmos.robots.caution import CALM, Caution
from llmos.robots.controls import Order, Ruling
from llmos.robots.latch import Stop
from llmos.robots.papers import Papers
from llmos.robots.verdict import Motion, Result

VERSION = 2
MOST_BYTES = 1_000_000
_LENGTH_BYTES = 4

Word = TypeVar("Word")


class WireError(RobotError):
    """The other side said what cannot be understood."""


class Hello(msgspec.Struct, frozen=True, tag=True):
    """The first word of a client; `key` proves that it may read the home, `who` is for people."""

    version: int
    key: str
    who: str


class Judge(msgspec.Struct, frozen=True, tag=True):
    """Answered by `Ruled`."""

    id: int
    order: Order
    preview: bool


class Dispatch(msgspec.Struct, frozen=True, tag=True):
    """Answered by `Done` when the robot stands still; until then the client renews its lease."""

    id: int
    ruling: Ruling


class Renew(msgspec.Struct, frozen=True, tag=True):
    """The client still waits for the motion of that dispatch, with so much caution as it has by now.

    The motion is as cautious as its order and this; where this gets less, the order remains.
    """

    id: int
    caution: Caution = CALM


class Cancel(msgspec.Struct, frozen=True, tag=True):
    """The client waits no longer: decelerate."""

    id: int


class Halt(msgspec.Struct, frozen=True, tag=True):
    """Emergency stop; answered by `Done`, on the stop socket by `Latched`."""

    id: int
    by: str
    reason: str
    key: str = ""


class Permit(msgspec.Struct, frozen=True, tag=True):
    """A person rearms; answered by `Rearmed`."""

    id: int
    by: str
    profile_hash: str


Request: TypeAlias = Hello | Judge | Dispatch | Renew | Cancel | Halt | Permit


class Welcome(msgspec.Struct, frozen=True, tag=True):
    """The answer to `Hello`."""

    version: int
    process: int
    robot_name: str
    scene: Papers


class Limits(msgspec.Struct, frozen=True, tag=True):
    """The profile that counts from now on; comes before the first `State`."""

    profile: Papers


class Ended(msgspec.Struct, frozen=True, tag=True):
    """The newest motion, whoever asked for it."""

    motion: Motion


class State(msgspec.Struct, frozen=True, tag=True):
    """The newest snapshot, many times a second; `period_s` are the control ticks since the last one."""

    measured: Measured
    commanded: Commanded
    stop: Stop | None
    moving: str | None
    version: int
    period_s: tuple[float, ...]
    pending: str | None
    notes: Mapping[str, JSON]


class Ruled(msgspec.Struct, frozen=True, tag=True):
    """The verdict on an order."""

    id: int
    ruling: Ruling


class Done(msgspec.Struct, frozen=True, tag=True):
    """How a command ended."""

    id: int
    result: Result


class Rearmed(msgspec.Struct, frozen=True, tag=True):
    """The stop that was cleared, if there was one."""

    id: int
    stop: Stop | None


class Latched(msgspec.Struct, frozen=True, tag=True):
    """The stop that holds now; `saved` when it is on disk as well."""

    stop: Stop
    saved: bool


class Failed(msgspec.Struct, frozen=True, tag=True):
    """What went wrong with a request (0: with the connection), in one sentence, by the class of error it was."""

    id: int
    kind: str
    sentence: str


Reply: TypeAlias = Welcome | Limits | Ended | State | Ruled | Done | Rearmed | Latched | Failed


def framed(message: Request | Reply) -> bytes:
    """The bytes of a message; WireError for one that cannot be sent: too long, or made of what no wire carries."""
    try:
        content = msgspec.msgpack.encode(message, enc_hook=_plain)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise WireError(f"A {type(message).__name__} cannot be sent: {error}.") from error
    if len(content) > MOST_BYTES:
        raise WireError(f"A {type(message).__name__} of {len(content)} bytes is longer than the {MOST_BYTES} allowed.")
    return len(content).to_bytes(_LENGTH_BYTES, "big") + content


def read_request(content: bytes) -> Request:
    """What a client said; WireError."""
    return _decoded(content, _REQUESTS)


def read_reply(content: bytes) -> Reply:
    """What a host said; WireError."""
    return _decoded(content, _REPLIES)


_REQUESTS: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_REPLIES: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


class Frames:
    """Cuts a stream of bytes into messages, however it arrives."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, content: bytes) -> Iterator[bytes]:
        """The messages that are whole with these bytes; WireError when one announces more than may be sent."""
        self._held += content
        while len(self._held) >= _LENGTH_BYTES:
            length = int.from_bytes(self._held[:_LENGTH_BYTES], "big")
            if length > MOST_BYTES:
                raise WireError(f"A message of {length} bytes was announced, more than the {MOST_BYTES} allowed.")
            end = _LENGTH_BYTES + length
            if len(self._held) < end:
                return
            message = bytes(self._held[_LENGTH_BYTES:end])
            del self._held[:end]
            yield message


def _decoded(content: bytes, decoder: "msgspec.msgpack.Decoder[Word]") -> Word:
    try:
        return decoder.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise WireError(f"A message cannot be understood: {error}.") from error


def _plain(value: Any) -> Any:  # noqa: ANN401 - the signature of msgspec's hook
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} is no value of a message")
