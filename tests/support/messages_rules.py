"""What the Messages API accepts and how it caches, after the vendor's documentation; knows no model and no transport.

Rules checked: key, `max_tokens`, alternating tool calls and results, no empty text, at most four cache breakpoints and
none on reasoning, only text in failed results, no sampling parameters. Cache: a breakpoint stores the prefix that ends
there; a later request reads the longest stored prefix that ends at one of its breakpoints or up to 20 blocks before.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tests.support.loopback import Received

MAX_BREAKPOINTS = 4
LOOKBACK_BLOCKS = 20
KNOWN = {"model", "max_tokens", "messages", "system", "tools", "tool_choice", "stream", "thinking", "output_config"}


def complaint(received: Received) -> tuple[int, str, str] | None:
    """Status, type and message of the error that the request deserves; None when it is fine."""
    if (received.method, received.path) != ("POST", "/v1/messages"):
        return 404, "not_found_error", f"{received.method} {received.path}"
    if not received.headers.get("authorization") and not received.headers.get("x-api-key"):
        return 401, "authentication_error", "no key"
    body = received.json
    if "block_binding" in body.get("thinking", {}) and "anthropic-beta" not in received.headers:
        return 400, "invalid_request_error", "thinking.adaptive.block_binding: Extra inputs are not permitted"
    for rule in (_parameters, _turns, _blocks, _breakpoints):
        message = rule(body)
        if message:
            return 400, "invalid_request_error", message
    return None


def _parameters(body: dict[str, Any]) -> str:
    unknown = body.keys() - KNOWN
    if unknown:
        return f"{sorted(unknown)}: Extra inputs are not permitted"
    if not isinstance(body.get("max_tokens"), int) or body["max_tokens"] < 1:
        return "max_tokens: Field required"
    if not body.get("messages"):
        return "messages: at least one message is required"
    if body["messages"][0]["role"] != "user":
        return "messages: first message must use the user role"
    return "" if body.get("stream") is True else "stream: only streaming is served here"


def _turns(body: dict[str, Any]) -> str:
    """Each tool call is answered in the very next message, results before anything else."""
    owed: set[str] = set()
    for index, message in enumerate(body["messages"]):
        content = message["content"]
        if not content:
            return f"messages.{index}: content must be non-empty"
        answered = [block["tool_use_id"] for block in content if block["type"] == "tool_result"]
        if owed - set(answered):
            return f"messages.{index}: tool_use ids were found without tool_result blocks: {sorted(owed)}"
        if set(answered) - owed:
            return f"messages.{index}: unexpected tool_use_id in tool_result: {answered}"
        if any(block["type"] != "tool_result" for block in content[: len(answered)]):
            return f"messages.{index}: tool_result blocks must come first"
        owed = {block["id"] for block in content if block["type"] == "tool_use"}
    return ""


def _blocks(body: dict[str, Any]) -> str:
    for block in _all_blocks(body):
        if block["type"] == "text" and not block["text"]:
            return "text content blocks must be non-empty"
        if block["type"] == "thinking" and not block.get("signature"):
            return "thinking: signature: Field required"
        if block["type"] == "tool_use" and not isinstance(block["input"], dict):
            return "tool_use.input: Input should be a valid dictionary"
        inner = block.get("content") if block["type"] == "tool_result" else None
        if block.get("is_error") and any(part["type"] != "text" for part in inner or ()):
            return "all content must be type 'text' if 'is_error' is true"
        if any(part["type"] == "text" and not part["text"] for part in inner or ()):
            return "text content blocks must be non-empty"
    return ""


def _breakpoints(body: dict[str, Any]) -> str:
    marked = [block for block in [*body.get("tools", ()), *_all_blocks(body)] if "cache_control" in block]
    if len(marked) > MAX_BREAKPOINTS:
        return f"A maximum of 4 blocks with cache_control may be provided. Found {len(marked)}."
    if any(block.get("type") in ("thinking", "redacted_thinking") for block in marked):
        return "cache_control: Extra inputs are not permitted"
    return ""


def _all_blocks(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from body.get("system", ())
    for message in body["messages"]:
        yield from message["content"]


@dataclass(frozen=True, slots=True)
class Counted:
    """How the input of one request was billed."""

    read_tokens: int
    written_tokens: int
    input_tokens: int


class PromptCache:
    """The vendor's prompt cache, four bytes to the token; nothing expires."""

    def __init__(self, least_tokens: int = 1024) -> None:
        self._least_tokens = least_tokens
        self._stored: set[str] = set()

    def count(self, body: dict[str, Any]) -> Counted:
        """Bill a request, and store the prefixes that end at its breakpoints."""
        prefixes = list(self._prefixes(body))
        marked = [at for at, (_, _, is_marked) in enumerate(prefixes) if is_marked]
        read = 0
        for breakpoint_ in marked:
            for at in range(breakpoint_, max(-1, breakpoint_ - LOOKBACK_BLOCKS - 1), -1):
                if prefixes[at][0] in self._stored:
                    read = max(read, prefixes[at][1])
                    break
        cacheable = [at for at in marked if prefixes[at][1] >= self._least_tokens]
        self._stored |= {prefixes[at][0] for at in cacheable}
        written = max((prefixes[at][1] for at in cacheable), default=0)
        total = prefixes[-1][1]
        covered = max(read, written)
        return Counted(read, covered - read, total - covered)

    @staticmethod
    def _prefixes(body: dict[str, Any]) -> Iterator[tuple[str, int, bool]]:
        """Digest and length in tokens of every prefix, and whether a breakpoint ends it."""
        digest = sha256(json.dumps([body["model"], body.get("thinking")]).encode())
        tokens = 0
        turns = [({"role": message["role"]}, block) for message in body["messages"] for block in message["content"]]
        for prefix, block in (
            [({}, tool) for tool in body.get("tools", ())] + [({}, b) for b in body.get("system", ())] + turns
        ):
            plain = json.dumps(
                [prefix, {key: value for key, value in block.items() if key != "cache_control"}]
            ).encode()
            digest.update(plain)
            tokens += -(-len(plain) // 4)
            yield digest.hexdigest(), tokens, "cache_control" in block
