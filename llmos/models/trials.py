"""The requests by which a model is checked and timed: a motion, a form against its will, a picture, too long a text.

Knows no model. The words stand in conformance.md beside this file.
"""

import struct
import zlib
from functools import cache
from importlib.resources import files

from llmos.messages import JSON, Effect, Image, Message, Request, Text, ToolSpec

FORM: dict[str, JSON] = {
    "type": "object",
    "properties": {"mood": {"enum": ["calm", "stormy"]}, "height_m": {"type": "integer"}},
    "required": ["mood", "height_m"],
    "additionalProperties": False,
}
MOVE = ToolSpec(
    "move_to",
    "Move the tool to a point, in metres, and turn it if an angle is given.",
    {
        "type": "object",
        "properties": {name: {"type": "number"} for name in ("x", "y", "z", "theta_deg")},
        "required": ["x", "y", "z"],
        "additionalProperties": False,
    },
    Effect.REVERSIBLE,
)
_STATE: dict[str, JSON] = {
    "x": 0.0,
    "y": 0.0,
    "z": 1.0,
    "theta_deg": 0.0,
    "gripper": "open",
    "holding": "nothing",
    "objects": {},
    "places": {},
    "stopped": False,
}
_MOST_TOKENS = 128
_SIDE = 64


def motion(number: int) -> Request:
    """A goal that one tool call reaches; the prompt differs from number to number, near its end."""
    return _request(Text(_words()["move"].format(number=number)), tools=(MOVE,))


def form(*, bound: bool, seed: int) -> Request:
    """A request for verse, and with `bound` for JSON nevertheless."""
    return _request(Text(f"{_words()['form']} ({seed})"), schema=FORM if bound else None)


def picture(red: int, blue: int) -> Request:
    """A question about a picture of one colour."""
    return _request(Image(_png(red, blue)), Text(_words()["picture"]))


def short(most_tokens: int) -> Request:
    """A request that would be answered at length, with room for `most_tokens`."""
    return _request(Text(_words()["form"]), most_tokens=most_tokens)


def long(words: int) -> Request:
    """A request of at least so many tokens."""
    return _request(Text(_words()["long"] + " word" * words))


def _request(
    *parts: Text | Image,
    tools: tuple[ToolSpec, ...] = (),
    schema: dict[str, JSON] | None = None,
    most_tokens: int = _MOST_TOKENS,
) -> Request:
    return Request(
        _words()["system"],
        (Message("user", parts),),
        tools,
        max_output_tokens=most_tokens,
        state=_STATE,
        response_schema=schema,
    )


@cache
def _words() -> dict[str, str]:
    text = files("llmos.models").joinpath("conformance.md").read_text(encoding="utf-8")
    sections = (section.partition("\n") for section in text.split("\n## ")[1:])
    return {title.strip(): body.strip() for title, _, body in sections}


def _png(red: int, blue: int) -> bytes:
    """A square of one colour (PNG specification, section 5)."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    rows = (b"\x00" + bytes((red, 0, blue)) * _SIDE) * _SIDE
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
