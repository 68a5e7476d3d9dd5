"""A request in the form of the Messages API, with the breakpoints of its prompt cache; knows no transport.

Order of the cached prefix: tools, system, messages. Four breakpoints, the vendor's limit, stand at the end of the
tools, of the system prompt, of the message that ended the request before this one, and of the last message. The third
makes the cache hit: the vendor looks back only 20 blocks from a breakpoint, and a step of many parallel calls has more.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias

from llmos.messages import JSON, Image, Message, Part, Request, Text, Thinking, ToolCall, ToolResult, ToolSpec

Block = dict[str, JSON]
Lifetime: TypeAlias = Literal["5m", "1h"]

_NEVER_CACHED: Final = ("thinking", "redacted_thinking")
_FIRST_ADAPTIVE: Final = (4, 6)
_FIRST_BOUND: Final = (5, 1)

BINDING_BETA: Final = "thinking-binding-controls-2026-08-01"
"""What the `anthropic-beta` header must name for `block_binding` to be accepted."""


def thinking_params(model: str) -> Block | None:
    """The `thinking` of a model: adaptive for all since version 4.6, None for those that refuse it.

    Since 5.1 the vendor binds reasoning to all that stood before it, and refuses the whole request when a resumed
    conversation has another system prompt or other tools; `drop_block` leaves out that reasoning instead. Sources: the
    vendor's pages "Adaptive thinking" and "Preserved thinking", November 2026.
    """
    version = _version(model)
    if version < _FIRST_ADAPTIVE:
        return None
    if version < _FIRST_BOUND:
        return {"type": "adaptive"}
    return {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}}


def _version(model: str) -> tuple[int, int]:
    """The version in a model's id, e.g. (5, 5) of `claude-opus-5-5`; (0, 0) where there is none.

    >>> _version("claude-haiku-4-5-20251001"), _version("claude-opus-5"), _version("my-gateway-model")
    ((4, 5), (5, 0), (0, 0))
    """
    found = re.search(r"claude-[a-z]+-(\d+)(?:-(\d{1,2}))?(?:-|$)", model)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)


def message_params(
    request: Request, model: str, *, thinking: Block | None, effort: str | None, lifetime: Lifetime = "5m"
) -> Block:
    """The arguments of `messages.create`, but for the schema of the reply."""
    params: Block = {
        "model": model,
        "max_tokens": request.max_output_tokens,
        "messages": message_turns(request.messages, lifetime),
        "stream": True,
    }
    if request.tools:
        params["tools"] = tool_params(request.tools, lifetime)
        if not request.may_call_tools:
            params["tool_choice"] = {"type": "none"}
    if request.system.strip():
        params["system"] = [{"type": "text", "text": request.system, "cache_control": cache_mark(lifetime)}]
    if thinking is not None:
        params["thinking"] = thinking
        if "block_binding" in thinking:
            params["extra_headers"] = {"anthropic-beta": BINDING_BETA}
    if effort is not None:
        params["output_config"] = {"effort": effort}
    return params


def cache_mark(lifetime: Lifetime) -> Block:
    """What marks a breakpoint; the vendor keeps an entry for five minutes unless it is asked for an hour."""
    return {"type": "ephemeral"} if lifetime == "5m" else {"type": "ephemeral", "ttl": lifetime}


def tool_params(tools: Sequence[ToolSpec], lifetime: Lifetime) -> list[Block]:
    """The tools, the last one with a breakpoint."""
    params: list[Block] = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema} for tool in tools
    ]
    params[-1]["cache_control"] = cache_mark(lifetime)
    return params


def message_turns(messages: Sequence[Message], lifetime: Lifetime = "5m") -> list[Block]:
    """The conversation, with breakpoints at its end and where the request before this one ended."""
    turns = [turn for turn in map(_turn, messages) if turn["content"]]
    replied = max((at for at, turn in enumerate(turns) if turn["role"] == "assistant"), default=0)
    _mark(turns[replied - 1 : replied], lifetime)
    _mark(turns[-1:], lifetime)
    return turns


def _turn(message: Message) -> Block:
    """A turn; the vendor wants tool results before anything else."""
    blocks = [block for part in message.parts if (block := _block(part)) is not None]
    blocks.sort(key=lambda block: block["type"] != "tool_result")
    return {"role": message.role, "content": blocks}


def _mark(turns: Sequence[Block], lifetime: Lifetime) -> None:
    for turn in turns:
        for block in reversed(turn["content"]):
            if block["type"] not in _NEVER_CACHED:
                block["cache_control"] = cache_mark(lifetime)
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
