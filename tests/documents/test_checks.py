"""Checking files and folders: everything is found, nothing that loads has an error, and every warning has its place."""

from pathlib import Path

import pytest

from llmos.documents.checks import check_paths
from llmos.documents.places import Kind, documents_in
from llmos.documents.unread import Known
from llmos.errors import DocumentError
from llmos.settings import system_root
from tests.support.disks import open_folder, unprivileged

AGENT = "---\nname: {name}\ndescription: Helps.\n{keys}---\nYou help.\n"


def write(root: Path, name: str, text: str) -> Path:
    """A file with its folders."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def checked(root: Path, *paths: str, known: Known | None = None) -> list[str]:
    """The problems of these paths (of everything without any), without the folder."""
    given = [root / path for path in paths] or [root]
    return [str(problem).replace(f"{root}/", "") for problem in check_paths(given, known)]


def found(path: Path) -> list[tuple[Kind, Path]]:
    """The documents of a path, all of whose folders can be read and all of which runs find."""
    unreadable: list[OSError] = []
    documents = list(documents_in(path, unreadable.append))
    assert unreadable == []
    assert [each for each in documents if each.passed_over] == []
    return [(each.kind, each.path) for each in documents]


def test_what_ships_has_no_problem() -> None:
    """Our own agents, skills, commands, rules and robots are written the way we ask others to write."""
    root = system_root()
    folders = [root / name for name in ("agents", "skills", "commands", "kernel", "volumes") if (root / name).is_dir()]
    assert [str(problem) for problem in check_paths(folders)] == []


def test_kinds_are_told_by_their_place(tmp_path: Path) -> None:
    """Claude Code's folders, VS Code's names, and nothing that only looks like a document."""
    kinds = {
        "a/.claude/agents/x.md": "agent",
        "a/.claude/commands/deep/er.md": "command",
        "a/.claude/skills/s/SKILL.md": "skill",
        "a/.agents/skills/t/skill.md": "skill",
        "a/.github/agents/y.agent.md": "agent",
        "a/kernel/budget.md": "kernel",
        "a/robots/arm.md": "robot",
        "a/scenes/one.md": "scene",
        "a/scenarios/one.md": "scenario",
        "a/loose.agent.md": "agent",
    }
    others = [
        "a/README.md", "a/agents/README.md", "a/agents/notes.txt", "a/skills/s2/notes.md", "a/.git/agents/x.md",
        "a/node_modules/agents/x.md", "a/.claude/skills/s/agents/helper.md", "a/.claude/skills/s/references/more.md",
    ]  # fmt: skip
    for name in (*kinds, *others):
        write(tmp_path, name, "text")
    assert {str(path.relative_to(tmp_path)): kind for kind, path in found(tmp_path)} == kinds


def test_folders_above_the_one_that_is_checked_do_not_count(tmp_path: Path) -> None:
    """A project that happens to lie in a folder called `agents` is no folder of agents."""
    write(tmp_path, "agents/project/notes.md", "text")
    assert found(tmp_path / "agents" / "project") == []
    assert [kind for kind, _ in found(tmp_path / "agents")] == ["agent"]


def test_a_file_that_is_named_is_checked_whatever_it_is_called(tmp_path: Path) -> None:
    """Without a telling place it is taken for an agent."""
    write(tmp_path, "helper.md", "")
    assert checked(tmp_path, "helper.md") == ["helper.md:1: error: the file is empty"]
    write(tmp_path, "SKILL.md", "")
    assert checked(tmp_path, "SKILL.md") == ["SKILL.md:1: error: the file is empty"]


def test_problems_are_sorted_and_told_once(tmp_path: Path) -> None:
    """By path, then by line, also when paths overlap."""
    write(tmp_path, "agents/b.md", AGENT.format(name="b", keys="maxTurns: x\nmaxturns: 1\n"))
    write(tmp_path, "agents/a.md", "\0")
    expected = [
        "agents/a.md:1: error: the file holds a NUL byte, so it is not text",
        "agents/b.md:4: warning: 'max_turns' should be a whole number above 0, not 'x'; it is ignored",
        "agents/b.md:5: warning: 'maxturns' is not read: did you mean 'max_turns'?",
    ]
    assert checked(tmp_path) == expected
    assert checked(tmp_path, ".", "agents", "agents/a.md") == expected


def test_folder_without_documents_is_told(tmp_path: Path) -> None:
    """Silence would look like approval."""
    write(tmp_path, "docs/x.md", "text")
    assert checked(tmp_path, "docs") == ["docs:1: warning: there is no agent, skill, command or rule below this folder"]


def test_closed_folder_is_told() -> None:
    """What could not be looked into is an error, not silence."""
    with open_folder() as root:
        write(root, "agents/x.md", AGENT.format(name="x", keys=""))
        (root / "skills").mkdir(mode=0)
        with unprivileged():
            assert checked(root) == ["skills:1: error: the folder cannot be read: Permission denied"]


def test_path_that_does_not_exist_is_a_mistake(tmp_path: Path) -> None:
    """The nearest name in the same folder is offered."""
    write(tmp_path, "agents/x.md", "text")
    with pytest.raises(DocumentError) as caught:
        check_paths([tmp_path / "agent"])
    assert str(caught.value) == f"{tmp_path}/agent: there is no such file or folder; did you mean 'agents'?"


@pytest.mark.parametrize(
    ("keys", "warning"),
    [
        (
            "permissionMode: bypassPermissions",
            "'permission_mode' is not read: no document can change what is permitted",
        ),
        ("hooks:\n  Stop: []", "'hooks' is not read: a document cannot run commands"),
        ("mcpServers: [db]", "'mcp_servers' is not read: a document cannot start servers"),
        ("modle: opus", "'modle' is not read: did you mean 'model'?"),
        ("isolation: worktree", "'isolation' is not read: it stays in the file and has no effect"),
        ("metadata:\n  llmos-falback: '1'", "'llmos-falback' is not read: did you mean 'llmos-fallback'?"),
        ("allowedTools: Read", "'allowed_tools' is not read: did you mean 'tools'?"),
    ],
)
def test_keys_without_effect_are_told(tmp_path: Path, keys: str, warning: str) -> None:
    """What LLMos leaves alone, on purpose or because it was misspelt, a person learns here."""
    write(tmp_path, "agents/x.md", AGENT.format(name="x", keys=f"{keys}\n"))
    line = 5 if "llmos" in keys else 4
    assert checked(tmp_path) == [f"agents/x.md:{line}: warning: {warning}"]


def test_keys_for_people_are_not_told(tmp_path: Path) -> None:
    """A colour, a licence, a version and other programs' metadata need no comment."""
    write(tmp_path, "agents/x.md", AGENT.format(name="x", keys="color: red\nversion: 1\nmetadata:\n  team: a\n"))
    assert checked(tmp_path) == []


def test_commands_in_a_body_are_told(tmp_path: Path) -> None:
    """Claude Code runs them while it opens the document; here nothing runs, and the line says so."""
    body = "---\ndescription: D\n---\nStatus: !`git status`\n\nNot `!`x` nor a!`b`.\n\n```!\nls\n```\n"
    write(tmp_path, "commands/c.md", body)
    assert checked(tmp_path) == [
        "commands/c.md:4: warning: 'git status' is not run: a document cannot run commands",
        "commands/c.md:8: warning: a block of commands is not run: a document cannot run commands",
    ]
    write(tmp_path, "commands/c.md", "---\ndescription: D\nmetadata:\n  llmos-x: '1'\n---\nB\n")
    assert checked(tmp_path) == ["commands/c.md:4: warning: 'llmos-x' is not read: a command has no keys of LLMos"]


def test_unknown_tools_are_told_when_the_known_ones_are(tmp_path: Path) -> None:
    """Patterns and servers' tools are looked at by their name only; without a list nothing is said."""
    keys = "tools: Raed, Bash(git:*), mcp__db__query\ndisallowedTools: Wite\n"
    write(tmp_path, "agents/x.md", AGENT.format(name="x", keys=keys))
    write(tmp_path, "skills/s/SKILL.md", "---\nname: s\ndescription: D\nallowed-tools: Read Fly\n---\nB\n")
    assert checked(tmp_path) == []
    assert checked(tmp_path, known=Known(frozenset({"Read", "Write", "Bash"}), frozenset())) == [
        "agents/x.md:4: warning: there is no tool 'Raed'; did you mean 'Read'?",
        "agents/x.md:5: warning: there is no tool 'Wite'; did you mean 'Write'?",
        "skills/s/SKILL.md:4: warning: there is no tool 'Fly'; known are: Bash, Read, Write",
    ]


def test_a_scope_that_is_left_open_is_told(tmp_path: Path) -> None:
    """What the parenthesis was to hold together is not known, and the tool itself is."""
    write(tmp_path, "agents/x.md", AGENT.format(name="x", keys="tools: Read, Bash(git:*\n"))
    assert checked(tmp_path, known=Known(frozenset({"Read", "Bash"}), frozenset())) == [
        "agents/x.md:4: warning: 'Bash(git:*' lacks ')'"
    ]


def test_a_tool_may_have_the_name_it_had_before(tmp_path: Path) -> None:
    """`Task` is the tool Agent; `MultiEdit` is none."""
    write(tmp_path, "agents/x.md", AGENT.format(name="x", keys="tools: Task, Task(critic), MultiEdit\n"))
    assert checked(tmp_path, known=Known(frozenset({"Agent", "Edit"}), frozenset())) == [
        "agents/x.md:4: warning: there is no tool 'MultiEdit'; did you mean 'Edit'?",
    ]


def test_skills_that_are_not_there_are_told(tmp_path: Path) -> None:
    """A misspelt one opens nothing; of thousands none is listed."""
    write(tmp_path, "agents/x.md", AGENT.format(name="x", keys="maxTurns: 3\nskills: [wattering, water]\n"))
    assert checked(tmp_path) == []
    near, far = {"water", "watering"}, {f"{number}" for number in range(31)}
    assert checked(tmp_path, known=Known(frozenset(), frozenset(near))) == [
        "agents/x.md:5: warning: there is no skill 'wattering'; did you mean 'watering'?"
    ]
    assert checked(tmp_path, known=Known(frozenset(), frozenset(far))) == [
        f"agents/x.md:5: warning: there is no skill '{name}'; none of the 31 names is near"
        for name in ("water", "wattering")
    ]


def test_what_no_run_finds_is_told(tmp_path: Path) -> None:
    """A name in other letters, a place too deep: the document is checked, and a person learns that it serves nobody."""
    agent = AGENT.format(name="x", keys="")
    for name in ("agents/upper.MD", "agents/1/2/3/4/five.md", "agents/1/2/3/4/5/six.md", "loose.agent.md"):
        write(tmp_path, name, agent)
    for name in ("skills/mixed/Skill.md", "skills/group/nested/SKILL.md", "skills/whole/SKILL.md"):
        write(tmp_path, name, f"---\nname: {name.split('/')[-2]}\ndescription: D\n---\nB\n")
    why = {
        "agents/1/2/3/4/5/six.md": "it lies 5 folders deep in agents/, and runs look 4 deep",
        "agents/upper.MD": "the name must end with '.md' and not be README.md",
        "skills/group/nested/SKILL.md": "it lies 2 folders deep in skills/, and runs look 1 deep",
        "skills/mixed/Skill.md": "a skill's page is called SKILL.md",
    }
    assert checked(tmp_path) == [f"{path}:1: warning: no run finds it: {reason}" for path, reason in why.items()]
    assert checked(tmp_path, "agents/upper.MD") == [
        "agents/upper.MD:1: warning: no run finds it: the name must end with '.md' and not be README.md"
    ]


def test_a_link_that_leaves_its_volume_is_not_read(tmp_path: Path) -> None:
    """Neither below the folder nor named; one that stays inside is a document like any other."""
    write(tmp_path, "outside.md", "")
    write(tmp_path, "v/shared/x.md", AGENT.format(name="x", keys="colour: red\n"))
    (tmp_path / "v/agents").mkdir()
    (tmp_path / "v/.claude/agents").mkdir(parents=True)
    for place in ("agents", ".claude/agents"):
        (tmp_path / "v" / place / "away.md").symlink_to(tmp_path / "outside.md")
        (tmp_path / "v" / place / "x.md").symlink_to(tmp_path / "v/shared/x.md")
    away = "away.md:1: error: the link leaves its volume, so it is not followed"
    colour = "x.md:4: warning: 'colour' is not read: it stays in the file and has no effect"
    places = ("v/.claude/agents", "v/agents")
    assert checked(tmp_path, "v") == [f"{place}/{said}" for place in places for said in (away, colour)]
    assert checked(tmp_path, "v/agents/away.md") == [f"v/agents/{away}"]


def test_second_document_of_a_name_is_told(tmp_path: Path) -> None:
    """Of two agents with one name in one folder only one is found; in other folders they are other agents."""
    for name in ("a/agents/x.md", "a/agents/y.md", "b/agents/x.md"):
        write(tmp_path, name, AGENT.format(name="x", keys=""))
    assert checked(tmp_path) == [
        "a/agents/y.md:2: warning: the name 'x' is taken by a/agents/x.md, so this agent is never found"
    ]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "kernel/budget.md",
            "---\nbudget_us: 1\n---\n",
            "2: error: 'budget_us' is no key that is read here; did you mean",
        ),
        (
            "kernel/buget.md",
            "---\nbudget_usd: 1\n---\n",
            "1: error: 'buget' is no rules document; did you mean 'budget'?",
        ),
        ("robots/arm.md", "---\nname: arm\n---\n", "1: error: "),
        ("scenes/one.md", "---\nname: one\n---\n", "1: error: "),
    ],
)
def test_rules_robots_and_scenes_are_checked_too(tmp_path: Path, name: str, text: str, expected: str) -> None:
    """They are strict: what is wrong there is an error."""
    write(tmp_path, name, text)
    (problem,) = checked(tmp_path)
    assert problem.startswith(f"{name}:{expected}")
