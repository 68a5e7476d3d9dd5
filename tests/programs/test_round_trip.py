"""What is printed is read as the same program, and printing that changes nothing."""

from hypothesis import given

from llmos.programs import form
from llmos.programs.form import Program, ProgramError
from llmos.programs.parser import parse
from llmos.programs.printer import show
from tests.support.programs import EXPRESSIONS, PROGRAMS, RUBBISH


@given(PROGRAMS)
def test_a_printed_program_is_read_as_the_same(program: Program) -> None:
    """`parse(show(p)) == p`, down to whether a number is written whole."""
    again = parse(show(program))
    assert again == program
    assert repr(again) == repr(program)


@given(PROGRAMS)
def test_printing_is_stable(program: Program) -> None:
    """`show(parse(show(p))) == show(p)`."""
    assert show(parse(show(program))) == show(program)


@given(EXPRESSIONS)
def test_parentheses_stand_where_they_must(expression: form.Expression) -> None:
    """An expression means the same wherever it stands."""
    program = Program((), (), (form.Done(expression),))
    assert parse(show(program)) == program


@given(RUBBISH)
def test_any_text_is_a_program_or_a_sentence(text: str) -> None:
    """Whatever is written, nothing but ProgramError comes of it, with a line and one sentence; what is read prints."""
    program, error = attempt(text)
    if error is None:
        assert program is not None
        assert parse(show(program)) == program
        return
    assert 1 <= error.line <= text.count("\n") + 1
    assert str(error) == f"line {error.line}: {error.sentence}"
    assert "\n" not in error.sentence


@given(PROGRAMS, RUBBISH)
def test_a_damaged_program_is_read_or_refused(program: Program, rubbish: str) -> None:
    """Rubbish in the middle of a program does no more harm."""
    text = show(program)
    middle = len(text) // 2
    read, error = attempt(text[:middle] + rubbish + text[middle:])
    assert (read is None) == (error is not None and error.line > 0)


def attempt(text: str) -> tuple[Program | None, ProgramError | None]:
    """The program, or why there is none."""
    try:
        return parse(text), None
    except ProgramError as error:
        return None, error


def test_a_comment_cannot_become_a_statement() -> None:
    """A comment made from foreign text stays in its line."""
    hostile = 'fine\ncall Bash(command="rm")'
    program = Program(
        (form.Parameter("a", form.Plain("number"), None, (hostile,)),),
        (),
        (form.Comment(hostile), form.Done(form.Text(""))),
    )
    again = parse(show(program))
    assert again.body == (form.Comment('fine call Bash(command="rm")'), form.Done(form.Text("")))
    assert again.parameters[0].notes == ('fine call Bash(command="rm")',)


def test_equality_ignores_lines() -> None:
    """Two programs that differ in empty lines are one."""
    assert parse('done "a"') == parse('\n\n  done "a"')
    assert parse('done "a"', line=7).body[0].line == 7
