"""What a tool is, and the `@tool` decorator that makes one from a typed function.

Knows no toolbox, no permission and no journal: a tool only says what it is, what it touches and how it is called.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias, overload

import msgspec

from llmos.errors import LLMosError
from llmos.messages import JSON, Effect, Image, Text, ToolSpec
from llmos.tools.schema import Signature, read_signature
from llmos.tools.threads import run_in_thread


class Access(StrEnum):
    """What a tool does with an argument, written as `Annotated[str, Access.READ]`; permission is decided by it.

    READ and WRITE mark the path of a file or folder: the tool receives it absolute and free of symbolic links. RUN
    marks a shell command, DELEGATE the name of an agent. An argument that is left out keeps its default, unchecked.
    """

    READ = "read"
    WRITE = "write"
    RUN = "run"
    DELEGATE = "delegate to"


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What a tool answers when text alone does not say it; an error is a result the model can react to."""

    content: tuple[Text | Image, ...]
    is_error: bool = False
    child: str | None = None
    """The run of the agent that says so."""


def failure(sentence: str) -> ToolOutcome:
    """An outcome that tells the model what went wrong."""
    return ToolOutcome((Text(sentence),), is_error=True)


Inverse: TypeAlias = Callable[[Mapping[str, JSON]], tuple[str, Mapping[str, JSON]] | None]
"""From the arguments of a call to the name and the arguments of the tool that undoes it."""

ToolOutput: TypeAlias = str | tuple[Text | Image, ...] | ToolOutcome


def _as_they_are(args: Mapping[str, JSON]) -> Mapping[str, JSON]:
    return args


@dataclass(frozen=True, slots=True)
class Tool:
    """Something a model may call.

    `prepare` checks what the model wrote and returns it with the types of the schema (raises LLMosError); `call` takes
    prepared arguments. `touches` names the arguments that need permission. `timeout_s` None: the limit of the kernel.
    """

    spec: ToolSpec
    call: Callable[[Mapping[str, JSON]], Awaitable[ToolOutput]]
    timeout_s: float | None = None
    prepare: Callable[[Mapping[str, JSON]], Mapping[str, JSON]] = _as_they_are
    touches: Mapping[str, Access] = field(default_factory=dict)
    function: Callable[..., Any] | None = None
    """What it was made from, by which it is known again; None where that is not Python."""
    inverse: Inverse | None = None
    """The call that takes one back which succeeded with these arguments; its own result None: there is no such call."""
    effect_of: Callable[[Mapping[str, JSON]], Effect] | None = None
    """What a call with prepared arguments does, where that is known better than the spec tells."""
    minds_time: bool = False
    """Whether what it does has limits of time of its own, so that the kernel's is not meant for it."""
    without: "Callable[[Sequence[Sequence[str]]], Tool] | None" = None
    """The same tool that passes over what these globs bar, each name by name from the root of the disk on.

    None: it knows no globs; a folder below which something is barred is then none that it may have.
    """
    only_listed: bool = False
    """Whether it is offered only to agents whose document lists it."""


@overload
def tool(function: Callable[..., Any], /) -> Tool: ...
@overload
def tool(
    function: None = None,
    /,
    *,
    effect: Effect = ...,
    timeout_s: float | None = ...,
    name: str | None = ...,
    inverse: Inverse | None = ...,
) -> Callable[[Callable[..., Any]], Tool]: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    effect: Effect = Effect.IRREVERSIBLE,
    timeout_s: float | None = None,
    name: str | None = None,
    inverse: Inverse | None = None,
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Make a tool from a function: schema from its signature, description from its docstring's first paragraph.

    A plain function runs in a worker thread, an async one is awaited. What it returns goes to the model: text, parts,
    a ToolOutcome, or any value that JSON can hold. A tool that declares an `inverse` is taken back by it when a replay
    breaks off and nobody can go on. Raises LLMosError when the signature cannot be a tool's.
    """
    if function is None:
        return functools.partial(_declare, effect=effect, timeout_s=timeout_s, name=name, inverse=inverse)
    return _declare(function, effect=effect, timeout_s=timeout_s, name=name, inverse=inverse)


llm_tool = tool
"""The name that existing plugins use for `tool`."""


def _declare(
    function: Callable[..., Any],
    *,
    effect: Effect,
    timeout_s: float | None,
    name: str | None,
    inverse: Inverse | None,
) -> Tool:
    signature = read_signature(function, name or function.__name__)
    touches = {each: mark for each, mark in signature.marks.items() if isinstance(mark, Access)}
    for argument, access in touches.items():
        if signature.schema["properties"][argument].get("type") != "string":
            raise LLMosError(f"the tool '{signature.name}' marks '{argument}' as {access.name}, so it must be one text")
    spec = ToolSpec(signature.name, signature.description, signature.schema, effect)
    return Tool(
        spec=spec,
        call=functools.partial(_call, function, signature),
        timeout_s=timeout_s,
        # A number written as text is a slip that costs nothing where nothing changes; elsewhere nothing is guessed.
        prepare=functools.partial(signature.prepare, lenient=effect is Effect.PURE),
        touches=touches,
        function=function,
        inverse=inverse,
    )


async def _call(function: Callable[..., Any], signature: Signature, args: Mapping[str, JSON]) -> ToolOutput:
    bound = functools.partial(function, **signature.bind(args))
    answer = await bound() if inspect.iscoroutinefunction(function) else await run_in_thread(bound)
    return _output(signature.name, await answer if inspect.isawaitable(answer) else answer)


def _output(name: str, answer: object) -> ToolOutput:
    """Whatever a function returned, as something a model can read; None is said as `done`."""
    if answer is None:
        return "done"
    if isinstance(answer, str | ToolOutcome):
        return answer
    if isinstance(answer, tuple) and answer and all(isinstance(part, Text | Image) for part in answer):
        return answer
    try:
        return msgspec.json.encode(answer).decode()
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        raise LLMosError(
            f"{name} returned a {type(answer).__name__}, which is neither text nor JSON: {error}"
        ) from error
