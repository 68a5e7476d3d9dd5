"""Models behind an OpenAI-compatible server (llama-server, vLLM, Ollama, OpenRouter), with the `openai` package.

Knows nothing of agents, tools' code or money. The package is an extra and imported at the first reply; it never retries
(the router does) and takes key and address from here alone.
"""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from llmos.errors import LLMosError, ModelError, RetryableError
from llmos.messages import Reply, Request
from llmos.models.base import OnText
from llmos.models.endpoint import checked_address, checked_key
from llmos.models.openai_reply import ChatReply
from llmos.models.openai_request import chat_params
from llmos.models.refusals import may_pass, retry_after_s
from llmos.models.sdk_errors import expect, sdk_errors
from llmos.models.shared_client import SharedClients

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

OPENAI_URL = "https://api.openai.com/v1"
_CONNECT_TIMEOUT_S = 10.0
_SILENCE_TIMEOUT_S = 600.0
"""A local server is silent while it reads a long prompt, and sends no pings."""


_clients: SharedClients["AsyncOpenAI"] = SharedClients("llmos openai clients")


class OpenAICompatibleModel:
    """One model of one server; all that share key and address share one HTTP client.

    Only OpenAI itself is known to need a key; other servers say so when they do. `context_tokens` comes from the alias.
    """

    def __init__(
        self,
        model: str,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        context_tokens: int = 32_768,
    ) -> None:
        self._model = model
        self._base_url = checked_address(base_url or OPENAI_URL, "OPENAI_BASE_URL")
        self._api_key = checked_key(api_key or "none", "OPENAI_API_KEY")
        self._context_tokens = context_tokens
        if find_spec("openai") is None:
            raise LLMosError(f"{self.name} needs the openai package: pip install 'llmos[openai]'")
        if self._base_url == OPENAI_URL and not api_key:
            raise LLMosError(
                f"{self.name} needs a key: set OPENAI_API_KEY, or OPENAI_BASE_URL to a server of your own, "
                "such as http://127.0.0.1:8080/v1"
            )

    @property
    def name(self) -> str:
        """`openai:` and the server's id."""
        return f"openai:{self._model}"

    @property
    def context_tokens(self) -> int:
        """As the constructor was told."""
        return self._context_tokens

    async def reply(self, request: Request, on_text: OnText) -> Reply:
        """Stream one reply; RetryableError for what may pass, ModelError with the server's words for the rest."""
        import openai

        collected = ChatReply(self._base_url, on_text)
        with sdk_errors(openai, self._base_url, collected, self._refusal):
            create = self._client().chat.completions.with_streaming_response.create
            async with create(**self._params(request)) as response:
                if response.headers.get("content-type", "").startswith("application/json"):
                    collected.add_chunk(await response.read())
                else:
                    expect("text/event-stream", response.headers, self._base_url)
                    async for received in response.iter_bytes():
                        collected.feed(received)
        return collected.reply(self._model, len(request.messages))

    async def aclose(self) -> None:
        """Release the shared client, which the last model that holds it closes."""
        await _clients.give_back(self._place, self)

    @property
    def _place(self) -> tuple[str, str]:
        return (self._base_url, self._api_key)

    def _client(self) -> "AsyncOpenAI":
        return _clients.take(self._place, self, self._connect)

    def _connect(self) -> "AsyncOpenAI":
        from openai import AsyncOpenAI, Timeout

        client = AsyncOpenAI(
            api_key=self._api_key,
            base_url=self._base_url,
            max_retries=0,
            timeout=Timeout(_SILENCE_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S),
        )
        client.organization = client.project = client.admin_api_key = None  # what it found in the environment
        return client

    def _params(self, request: Request) -> Any:  # noqa: ANN401 - the SDK's overloads type each argument
        # OpenAI's own models refuse the name that every other server understands.
        length_key = "max_completion_tokens" if self._base_url == OPENAI_URL else "max_tokens"
        return chat_params(request, self._model, length_key)

    def _refusal(self, error: "APIStatusError") -> ModelError:
        """What a status means, in one sentence with the server's own words."""
        words = _said(error)
        if may_pass(error.status_code, error.response.headers):
            sentence = f"{self._base_url} cannot answer now ({error.status_code}): {words}"
            return RetryableError(sentence, retry_after_s(error.response.headers))
        if error.status_code == 401:
            return ModelError(f"{self._base_url} refused the key, set OPENAI_API_KEY to a valid one: {words}")
        if error.status_code == 404:
            return ModelError(f"{self._base_url} has no model '{self._model}', or no chat completions there: {words}")
        return ModelError(f"{self._base_url} refused the request ({error.status_code}): {words}")


def _said(error: "APIStatusError") -> str:
    """The message of the body, wherever this server puts it; the SDK has already taken it out of an `error` field."""
    body = error.body
    places = [body, body.get("message"), body.get("detail")] if isinstance(body, dict) else [body]
    return next((words for words in places if isinstance(words, str) and words), error.message)
