"""Reads the text of a program; what cannot be read is one sentence with its line.

Knows no tool and no type: what a program may do is the verifier's.
"""

from llmos.errors import nearest
from llmos.programs.form import (
    MOST_BLOCKS_DEEP,
    MOST_STATEMENTS,
    Act,
    Comment,
    Done,
    Expect,
    Expression,
    ForEach,
    If,
    Let,
    Parameter,
    Program,
    ProgramError,
    Repeat,
    Require,
    Statement,
    Stop,
    WaitUntil,
)
from llmos.programs.grammar import HEADS, STATEMENTS
from llmos.programs.lexer import tokens
from llmos.programs.phrases import read_call, read_expression, read_most, read_type
from llmos.programs.reader import Reader


def parse(text: str, line: int = 1) -> Program:
    """The program of this text, whose first line has this number; raises ProgramError."""
    return _Parser(Reader(tokens(text, line))).program()


class _Parser:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._statements = 0
        self._deep = 0

    def program(self) -> Program:
        parameters: list[Parameter] = []
        requires: list[Require] = []
        notes = self._notes()
        while self._reader.sees(*HEADS):
            if self._reader.sees("require"):
                requires.append(self._require(notes))
            elif requires:
                raise self._reader.wrong("what is given stands before what is required")
            else:
                parameters.append(self._parameter(notes))
            notes = self._notes()
        body = self._block("the program", 0)
        return Program(tuple(parameters), tuple(requires), (*map(Comment, notes), *body))

    def _notes(self) -> tuple[str, ...]:
        """The comments that come next, blank lines left out."""
        found: list[str] = []
        while self._reader.now.kind in ("comment", "newline"):
            token = self._reader.take()
            if token.kind == "comment":
                found.append(str(token.value))
        return tuple(found)

    def _parameter(self, notes: tuple[str, ...]) -> Parameter:
        line = self._reader.take().line
        name = self._reader.need_name("'given'")
        self._reader.need(":", f"the parameter '{name}'")
        of = read_type(self._reader)
        default = read_expression(self._reader) if self._reader.took("=") else None
        comment = self._reader.end_of_line(f"the parameter '{name}'")
        return Parameter(name, of, default, notes if comment is None else (*notes, comment), line)

    def _require(self, notes: tuple[str, ...]) -> Require:
        line = self._reader.take().line
        condition, otherwise = read_expression(self._reader), self._otherwise()
        comment = self._reader.end_of_line("'require'")
        return Require(condition, otherwise, notes if comment is None else (*notes, comment), line)

    def _otherwise(self) -> Expression | None:
        return read_expression(self._reader) if self._reader.took("else") else None

    def _block(self, what: str, line: int, *closing: str) -> tuple[Statement, ...]:
        """The statements up to one of the closing words, which stays; the whole program ends with its text."""
        self._deep += 1
        if self._deep > MOST_BLOCKS_DEEP:
            raise self._reader.wrong(f"more than {MOST_BLOCKS_DEEP} blocks stand inside each other", line)
        found: list[Statement] = []
        while not self._reader.sees(*closing):
            token = self._reader.now
            if token.kind == "end of text":
                if closing:
                    raise self._reader.wrong(f"{what} has no 'end'", line)
                break
            self._count(token.line)
            if token.kind == "comment":
                found.append(Comment(str(token.value), token.line))
            if token.kind in ("comment", "newline"):
                self._reader.take()
            else:
                found.extend(self._statement())
        self._deep -= 1
        return tuple(found)

    def _count(self, line: int) -> None:
        self._statements += self._reader.now.kind != "newline"
        if self._statements > MOST_STATEMENTS:
            raise self._reader.wrong(f"a program has at most {MOST_STATEMENTS:,} statements", line)

    def _statement(self) -> tuple[Statement, ...]:
        """The statement that comes next, below the comment that stands at the end of its line."""
        match self._reader.now.text if self._reader.now.kind == "word" else "":
            case "if":
                return (self._if(),)
            case "repeat":
                return (self._repeat(),)
            case "for":
                return (self._for_each(),)
        word = self._reader.now.text
        statement = self._simple()
        comment = self._reader.end_of_line(f"'{word}'")
        return (statement,) if comment is None else (Comment(comment, self._reader.line), statement)

    def _simple(self) -> Statement:
        reader, line = self._reader, self._reader.line
        match reader.now.text if reader.now.kind == "word" else "":
            case "call" | "try":
                return Act(read_call(reader), line)
            case "let":
                return self._let()
            case "wait":
                return self._wait()
            case "expect":
                reader.take()
                return Expect(read_expression(reader), self._otherwise(), line)
            case "stop":
                reader.take()
                return Stop(read_expression(reader), line)
            case "done":
                reader.take()
                return Done(read_expression(reader), line)
        raise self._no_statement()

    def _no_statement(self) -> ProgramError:
        token = self._reader.now
        if token.text in ("end", "else"):
            return self._reader.wrong(f"this '{token.text}' belongs to nothing")
        if token.text in HEADS:
            return self._reader.wrong(f"'{token.text}' stands before all statements")
        return self._reader.wrong(f"no statement begins with {token}; {nearest(token.text, STATEMENTS)}")

    def _let(self) -> Let:
        line = self._reader.take().line
        name = self._reader.need_name("'let'")
        self._reader.need("=", f"'let {name}'")
        value = read_call(self._reader) if self._reader.sees("call", "try") else read_expression(self._reader)
        return Let(name, value, line)

    def _wait(self) -> WaitUntil:
        reader, line = self._reader, self._reader.take().line
        reader.need("until", "'wait'")
        condition = read_expression(reader)
        reader.need("asking", "'wait until'")
        name = reader.need_name("'asking'")
        reader.need("=", f"'asking {name}'")
        call = read_call(reader)
        reader.need("within", "'wait until'")
        within = read_expression(reader)
        every = reader.need_number("'every'") if reader.took("every") else None
        return WaitUntil(condition, name, call, within, every, self._otherwise(), line)

    def _if(self) -> If:
        line = self._reader.take().line
        condition = read_expression(self._reader)
        self._reader.opening_line("the condition of 'if'")
        then = self._block("this 'if'", line, "else", "end")
        otherwise: tuple[Statement, ...] = ()
        if self._reader.took("else"):
            if self._reader.sees("if"):
                return If(condition, then, (self._else_if(line),), line)
            self._reader.opening_line("'else'")
            otherwise = self._block("this 'else'", line, "else", "end")
            if self._reader.sees("else"):
                raise self._reader.wrong("this 'if' has an 'else' already")
        self._reader.take()
        self._reader.opening_line("'end'")
        return If(condition, then, otherwise, line)

    def _else_if(self, line: int) -> If:
        """An `if` inside the `else` of another, which shares its `end`."""
        self._deep += 1
        if self._deep > MOST_BLOCKS_DEEP:
            raise self._reader.wrong(f"more than {MOST_BLOCKS_DEEP} blocks stand inside each other", line)
        self._count(self._reader.line)
        found = self._if()
        self._deep -= 1
        return found

    def _repeat(self) -> Repeat:
        line = self._reader.take().line
        count = read_expression(self._reader)
        self._reader.opening_line("the count of 'repeat'")
        return Repeat(count, self._body("'repeat'", line), line)

    def _for_each(self) -> ForEach:
        line = self._reader.take().line
        self._reader.need("each", "'for'")
        name = self._reader.need_name("'for each'")
        self._reader.need("in", "'for each'")
        items = read_expression(self._reader)
        most = read_most(self._reader) if self._reader.sees("up") else None
        self._reader.opening_line("the list of 'for each'")
        return ForEach(name, items, self._body("'for each'", line), most, line)

    def _body(self, what: str, line: int) -> tuple[Statement, ...]:
        """The statements of a loop, and the `end` behind them."""
        found = self._block(f"this {what}", line, "end")
        self._reader.take()
        self._reader.opening_line("'end'")
        return found
