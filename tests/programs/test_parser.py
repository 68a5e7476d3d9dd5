"""What is written wrong is told in one sentence with its line; what is too large is refused before it is read."""

import pytest

from llmos.programs import form
from llmos.programs.form import MOST_CHARACTERS, Act, CallTool, Comment, ProgramError, Text
from llmos.programs.parser import parse
from llmos.programs.printer import show

BAD = {
    "cal go()": "line 1: no statement begins with 'cal'; did you mean 'call'?",
    "\n\n42": (
        "line 3: no statement begins with '42'; known are: call, done, expect, for, if, let, repeat, stop, try, wait"
    ),
    "end": "line 1: this 'end' belongs to nothing",
    "else": "line 1: this 'else' belongs to nothing",
    "done 1\ngiven a: number": "line 2: 'given' stands before all statements",
    "require true\ngiven a: number": "line 2: what is given stands before what is required",
    "if true\ndone 1": "line 1: this 'if' has no 'end'",
    "if true\nelse\ndone 1": "line 1: this 'else' has no 'end'",
    "if true\nelse\nelse\nend": "line 3: this 'if' has an 'else' already",
    "repeat 3\ncall go()": "line 1: this 'repeat' has no 'end'",
    "for each a in b\ncall go()": "line 1: this 'for each' has no 'end'",
    "for a in b": "line 1: 'for' needs 'each' where 'a' stands",
    "for each a of b": "line 1: 'for each' needs 'in' where 'of' stands",
    "done 1 done 2": "line 1: 'done' is over where 'done' stands; a line has one statement",
    "if true done 1": "line 1: the condition of 'if' is over where 'done' stands; a line has one statement",
    "let = 3": "line 1: 'let' needs a name where '=' stands",
    "let if = 3": "line 1: 'if' is a word of the language and cannot be a name",
    f"let {'a' * 65} = 3": f"line 1: the name '{'a' * 40}...' has more than 64 characters",
    "let a 3": "line 1: 'let a' needs '=' where '3' stands",
    "call": "line 1: a call needs a name where the end of the line stands",
    "call go": "line 1: the call of go needs '(' where the end of the line stands",
    "call go(1)": "line 1: an argument of go needs a name where '1' stands",
    "call go(a 1)": "line 1: the argument 'a' of go needs '=' where '1' stands",
    "call go(a=1, a=2)": "line 1: the argument 'a' of go is given twice",
    "call go(a=c b=2)": "line 1: the call of go needs ',' or ')' where 'b' stands",
    "call go(a=1": "line 1: '(' is never closed",
    "call go(a=1]": "line 1: ']' closes nothing",
    "call go(a=1,\n# why\nb=2)": "line 2: a comment cannot stand inside brackets; give it a line of its own",
    "try go()": "line 1: a call needs 'call' where 'go' stands",
    "done go()": "line 1: there are no functions; a tool is called with 'call go(...)'",
    "done 1 + call go()": (
        "line 1: a call stands on its own or after 'let NAME =', not inside an expression"
    ),
    "done": "line 1: a value is missing where the end of the line stands",
    "done 1 +": "line 1: a value is missing where the end of the line stands",
    "done end": "line 1: a value is missing where 'end' stands",
    "done a.": "line 1: '.' needs the name of a field where the end of the line stands",
    "done a[1": "line 1: '[' is never closed",
    "done (1, 2)": "line 1: a point is (x, y, z), and this has 2 parts",
    "done (1 2)": "line 1: ',' or ')' is missing where '2' stands",
    'done {"a" 1}': "line 1: an object needs ':' where '1' stands",
    "done {a: 1}": "line 1: an object needs a text in \"quotes\" where 'a' stands",
    'done {"a": 1, "a": 2}': "line 1: the key 'a' is given twice",
    'done {"a": 1 "b": 2}': "line 1: ',' or '}' is missing where '\"b\"' stands",
    "done 1 < 2 < 3": "line 1: comparisons do not chain; join them with 'and'",
    "done 3 mi": "line 1: 'mi' is no unit; did you mean 'min'?",
    "done 3 seconds": "line 1: 'seconds' is no unit; known are: cm, deg, h, m, min, mm, ms, rad, s",
    "done 1e999": "line 1: the number 1e999 is too large or too long",
    f"done {'9' * 31}": f"line 1: the number {'9' * 30} is too large or too long",
    'done "a': "line 1: a text is not closed on its line",
    r'done "\q"': r"""line 1: the text "\q" has a '\' that means nothing; there are \" \\ \n \t and \uXXXX""",
    r'done "\ud800"': r'line 1: the text "\ud800" holds half a character',
    'done "a\x00b"': "line 1: the character U+0000 cannot stand in a program",
    "done\x00": "line 1: the character U+0000 cannot stand in a program",
    "# a\x07": "line 1: the character U+0007 cannot stand in a program",
    "call go(a=\n| b\x1b\n)": "line 2: the character U+001B cannot stand in a program",
    "done 'a'": "line 1: the character ''' means nothing here; a text stands in \"double quotes\"",
    "done a && b": "line 1: the character '&' means nothing here; write 'and'",
    "done !a": "line 1: the character '!' means nothing here; write 'not' or '!='",
    "done a; stop b": "line 1: the character ';' means nothing here",
    "given a": "line 1: the parameter 'a' needs ':' where the end of the line stands",
    "given a: lenght": "line 1: there is no type 'lenght'; did you mean 'length'?",
    "given a: whole": "line 1: a whole number needs 'number' where the end of the line stands",
    "given a: text in 1..2": "line 1: a text has no range; only numbers do",
    "given a: number in 2..1": "line 1: the range ends below its beginning",
    "given a: number in 1": "line 1: a range needs '..' where the end of the line stands",
    "given a: number in x..2": "line 1: a range needs a number where 'x' stands",
    "given a: length in 1..50 cm": "line 1: both ends of a range need a unit, or neither",
    "given a: length in 1 s..2 s": "line 1: 's' is no unit of a length",
    "given a: whole number in 1..2.5": "line 1: the range of a whole number has whole ends",
    "given a: list of number": "line 1: a list needs 'up' where the end of the line stands",
    "given a: list of number up to 0": "line 1: a list holds up to a whole number of items from 1 to 1,000",
    "given a: list of list of text up to 2 up to 2": "line 1: a list cannot hold lists",
    "given a: one of b": "line 1: a choice needs a text in \"quotes\" where 'b' stands",
    "wait 3 s": "line 1: 'wait' needs 'until' where '3' stands",
    "wait until a": "line 1: 'wait until' needs 'asking' where the end of the line stands",
    "wait until a asking a = go()": "line 1: a call needs 'call' where 'go' stands",
    "wait until a asking a = call go()": "line 1: 'wait until' needs 'within' where the end of the line stands",
}  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_what_is_wrong_is_told_in_a_sentence(text: str) -> None:
    """What, on which line, and what would be right."""
    with pytest.raises(ProgramError) as raised:
        parse(text)
    assert str(raised.value) == BAD[text]


LARGE = {
    "a megabyte": ("done 1\n" * 150_000, 1, "a program has at most 100,000 characters, and this one 1,050,000"),
    "statements": ("call go()\n" * 1_001, 1_001, "a program has at most 1,000 statements"),
    "blocks": ("repeat 2\n" * 17, 16, "more than 16 blocks stand inside each other"),
    "else ifs": (
        "if a\n" + "else if a\n" * 17 + "end", 16, "more than 16 blocks stand inside each other",
    ),
    "brackets": (f"done {'(' * 40_000}1{')' * 40_000}", 1,
                 "more than 30 brackets stand inside each other; name a part of it with 'let'"),
    "lists": (f"done {'[' * 31}1{']' * 31}", 1,
              "more than 30 brackets stand inside each other; name a part of it with 'let'"),
    "minus signs": (f"done {'- ' * 40}a", 1,
                    "more than 30 brackets stand inside each other; name a part of it with 'let'"),
    "nots": (f"done {'not ' * 31}a", 1, "more than 30 brackets stand inside each other; name a part of it with 'let'"),
    "items": (f"done a{'[a' * 31}{']' * 31}", 1,
              "more than 30 brackets stand inside each other; name a part of it with 'let'"),
    "sums": (f"done 1{' + 1' * 20_000}", 1,
             "more than 40 parts of an expression stand inside each other; name a part of it with 'let'"),
    "fields": (f"done a{'.b' * 20_000}", 1,
               "more than 40 parts of an expression stand inside each other; name a part of it with 'let'"),
}  # fmt: skip


@pytest.mark.parametrize("what", LARGE)
def test_what_is_too_large_is_refused(what: str) -> None:
    """However deep or long it is written, reading it neither takes long nor runs out of stack."""
    text, line, sentence = LARGE[what]
    with pytest.raises(ProgramError) as raised:
        parse(text)
    assert (raised.value.line, raised.value.sentence) == (line, sentence)


def test_a_program_of_the_largest_size_is_read() -> None:
    """The limit itself is allowed."""
    text = 'done "x"\n'
    program = parse("#" * (MOST_CHARACTERS - len(text) - 1) + "\n" + text)
    assert len(program.body) == 2


def test_tabs_and_carriage_returns_are_blanks() -> None:
    """A program may come from any editor."""
    assert parse("repeat\t2\r\n\tcall go()\r\nend\r\ndone 1\r\n") == parse("repeat 2\n call go()\nend\ndone 1\n")


def test_comments_stand_above_what_they_speak_of() -> None:
    """Also those that were written at the end of its line."""
    program = parse("# first\ngiven a: number # second\nrequire a > 0 # third\ncall go() # fourth\n# last")
    assert program.parameters[0].notes == ("first", "second")
    assert program.requires[0].notes == ("third",)
    assert program.body == (Comment("fourth"), Act(CallTool("go")), Comment("last"))
    assert show(program).splitlines() == [
        "# first", "# second", "given a: number", "# third", "require a > 0", "", "# fourth", "call go()", "# last",
    ]  # fmt: skip


def test_a_text_may_have_lines_of_its_own() -> None:
    """Each behind a bar, and each ends; one blank behind the bar is not part of it."""
    program = parse('call Write(\n  file_path="a",\n  content=\n    | x\n    |  y "z"\n    |\n)\n')
    (act,) = program.body
    assert isinstance(act, Act)
    assert dict(act.call.args)["content"] == Text('x\n y "z"\n\n')


def test_odd_names_stand_in_quotes() -> None:
    """A tool and its arguments may have names that no program could write."""
    program = parse('call "my-tool"("-i"=true, if=1)')
    assert program.body == (Act(CallTool("my-tool", (("-i", form.Truth(True)), ("if", form.Number(1))))),)
    assert show(program) == 'call "my-tool"("-i"=true, if=1)\n'


def test_units_count_in_metres_degrees_and_seconds() -> None:
    """Divided, not multiplied, so that 7 cm are 0.07 m and not a rounding more."""
    written = {"7 cm": 0.07, "3 mm": 0.003, "2 m": 2, "90 deg": 90, "1 rad": 57.29577951308232, "5 min": 300,
               "1 h": 3600, "250 ms": 0.25, "-30 cm": -0.3}  # fmt: skip
    for text, value in written.items():
        (done,) = parse(f"done {text}").body
        assert isinstance(done, form.Done)
        assert isinstance(done.answer, form.Number)
        assert done.answer.canonical == value
