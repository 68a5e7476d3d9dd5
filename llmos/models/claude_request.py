"""A request in the form of the Messages API, with the breakpoints of its prompt cache; knows no transport.

Order of the cached prefix: tools, system, messages. Four breakpoints, the vendor's limit, stand at the end of the
tools, of the system prompt, of the message that ended the request before this one, and of the last message. The third
makes the cache hit: the vendor looks back only 20 blocks from a breakpoint, and a step of many parallel calls has more.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Final

from llmos.messages import JSON, Image, Message, Part, Request, Text, Thinking, ToolCall, ToolResult, ToolSpec

Block = dict[str, JSON]

_CACHED: Final = {"type": "ephemeral"}
_NEVER_CACHED: Final = ("thinking", "redacted_thinking")
_FIRST_ADAPTIVE: Final = (4, 6)


def accepts_adaptive_thinking(model: str) -> bool:
    """Whether a model takes `thinking: adaptive`: all do since version 4.6, by the vendor's page on adaptive thinking.

    >>> accepts_adaptive_thinking("claude-opus-5-5"), accepts_adaptive_thinking("claude-haiku-4-5-20251001")
    (True, False)
    """
    version = re.search(r"claude-[a-z]+-(\d+)(?:-(\d{1,2}))?(?:-|$)", model)
    if version is None:
        return "mythos" in model
    return (int(version[1]), int(version[2] or 0)) >= _FIRST_ADAPTIVE


def message_params(request: Request, model: str, *, thinking: bool, effort: str | None) -> Block:
    """The arguments of `messages.create`, but for the schema of the reply."""
    params: Block = {
        "model": model,
        "max_tokens": request.max_output_tokens,
        "messages": message_turns(request.messages),
        "stream": True,
    }
    if request.tools:
        params["tools"] = tool_params(request.tools)
    if request.system.strip():
        params["system"] = [{"type": "text", "text": request.system, "cache_control": _CACHED}]
    if thinking:
        params["thinking"] = {"type": "adaptive"}
    if effort is not None:
        params["output_config"] = {"effort": effort}
    return params


def tool_params(tools: Sequence[ToolSpec]) -> list[Block]:
    """The tools, the last one with a breakpoint."""
    params: list[Block] = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema} for tool in tools
    ]
    params[-1]["cache_control"] = _CACHED
    return params


def message_turns(messages: Sequence[Message]) -> list[Block]:
    """The conversation, with breakpoints at its end and where the request before this one ended."""
    turns = [turn for turn in map(_turn, messages) if turn["content"]]
    replied = max((at for at, turn in enumerate(turns) if turn["role"] == "assistant"), default=0)
    _mark(turns[replied - 1 : replied])
    _mark(turns[-1:])
    return turns


def _turn(message: Message) -> Block:
    """A turn; the vendor wants tool results before anything else."""
    blocks = [block for part in message.parts if (block := _block(part)) is not None]
    blocks.sort(key=lambda block: block["type"] != "tool_result")
    return {"role": message.role, "content": blocks}


def _mark(turns: Sequence[Block]) -> None:
    for turn in turns:
        for block in reversed(turn["content"]):
            if block["type"] not in _NEVER_CACHED:
                block["cache_control"] = _CACHED
                return


def _block(part: Part) -> Block | None:
    """One part; None for what the vendor refuses: empty text, and reasoning that is not its own."""
    match part:
        case Text(text):
            return {"type": "text", "text": text} if text.strip() else None
        case Image(content, media_type):
            return {"type": "image", "source": _source(content, media_type)}
        case Thinking(_, data, redacted=True):
            return {"type": "redacted_thinking", "data": data}
        case Thinking(text, signature):
            return {"type": "thinking", "thinking": text, "signature": signature} if signature else None
        case ToolCall(call_id, name, args):
            return {"type": "tool_use", "id": call_id, "name": name, "input": dict(args)}
        case ToolResult():
            return _result(part)


def _result(result: ToolResult) -> Block:
    """A result; one that reports an error may hold text only."""
    shown = [part for part in result.content if isinstance(part, Text) or not result.is_error]
    block: Block = {"type": "tool_result", "tool_use_id": result.call_id}
    content = [inner for part in shown if (inner := _block(part)) is not None]
    if content:
        block["content"] = content
    if result.is_error:
        block["is_error"] = True
    return block


def _source(content: bytes, media_type: str) -> Mapping[str, str]:
    return {"type": "base64", "media_type": media_type, "data": b64encode(content).decode("ascii")}
