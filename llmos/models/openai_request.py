"""A request in the form of chat completions, as llama-server, vLLM, Ollama and OpenRouter understand it; no transport.

Where servers differ, the form that most of them take is sent: plain text instead of a list of parts, an empty text
instead of null, arguments as JSON text. Tool results hold text only there, so their pictures follow in a user message.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence

import msgspec

from llmos.messages import JSON, Image, Message, Request, Text, ToolCall, ToolResult, ToolSpec
from llmos.traces.parts import plain

Block = dict[str, JSON]


def chat_params(request: Request, model: str, length_key: str) -> Block:
    """The arguments of `chat.completions.create`; `length_key` is what the server calls the longest answer."""
    params: Block = {
        "model": model,
        "messages": list(chat_messages(request.system, request.messages)),
        length_key: request.max_output_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.tools:
        params["tools"] = tool_params(request.tools)
        if not request.may_call_tools:
            params["tool_choice"] = "none"
    if request.response_schema is not None:
        schema = {"name": "reply", "schema": request.response_schema}
        params["response_format"] = {"type": "json_schema", "json_schema": schema}
    return params


def tool_params(tools: Sequence[ToolSpec]) -> list[Block]:
    """The tools as functions; templates of the hub expect them in the same form."""
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": tool.input_schema},
        }
        for tool in tools
    ]


def chat_messages(system: str, messages: Sequence[Message]) -> Iterator[Block]:
    """The conversation; reasoning stays behind, since servers give it no place in a request."""
    if system:
        yield {"role": "system", "content": system}
    for message in messages:
        if message.role == "assistant":
            yield _assistant(message)
        else:
            yield from _user(message)


def _assistant(message: Message) -> Block:
    turn: Block = {"role": "assistant", "content": message.text}
    if message.tool_calls:
        turn["tool_calls"] = [_call(call) for call in message.tool_calls]
    return turn


def _call(call: ToolCall) -> Block:
    arguments = msgspec.json.encode(call.args, enc_hook=plain).decode()
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _user(message: Message) -> Iterator[Block]:
    """Tool results as messages of their own, then what the person and the pictures of the results show."""
    shown: list[Text | Image] = []
    for part in message.parts:
        if isinstance(part, ToolResult):
            yield {"role": "tool", "tool_call_id": part.call_id, "content": part.text}
            shown += [inner for inner in part.content if isinstance(inner, Image)]
        elif isinstance(part, Text | Image):
            shown.append(part)
    if shown:
        yield {"role": "user", "content": _content(shown)}


def _content(shown: Sequence[Text | Image]) -> JSON:
    if all(isinstance(part, Text) for part in shown):
        return "\n".join(part.text for part in shown if isinstance(part, Text))
    return [_shown(part) for part in shown]


def _shown(part: Text | Image) -> Block:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    url = f"data:{part.media_type};base64,{b64encode(part.content).decode('ascii')}"
    return {"type": "image_url", "image_url": {"url": url}}
