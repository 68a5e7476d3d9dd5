"""Laws of the goal's signature: formatting never changes it, meaning always does."""

import re
import unicodedata
from decimal import Decimal

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from llmos.messages import JSON
from llmos.runtime.goals import parse_goal, values

WORDS = re.findall(
    r"\w+",
    """move pick place the red green blue cube arm left right up down forward back open close gripper not do and then
    all none before after zone a b activate deactivate clockwise slowly never only to at from by of it again please""",
)
BLANKS = st.text(" \t\n\u00a0\u2003\u3000", min_size=1, max_size=4)
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8)
number = st.one_of(
    st.integers(-1000, 1000).map(str),
    st.decimals(-1000, 1000, places=3).map(lambda value: f"{value:f}"),
    st.decimals(-1, 1, places=7).map(lambda value: f"{value:f}"),
)
unit = st.sampled_from(["mm", "cm", "m", "km", "inch", "ft", "deg", "rad", "ms", "s", "min", "h", "g", "kg", "percent"])
point = st.lists(number, min_size=3, max_size=3)
quoted = st.text("aB c.1/é", max_size=6).map(lambda text: f'"{text}"')
path = st.sampled_from(["a.txt", "A.txt", "./src/b.py", "/abs/x", "~/x", "C:\\x\\y", ".env", "docs/"])
slot = st.one_of(
    st.tuples(number, unit).map(" ".join),
    point.map(lambda sides: f"({', '.join(sides)})"),
    quoted,
    path,
    st.sampled_from(["the second", "the 3rd", "1, 2 and 3"]),
)
goal = st.lists(st.one_of(st.sampled_from(WORDS), slot), min_size=1, max_size=8)
anything = st.one_of(
    st.text(max_size=60),
    st.text("ab1.,-+ ()[]{}'\"`\u201c\u201d\u2018\u2019:/\\xyz=m°%*~\n²½①é\u0301\u202e\0", max_size=40),
)


def read(text: str) -> tuple[str, dict[str, JSON]]:
    """What of a goal decides whether two are the same."""
    parsed = parse_goal(text)
    return parsed.signature, values(parsed)


@given(goal, st.data())
def test_blanks_are_formatting(parts: list[str], data: st.DataObject) -> None:
    """How many blanks stand where, and which, changes nothing; neither does a blank around the goal."""
    spaced = data.draw(BLANKS).join(parts)
    assert read(f"\n {spaced}\t") == read(" ".join(parts))


@given(words, st.data())
def test_case_is_formatting(parts: list[str], data: st.DataObject) -> None:
    """Case of plain words changes nothing."""
    text = " ".join(parts)
    turned = "".join(data.draw(st.sampled_from([char.upper(), char])) for char in text)
    assert read(turned) == read(text)


@given(words, number, unit)
def test_case_of_units_is_formatting(parts: list[str], value: str, name: str) -> None:
    """Whoever writes in capitals means the same units."""
    text = f"{' '.join(parts)} {value} {name}"
    assert read(text.upper()) == read(text)


@given(goal, st.sampled_from([".", "!", " !", "...", "!!", "\u3002"]))
def test_a_mark_at_the_end_is_formatting(parts: list[str], mark: str) -> None:
    """A full stop or an exclamation mark at the end changes nothing, a question mark does."""
    text = " ".join((*parts, "now"))
    assert read(text + mark) == read(text) != read(f"{text}?")


@given(words, number, unit)
def test_width_is_formatting(parts: list[str], value: str, name: str) -> None:
    """Fullwidth letters, digits and signs are the same letters, digits and signs."""
    text = f"{' '.join(parts)} {value} {name}"
    wide = "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)
    assert read(wide) == read(text)
    assert read(unicodedata.normalize("NFKC", wide)) == read(text)


@given(words, st.decimals(-100, 100, places=3))
def test_one_length_in_two_units_is_one_length(parts: list[str], value: Decimal) -> None:
    """`0.3 m`, `30cm` and `300 mm` are one value; so are minus signs and zeros at the end."""
    text = " ".join(parts)
    metres = read(f"{text} {value:f} m")
    assert read(f"{text} {value * 100:f}cm") == metres
    assert read(f"{text} {value * 1000:f}  mm") == metres
    assert read(f"{text} {value:f}00 metres".replace("-", "\u2212")) == metres
    hundredths = f"{text} {value:.2f} m"
    assert read(hundredths.replace(".", ",")) == read(hundredths)


@given(point)
def test_brackets_and_axes_are_formatting(sides: list[str]) -> None:
    """A point is a point however it is written."""
    x, y, z = sides
    written = read(f"go to ({x}, {y}, {z})")
    assert read(f"go to [{x} {y} {z}]") == written
    assert read(f"go to ( {x};{y} ; {z} )") == written
    assert read(f"go to x={x}, y={y}, z={z}") == written
    assert read(f"go to Z: {z} x: {x} and y: {y}") == written


@given(words, words, slot, slot)
def test_a_slot_is_never_another(before: list[str], after: list[str], one: str, other: str) -> None:
    """Two slots that are written differently collapse only where their values are one and their kinds are one."""
    texts = [" ".join((*before, each, *after)) for each in (one, other)]
    first, second = (parse_goal(text) for text in texts)
    same = (first.signature, values(first)) == (second.signature, values(second))
    assert same == (_meaning(one) == _meaning(other))


def _meaning(written: str) -> object:
    """What the strategies above mean by a slot, read without the parser under test."""
    factors = {"mm": "0.001", "cm": "0.01", "km": "1000", "inch": "0.0254", "ft": "0.3048", "ms": "0.001", "min": "60"}
    factors |= {"h": "3600", "g": "0.001"}
    kinds = {"mm": "m", "cm": "m", "km": "m", "inch": "m", "ft": "m", "ms": "s", "min": "s", "h": "s", "g": "kg"}
    if written[0] == "(":
        return tuple(Decimal(side) for side in written[1:-1].split(","))
    if written[0] in "-0123456789" and " " in written and "," not in written:
        value, name = written.split()
        # Nothing is neither degrees nor radians.
        kind = "deg" if name == "rad" and not Decimal(value) else kinds.get(name, name)
        return Decimal(value) * Decimal(factors.get(name, "1")), kind
    return written


@given(words, number)
def test_the_sign_never_collapses(parts: list[str], value: str) -> None:
    """A number and its negative are two goals, with a unit, among coordinates and bare."""
    assume(Decimal(value))
    other = value[1:] if value[0] == "-" else f"-{value}"
    for frame in ("{} m", "({}, 1, 2)", "x=1 y={}", "{}", "{} percent", "[1, 2, 3, {}]", "{}\u00b0"):
        text = " ".join(parts)
        assert read(f"{text} {frame.format(value)}") != read(f"{text} {frame.format(other)}")


@given(words, number, number)
def test_decimals_never_collapse(parts: list[str], one: str, other: str) -> None:
    """Two numbers that differ are two goals, however they are framed and however little they differ."""
    assume(Decimal(one) != Decimal(other))
    for frame in ("{} m", "({}, 1, 2)", "x=1 y={}", "{}", "{} percent", "1, {} and 3", "{} rad"):
        text = " ".join(parts)
        assert read(f"{text} {frame.format(one)}") != read(f"{text} {frame.format(other)}")


@given(st.text("0123456789", min_size=1, max_size=30), st.text("0123456789", min_size=1, max_size=30), number, unit)
def test_long_decimals_never_collapse(one: str, other: str, whole: str, name: str) -> None:
    """Numbers too long for a float are kept as written rather than rounded into one."""
    first, second = f"{whole.partition('.')[0]}.{one}", f"{whole.partition('.')[0]}.{other}"
    assume(Decimal(first) != Decimal(second))
    assert read(f"move {first} {name}") != read(f"move {second} {name}")
    assert read(f"move to ({first}, 0, 0)") != read(f"move to ({second}, 0, 0)")
    assert read(f"repeat {first}") != read(f"repeat {second}")


@given(words, slot, slot)
def test_the_order_of_slots_never_collapses(parts: list[str], one: str, other: str) -> None:
    """From one to another is not from the other to the one."""
    assume(_meaning(one) != _meaning(other))
    text = " ".join(parts)
    assert read(f"{text} from {one} to {other}") != read(f"{text} from {other} to {one}")


@given(words, number, unit, unit)
def test_the_unit_never_collapses(parts: list[str], value: str, one: str, other: str) -> None:
    """So many of this are never so many of that."""
    assume(one != other and Decimal(value))
    text = " ".join(parts)
    assert read(f"{text} {value} {one}") != read(f"{text} {value} {other}")
    assert read(f"{text} {value} {one}") != read(f"{text} {value}")


@given(goal, st.integers(0, 8), st.sampled_from(WORDS), st.sampled_from(["insert", "drop", "change"]))
def test_words_never_collapse(parts: list[str], at: int, word: str, how: str) -> None:
    """A word more, a word less or another word is another skeleton: not, left, all, red, first, please."""
    at = min(at, len(parts) - 1)
    assume(how != "drop" or parts[at] in WORDS)
    assume(how != "change" or (parts[at] in WORDS and parts[at] != word))
    changed = [*parts[:at], *([] if how == "drop" else [word]), *parts[at + (how != "insert") :]]
    assume(changed != parts)
    assert parse_goal(" ".join(changed)).skeleton != parse_goal(" ".join(parts)).skeleton


@given(goal, st.sampled_from(["and then open the gripper", "but not yet", "twice", "at (1, 2, 3)", "in 5 s"]))
def test_a_clause_at_the_end_never_collapses(parts: list[str], clause: str) -> None:
    """What is asked for on top is another skeleton."""
    text = " ".join(parts)
    assert parse_goal(f"{text} {clause}").skeleton != parse_goal(text).skeleton


@given(anything, anything)
def test_equal_skeletons_have_slots_of_one_name_and_kind(one: str, other: str) -> None:
    """Two goals with one skeleton differ in the values of their slots and in nothing else."""
    first, second = parse_goal(one), parse_goal(other)
    if first.skeleton == second.skeleton:
        assert [(slot.name, slot.kind) for slot in first.slots] == [(slot.name, slot.kind) for slot in second.slots]


@given(anything)
def test_every_text_is_a_goal(text: str) -> None:
    """Reading never fails, names no slot twice, gives JSON, and what is written stands in the text in order."""
    parsed = parse_goal(text)
    assert parsed.text == text
    assert len(values(parsed)) == len(parsed.slots)
    assert msgspec.json.decode(msgspec.json.encode(values(parsed))) == values(parsed)
    at = 0
    for each in parsed.slots:
        at = text.index(each.written, at) + len(each.written)
    assert read(text) == read(text)


@given(goal)
def test_a_goal_written_anew_from_its_skeleton_is_the_same(parts: list[str]) -> None:
    """Skeleton and written slots together are the whole goal."""
    parsed = parse_goal(" ".join(parts))
    text = parsed.skeleton
    for each in parsed.slots:
        begin = text.index("{")
        text = f"{text[:begin]}{each.written}{text[text.index('}') + 1 :]}"
    assert read(text) == (parsed.signature, values(parsed))


LONG = r"""a,a ,(1,(1 ,((,'a,"\" ,x=1y=2 ,a.a,a/,-,+1,1,the ,the  ,5  ,file ,`,a://,1 cm ,5 squared ,{,...,1.,1e,[1;"""
WIDE = "\u201eab ,\u2018a \u2019b,\u00e9,\u2460,\U0001f600,\u202e,\0,e\u0301,\u00bd,\u0301"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", [*f"{LONG},{WIDE}".split(","), "1,2,3", "1, 2 and ", ", ", "(1,2,3) ", " "])
def test_the_time_grows_with_the_length_alone(piece: str) -> None:
    """A goal of 200 kB of the least fortunate text is read well before anything quadratic would have been."""
    text = piece * (200_000 // len(piece))
    assert parse_goal(text).text == text
