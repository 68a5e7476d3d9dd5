"""The laws of the workspace: where it may be, what a path means, what is guarded."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.errors import LLMosError, RefusedError
from llmos.tools.workspace import (
    Workspace,
    guarded_paths,
    lies_in,
    never_read,
    never_written,
    open_workspace,
    plain_name,
)

ADVICE = "choose a folder of its own with --workspace"


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A person's folder with a home of LLMos and a project in it."""
    root = Path(os.path.realpath(tmp_path))
    home = ("user/skills", "team", "volumes/other", "secrets")
    for name in (*(f"person/.llmos/{each}" for each in home), "person/project", "elsewhere"):
        (root / name).mkdir(parents=True)
    return root


def opened(disk: Path, folder: str) -> Workspace:
    """The workspace at a folder of this disk."""
    return open_workspace(disk / folder, disk / "person/.llmos", disk / "person")


@pytest.mark.parametrize(
    "folder",
    ["person/project", "elsewhere", *(f"person/.llmos/{each}" for each in ("user", "user/skills", "team", "volumes"))],
)
def test_a_folder_of_its_own_is_a_workspace(disk: Path, folder: str) -> None:
    """A project, or a volume of the home, may be worked in."""
    assert opened(disk, folder).root == disk / folder


def test_the_whole_disk_is_refused(disk: Path) -> None:
    """`/` is no workspace."""
    with pytest.raises(RefusedError) as raised:
        open_workspace(Path("/"), disk / "person/.llmos", disk / "person")
    assert str(raised.value) == f"the workspace cannot be /, the whole disk; {ADVICE}"


@pytest.mark.parametrize("folder", ["person", "."])
def test_what_holds_the_persons_home_is_refused(disk: Path, folder: str) -> None:
    """Neither the home folder nor what is above it."""
    with pytest.raises(RefusedError) as raised:
        opened(disk, folder)
    root = Path(os.path.realpath(disk / folder))
    assert str(raised.value) == f"the workspace cannot be {root}, which holds your home folder; {ADVICE}"


def test_what_holds_the_home_of_llmos_is_refused(disk: Path) -> None:
    """Nor what holds LLMOS_HOME, where journals and secrets are."""
    with pytest.raises(RefusedError) as raised:
        open_workspace(disk / "person", disk / "person/.llmos", None)
    home = disk / "person/.llmos"
    expected = f"the workspace cannot be {disk / 'person'}, which holds LLMOS_HOME ({home}); {ADVICE}"
    assert str(raised.value) == expected


def test_what_lies_in_the_home_of_llmos_is_refused(disk: Path) -> None:
    """Except for its volumes, nothing in LLMOS_HOME is worked in."""
    with pytest.raises(RefusedError) as raised:
        opened(disk, "person/.llmos/secrets")
    home = disk / "person/.llmos"
    assert str(raised.value) == f"the workspace cannot be {home / 'secrets'} inside LLMOS_HOME ({home}); {ADVICE}"


def test_a_link_does_not_hide_where_it_leads(disk: Path) -> None:
    """A link to the home folder is the home folder."""
    (disk / "innocent").symlink_to(disk / "person")
    with pytest.raises(RefusedError, match="which holds your home folder"):
        opened(disk, "innocent")


@pytest.mark.parametrize("home", ["person/.llmos", "home"])
@pytest.mark.parametrize("person", ["person", "she"])
def test_links_to_the_homes_hide_neither(disk: Path, home: str, person: str) -> None:
    """Where LLMOS_HOME or the person's folder is named by a link, what holds it is refused all the same."""
    (disk / "home").symlink_to(disk / "person/.llmos")
    (disk / "she").symlink_to(disk / "person")
    (disk / "elsewhere/me").symlink_to(disk / "person/project")
    with pytest.raises(RefusedError, match="which holds your home folder"):
        open_workspace(disk / "person", disk / home, disk / "elsewhere/me")
    (disk / "person/journals").symlink_to(disk / "person/.llmos/secrets")
    with pytest.raises(RefusedError, match="which holds your home folder"):
        open_workspace(disk / "person", disk / home, disk / person)
    with pytest.raises(RefusedError, match="which holds LLMOS_HOME"):
        open_workspace(disk / "person", disk / home, disk / "elsewhere")
    with pytest.raises(RefusedError, match="inside LLMOS_HOME"):
        open_workspace(disk / "person/journals", disk / home, disk / person)


@pytest.mark.parametrize("folder", ["missing", "file"])
def test_what_is_no_folder_is_a_sentence(disk: Path, folder: str) -> None:
    """A typing error in --workspace is the user's mistake, not a refusal."""
    (disk / "file").write_text("")
    with pytest.raises(LLMosError) as raised:
        opened(disk, folder)
    assert str(raised.value) == f"the workspace {disk / folder} is not a folder; {ADVICE}"
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a.txt", "person/project/a.txt"),
        ("./x/../a.txt", "person/project/a.txt"),
        (".", "person/project"),
        ("../other", "person/other"),
        ("~", "person"),
        ("~/notes", "person/notes"),
        ("~root/x", "person/project/~root/x"),
        ("$HOME/x", "person/project/$HOME/x"),
        ("link/x", "elsewhere/x"),
        ("link/../x", "x"),
        ("dangling", "person/nowhere"),
        ("new/folder/file", "person/project/new/folder/file"),
    ],
)
def test_a_path_means_one_place(disk: Path, text: str, meant: str) -> None:
    """Relative to the root, `~` is the person's folder, links and `..` are followed as the disk follows them."""
    (disk / "person/project/link").symlink_to(disk / "elsewhere")
    (disk / "person/project/dangling").symlink_to(disk / "person/nowhere")
    assert opened(disk, "person/project").resolve(text) == disk / meant


@pytest.mark.parametrize("text", ["", "a\0b", "a/\ud800"])
def test_what_is_no_path_is_a_sentence(disk: Path, text: str) -> None:
    """Empty text, zero bytes, and half of a letter, which JSON can hold and no disk, name no file."""
    workspace = opened(disk, "person/project")
    with pytest.raises(LLMosError) as raised:
        workspace.resolve(text)
    assert str(raised.value) == f"{text!r} is no path; give one relative to {workspace.root} or an absolute one"


def test_a_ring_of_links_leads_nowhere(disk: Path) -> None:
    """Links that point at each other are resolved to something that cannot be opened, not to a hang."""
    (disk / "elsewhere/a").symlink_to(disk / "elsewhere/b")
    (disk / "elsewhere/b").symlink_to(disk / "elsewhere/a")
    assert opened(disk, "elsewhere").resolve("a").parent == disk / "elsewhere"


def test_paths_are_shown_as_short_as_they_can_be(disk: Path) -> None:
    """Inside relative, beside with `..`, far away absolute."""
    workspace = opened(disk, "person/project")
    assert workspace.shown(workspace.root) == "."
    assert workspace.shown(workspace.root / "a" / "b") == "a/b"
    assert workspace.shown(disk / "person" / "x") == "../x"
    assert workspace.shown(Path("/etc/passwd")) == "/etc/passwd"


@pytest.mark.parametrize(
    "name",
    [
        ".git",
        ".GIT",
        ".Git",
        ".git.",
        ".git ",
        ".git. .",
        ".g\u200cit",
        "\ufeff.git",
        "\uff0egit",
        "git~1",
        "GIT~1",
        ".git:x",
    ],
)
def test_names_that_some_disk_takes_for_git(name: str) -> None:
    """Case, ignorable letters, closing dots, short names and streams do not disguise a name."""
    assert plain_name(name) == ".git"


@pytest.mark.parametrize("name", [".gitignore", ".github", "git", "a.git", "..", ".", "...", " "])
def test_names_that_no_disk_takes_for_git(name: str) -> None:
    """What only looks alike is left alone."""
    assert plain_name(name) != ".git"


@given(st.text(min_size=1))
def test_a_plain_name_is_its_own_plain_name(name: str) -> None:
    """Normalising is done once and for all: names compare equal or they do not."""
    assert plain_name(plain_name(name)) == plain_name(name)


def test_case_and_second_names_do_not_leave_a_folder(disk: Path) -> None:
    """A path below another spelling of a folder, is below it; one of several is enough."""
    assert lies_in(disk / "ELSEWHERE" / "x", disk / "elsewhere")
    assert lies_in(disk / "elsewhere", disk / "elsewhere")
    assert not lies_in(disk / "elsewhere2", disk / "elsewhere")
    assert not lies_in(disk, disk / "elsewhere")
    assert not lies_in(disk / "x", disk / "missing")
    assert not lies_in(disk / "x")
    assert lies_in(disk / "elsewhere", disk / "missing", disk / "elsewhere")
    (disk / "second").symlink_to(disk / "elsewhere")
    for path in ("second", "second/x", "second/new/x"):
        assert lies_in(disk / path, disk / "elsewhere"), path


def test_what_is_never_read(disk: Path) -> None:
    """Secrets of LLMos, and devices: reading those hangs, never ends, or shows the keys of a process."""
    home = disk / "person/.llmos"
    for path in (
        home / "secrets/key",
        home / "SECRETS/key",
        Path("/dev/zero"),
        Path("/proc/self/environ"),
        Path("/sys/x"),
    ):
        assert never_read(path, home), path
    for path in (home / "journals/x", disk / "elsewhere/x"):
        assert not never_read(path, home), path


def test_what_is_never_written(disk: Path) -> None:
    """The home but for its volumes; rules, robot profiles, programs of volumes; the interpreter; devices."""
    home = disk / "person/.llmos"
    system = disk / "system"
    folders = [volume / each for volume in (home / "user", system / "volumes/system") for each in ("robots", "tools")]
    guarded = guarded_paths(system, folders)
    never = [
        home / "settings.md",
        home / "kernel/safety.md",
        home / "journals/2026/11/x.jsonl",
        home / "robots/arm.json",
        home / "secrets/key",
        home / "user/robots/arm.md",
        home / "user/tools/x.py",
        home / "USER/tools/x.py",
        system / "kernel/safety.md",
        system / "KERNEL/safety.md",
        system / "volumes/system/robots/arm.md",
        system / "llmos/robots/gate.py",
        Path("/dev/sda"),
    ]
    for path in never:
        assert never_written(path, home, guarded), path
    for path in (
        home / "user/skills/x/SKILL.md",
        home / "volumes/a/agents/b.md",
        system / "agents/x.md",
        disk / "elsewhere/x",
    ):
        assert not never_written(path, home, guarded), path


def test_what_is_guarded_by_a_link_is_guarded_where_it_leads(disk: Path) -> None:
    """Also while nothing stands there yet: the robots of a volume that is mounted by a link."""
    (disk / "mounted").symlink_to(disk / "elsewhere")
    guarded = guarded_paths(disk / "system", [disk / "mounted/robots"])
    assert never_written(disk / "elsewhere/robots/arm.md", disk / "person/.llmos", guarded)


def test_the_interpreter_itself_is_guarded(disk: Path) -> None:
    """An agent that could write the gate would need no gate."""
    import llmos

    assert Path(os.path.realpath(Path(str(llmos.__file__)).parent)) in guarded_paths(disk, [])
