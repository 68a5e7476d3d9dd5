"""The laws of permission: free inside the workspace, a yes or a pattern elsewhere, never for what is guarded."""

import os
from pathlib import Path
from typing import Annotated, Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.errors import LLMosError, RefusedError
from llmos.tools.base import Access, Tool, tool
from llmos.tools.permissions import Decision, Permissions, read_approvals, visible
from llmos.tools.workspace import Workspace
from tests.support.tools import RULES, Person, make_workspace

pytestmark = pytest.mark.anyio


@tool(name="Read")
def look(file_path: Annotated[str, Access.READ], count: int = 0) -> str:
    """Look."""
    return f"{file_path} {count}"


@tool(name="Write")
def put(file_path: Annotated[str, Access.WRITE]) -> str:
    """Put."""
    return file_path


@tool(name="Bash")
def run(command: Annotated[str, Access.RUN]) -> str:
    """Run."""
    return command


@tool(name="send")
def send(text: str) -> str:
    """Send."""
    return text


@tool(name="Grep")
def search(path: Annotated[str, Access.READ] = ".") -> str:
    """Search."""
    return path


TOOLS = {"read": look, "write": put, "run": run, "search": search}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with a protected folder in it."""
    workspace = make_workspace(tmp_path)
    for name in (".git", ".claude", "src", "sub/.git", "../data/sub", "../data/folder.txt", "../home/.ssh"):
        (workspace.root / name).mkdir(parents=True)
    (workspace.root / "link").symlink_to(workspace.root.parent / "data")
    (workspace.root / "inward").symlink_to(workspace.root / ".git")
    return workspace


async def decide(permissions: Permissions, what: str, target: str) -> tuple[dict[str, Any], list[Decision]]:
    """The arguments that were allowed, and what was told on the way."""
    told: list[Decision] = []
    tool = TOOLS[what]
    (argument,) = tool.touches
    return await permissions.check(tool, {argument: target}, told.append), told


@pytest.mark.parametrize("what", ["read", "write"])
@pytest.mark.parametrize("path", ["a.txt", "src/deep/new.txt", "./src/../a.txt", ".gitignore", ".github/x", "git/x"])
async def test_inside_the_workspace_is_free(workspace: Workspace, what: str, path: str) -> None:
    """Nobody is asked, nothing is told, and the path comes out absolute."""
    args, told = await decide(Permissions(workspace, RULES), what, path)
    assert args == {"file_path": str(workspace.resolve(path))}
    assert str(workspace.root) in args["file_path"]
    assert told == []


OUTSIDE = ["../data/x", "/etc/hosts", "link/x", "~/x", ".git/config", ".GIT/config", "inward/config", "sub/.git"]


@pytest.mark.parametrize("what", ["read", "write"])
@pytest.mark.parametrize("path", [*OUTSIDE, ".claude/settings.json", ".git", "src/.git./x", "git~1/config"])
async def test_elsewhere_needs_a_yes(workspace: Workspace, what: str, path: str) -> None:
    """Outside, through a link, or under a protected folder however it is spelled: a person is asked."""
    yes, no = Person(yes=True), Person(yes=False)
    args, told = await decide(Permissions(workspace, RULES, yes), what, path)
    assert args["file_path"] == str(workspace.resolve(path))
    assert [(each.allowed, each.by) for each in told] == [(True, "person")]
    with pytest.raises(RefusedError, match="the person said no"):
        await decide(Permissions(workspace, RULES, no), what, path)
    assert len(yes.questions) == len(no.questions) == 1


@pytest.mark.parametrize("command", ["ls", "git status", "", "echo $HOME"])
async def test_every_command_needs_a_yes(workspace: Workspace, command: str) -> None:
    """Bash is never free."""
    person = Person(yes=True)
    args, told = await decide(Permissions(workspace, RULES, person), "run", command)
    assert args == {"command": command}
    assert told == [Decision("Bash", f"Bash wants to run: {command}", allowed=True, by="person")]


@pytest.mark.parametrize(
    ("what", "target", "sentence"),
    [
        (
            "run",
            "git push",
            "Bash may not run git push: {}; --approve 'Bash(git push)' allows it",
        ),
        (
            "read",
            "../data/x",
            "Read may not read ../data/x: {}; --approve 'Read(../data/x)' allows it",
        ),
        ("write", ".git/x", "Write may not write .git/x: {}; --approve 'Edit(.git/x)' allows it"),
        ("search", "../data", "Grep may not read ../data: {}; --approve 'Read(../data)' allows it"),
        ("run", "echo 'a'\n", """Bash may not run echo 'a'\\n: {}; --approve 'Bash(echo '"'"'a'"'"'\\n)' allows it"""),
    ],
)
async def test_without_a_person_the_sentence_names_the_pattern(
    workspace: Workspace, what: str, target: str, sentence: str
) -> None:
    """Whoever runs LLMos without a terminal reads what to add to the command line."""
    with pytest.raises(RefusedError) as raised:
        await decide(Permissions(workspace, RULES), what, target)
    assert str(raised.value) == sentence.format("nobody can be asked here")


@pytest.mark.parametrize(
    ("what", "target"), [("run", "git push"), ("read", "../data/x"), ("write", ".git/x"), ("search", "../data")]
)
async def test_the_pattern_it_names_allows_it(workspace: Workspace, what: str, target: str) -> None:
    """The advice of a refusal is followed to the letter, and works."""
    with pytest.raises(RefusedError) as raised:
        await decide(Permissions(workspace, RULES), what, target)
    pattern = str(raised.value).split("--approve '")[1].split("' allows")[0]
    _, told = await decide(Permissions(workspace, RULES, patterns=(pattern,)), what, target)
    assert [(each.allowed, each.by, each.rule) for each in told] == [(True, "pattern", pattern)]


async def test_never_asks_nobody(workspace: Workspace) -> None:
    """With `--approve never`, what no pattern allows is refused without a question."""
    person = Person(yes=True)
    permissions = Permissions(workspace, RULES, person, ("never", "Bash(ls)"))
    await decide(permissions, "run", "ls")
    with pytest.raises(RefusedError) as raised:
        await decide(permissions, "run", "ls /")
    expected = "Bash may not run ls /: --approve never forbids to ask; --approve 'Bash(ls /)' allows it"
    assert str(raised.value) == expected
    assert person.questions == []


async def test_ask_is_what_happens_anyway(workspace: Workspace) -> None:
    """`--approve ask` says the default aloud."""
    person = Person(yes=True)
    await decide(Permissions(workspace, RULES, person, ("ask",)), "run", "ls")
    assert person.questions == ["Bash wants to run: ls"]


@pytest.mark.parametrize(
    ("pattern", "what", "target", "allowed"),
    [
        ("Bash", "run", "a; b", True),
        ("Bash(git:*)", "run", "git log", True),
        ("Bash(git:*)", "run", "git log; rm x", False),
        ("Read", "run", "git log", False),
        ("*", "run", "git log", True),
        ("Read(../data/**)", "read", "../data/x", True),
        ("Read(../data/**)", "read", "link/x", True),
        ("Read(../data/**)", "write", "../data/x", False),
        ("Read(../data/**)", "read", "../data/.git/x", False),
        ("Read", "read", "/etc/hosts", True),
        ("Read", "read", ".git/config", False),
        ("Read(.git/**)", "read", ".git/config", True),
        ("Read(.git/**)", "read", "sub/.git/config", False),
        ("Read(**/.git/**)", "read", "sub/.git/config", True),
        ("Edit(../data/**)", "write", "../data/x", True),
        ("Write(../data/**)", "write", "../data/x", True),
        ("Edit(../data/**)", "read", "../data/x", False),
        ("Grep(../data/**)", "read", "../data/x", False),
        ("Read(../data/*)", "search", "../data/sub", False),
        ("Read(../data/s*)", "search", "../data/sub", False),
        ("Read(../*)", "search", "../data", False),
        ("Read(../**/*.txt)", "search", "../data/folder.txt", False),
        ("Grep(../data/*)", "search", "../data/sub", False),
        ("Read(../data/*)", "search", "../data/x", True),
        ("Read(../data/**)", "search", "../data/sub", True),
        ("Read(../*/**)", "search", "../data/sub", True),
        ("Read(../data)", "search", "../data", True),
        ("Read(../data/sub)", "search", "link/sub", True),
        ("Read(../data)", "search", "../data/sub", False),
        ("Read(~/*)", "search", "~/.ssh", False),
        ("Read(~/**)", "search", "~/.ssh", True),
        ("Read", "search", "../data", True),
    ],
)
async def test_patterns_allow_what_they_name(
    workspace: Workspace, pattern: str, what: str, target: str, allowed: bool
) -> None:
    """A pattern goes as far as it says, and protected folders must be named."""
    permissions = Permissions(workspace, RULES, patterns=(pattern,))
    if allowed:
        _, told = await decide(permissions, what, target)
        assert [(each.allowed, each.by) for each in told] == [(True, "pattern")]
    else:
        with pytest.raises(RefusedError):
            await decide(permissions, what, target)


async def test_what_is_guarded_is_refused_whoever_says_yes(workspace: Workspace) -> None:
    """Neither a person's yes nor a pattern lets an agent change its own limits or read keys."""
    profile = workspace.root / "robots/arm.md"
    permissions = Permissions(
        workspace, RULES, Person(yes=True), ("*", "Edit(**)"), guarded=(workspace.root / "robots",)
    )
    with pytest.raises(RefusedError) as raised:
        await decide(permissions, "write", "robots/arm.md")
    assert str(raised.value) == "Write may not write robots/arm.md: no agent may; a person can, outside of LLMos"
    await decide(permissions, "read", str(profile))
    for what, path in (
        ("read", "/proc/self/environ"),
        ("read", str(workspace.home / "secrets/x")),
        ("write", "/dev/null"),
    ):
        with pytest.raises(RefusedError, match="no agent may"):
            await decide(permissions, what, path)


async def test_readable_folders_are_free_to_read_only(workspace: Workspace) -> None:
    """The folders of skills may be read without a question, and written only with one."""
    skills = workspace.root.parent / "data"
    permissions = Permissions(workspace, RULES, readable=(skills,))
    await decide(permissions, "read", "../data/pdf/SKILL.md")
    with pytest.raises(RefusedError):
        await decide(permissions, "write", "../data/pdf/SKILL.md")


async def test_arguments_that_touch_nothing_pass(workspace: Workspace) -> None:
    """Only marked arguments are looked at; one left out needs no permission."""
    told: list[Decision] = []
    permissions = Permissions(workspace, RULES)
    assert await permissions.check(look, {"count": 3}, told.append) == {"count": 3}
    assert told == []


async def test_one_question_at_a_time(workspace: Workspace) -> None:
    """Agents that work side by side do not talk over each other at the terminal."""

    class Slow:
        """Somebody who answers only when nobody else is asking."""

        asking = 0
        most = 0

        async def approve(self, question: str) -> bool:
            self.asking += 1
            self.most = max(self.most, self.asking)
            await anyio.lowlevel.checkpoint()
            self.asking -= 1
            return bool(question)

    slow = Slow()
    permissions = Permissions(workspace, RULES, slow)
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(decide, permissions, "run", "ls")
    assert slow.most == 1


async def test_a_question_cannot_disguise_itself(workspace: Workspace) -> None:
    """Control letters of a command are shown, not obeyed, by the terminal that asks."""
    person = Person(yes=True)
    await decide(Permissions(workspace, RULES, person), "run", "ls\x1b[2K\rrm -rf .\u202e")
    assert person.questions == ["Bash wants to run: ls\\x1b[2K\\rrm -rf .\\u202e"]


@given(st.text())
def test_what_is_visible_prints(text: str) -> None:
    """No letter is left that a terminal does not show as itself."""
    assert visible(text).isprintable()


def test_options_are_checked_before_anything_runs() -> None:
    """A pattern that is none, and a contradiction, are the user's mistakes."""
    read_approvals(["ask", "Bash(git:*)"])
    with pytest.raises(LLMosError, match="is no tool pattern"):
        read_approvals(["Bash(git"])
    with pytest.raises(LLMosError) as raised:
        read_approvals(["ask", "never"])
    assert str(raised.value) == "--approve ask and --approve never contradict each other; give one of them"


PARTS = st.sampled_from(["..", ".", ".git", ".GIT", "src", "link", "inward", "a.txt", "~", "", "sub", "data", "work"])


@given(parts=st.lists(PARTS, min_size=1, max_size=8), absolute=st.booleans())
def test_what_is_free_lies_inside_and_outside_of_protected_folders(
    workspace: Workspace, parts: list[str], absolute: bool
) -> None:
    """However a path is put together, free means: really inside, and under no protected folder."""
    text = f"{workspace.root}/{'/'.join(parts)}" if absolute else "/".join(parts) or "."
    try:
        path = workspace.resolve(text)
    except LLMosError:
        return
    if Permissions(workspace, RULES).verdict(Access.WRITE, path) == "free":
        real = Path(os.path.realpath(path))
        assert real == path
        assert real.is_relative_to(workspace.root)
        assert not {".git", ".claude"} & {part.lower() for part in real.relative_to(workspace.root).parts}


@pytest.mark.parametrize("answer", [True, False])
async def test_a_confirmation_is_a_persons_alone(workspace: Workspace, answer: bool) -> None:
    """No pattern stands in for a person where something cannot be undone, and the decision is told."""
    told: list[Decision] = []
    permissions = Permissions(workspace, RULES, Person(answer), ("Bash", "Edit"))
    said = ""
    try:
        await permissions.confirm("toggle_tool", "let go of 'cube'", told.append)
    except RefusedError as error:
        said = str(error)
    assert said == ("" if answer else "toggle_tool may not let go of 'cube': the person said no")
    assert told == [Decision("toggle_tool", "toggle_tool wants to let go of 'cube'", answer, "person")]


async def test_a_confirmation_without_a_person_is_refused(workspace: Workspace) -> None:
    """The sentence says that only a person can allow it."""
    with pytest.raises(RefusedError) as caught:
        await Permissions(workspace, RULES).confirm("toggle_tool", "let go of 'cube'", lambda _: None)
    expected = "toggle_tool may not let go of 'cube': this needs a person's yes, and nobody can be asked here"
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("pattern", "what", "args", "approved"),
    [
        ("Bash(git:*)", run, {"command": "git log"}, True),
        ("Bash(git:*)", run, {"command": "git log; rm x"}, False),
        ("Bash(git:*)", run, {"command": "rm x"}, False),
        ("ask", run, {"command": "git log"}, False),
        ("never", run, {"command": "git log"}, False),
        ("Bash(git:*)", run, {}, False),
        ("send", send, {"text": "hello"}, True),
        ("Bash(git:*)", send, {"text": "hello"}, False),
        ("Edit(src/**)", put, {"file_path": "src/a.txt"}, True),
        ("Edit(src/**)", put, {"file_path": "a.txt"}, False),
        ("Read(src/**)", search, {"path": "src"}, True),
        ("Read(s*)", search, {"path": "src"}, False),
    ],
)
def test_only_a_pattern_permits_beforehand(
    workspace: Workspace, pattern: str, what: Tool, args: dict[str, str], *, approved: bool
) -> None:
    """Not the place of a file, nor somebody who could be asked: those answer for one call at a time."""
    permissions = Permissions(workspace, RULES, Person(yes=True), (pattern,))
    assert permissions.approves(what, args) is approved
