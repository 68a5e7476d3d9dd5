"""A model of a GGUF file, run by llama.cpp in this process: renders its chat template, constrains and judges its reply.

Knows no kernel and no alias; `boot` says which file. One reply is under way at a time. The model is loaded at the first
request and keeps what it has read, so that the next step of a run reads only what is new.
"""

from collections.abc import Callable
from math import exp
from pathlib import Path
from typing import Literal

from anyio import Lock, from_thread, to_thread
from anyio.lowlevel import checkpoint_if_cancelled

from llmos.clock import Clock, RealClock
from llmos.errors import ModelError
from llmos.messages import Effect, Reply, Request, ToolCall, Usage
from llmos.models.backend import load, threads_for
from llmos.models.base import OnText
from llmos.models.chat_template import ChatTemplate, default_source
from llmos.models.completion import Backend, Completion, ContextOverflowError, Decoding, Loading
from llmos.models.dialect import Answer, Dialect, JsonOnly
from llmos.models.dialect_hermes import OPEN, Hermes
from llmos.models.dialect_pocket import Pocket, too_long
from llmos.models.domain_classifier import pooled, read_classifier
from llmos.models.doubt import held_back
from llmos.models.gguf_header import PROJECTOR, GgufHeader, ModelFileError, read_header
from llmos.models.newest_goal import goal_of

DialectName = Literal["pocket", "hermes"]
DEFAULT_CONTEXT_TOKENS = 8192
_CONTEXT_STEP = 256  # llama.cpp rounds contexts up to a multiple of this


class LocalModel:
    """`path` and, for images, `mmproj` are GGUF files; ModelFileError says what is wrong with them.

    `speaks` is the dialect of tool calls. Without it the chat template tells: one that renders the robot's state speaks
    pocket's, one with `<tool_call>` Hermes', and with any other no tools can be offered. `context_tokens` is cut to
    what the model was trained for and to a multiple of 256; `backend` names the package that runs llama.cpp (the best
    one installed when None). Temperature 0 makes replies repeatable. A call that is less likely than `confidence` is
    held back in pocket's dialect (`doubt`, `domain_classifier`), and a goal that its template would cut is not begun.
    `rehearse` is called before the files are loaded and raises when they must not be.
    """

    def __init__(
        self,
        path: Path,
        *,
        mmproj: Path | None = None,
        speaks: DialectName | None = None,
        context_tokens: int | None = None,
        backend: str | None = None,
        temperature: float = 0.0,
        seed: int = 0,
        confidence: float | None = None,
        clock: Clock | None = None,
        rehearse: Callable[[Loading, str | None], None] = lambda *_: None,
    ) -> None:
        header = _language_header(path)
        if mmproj is not None:
            _check_projector(mmproj)
        self._template = ChatTemplate(
            header.chat_template or default_source(),
            "" if header.adds_bos else header.token("bos"),
            header.token("eos"),
            header.control_tokens,
            sees=mmproj is not None,
        )
        self._dialect = _dialect(speaks, self._template)
        self._classifier = read_classifier(header.keys, path)
        self._stop = () if header.chat_template else ("<|im_end|>",)
        self._loading = Loading(path, mmproj, _fitting(context_tokens, header.context_tokens), threads_for(path))
        self._backend_name = backend
        self._temperature, self._seed, self._confidence = temperature, seed, confidence
        self._clock = clock or RealClock()
        self._rehearse = rehearse
        self._backend: Backend | None = None
        self._lock = Lock()

    @property
    def name(self) -> str:
        """`local:` and the file's name."""
        return f"local:{self._loading.path.name}"

    @property
    def context_tokens(self) -> int:
        """How many tokens a request and its reply may have together."""
        return self._loading.context_tokens

    async def reply(self, request: Request, on_text: OnText) -> Reply:
        """Answer in a worker thread; a cancellation takes effect at the next token and leaves nothing running."""
        async with self._lock:
            reply = await to_thread.run_sync(self._reply, request, on_text)
        await checkpoint_if_cancelled()
        return reply

    async def aclose(self) -> None:
        """Give the memory back; a later request would load the model again."""
        async with self._lock:
            backend, self._backend = self._backend, None
            if backend is not None:
                await to_thread.run_sync(backend.close)

    def _reply(self, request: Request, on_text: OnText) -> Reply:
        """In a worker thread: everything between the request and the finished reply."""
        writes = (self._dialect or Hermes()) if request.response_schema is None else JsonOnly(request.response_schema)
        stream = writes.stream(lambda text: from_thread.run_sync(on_text, text))
        if isinstance(writes, Pocket) and (refusal := too_long(self._template.goal(request))):
            stream.finish(refusal)
            return Reply(refusal.parts, refusal.stop_reason, Usage(), self.name, refusal.claim)
        if self._backend is None:
            self._rehearse(self._loading, self._backend_name)
            self._backend = load(self._loading, self._backend_name)
        if request.tools and self._dialect is None:
            raise ModelError(
                f"{self.name} writes tool calls in a form that LLMos does not read: its chat template has no {OPEN}; "
                "models of the Qwen and Hermes families have it"
            )
        prompt = self._template.render(request, self._clock.now)
        grammar = writes.grammar(request.tools if request.may_call_tools else ())
        least = self._confidence if isinstance(writes, Pocket) else None
        decoding = Decoding(
            request.max_output_tokens, grammar, self._stop, self._temperature, self._seed, scored=least is not None
        )

        def on_piece(piece: str) -> None:
            from_thread.check_cancelled()
            if piece:
                stream.add(piece)

        try:
            completion = self._backend.complete(prompt, decoding, on_piece)
        except ContextOverflowError as error:
            raise ModelError(
                f"the request has {error.tokens} tokens, and the context of {self.name} holds {error.limit}; "
                "shorten it, or give the model a longer context"
            ) from error
        answer = writes.answer(completion.text, request, cut=completion.stop == "length")
        probability = self._probability(answer, completion, request)
        pure = {tool.name for tool in request.tools if tool.effect is Effect.PURE}
        answer = held_back(answer, probability, least, pure)
        stream.finish(answer)
        return self._finished(answer, completion, probability)

    def _probability(self, answer: Answer, completion: Completion, request: Request) -> float | None:
        """Of the whole reply, pooled with that of there being a goal where it calls a tool; None where nobody asked."""
        if completion.logprob is None:
            return None
        certainty = exp(completion.logprob)
        if self._classifier is None or not any(isinstance(part, ToolCall) for part in answer.parts):
            return certainty
        tools = (tool.name for tool in request.tools)
        return pooled(certainty, self._classifier.probability(goal_of(request.messages), tools))

    def _finished(self, answer: Answer, completion: Completion, probability: float | None) -> Reply:
        return Reply(
            parts=answer.parts,
            stop_reason=answer.stop_reason,
            usage=Usage(
                input_tokens=completion.prompt_tokens - completion.cached_tokens,
                output_tokens=completion.output_tokens,
                cache_read_tokens=completion.cached_tokens,
            ),
            model=self.name,
            claim=answer.claim,
            probability=probability,
        )


def _language_header(path: Path) -> GgufHeader:
    header = read_header(path)
    if header.architecture == PROJECTOR:
        raise ModelFileError(f"{path} is an image projector, not a language model; give it as the model's mmproj file")
    return header


def _check_projector(path: Path) -> None:
    architecture = read_header(path).architecture
    if architecture != PROJECTOR:
        raise ModelFileError(f"{path} is no image projector (mmproj file): its architecture is '{architecture}'")


def _dialect(speaks: DialectName | None, template: ChatTemplate) -> Dialect | None:
    """The dialect that is named, else the one that the template shows, else none."""
    if speaks == "pocket" or (speaks is None and template.reads_state):
        return Pocket()
    return Hermes() if speaks == "hermes" or OPEN in template.source else None


def _fitting(wanted: int | None, trained: int) -> int:
    """A context that llama.cpp takes as it is: no longer than trained for, else a multiple of its step."""
    length = wanted or DEFAULT_CONTEXT_TOKENS
    if trained and length >= trained:
        return trained
    return max(_CONTEXT_STEP, length // _CONTEXT_STEP * _CONTEXT_STEP)
