"""The laws of `@tool`."""

import threading
from functools import wraps
from typing import Annotated, Any

import pytest

import llmos
from llmos.errors import LLMosError
from llmos.messages import Effect, Image, Text
from llmos.tools.base import Access, Tool, ToolOutcome, failure, llm_tool, tool

pytestmark = pytest.mark.anyio


@tool(effect=Effect.PURE, timeout_s=2.0)
def double(number: int) -> int:
    """Twice the number."""
    return 2 * number


async def test_a_plain_function_becomes_a_tool() -> None:
    """Name, description, effect and time limit come from the function and its decorator."""
    assert (double.spec.name, double.spec.description, double.spec.effect) == ("double", "Twice the number.", "pure")
    assert double.timeout_s == 2.0
    assert await double.call({"number": 21}) == "42"


async def test_an_async_function_is_awaited() -> None:
    """Coroutines run in the loop itself."""

    @tool(name="Where")
    async def where() -> str:
        """The thread."""
        return threading.current_thread().name

    assert where.spec.name == "Where"
    assert await where.call({}) == threading.current_thread().name


async def test_a_plain_function_does_not_hold_the_loop() -> None:
    """Blocking code runs in a thread that the end of the program does not wait for."""

    @tool
    def where() -> bool:
        """Whether the thread is a daemon."""
        return threading.current_thread().daemon and threading.current_thread() is not threading.main_thread()

    assert await where.call({}) == "true"


def test_effect_is_irreversible_unless_it_is_said() -> None:
    """Nobody gets the benefit of the doubt."""

    @tool
    def act() -> str:
        """Act."""
        return ""

    assert act.spec.effect is Effect.IRREVERSIBLE


def test_llm_tool_is_the_same_decorator() -> None:
    """Existing plugins use the older name, and both are exported."""
    assert llm_tool is tool
    assert llmos.llm_tool is llmos.tool is tool


@pytest.mark.parametrize(
    ("returned", "output"),
    [
        (None, "done"),
        ("text", "text"),
        ("", ""),
        ({"a": [1, None]}, '{"a":[1,null]}'),
        ((1, 2), "[1,2]"),
        ((Text("a"), Image(b"b")), (Text("a"), Image(b"b"))),
        (failure("no"), ToolOutcome((Text("no"),), is_error=True)),
    ],
)
async def test_what_a_function_returns_is_something_a_model_can_read(returned: object, output: object) -> None:
    """Text and parts pass; any other value is said in JSON."""

    @tool
    async def answer() -> object:
        """Answer."""
        return returned

    assert await answer.call({}) == output


async def test_what_no_json_can_hold_is_a_sentence() -> None:
    """A tool that returns an object says so instead of its address."""

    @tool
    async def answer() -> object:
        """Answer."""
        return object()

    with pytest.raises(LLMosError, match=r"^answer returned a object, which is neither text nor JSON: "):
        await answer.call({})


def test_only_pure_tools_read_numbers_from_text() -> None:
    """A slip is mended where it costs nothing, and refused where it may cost something."""

    @tool(effect=Effect.REVERSIBLE)
    def move(number: int) -> str:
        """Move."""
        return str(number)

    assert double.prepare({"number": "21"}) == {"number": 21}
    with pytest.raises(LLMosError, match="must be a whole number, not text"):
        move.prepare({"number": "21"})


def test_a_tool_made_by_hand_takes_what_it_is_given() -> None:
    """Without a `prepare`, arguments are passed on as they are."""
    plain = Tool(double.spec, double.call)
    assert plain.prepare({"any": 1}) == {"any": 1}
    assert plain.touches == {}


def test_touches_are_the_marked_arguments() -> None:
    """Permission is decided by what the signature says."""

    @tool
    def copy(source: Annotated[str, Access.READ], target: Annotated[str, Access.WRITE], count: int = 1) -> str:
        """Copy."""
        return f"{source} {target} {count}"

    assert copy.touches == {"source": Access.READ, "target": Access.WRITE}


def test_only_one_text_can_be_marked() -> None:
    """A list of paths would pass unchecked, so it cannot be declared."""
    with pytest.raises(LLMosError) as raised:

        @tool
        def copy(sources: Annotated[list[str], Access.READ]) -> str:
            """Copy."""
            return str(sources)

    assert str(raised.value) == "the tool 'copy' marks 'sources' as READ, so it must be one text"


async def test_a_wrapped_coroutine_is_awaited() -> None:
    """A decorator of the plugin's own may hide that a function is async."""

    async def inner(number: int) -> int:
        """Pass."""
        return number

    @wraps(inner)
    def outer(*args: Any, **more: Any) -> Any:
        return inner(*args, **more)

    assert await tool(outer).call({"number": 3}) == "3"
