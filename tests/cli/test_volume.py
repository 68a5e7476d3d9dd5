"""`llmos volume`: what is listed, what is inert until a person trusts it, and what a pull may not bring along."""

import os
import shutil
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine
from tests.support.repositories import person, repository, write
from tests.support.terminals import Terminal
from tests.support.volumes import write_agent, write_skill

TOOL = "from llmos import tool\n"


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """Somebody else's repository with one agent that reads."""
    agent = "---\nname: gardener\ndescription: Waters ferns.\ntools: Read\n---\n\nYou water.\n"
    return repository(tmp_path / "ferns", {"agents/gardener.md": agent})


def test_volumes_are_listed_the_strongest_first(at_home: CommandLine) -> None:
    """Name, tier, trust, how many documents, where."""
    rows = at_home("volume", "list", "--json").json["volumes"]
    assert [row["name"] for row in rows] == ["user", "team", "overlay", "system"]
    assert {row["trusted"] for row in rows} == {True}
    assert rows[0]["path"] == str(at_home.place.home / "user")
    assert rows[3]["documents"] > 10


def test_an_added_volume_is_inert_until_it_is_trusted(at_home: CommandLine, origin: Path) -> None:
    """A clone in the home, listed; after a person's yes its agents are there, after a revocation they are not."""
    added = at_home("volume", "add", origin)
    assert (added.code, added.out) == (0, f"Added ferns: {at_home.place.home / 'volumes/ferns'}\n")
    assert added.err == "Nothing in it is used until `llmos volume trust ferns`.\n"
    assert at_home("volume", "list").last == (
        "ferns is not trusted, so nothing in it is used; `llmos volume trust ferns` changes that."
    )
    assert at_home("agent", "show", "gardener").last.endswith(
        "is not trusted; 'llmos volume trust ferns' changes that."
    )
    trusted = at_home("volume", "trust", "ferns", "--yes")
    assert trusted.err == "  agents/gardener.md may use Read.\n"
    assert trusted.out == f"{at_home.place.home / 'volumes/ferns'} is trusted.\n"
    assert at_home("agent", "show", "gardener", "--json").json["volume"] == "ferns"
    revoked = at_home("volume", "trust", "ferns", "--revoke", "--json")
    assert (revoked.code, revoked.json["trusted"]) == (0, False)
    assert at_home("agent", "show", "gardener").code == 2


def test_trust_needs_a_person(at_home: CommandLine, origin: Path) -> None:
    """Without a terminal and without --yes nothing is trusted."""
    at_home("volume", "add", origin)
    said = at_home("volume", "trust", "ferns")
    assert (said.code, said.last) == (
        2,
        f"llmos: Trust {at_home.place.home / 'volumes/ferns'}? Nobody can be asked here; say --yes.",
    )
    assert not at_home("volume", "list", "--json").json["volumes"][-1]["trusted"]


def test_documents_of_this_folder_wait_for_trust_too(at_home: CommandLine) -> None:
    """`.claude/agents` is listed, inert, and trusted with a dot; it never shadows."""
    write_agent(at_home.place.workspace / ".claude", "local")
    write_agent(at_home.place.workspace / ".claude", "critic", "An impostor.")
    listed = at_home("agent", "list")
    assert listed.last == "Not trusted and so not used: critic (workspace), local (workspace); see `llmos volume list`."
    assert "An impostor." not in listed.out
    assert at_home("volume", "trust", ".", "--yes").code == 0
    agents = {row["name"]: row["volume"] for row in at_home("agent", "list", "--json").json["agents"]}
    assert (agents["local"], agents["critic"]) == ("workspace", "system")


@pytest.mark.skipif(os.name != "posix", reason="names are bytes there only")
def test_no_word_is_kept_for_a_name_that_is_no_text(at_home: CommandLine) -> None:
    """Neither this folder nor a file of a volume may be called so; what is trusted must be written down."""
    folder = at_home.place.root / os.fsdecode(b"w\xffrk")
    write_agent(folder / ".claude", "local")
    at_home.patch.chdir(folder)
    said = at_home("volume", "trust", ".", "--yes")
    shown = str(folder.resolve()).replace("\udcff", "\\u{dcff}")
    assert said.code == 2
    assert said.last == f"llmos: {shown} cannot be trusted: its name holds bytes that are not UTF-8; rename it."
    at_home.patch.chdir(at_home.place.workspace)
    write_agent(Path("mine"), "local").rename(Path("mine", "agents", os.fsdecode(b"w\xffrk.md")))
    at_home("volume", "add", "mine")
    said = at_home("volume", "trust", "mine", "--yes")
    assert said.code == 2
    assert said.last.endswith(
        "/agents/w\\u{dcff}rk.md cannot be trusted: its name holds bytes that are not UTF-8; rename it."
    )


def test_ones_own_volumes_need_no_word(at_home: CommandLine) -> None:
    """Trust is for what others wrote."""
    assert at_home("volume", "trust", "user", "--yes").last == (
        "llmos: The volume 'user' is yours; only volumes that were added, and this folder, need a word."
    )


def test_a_pull_of_prose_passes_and_wider_capabilities_wait(at_home: CommandLine, origin: Path) -> None:
    """Exit code 3 while something waits; --yes takes it up, and then it is known."""
    at_home("volume", "add", origin)
    at_home("volume", "trust", "ferns", "--yes")
    write(origin, {"agents/gardener.md": (origin / "agents/gardener.md").read_text() + "Gently.\n"})
    person(origin, "commit", "--all", "--quiet", "--message", "Prose")
    prose = at_home("volume", "pull")
    assert (prose.code, prose.out) == (0, "ferns: brought up to date\n")
    write(origin, {"tools/spray.py": TOOL})
    person(origin, "add", "--all")
    person(origin, "commit", "--quiet", "--message", "A tool")
    waiting = at_home("volume", "pull", "ferns")
    assert (waiting.code, waiting.out) == (3, "ferns: not taken up, it waits for your word\n")
    assert waiting.err.startswith("  tools/spray.py is a program (sha256:")
    assert waiting.last == "`llmos volume pull ferns --yes` takes it up all the same."
    with Terminal("volume", "pull", folder=at_home.place.workspace, environment=dict(os.environ)) as terminal:
        terminal.until("Let ferns do this from now on? [y/N] ")
        terminal.type("no\r")
        assert terminal.ended()[0] == 3
    assert at_home("volume", "pull", "--yes", "--json").json == {
        "pulled": [{"volume": "ferns", "merged": True, "waiting": []}]
    }
    assert at_home("volume", "pull").out == "ferns: nothing new\n"
    assert (at_home.place.home / "volumes/ferns/tools/spray.py").read_text() == TOOL


def test_a_pull_leaves_what_a_person_staged(at_home: CommandLine, origin: Path) -> None:
    """Refused, exit code 3, with the file."""
    at_home("volume", "add", origin)
    root = at_home.place.home / "volumes/ferns"
    write(origin, {"agents/gardener.md": (origin / "agents/gardener.md").read_text() + "Gently.\n"})
    person(origin, "commit", "--all", "--quiet", "--message", "Prose")
    write(root, {"agents/gardener.md": "mine"})
    person(root, "add", "--all")
    said = at_home("volume", "pull", "ferns")
    assert said.code == 3
    assert said.last == (
        f"llmos: {root}/agents/gardener.md has staged changes of yours; commit or unstage them, then try again. "
        "Nothing was written."
    )


def test_a_push_sends_what_was_committed(at_home: CommandLine, tmp_path: Path) -> None:
    """To the origin that the person has set; an added volume is pushed only when it is named."""
    bare = tmp_path / "bare.git"
    person(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    person(at_home.place.home / "user", "remote", "add", "origin", str(bare))
    at_home("agent", "new", "gardener")
    pushed = at_home("volume", "push")
    assert (pushed.code, pushed.out) == (0, "user: pushed\n")
    assert person(bare, "log", "-1", "--format=%s") == "Add the agent gardener"


@pytest.mark.parametrize("command", ["pull", "push"])
def test_without_an_origin_there_is_nobody_to_exchange_with(at_home: CommandLine, command: str) -> None:
    """The sentence says how to get one."""
    root = at_home.place.home / "user"
    assert at_home("volume", command).last == (
        f"llmos: No volume has an origin; add one: git -C {root} remote add origin URL."
    )
    assert at_home("volume", command, "system").last == (
        "llmos: The volume 'system' is not kept in the home, so it is exchanged by other means."
    )
    named = at_home("volume", command, "user")
    assert (named.code, named.last) == (
        2,
        f"llmos: {root} has no origin to exchange with; add one: git -C {root} remote add origin URL.",
    )
    assert at_home("volume", command, "usr").last == "llmos: There is no volume 'usr'; did you mean 'user'?"


def test_a_diff_shows_what_no_commit_holds(at_home: CommandLine) -> None:
    """Changed lines, and new files by name; one whose name has a blank is no new one for that."""
    user = at_home.place.home / "user"
    write(user, {"my notes.md": "a"})
    person(user, "add", "my notes.md")
    person(user, "commit", "--quiet", "--message", "Note")
    assert at_home("volume", "diff", "user").last == f"Everything in {at_home.place.home / 'user'} is committed."
    at_home("agent", "new", "gardener")
    path = at_home.place.home / "user/agents/gardener.md"
    path.write_text(path.read_text().replace("You are", "You were"))
    write(user, {"my notes.md": "b"})
    write_agent(user, "other")
    said = at_home("volume", "diff", "user")
    assert "-You are ... (one sentence" in said.out
    assert "+You were ... (one sentence" in said.out
    assert said.out.endswith("new file: agents/other.md\n")
    assert said.out.count("new file") == 1
    changed = at_home("volume", "diff", "user", "--json").json["changed"]
    assert changed == ["agents/gardener.md", "my notes.md", "agents/other.md"]


def test_a_search_finds_by_name_and_description(at_home: CommandLine) -> None:
    """All words, in any case; what is not there is said."""
    rows = at_home("volume", "search", "DRAW", "square", "--json").json["documents"]
    assert [(row["kind"], row["name"]) for row in rows] == [("skill", "draw-square"), ("scene", "drawing")]
    assert at_home("volume", "search", "no", "such").last == "No document speaks of no and such."


def test_the_tools_of_a_checked_volume_are_known_to_it(at_home: CommandLine) -> None:
    """Without running them; a tool that nobody has is still told."""
    root = at_home.place.root / "mine"
    agent = "---\nname: waterer\ndescription: Waters ferns.\ntools: water, spray\n---\n\nYou water.\n"
    tool = '@tool\ndef water() -> str:\n    """Water."""\n'
    write(root, {"agents/waterer.md": agent, "tools/water.py": f"raise SystemExit\n{tool}"})
    problems = at_home("volume", "check", root, "--json").json["problems"]
    assert [each["sentence"].partition(";")[0] for each in problems] == ["there is no tool 'spray'"]


def warned(llmos: CommandLine, *words: str | Path) -> list[str]:
    """What a check has to say, each with the file's name and line."""
    problems = llmos(*words, "--json").json["problems"]
    return [f"{Path(each['path']).name}:{each['line']}: {each['sentence'].partition(';')[0]}" for each in problems]


def test_what_a_run_would_find_is_known_to_a_check(at_home: CommandLine, tmp_path: Path) -> None:
    """Tools and skills of the file's own volume, a person's own and those of trusted volumes; nothing of it is run."""
    llmos, home = at_home, at_home.place.home
    agent = "---\nname: {0}\ndescription: D.\ntools: count, own, Read\nskills: [sow, mow]\n---\n\nYou work.\n"
    tool = 'raise SystemExit\n@tool\ndef {0}() -> str:\n    """Do."""\n'
    mine = llmos.place.write("user/agents/deep/mine.md", agent.format("mine"))
    no_count, no_own = "mine.md:4: there is no tool 'count'", "mine.md:4: there is no tool 'own'"
    no_mow, no_sow = "mine.md:5: there is no skill 'mow'", "mine.md:5: there is no skill 'sow'"
    assert warned(llmos, "agent", "check", mine) == [no_count, no_own, no_mow, no_sow]
    llmos.place.write("user/tools/mine.py", tool.format("own"))
    write_skill(home / "user", "sow")
    assert warned(llmos, "agent", "check", mine) == [no_count, no_mow]

    root = repository(
        tmp_path / "others", {"agents/theirs.md": agent.format("theirs"), "tools/t.py": tool.format("count")}
    )
    write_skill(root, "mow")
    for words in (("agent", "check", root), ("agent", "check", root / "agents/theirs.md"), ("volume", "check", root)):
        assert warned(llmos, *words) == []
    llmos("volume", "add", root)
    assert warned(llmos, "agent", "check", mine) == [no_count, no_mow]
    write_skill(home / "volumes/others", "mow")
    llmos("volume", "trust", "others", "--yes")
    assert warned(llmos, "agent", "check", mine) == []


def test_tools_beside_the_documents_of_a_folder_are_its_own_affair(at_home: CommandLine) -> None:
    """What stands in `.claude/` belongs to a working directory, whose `tools/` no run loads."""
    work = at_home.place.workspace
    write_agent(work / ".claude", "local")
    page = work / ".claude/agents/local.md"
    page.write_text(page.read_text().replace("---\nYou", "tools: water\nskills: wave\n---\nYou"))
    write(work, {"tools/water.py": '@tool\ndef water() -> str:\n    """Water."""\n'})
    write_skill(work / ".agents", "wave")
    assert warned(at_home, "agent", "check", page) == ["local.md:4: there is no tool 'water'"]


def test_a_folder_is_checked_as_a_volume(at_home: CommandLine) -> None:
    """Documents, mounts and links; a path that is no folder is told."""
    root = at_home.place.root / "mine"
    shutil.copytree(at_home.place.home / "team", root, ignore=shutil.ignore_patterns(".git"))
    write_agent(root, "one")
    (root / "agents/out.md").symlink_to("/etc/hostname")
    (root / "VOLUME.md").write_text("---\nname: mine\nmounts: [../elsewhere]\n---\n")
    said = at_home("volume", "check", root, "--json")
    sentences = [problem["sentence"] for problem in said.json["problems"]]
    assert said.code == 2
    assert "the link leaves its volume, so it is not followed" in sentences
    assert any(sentence.startswith("'../elsewhere' is no folder that this volume may mount") for sentence in sentences)
    at_home.patch.chdir(root.parent)
    (root.parent / "link").symlink_to(root)
    for way in ("mine", "./mine/../mine", "link"):  # however it is named, each problem is told once
        assert at_home("volume", "check", way, "--json").json == said.json
    assert at_home("volume", "check", root / "VOLUME.md").last == (
        f"llmos: {root / 'VOLUME.md'} is no folder; a volume is a folder that holds agents/, skills/ and the like."
    )
