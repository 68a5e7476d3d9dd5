"""Claude through the Messages API, with the vendor's SDK; knows nothing of agents, tools' code or money.

The SDK is imported at the first reply. It never retries (the router does), never traces, and reads no key and no
profile from the environment or the disk: key and address are handed to it.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import anyio

from llmos.errors import LLMosError, ModelError, RetryableError, nearest
from llmos.messages import JSON, Reply, Request
from llmos.models.base import OnText
from llmos.models.claude_reply import ClaudeReply
from llmos.models.claude_request import Lifetime, message_params, thinking_params
from llmos.models.endpoint import checked_address, checked_key
from llmos.models.refusals import may_pass, retry_after_s
from llmos.models.sdk_errors import expect, sdk_errors
from llmos.models.shared_client import SharedClients

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anthropic import APIStatusError, AsyncAnthropic
    from anthropic._streaming import ServerSentEvent

Effort: TypeAlias = Literal["low", "medium", "high", "xhigh", "max"]

DEFAULT_BASE_URL = "https://api.anthropic.com"
_CONNECT_TIMEOUT_S = 10.0
_SILENCE_TIMEOUT_S = 300.0
"""A stream carries a ping every few seconds; before its first byte a prompt of a million tokens may take minutes."""
_LEFTOVER_S = 0.25
"""The end of an HTTP body comes with the last event or right behind it; whoever holds it back is not waited for."""


_clients: SharedClients["AsyncAnthropic"] = SharedClients("llmos anthropic clients")


class ClaudeModel:
    """One Claude model; all that share key and address share one HTTP client.

    `thinking` is adaptive, where the model accepts it. `context_tokens` comes from the alias, `cache_lifetime`
    from the kernel.
    """

    def __init__(
        self,
        model: str,
        api_key: str | None,
        base_url: str | None = None,
        *,
        context_tokens: int = 200_000,
        thinking: bool = True,
        effort: Effort | None = None,
        cache_lifetime: Lifetime = "5m",
    ) -> None:
        if not api_key:
            raise LLMosError(
                f"{model} needs a key: set ANTHROPIC_API_KEY, or choose another model with --model, such as pocket"
            )
        self._model = model
        self._api_key = checked_key(api_key, "ANTHROPIC_API_KEY")
        self._base_url = checked_address(base_url or DEFAULT_BASE_URL, "ANTHROPIC_BASE_URL")
        self._context_tokens = context_tokens
        self._thinking = thinking_params(model) if thinking else None
        self._effort = effort
        self._cache_lifetime = cache_lifetime

    @property
    def name(self) -> str:
        """`anthropic:` and the vendor's id."""
        return f"anthropic:{self._model}"

    @property
    def context_tokens(self) -> int:
        """As the constructor was told."""
        return self._context_tokens

    async def reply(self, request: Request, on_text: OnText) -> Reply:
        """Stream one reply; RetryableError for what may pass, ModelError with the vendor's words for the rest."""
        import anthropic

        collected = ClaudeReply(on_text)
        with sdk_errors(anthropic, self._base_url, collected, self._refusal):
            create = self._client().messages.with_streaming_response.create
            async with create(**self._params(request)) as response:
                expect("text/event-stream", response.headers, self._base_url)
                events = anthropic.AsyncStream.raw_events(response.http_response)
                await _collect(events, collected)
        return collected.reply()

    async def aclose(self) -> None:
        """Release the shared client, which the last model that holds it closes."""
        await _clients.give_back(self._place, self)

    @property
    def _place(self) -> tuple[str, str]:
        return (self._base_url, self._api_key)

    def _client(self) -> "AsyncAnthropic":
        return _clients.take(self._place, self, self._connect)

    def _connect(self) -> "AsyncAnthropic":
        from anthropic import AsyncAnthropic, Timeout

        return AsyncAnthropic(
            api_key=self._api_key,
            base_url=self._base_url,
            max_retries=0,
            timeout=Timeout(_SILENCE_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S),
            open_telemetry=False,
        )

    def _params(self, request: Request) -> Any:  # noqa: ANN401 - the SDK's overloads take each argument with a type of its own
        params = message_params(
            request, self._model, thinking=self._thinking, effort=self._effort, lifetime=self._cache_lifetime
        )
        if request.response_schema is not None:
            params.setdefault("output_config", {})["format"] = _json_format(request.response_schema)
        return params

    def _refusal(self, error: "APIStatusError") -> ModelError:
        """What a status means, in one sentence with the vendor's own words."""
        words = error.api_message or error.message
        headers = error.response.headers
        if may_pass(error.status_code, headers):
            sentence = f"the Anthropic API cannot answer now ({error.status_code} {error.type or 'error'}): {words}"
            return RetryableError(sentence, retry_after_s(headers))
        if error.status_code == 401:
            return ModelError(f"the Anthropic API refused the key, set ANTHROPIC_API_KEY to a valid one: {words}")
        if error.status_code == 404 and error.type == "not_found_error":
            return ModelError(
                f"the Anthropic API has no model '{self._model}', {nearest(self._model, _known_models())}"
            )
        return ModelError(
            f"the Anthropic API refused the request ({error.status_code} {error.type or 'error'}): {words}"
        )


async def _collect(events: "AsyncIterator[ServerSentEvent]", collected: ClaudeReply) -> None:
    """Take the events up to the end of the reply; what has no name is none, as the vendor's own client has it."""
    async for event in events:
        if event.event and event.data:
            collected.add(event.data)
        if collected.is_complete:
            await _read_out(events)
            return


async def _read_out(events: "AsyncIterator[ServerSentEvent]") -> None:
    """Read what stands behind the end, so that the connection can serve again; nothing there voids a whole reply."""
    import httpx2

    with anyio.move_on_after(_LEFTOVER_S), suppress(httpx2.HTTPError, ValueError):
        async for _ in events:
            pass


def _json_format(schema: Mapping[str, JSON]) -> JSON:
    """A schema as the vendor wants it: closed objects, unsupported limits moved into descriptions."""
    from anthropic import transform_schema

    return {"type": "json_schema", "schema": transform_schema(dict(schema))}


def _known_models() -> list[str]:
    from anthropic.types.model_param import ModelParam

    return [name for choice in get_args(ModelParam) for name in get_args(choice)]
