"""The laws of a tool's signature: what a model reads of it, and what is done with what it writes."""

import math
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.errors import LLMosError
from llmos.tools.base import Access
from llmos.tools.schema import Named, Signature, read_docstring, read_signature


class Point(msgspec.Struct):
    """A place."""

    x: float
    title: str = ""


class Chain(msgspec.Struct):
    """Something that contains itself."""

    next: "Chain | None" = None


def search(  # noqa: D417 - not every argument is described
    pattern: str,
    path: Annotated[str, Access.READ] = ".",
    limit: int | None = None,
    ratio: float = 0.5,
    mode: Literal["lines", "files"] = "files",
    *,
    ignore_case: Annotated[bool, Named("-i")] = False,
    points: list[Point] | None = None,
) -> str:
    """Find lines in files.

    More that no model needs.

    Args:
        pattern: What to look for,
            in any language: all of them.
        limit (int): At most so many.
        ignore_case: Upper and lower case are the same.

    Returns:
        path: is no argument here.

    """
    return f"{pattern} {path} {limit} {ratio} {mode} {ignore_case} {points}"


SEARCH = read_signature(search, "Search")


def test_schema_is_flat_and_closed_and_holds_no_null() -> None:
    """What providers are sent has no references, no titles, no nulls and no further properties."""
    assert SEARCH.schema == {
        "type": "object",
        "properties": {
            "pattern": {"type": "string", "description": "What to look for, in any language: all of them."},
            "path": {"type": "string", "default": "."},
            "limit": {"type": "integer", "description": "At most so many."},
            "ratio": {"type": "number", "default": 0.5},
            "mode": {"enum": ["files", "lines"], "default": "files"},
            "-i": {"type": "boolean", "default": False, "description": "Upper and lower case are the same."},
            "points": {
                "type": "array",
                "items": {
                    "type": "object",
                    "description": "A place.",
                    "properties": {"x": {"type": "number"}, "title": {"type": "string", "default": ""}},
                    "required": ["x"],
                },
            },
        },
        "required": ["pattern"],
        "additionalProperties": False,
    }


def test_first_paragraph_is_the_description() -> None:
    """A docstring's first paragraph becomes one line; what follows is for people."""
    assert SEARCH.description == "Find lines in files."


def test_marks_are_kept_by_schema_name() -> None:
    """What an argument touches is known by the name a model uses."""
    assert SEARCH.marks == {"path": Access.READ}


def test_no_arguments_is_an_empty_object() -> None:
    """A tool without arguments still has a whole schema."""

    def ping() -> str:
        """Answer."""
        return "pong"

    assert read_signature(ping, "ping").schema == {
        "type": "object",
        "properties": {},
        "required": [],
        "additionalProperties": False,
    }


def test_prepared_arguments_reach_the_function_under_its_own_names() -> None:
    """`-i` arrives as `ignore_case`, and defaults are filled in."""
    bound = SEARCH.bind(SEARCH.prepare({"pattern": "x", "-i": True, "points": [{"x": 1}]}))
    assert bound == {
        "pattern": "x",
        "path": ".",
        "limit": None,
        "ratio": 0.5,
        "mode": "files",
        "ignore_case": True,
        "points": [Point(1.0)],
    }


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ({}, "Search needs the argument 'pattern'"),
        ({"pattern": None}, "Search: argument 'pattern' must be text, not null"),
        ({"pattern": 3}, "Search: argument 'pattern' must be text, not a whole number"),
        ({"pattern": "x", "pth": "."}, "Search has no argument 'pth'; did you mean 'path'?"),
        ({"pattern": "x", "limit": "many"}, "Search: argument 'limit' must be a whole number, not text"),
        ({"pattern": "x", "limit": 2.5}, "Search: argument 'limit' must be a whole number, not a number"),
        ({"pattern": "x", "limit": True}, "Search: argument 'limit' must be a whole number, not true or false"),
        ({"pattern": "x", "ratio": math.nan}, "Search: argument 'ratio' must be a finite number, not nan"),
        ({"pattern": "x", "points": [{"x": math.inf}]}, "Search: argument 'points' must be a finite number, not inf"),
        ({"pattern": "x", "mode": "words"}, "Search: argument 'mode' must be one of 'files', 'lines'"),
        (
            {"pattern": "x", "points": [{"x": 1}, {}]},
            "Search: argument 'points[1]' is wrong: object missing required field `x`",
        ),
        ({"pattern": "x", "points": [{"x": "1"}]}, "Search: argument 'points[0].x' must be a number, not text"),
        ({"pattern": "x", "points": {}}, "Search: argument 'points' must be array, not object"),
    ],
)
def test_wrong_arguments_are_one_sentence_that_names_them(args: dict[str, Any], sentence: str) -> None:
    """A model can mend its call from the sentence alone."""
    with pytest.raises(LLMosError) as raised:
        SEARCH.prepare(args)
    assert str(raised.value) == sentence


def test_null_for_what_may_be_left_out_is_left_out() -> None:
    """Models write null for what they do not mean; the default holds."""
    assert SEARCH.prepare({"pattern": "x", "limit": None, "ratio": None}) == {"pattern": "x"}


def test_whole_floats_are_whole_numbers() -> None:
    """Small models write 3.0 for 3; nothing is lost by reading it so."""
    assert SEARCH.bind(SEARCH.prepare({"pattern": "x", "limit": 3.0}))["limit"] == 3


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [("limit", "3", 3), ("limit", " 3.0 ", 3), ("ratio", "0.25", 0.25), ("-i", "true", True), ("-i", "False", False)],
)
def test_lenient_reads_numbers_written_as_text(name: str, written: str, read: object) -> None:
    """Where a slip costs nothing, a quoted number is a number."""
    prepared = SEARCH.prepare({"pattern": "3", name: written}, lenient=True)
    assert prepared[name] == read
    assert prepared["pattern"] == "3"


@pytest.mark.parametrize("written", ["", "nan", "Infinity", "1e999", "three", "[3]", "null", '"3"'])
def test_lenient_reads_nothing_else(written: str) -> None:
    """Text that is no number stays text, and is refused."""
    with pytest.raises(LLMosError, match="'ratio'"):
        SEARCH.prepare({"pattern": "x", "ratio": written}, lenient=True)


def test_strict_takes_no_number_from_text() -> None:
    """Where a call changes something, nothing is guessed."""
    with pytest.raises(LLMosError, match="must be a whole number, not text"):
        SEARCH.prepare({"pattern": "x", "limit": "3"})


@given(
    st.dictionaries(
        st.sampled_from(["pattern", "path", "limit", "ratio", "mode", "-i", "points", "other"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
            max_leaves=6,
        ),
    ),
    st.booleans(),
)
def test_whatever_is_written_is_prepared_or_a_sentence(args: dict[str, Any], lenient: bool) -> None:
    """No JSON makes anything but prepared arguments or an LLMosError, and what is prepared binds."""
    try:
        prepared = SEARCH.prepare(args, lenient=lenient)
    except LLMosError:
        return
    assert SEARCH.bind(prepared).keys() == SEARCH.bind({"pattern": "x"}).keys()
    assert SEARCH.prepare(prepared, lenient=lenient) == prepared


def declared(function: Any, name: str = "broken") -> Signature:
    """Read the signature of a function that a person got wrong."""
    return read_signature(function, name)


def test_a_missing_annotation_is_a_sentence() -> None:
    """Without a type, no schema can be told to a model."""

    def broken(x) -> str:  # type: ignore[no-untyped-def]
        """Do it."""
        return str(x)

    with pytest.raises(LLMosError) as raised:
        declared(broken)
    assert str(raised.value) == "the tool 'broken' does not say what type its argument 'x' has"


@pytest.mark.parametrize("kind", ["*args: int", "**more: int", "x: int, /"])
def test_arguments_without_a_name_are_a_sentence(kind: str) -> None:
    """A model names its arguments, so every argument needs a name."""
    names: dict[str, Any] = {}
    exec(f"def broken({kind}) -> str:\n    'Do it.'\n    return ''", names)
    with pytest.raises(LLMosError) as raised:
        declared(names["broken"])
    taken = kind.removesuffix(", /")
    assert str(raised.value) == f"the tool 'broken' takes '{taken}', but a model gives arguments by name only"


def test_a_missing_docstring_is_a_sentence() -> None:
    """A tool that says nothing of itself cannot be chosen."""

    def broken(x: int) -> str:
        return str(x)

    with pytest.raises(LLMosError) as raised:
        declared(broken)
    expected = "the tool 'broken' needs a docstring: its first paragraph is what a model reads of it"
    assert str(raised.value) == expected


@pytest.mark.parametrize("name", ["", "two words", "a.b", "ümlaut", "x" * 65])
def test_a_name_that_no_provider_takes_is_a_sentence(name: str) -> None:
    """Providers accept letters, digits, underscore and hyphen."""
    with pytest.raises(LLMosError) as raised:
        read_signature(search, name)
    assert str(raised.value) == f"'{name}' cannot be a tool's name: use 1 to 64 letters, digits, '_' or '-'"


def test_an_unknown_annotation_is_a_sentence() -> None:
    """A name that is not imported is said, not raised as NameError."""

    def broken(x: "Nowhere") -> str:  # type: ignore[name-defined] # noqa: F821
        """Do it."""
        return str(x)

    with pytest.raises(LLMosError) as raised:
        declared(broken)
    expected = "the tool 'broken' has an annotation that cannot be read: name 'Nowhere' is not defined"
    assert str(raised.value) == expected


def test_a_type_that_contains_itself_is_a_sentence() -> None:
    """A schema without references cannot say it."""

    def broken(x: Chain) -> str:
        """Do it."""
        return str(x)

    with pytest.raises(LLMosError) as raised:
        declared(broken)
    expected = "the tool 'broken' cannot be described to a model: the type 'Chain' contains itself"
    assert str(raised.value) == expected


def test_a_type_that_json_cannot_hold_is_a_sentence() -> None:
    """Sockets do not travel in JSON."""

    def broken(x: complex) -> str:
        """Do it."""
        return str(x)

    with pytest.raises(LLMosError, match=r"^the tool 'broken' cannot be described to a model: "):
        declared(broken)


def test_a_docstring_that_begins_with_arguments_has_no_description() -> None:
    """The section of arguments is not what the tool does."""
    assert read_docstring("Args:")[0] == ""
