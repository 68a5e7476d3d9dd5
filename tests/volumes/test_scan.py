"""Finding documents: links, loops, depth, and folders that cannot be read."""

import os
from pathlib import Path

import pytest

from llmos.documents.document import Problem
from llmos.documents.places import documents_in, leads_out
from llmos.errors import DocumentError
from llmos.volumes.registry import Registry
from llmos.volumes.scan import Closed, Scan
from llmos.volumes.volume import open_volume
from tests.support.disks import open_folder, unprivileged
from tests.support.volumes import volume, write_agent, write_skill


def test_documents_are_found_by_kind(tmp_path: Path) -> None:
    """Agents and commands nest a few folders deep, skills are folders with a SKILL.md; the rest is no document."""
    wanted = {
        write_agent(tmp_path, "top"),
        write_agent(tmp_path, "group/one/two/three/deep"),
        write_skill(tmp_path, "paint"),
        _page(tmp_path / "skills/lower/skill.md"),
        _page(tmp_path / "commands/git/sync.md"),
        _page(tmp_path / "robots/arm.md"),
        _page(tmp_path / "scenes/empty.md"),
    }
    for name in (
        "agents/README.md", "agents/.hidden.md", "agents/.git/x.md", "agents/notes.txt", "agents/a/b/c/d/e/too-deep.md",
        "skills/loose.md", "skills/group/nested/SKILL.md", "skills/.off/SKILL.md", "memory/note.md", "VOLUME.md",
    ):  # fmt: skip
        _page(tmp_path / name)
    assert {Path(found.path) for found in Scan(volume(tmp_path)).everything()} == wanted


def test_a_check_calls_just_that_a_document_which_a_run_finds(tmp_path: Path) -> None:
    """`agent check` and the registry go by the same names and the same depth, README.md and links included."""
    write_agent(tmp_path, "shared")
    for name in (
        "agents/a.md", "agents/A.MD", "agents/b.Md", "agents/README.md", "agents/ReadMe.md", "agents/license.md",
        "agents/CLAUDE.md", "agents/.hidden.md", "agents/c.agent.md", "agents/notes.txt", "agents/1/2/3/4/d.md",
        "agents/1/2/3/4/5/e.md", "commands/changelog.md", "scenes/f.MD", "skills/g/SKILL.md", "skills/h/skill.md",
        "skills/i/Skill.md", "skills/j/k/SKILL.md", "skills/loose.md", "robots/deep/l.md",
    ):  # fmt: skip
        _page(tmp_path / name)
    (tmp_path / "agents/out.md").symlink_to("/etc/hostname")
    (tmp_path / "agents/in.md").symlink_to(tmp_path / "agents/shared.md")
    unreadable: list[OSError] = []
    checked = documents_in(tmp_path, unreadable.append)
    counted = {each.path for each in checked if not each.passed_over and not leads_out(each.path)}
    assert counted == {Path(found.path) for found in Scan(volume(tmp_path)).everything()}
    assert len(counted) == 11
    assert unreadable == []


def test_link_that_leaves_the_volume_is_refused(tmp_path: Path) -> None:
    """Neither a linked file nor a linked folder brings in what lies elsewhere."""
    outside = write_skill(tmp_path / "outside", "secret")
    write_agent(tmp_path / "v", "operator")
    (tmp_path / "v/skills").mkdir()
    links = [tmp_path / "v/agents/away.md", tmp_path / "v/skills/away", tmp_path / "v/skills/half/SKILL.md"]
    links[2].parent.mkdir()
    links[0].symlink_to(outside)
    links[1].symlink_to(outside.parent)
    links[2].symlink_to(outside)
    scan = Scan(volume(tmp_path / "v"))
    assert [Path(found.path).name for found in scan.everything()] == ["operator.md"]
    sentence = "the link leaves its volume, so it is not followed"
    assert sorted(scan.problems, key=lambda each: each.path) == sorted(
        (Problem(str(link), 1, "error", sentence) for link in links), key=lambda each: each.path
    )


def test_link_inside_the_volume_is_followed_once(tmp_path: Path) -> None:
    """A skill or an agent may be linked to; a linked folder of agents is not, as it may lead round in circles."""
    shared = write_skill(tmp_path / "shared", "paint")
    (tmp_path / "skills").mkdir()
    (tmp_path / "skills/paint").symlink_to(shared.parent)
    agent = write_agent(tmp_path, "operator")
    (tmp_path / "agents/again.md").symlink_to(agent)
    (tmp_path / "agents/circle").symlink_to(tmp_path / "agents")
    scan = Scan(volume(tmp_path))
    found = sorted(Path(each.path).relative_to(tmp_path).as_posix() for each in scan.everything())
    assert found == ["agents/again.md", "agents/operator.md", "skills/paint/SKILL.md"]
    sentence = "a link to a folder is not followed here; link to each document instead"
    assert scan.problems == [Problem(str(tmp_path / "agents/circle"), 1, "warning", sentence)]


def test_folder_of_documents_may_not_lead_out_either(tmp_path: Path) -> None:
    """`skills/` as a link to somewhere else brings in nothing; one to a place in the volume does."""
    write_skill(tmp_path / "outside", "secret")
    write_agent(tmp_path / "v/shared", "operator")
    (tmp_path / "v/skills").symlink_to(tmp_path / "outside/skills")
    (tmp_path / "v/agents").symlink_to(tmp_path / "v/shared/agents")
    (tmp_path / "outside/tools").mkdir()
    (tmp_path / "v/tools").symlink_to(tmp_path / "outside/tools")
    registry = Registry([volume(tmp_path / "v")])
    assert registry.skills() == ()
    assert [entry.name for entry in registry.agents()] == ["operator"]
    assert registry.code_folders("tools") == ()
    sentence = "the link leaves its volume, so it is not followed"
    assert registry.problems() == (Closed(str(tmp_path / "v/skills"), 1, "error", sentence),)


@pytest.mark.parametrize("name", ["x.md", "x"])
@pytest.mark.parametrize("target", ["", "missing.md"])
def test_link_that_leads_nowhere_is_a_sentence(tmp_path: Path, name: str, target: str) -> None:
    """A loop and a dangling link are told, and hold up nothing."""
    (tmp_path / "agents").mkdir()
    link = tmp_path / "agents" / name
    link.symlink_to(tmp_path / "agents" / (target or name))
    scan = Scan(volume(tmp_path))
    assert list(scan.everything()) == []
    ((path, _, severity, sentence),) = [(p.path, p.line, p.severity, p.sentence) for p in scan.problems]
    assert (path, severity) == (str(link), "error")
    reasons = ("No such file or directory",) if target else ("it is a loop", "Too many levels of symbolic links")
    assert sentence in {f"the link leads nowhere: {reason}" for reason in reasons}


def test_file_where_a_folder_should_be_is_a_sentence(tmp_path: Path) -> None:
    """A folder that cannot be listed does not hide the others."""
    _page(tmp_path / "skills")
    write_agent(tmp_path, "operator")
    registry = Registry([volume(tmp_path)])
    assert [entry.name for entry in registry.agents()] == ["operator"]
    sentence = "the folder cannot be read: Not a directory"
    assert registry.problems() == (Closed(str(tmp_path / "skills"), 1, "error", sentence),)


def test_folder_that_may_not_be_read_is_a_sentence() -> None:
    """Permissions are told as they are; the other folders serve."""
    with open_folder() as root:
        write_agent(root, "operator")
        skills = write_skill(root, "paint").parent.parent
        registry = Registry([volume(root)])
        assert len(registry.skills()) == 1
        skills.chmod(0o000)
        with unprivileged():
            registry.refresh()
            assert registry.skills() == ()
            assert [entry.name for entry in registry.agents()] == ["operator"]
            sentence = "the folder cannot be read: Permission denied"
            assert registry.problems() == (Closed(str(root / "skills"), 1, "error", sentence),)
        skills.chmod(0o755)


def test_special_files_are_problems_and_do_not_block(tmp_path: Path) -> None:
    """A named pipe in the place of a document would block its reader for ever."""
    (tmp_path / "agents").mkdir()
    os.mkfifo(tmp_path / "agents/pipe.md")
    problems = Registry([volume(tmp_path)]).problems()
    assert [problem.sentence for problem in problems] == ["is no file"]


def test_file_name_that_is_no_text_is_left_out(tmp_path: Path) -> None:
    """A name in another encoding cannot be stored or shown; it is told."""
    write_agent(tmp_path, "operator")
    (Path(os.fsdecode(os.fsencode(tmp_path / "agents") + b"/\xff.md"))).write_text("---\nname: x\n---\nx")
    registry = Registry([volume(tmp_path)])
    assert [entry.name for entry in registry.agents()] == ["operator"]
    assert [problem.sentence for problem in registry.problems()] == [
        "the name of this file is no readable text, so it is left out"
    ]


def test_change_near_a_path_finds_what_it_can_have_touched(tmp_path: Path) -> None:
    """A file beside a SKILL.md, the folder of the skill, of all skills and of the volume each lead to it."""
    skill = write_skill(tmp_path, "paint")
    write_skill(tmp_path, "draw")
    agent = write_agent(tmp_path, "group/operator")
    scan = Scan(volume(tmp_path))

    def near(path: Path) -> set[Path]:
        return {Path(found.path) for found in scan.near(str(path))}

    for path in (skill, skill.parent, skill.parent / "scripts/run.py"):
        assert near(path) == {skill}
    for path in (agent, agent.parent):
        assert near(path) == {agent}
    assert len(near(tmp_path)) == 3
    assert near(tmp_path / "skills/.x/SKILL.md") == set()
    assert near(tmp_path / "memory/note.md") == set()


def test_volume_page_that_is_broken_is_a_problem_of_the_volume(tmp_path: Path) -> None:
    """The volume is there all the same; a mount may not leave its bounds, nor name what no folder is called."""
    write_agent(tmp_path / "v", "operator")
    (tmp_path / "agents").mkdir()
    page = tmp_path / "v/VOLUME.md"
    page.write_text("---\nname: mine\nmounts:\n  - ../agents\n  - plans\n---\n")
    opened = open_volume(tmp_path / "v", "user")
    may = "it may mount folders named agents, skills, commands, robots, scenes, scenarios, tools, drivers inside"
    assert opened.name == "mine"
    assert [problem.sentence for problem in opened.problems] == [
        f"'../agents' is no folder that this volume may mount; {may} {tmp_path / 'v'}",
        f"'plans' is no folder that this volume may mount; {may} {tmp_path / 'v'}",
    ]
    assert [entry.name for entry in Registry([opened]).agents()] == ["operator"]
    page.write_text("---\nmounts: everything\n---\n")
    assert [problem.sentence for problem in open_volume(tmp_path / "v", "user").problems] == [
        "'mounts' must be a list of folders"
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfea", "the file is UTF-16; save it as UTF-8"),
        (b"", "the file is empty"),
        (b"---\nname: mine\n", "the frontmatter is never closed with '---'"),
        (None, "the file cannot be read: No such file or directory"),
    ],
)
def test_a_volume_whose_page_cannot_be_read_may_hold_any_name(tmp_path: Path, content: bytes | None, said: str) -> None:
    """Nobody knows what it mounts: its own folders serve, and what the mounted ones may shadow is refused."""
    root = tmp_path / "user"
    write_agent(root, "mine")
    write_agent(tmp_path / "system", "operator")
    page = root / "VOLUME.md"
    if content is None:
        page.symlink_to(tmp_path / "gone.md")
    else:
        page.write_bytes(content)
    registry = Registry([volume(root), volume(tmp_path / "system", "system")])
    assert [entry.name for entry in registry.agents()] == ["mine"]
    assert registry.agent("system:operator").name == "operator"
    sentence = f"{said}, so what it mounts is not known"
    assert registry.problems() == (Problem(str(page), 1, "error", sentence),)
    with pytest.raises(DocumentError) as told:
        registry.agent("operator")
    assert str(told.value) == (
        f"{page}:1: {sentence}; the agent 'operator' may lie in it, and 'system:operator' asks for the one that it "
        "would hide"
    )


def _page(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("---\nname: x\ndescription: y\n---\nz\n")
    return path
