"""The arguments of a tool call, from what a model wrote; knows no provider."""

import msgspec

from llmos.messages import ToolCall


def tool_call(call_id: str, name: str, written: str) -> ToolCall:
    """The call; arguments that are no JSON object stand in `malformed` as they were written, nothing at all means none.

    >>> tool_call("1", "move_to", '{"x": 1.5}')
    ToolCall(id='1', name='move_to', args={'x': 1.5}, malformed=None)
    >>> tool_call("1", "move_to", '{"x": 1.').malformed
    '{"x": 1.'
    """
    if not written.strip():
        return ToolCall(call_id, name, {})
    try:
        args = msgspec.json.decode(written)
    except (msgspec.MsgspecError, RecursionError):
        return ToolCall(call_id, name, {}, malformed=written)
    return ToolCall(call_id, name, args) if isinstance(args, dict) else ToolCall(call_id, name, {}, malformed=written)
