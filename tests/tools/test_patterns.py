"""The laws of permission patterns: what they name, and all that they must not be fooled by."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmos.errors import LLMosError
from llmos.messages import Effect, ToolSpec
from llmos.tools.base import Access, Tool
from llmos.tools.patterns import (
    Pattern,
    command_matches,
    name_matches,
    path_matches,
    read_pattern,
    simple_words,
)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("Read", Pattern("Read")),
        (" Bash(git:*) ", Pattern("Bash", "git:*")),
        ("Bash(echo (a))", Pattern("Bash", "echo (a)")),
        ("Read(../data/**)", Pattern("Read", "../data/**")),
        ("mcp__github__get_issue", Pattern("mcp__github__get_issue")),
        ("mcp__*", Pattern("mcp__*")),
        ("*", Pattern("*")),
        ("Task(planner, critic)", Pattern("Agent", "planner, critic")),
    ],
)
def test_patterns_are_read_as_claude_code_writes_them(text: str, pattern: Pattern) -> None:
    """A tool's name, and in parentheses what the call is about; `Task` is the older name of `Agent`."""
    assert read_pattern(text) == pattern
    assert read_pattern(str(pattern)) == pattern


@pytest.mark.parametrize("text", ["", "two words", "Read(", "(x)", "Bash)git(", "Bash(git) status"])
def test_what_is_no_pattern_is_a_sentence(text: str) -> None:
    """A typing error in `--approve` is said before anything runs."""
    with pytest.raises(LLMosError) as raised:
        read_pattern(text)
    known = "Read, Bash(git status), Bash(git:*), Read(../data/**)"
    assert str(raised.value) == f"'{text}' is no tool pattern; they look like {known}"


@pytest.mark.parametrize("scope", ["git; rm:*", "$(x) *", ":*", "a|b:*", "`id`:*", "a\nb:*"])
def test_a_prefix_that_is_no_plain_words_is_a_sentence(scope: str) -> None:
    """Before `:*` stands the beginning of one simple command."""
    with pytest.raises(LLMosError) as raised:
        read_pattern(f"Bash({scope})")
    expected = f"'Bash({scope})' cannot be matched; only plain words, without ; & | < > $ ( ) or `, begin a command"
    assert str(raised.value) == expected


@pytest.mark.parametrize(
    ("scope", "command"),
    [
        (None, "rm -rf /; echo"),
        ("*", "a | b"),
        ("git status", "git status"),
        ("git status", "  git status\n"),
        ("make && make test", "make && make test"),
        ("git:*", "git"),
        ("git:*", "git status"),
        ("git:*", "git log --format='%h; %s' -n 3"),
        ("git:*", 'git commit -m "a; b | c > d"'),
        ("git:*", "git add *.py ~/x [ab]?"),
        ("git:*", "'git' status"),
        ("git log:*", "git log -1"),
        ("npm run *", "npm run build"),
        ("npm run *", "npm run"),
        ("ls:*", "ls -la /tmp"),
        ("echo:*", "echo 'äöü 😀'"),
    ],
)
def test_command_patterns_match(scope: str | None, command: str) -> None:
    """An exact scope matches its text; a prefix matches simple commands that begin with its words."""
    assert command_matches(scope, command)


FOOLING = [
    "git status; rm -rf .",
    "git status;rm -rf .",
    "git status && rm -rf .",
    "git status & rm -rf .",
    "git status || rm -rf .",
    "git log | sh",
    "git log |& sh",
    "git status\nrm -rf .",
    "git status\r\nrm -rf .",
    "git status\rrm",
    "git log $(rm -rf .)",
    "git log `rm -rf .`",
    'git log "$(rm -rf .)"',
    'git log "`rm -rf .`"',
    "git log ${HOME}",
    "git log $HOME",
    "git log <(rm -rf .)",
    "git log > ~/.bashrc",
    "git log >> x",
    "git log < x",
    "git log 2>&1",
    "git log <<< x",
    "git log \\; rm",
    "git log \\\nrm",
    'git log "a\\"; rm -rf . #"',
    "git log 'a'\\''; rm -rf . '",
    "git log # comment",
    "git log {a,b}",
    "git log !x",
    "git log 'unclosed",
    'git log "unclosed',
    "git log '",
    "git log $'\\n'rm",
    "git log \x00rm",
    "git log \x1b[2Krm",
    "git\u00a0status",
    "git \u202estatus",
    "git log\u2028rm",
    "git log ; rm",
    "(git log)",
    "{ git log; }",
    "GIT_PAGER=sh git log",
    "env git log",
    "github status",
    "git-evil status",
    "./git status",
    "/tmp/git status",
    "GIT status",
    "\\git status",
    "",
    " ",
    "*",
    "gi? status",
    "~/git status",
]


@pytest.mark.parametrize("command", FOOLING)
def test_a_prefix_is_not_fooled(command: str) -> None:
    """Nothing that could run a second program, or another one, is taken for `git ...`."""
    assert not command_matches("git:*", command)
    assert not command_matches("git *", command)


@pytest.mark.parametrize("command", ["git status .", "git  status", "git status; x", "git statusx", "xgit status", ""])
def test_an_exact_pattern_matches_its_text_only(command: str) -> None:
    """One more letter is another command."""
    assert not command_matches("git status", command)


def test_words_must_match_whole() -> None:
    """`git log:*` does not allow `git logx`, nor a first word that only begins alike."""
    assert not command_matches("git log:*", "git logx")
    assert not command_matches("git log:*", "git")
    assert not command_matches("npm run *", "npm runx y")


@given(st.text(st.sampled_from("ab '\"$`\\;&|<>(){}[]*?!#~=\n\t-./"), max_size=14))
@example("a 'b' \"c\"")
@example("a[b]* ?")
def test_bash_sees_one_program_where_simple_words_does(text: str) -> None:
    """Whatever `simple_words` accepts, bash, too, reads as these very words: one call of one program.

    `a` is defined as a function that prints its arguments; globbing and `~` are off, for they only make arguments.
    """
    command = f"a {text}"
    words = simple_words(command)
    if words is None or "~" in text:
        return
    program = 'set -f; a() { printf "%s\\0" a "$@"; }; ' + command
    told = subprocess.run(["bash", "--norc", "-c", program], capture_output=True, text=True)
    assert told.stdout.split("\0")[:-1] == words
    assert shlex.split(command) == words


@pytest.mark.parametrize(
    ("scope", "name", "matched"),
    [
        (None, "coder", True),
        ("planner, critic", "critic", True),
        ("planner,critic", "planner", True),
        ("*", "x", True),
        ("planner", "planner2", False),
        ("", "planner", False),
    ],
)
def test_agent_patterns_list_names(scope: str | None, name: str, matched: bool) -> None:
    """`Agent(planner, critic)` is these two and nobody else."""
    assert name_matches(scope, name) is matched


@pytest.mark.parametrize(
    ("pattern", "name", "named"),
    [
        ("Read", "Read", True),
        ("Read", "Reader", False),
        ("read", "Read", False),
        ("*", "anything", True),
        ("mcp__*", "mcp__git__log", True),
        ("mcp__git", "mcp__git__log", True),
        ("mcp__git", "mcp__github__log", False),
        ("mcp__git__*", "mcp__git__log", True),
    ],
)
def test_names(pattern: str, name: str, named: bool) -> None:
    """A pattern names one tool, or all that begin alike, or all of one MCP server."""
    assert read_pattern(pattern).names(name) is named


def test_read_covers_searching_and_edit_covers_writing() -> None:
    """As in Claude Code, one pattern speaks of every tool that does the same to a path."""

    async def nothing(_: object) -> str:
        return ""

    def named(name: str) -> Tool:
        return Tool(ToolSpec(name, "", {}, Effect.PURE), nothing)

    assert read_pattern("Read").covers(named("Grep"), Access.READ)
    assert read_pattern("Edit").covers(named("Write"), Access.WRITE)
    assert not read_pattern("Read").covers(named("Write"), Access.WRITE)
    assert not read_pattern("Bash").covers(named("Sh"), Access.RUN)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A workspace beside a folder of data, with a link from one to the other."""
    for name in ("work/src", "data/deep/.git", "data[1]"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "work/link").symlink_to(tmp_path / "data")
    return Path(os.path.realpath(tmp_path))


@pytest.mark.parametrize(
    ("scope", "path", "matched"),
    [
        ("../data/**", "data/deep/x", True),
        ("../data/**", "data", True),
        ("../data/*", "data/x", True),
        ("../data/*", "data/deep/x", False),
        ("../data", "data/x", False),
        ("../data", "data", True),
        ("../data/**/*.csv", "data/deep/x.csv", True),
        ("../data/**", "database/x", False),
        ("../data/**", "data2/x", False),
        ("../data/**", "other/x", False),
        ("../**", "data/x", True),
        ("link/**", "data/x", True),
        ("../data/../data/x", "data/x", True),
        ("../data[1]/**", "data[1]/x", False),
        ("../data/**", "data/deep/.git/config", False),
        ("../data/deep/.git/**", "data/deep/.git/config", True),
        ("../data/deep/*/config", "data/deep/.git/config", False),
        (None, "data/x", True),
        (None, "data/deep/.git/config", False),
        ("~/x", "person/x", True),
        ("~/**", "person/.git/x", False),
        ("src/**", "work/src/x", True),
    ],
)
def test_path_patterns(tree: Path, scope: str | None, path: str, matched: bool) -> None:
    """A scope is seen from the workspace, free of links and `..`; guarded folders must be named."""
    found = path_matches(scope, tree / path, tree / "work", tree / "person", lambda name: name == ".git")
    assert found is matched


@pytest.mark.parametrize(
    ("scope", "path", "matched"),
    [
        ("../data/**", "data", True),
        ("../data/**", "data/deep", True),
        ("../data/deep", "data/deep", True),
        ("link/deep", "data/deep", True),
        ("../data", "data/deep", False),
        ("../data/*", "data/deep", False),
        ("../data/*/", "data/deep", False),
        ("../data/d??p", "data/deep", False),
        ("../data/[d]eep", "data/deep", False),
        ("../data/[d]eep/**", "data/deep", True),
        ("../data/**/*", "data/deep", True),
        ("../data/**/deep", "data/deep", False),
        ("../**", "data/deep", True),
        ("../**/*.csv", "data", False),
        ("~/*", "person/.ssh", False),
        ("~/**", "person/.ssh", True),
        ("*", "work/src", False),
        ("**", "work/src", True),
        ("**", "work", True),
        ("../data/**", "data/deep/.git", False),
        ("../data/deep/.git", "data/deep/.git", True),
        (None, "data/deep", True),
        (None, "data/deep/.git", False),
    ],
)
def test_a_folder_is_named_with_all_that_is_in_it(tree: Path, scope: str | None, path: str, *, matched: bool) -> None:
    """A search goes through everything below, so a wildcard that stands for the folder alone does not name it."""
    found = path_matches(scope, tree / path, tree / "work", tree / "person", lambda name: name == ".git", folder=True)
    assert found is matched


@pytest.mark.parametrize("slashes", ["/", "//"])
def test_absolute_path_patterns(tree: Path, slashes: str) -> None:
    """Claude Code writes absolute paths with two slashes; one is as good."""
    scope = f"{slashes}{str(tree / 'data').lstrip('/')}/**"
    assert path_matches(scope, tree / "data" / "x", tree / "work", None, lambda _: False)
    assert not path_matches(scope, tree / "work" / "x", tree / "work", None, lambda _: False)
