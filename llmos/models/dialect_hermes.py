"""The dialect of Qwen and the Hermes family: free text and `<tool_call>` blocks.

Knows no backend. What a block holds beside a call comes back as `ToolCall.malformed`, and a tool that nobody offered as
a call that the toolbox refuses, so that the loop can tell the model.
"""

import re
from collections.abc import Sequence

from llmos.messages import Request, Text, ToolCall, ToolSpec
from llmos.models.base import OnText
from llmos.models.dialect import Answer, Stream, call_id, read_call
from llmos.models.gbnf import hermes_grammar
from llmos.models.streaming import overlap

OPEN, CLOSE = "<tool_call>", "</tool_call>"
_BLOCK = re.compile(r'(?:[^"<]|"(?:[^"\\]|\\.)*+"|<(?!/tool_call>))*+</tool_call>', re.DOTALL)
"""The rest of a block: a closing tag within a JSON string is text."""


class Hermes:
    """Free text and `<tool_call>` blocks, as Qwen and the Hermes family were trained to write them."""

    def grammar(self, tools: Sequence[ToolSpec]) -> str:
        """Any text, in which a block holds a call of one of the tools."""
        return hermes_grammar(tools)

    def stream(self, on_text: OnText) -> Stream:
        """The text outside of blocks, as soon as it cannot be the start of one."""
        return OutsideBlocks(on_text)

    def answer(self, text: str, request: Request, *, cut: bool) -> Answer:
        """Text and calls in the order written; a block that holds no call, or is cut, is a malformed call."""
        parts: list[Text | ToolCall] = []
        calls = 0
        while text:
            outside, opened, text = text.partition(OPEN)
            if outside.strip():
                parts.append(Text(outside))
            if not opened:
                break
            block, text = _split_block(text)
            if request.may_call_tools:
                calls += 1
                parts.append(_tool_call(call_id(request, calls), block))
        return Answer(tuple(parts), "tools" if calls else "length" if cut else "end")


class OutsideBlocks:
    """Passes on text outside of blocks; holds back what may yet become the opening tag, and blanks without text."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self._held = ""
        self._inside = False
        self._blank: str | None = ""  # what stands before the first letter of this passage, None after it

    def add(self, piece: str) -> None:
        """Pass on what is certainly outside."""
        self._held += piece
        while True:
            if self._inside:
                block = _BLOCK.match(self._held) if CLOSE in self._held else None
                if block is None:
                    return
                self._inside, self._held, self._blank = False, self._held[block.end() :], ""
            before, found, rest = self._held.partition(OPEN)
            if not found:
                certain = len(before) - overlap(before, OPEN)
                self._held = before[certain:]
                self._emit(before[:certain])
                return
            self._emit(before)
            self._inside, self._held = True, rest

    def finish(self, answer: Answer) -> None:  # noqa: ARG002 - the Protocol's signature
        """Pass on what was held back."""
        if not self._inside:
            self._emit(self._held)
        self._held = ""

    def _emit(self, text: str) -> None:
        if not text:
            return
        if self._blank is not None:
            self._blank += text
            if not self._blank.strip():
                return
            text, self._blank = self._blank, None
        self._on_text(text)


def _split_block(text: str) -> tuple[str, str]:
    """What a block holds with its closing tag, and what follows; all of it when no tag closes it."""
    end = match.end() if (match := _BLOCK.match(text)) else len(text)
    return text[:end], text[end:]


def _tool_call(identity: str, block: str) -> ToolCall:
    call = read_call(block.removesuffix(CLOSE)) if block.endswith(CLOSE) else None
    if call is None:
        return ToolCall(identity, "unreadable", {}, malformed=OPEN + block)
    return ToolCall(identity, call.name, call.arguments)
