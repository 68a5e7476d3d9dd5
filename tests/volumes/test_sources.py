"""Volumes from elsewhere: added as copies, inert until trusted, and updated without gaining powers unseen."""

import json
import os
from pathlib import Path

import pytest

from llmos.errors import LLMosError, StorageError
from llmos.settings import system_root
from llmos.traces.trace_text import show
from llmos.volumes.capabilities import Capability, of_file, of_tree
from llmos.volumes.history import History
from llmos.volumes.mounting import mount, workspace_capabilities
from llmos.volumes.registry import Registry
from llmos.volumes.sources import Pulled, add_volume, pull, push
from llmos.volumes.trust import TrustStore
from llmos.volumes.volume import Volume, open_volume
from tests.support.learned import learned
from tests.support.repositories import person, repository, write
from tests.support.volumes import write_agent, write_skill

AGENT = "---\nname: painter\ndescription: Paints.\ntools: Read, Grep\n---\nPaint.\n"
SKILL = "---\nname: paint\ndescription: How to paint.\n---\nUse a brush.\n"

COMMAND = "---\ndescription: Tidies up.\n---\nTidy up.\n"


def test_added_repository_is_a_clone_and_inert(tmp_path: Path) -> None:
    """The home gets its own copy; nothing of it counts until a person trusts it."""
    origin = repository(tmp_path / "Art School.git", {"agents/painter.md": AGENT, "skills/paint/SKILL.md": SKILL})
    home = tmp_path / "home"
    added = add_volume(home, str(origin))
    assert (added.name, added.tier, added.trusted) == ("art-school", "added", False)
    assert added.root == home / "volumes/art-school"
    registry = Registry(mount(home, system_root(), TrustStore(home)))
    assert [entry.name for entry in registry.inert()] == ["painter", "paint"]
    with pytest.raises(LLMosError) as caught:
        registry.agent("painter")
    assert str(caught.value) == (
        f"The agent 'painter' in {added.root / 'agents/painter.md'} is not trusted; "
        "'llmos volume trust art-school' changes that."
    )

    TrustStore(home).trust(added.root, of_tree(added.root))
    assert Registry(mount(home, system_root(), TrustStore(home))).agent("painter").description == "Paints."


def test_added_folder_is_copied_with_a_history_and_without_links(tmp_path: Path) -> None:
    """A plain folder is taken up as one commit; what its links point to stays out."""
    write_skill(tmp_path / "folder", "paint")
    (tmp_path / "folder/secret").symlink_to("/etc/passwd")
    added = add_volume(tmp_path / "home", str(tmp_path / "folder"), name="mine")
    (entry,) = History(added.root).log()
    assert entry.subject == f"Take up {tmp_path / 'folder'}"
    assert person(added.root, "ls-files") == "skills/paint/SKILL.md"
    assert not os.path.lexists(added.root / "secret")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("team", "There is a volume 'team' already; choose another with --name NAME."),
        ("../x", "'../x' cannot name a volume: small letters, digits and hyphens can; say --name NAME."),
        ("there", "There is a volume 'there' already; choose another with --name NAME."),
    ],
)
def test_name_that_cannot_be_is_refused(tmp_path: Path, name: str, sentence: str) -> None:
    """Names of tiers, of other volumes, and what would leave the folder of volumes."""
    origin = repository(tmp_path / "origin", {"a.md": "a"})
    (tmp_path / "home/volumes/there").mkdir(parents=True)
    with pytest.raises(LLMosError) as caught:
        add_volume(tmp_path / "home", str(origin), name=name)
    assert str(caught.value) == sentence


def test_source_that_is_nowhere_is_a_sentence(tmp_path: Path) -> None:
    """A typo in a path leaves nothing in the home."""
    (tmp_path / "ferns").mkdir()
    with pytest.raises(LLMosError) as caught:
        add_volume(tmp_path / "home", str(tmp_path / "frens"))
    assert str(caught.value) == f"There is no folder {tmp_path / 'frens'}; did you mean 'ferns'?"
    assert caught.value.exit_code == 2
    assert list((tmp_path / "home").glob("volumes/*")) == []


def test_file_is_no_source(tmp_path: Path) -> None:
    """An agent's page is not its volume, and git is not asked what it makes of it."""
    page = tmp_path / "agent.md"
    page.write_text(AGENT)
    with pytest.raises(LLMosError) as caught:
        add_volume(tmp_path / "home", str(page))
    assert str(caught.value) == f"{page} is a file; give the folder that holds agents/, skills/ and the like."
    assert caught.value.exit_code == 2
    assert list((tmp_path / "home").glob("volumes/*")) == []


def test_pull_of_prose_is_merged_at_once(tmp_path: Path) -> None:
    """A reworded skill, a new skill without scripts, a counter: nobody is asked."""
    origin, volume = _team(tmp_path)
    write(origin, {"skills/paint/SKILL.md": SKILL.replace("brush", "roller"), "skills/draw/SKILL.md": SKILL})
    _commit(origin)
    pulled = pull(volume)
    assert pulled == Pulled(person(origin, "rev-parse", "HEAD"), merged=True)
    assert "roller" in (volume.root / "skills/paint/SKILL.md").read_text()
    assert pull(volume) == Pulled(pulled.commit, merged=False)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"agents/painter.md": AGENT.replace("Grep", "Bash")}, "agents/painter.md may use Bash."),
        ({"agents/painter.md": AGENT.replace("tools: Read, Grep\n", "")}, "agents/painter.md may use every tool."),
        ({"agents/new.md": AGENT}, "agents/new.md may use Grep."),
        ({"skills/paint/SKILL.md": SKILL + "See https://evil.example/x\n"}, "names the host evil.example."),
        (
            {"skills/paint/SKILL.md": SKILL.replace("---\nUse", "allowed-tools: Bash(git:*)\n---\nUse")},
            "may use Bash(git:*).",
        ),
        (
            {"commands/tidy.md": COMMAND.replace("---\nTidy", "allowed-tools: Write\n---\nTidy")},
            "commands/tidy.md may use Write.",
        ),
        ({"skills/paint/run": "#!/bin/sh\n"}, "skills/paint/run is a program (sha256:"),
        ({"skills/paint/scripts/mix.py": "print(2)\n"}, "skills/paint/scripts/mix.py is a program (sha256:"),
        ({"tools/paint.py": "x = 1\n"}, "tools/paint.py is a program (sha256:"),
        ({"drivers/arm.py": "x = 1\n"}, "drivers/arm.py is a program (sha256:"),
        ({"hooks/hooks.json": "{}"}, "hooks/hooks.json sets up hooks, servers or permissions (sha256:"),
        ({".mcp.json": "{}"}, ".mcp.json sets up hooks, servers or permissions (sha256:"),
        ({"robots/arm.md": "---\nname: arm\n---\n"}, "robots/arm.md sets the limits of a robot (sha256:"),
        (
            {"commands/x.md": "---\ndescription: x\n---\nNow (!`rm -rf .`).\n"},
            "commands/x.md asks to run 'rm -rf .', which LLMos never does.",
        ),
        *(
            ({"agents/painter.md": AGENT.replace("tools:", f"{written}\ntools:")}, f"agents/painter.md sets {key} (")
            for key, written in {
                "permission_mode": "permissionMode: bypassPermissions",
                "hooks": "hooks: {PreToolUse: []}",
                "mcp_servers": "mcpServers: [slack]",
            }.items()
        ),
        ({"skills/paint/SKILL.md": SKILL + "```llmos-program\nmove\n```\n"}, "SKILL.md holds a program (sha256:"),
        ({".claude-plugin/plugin.json": '{"name": "x", "hooks": "./h.json"}'}, "plugin.json sets up hooks (sha256:"),
        ({"skills/paint/blob.bin": "\0"}, "skills/paint/blob.bin is a program (sha256:"),
        ({"traces/go.md": show(learned())}, "traces/go.md shows tool calls that may be made again without a model ("),
    ],
)
def test_pull_that_widens_waits_for_a_person(tmp_path: Path, files: dict[str, str], sentence: str) -> None:
    """Tools, programs, hosts, hooks, robots: nothing is merged until that very commit is approved."""
    origin, volume = _team(tmp_path)
    before = History(volume.root).tip()
    write(origin, files)
    commit = _commit(origin)
    pulled = pull(volume)
    assert (pulled.commit, pulled.merged) == (commit, False)
    assert any(sentence in one for one in pulled.waiting), pulled.waiting
    assert History(volume.root).tip() == before
    assert pull(volume, approved=commit) == Pulled(commit, merged=True)


def test_a_trace_that_was_used_once_more_shows_nothing_new(tmp_path: Path) -> None:
    """Colleagues use what is shared, and its counters travel; other calls or another goal wait for a person."""
    origin, volume = _team(tmp_path)
    write(origin, {"traces/go.md": show(learned())})
    pull(volume, approved=_commit(origin))
    write(origin, {"traces/go.md": show(learned(uses=7, rating=0.5, last_used="2026-02-01T00:00:00Z"))})
    _commit(origin)
    assert pull(volume).merged
    for other in (learned(number=2.0), learned("stop"), learned(slots={"point1": [9.0, 9.0, 9.0]})):
        write(origin, {"traces/go.md": show(other)})
        pulled = pull(volume, approved=_commit(origin)[:-1])
        assert [each.partition(" (")[0] for each in pulled.waiting] == [
            "traces/go.md shows tool calls that may be made again without a model"
        ]


def test_approval_is_for_the_commit_that_was_seen(tmp_path: Path) -> None:
    """If the origin moved on in the meantime, the person is asked again."""
    origin, volume = _team(tmp_path)
    write(origin, {"tools/one.py": "1"})
    seen = _commit(origin)
    assert pull(volume).waiting
    write(origin, {"tools/two.py": "2"})
    newer = _commit(origin)
    pulled = pull(volume, approved=seen)
    assert (pulled.commit, pulled.merged) == (newer, False)
    assert any("tools/two.py" in one for one in pulled.waiting)


def test_executable_bit_makes_a_program(tmp_path: Path) -> None:
    """The same bytes become a program by their mode alone."""
    origin, volume = _team(tmp_path)
    (origin / "notes.txt").chmod(0o755)
    _commit(origin)
    (sentence,) = pull(volume).waiting
    assert sentence.startswith("notes.txt is a program (sha256:")


def test_untrusted_volume_pulls_what_it_likes(tmp_path: Path) -> None:
    """It is inert whatever it holds; trusting it later shows all of it."""
    origin = repository(tmp_path / "origin", {"skills/paint/SKILL.md": SKILL})
    volume = add_volume(tmp_path / "home", str(origin))
    write(origin, {"tools/x.py": "x"})
    _commit(origin)
    assert pull(volume).merged
    assert TrustStore(tmp_path / "home").widened(volume.root, of_tree(volume.root)) == tuple(
        f"{each}." for each in of_file("tools/x.py", b"x", executable=False)
    )


def test_push_sends_what_the_team_shares(tmp_path: Path) -> None:
    """A commit of LLMos arrives at the origin."""
    origin = repository(tmp_path / "seed", {"a.md": "a"})
    person(tmp_path, "clone", "--quiet", "--bare", "--template=", str(origin), str(tmp_path / "origin.git"))
    volume = add_volume(tmp_path / "home", str(tmp_path / "origin.git"))
    write(volume.root, {"a.md": "b"})
    commit = History(volume.root).commit([Path("a.md")], "Change a")
    push(volume)
    assert person(tmp_path / "origin.git", "rev-parse", "main") == commit


def test_prose_pictures_and_numbers_can_do_nothing(tmp_path: Path) -> None:
    """What a volume mostly consists of has no capability at all."""
    write(tmp_path, {"skills/paint/SKILL.md": SKILL, "skills/paint/references/oil.md": "Oil.", "usage.jsonl": "{}"})
    write(tmp_path, {"skills/paint/assets/x.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>", "VOLUME.md": "x"})
    write(
        tmp_path,
        {".claude-plugin/plugin.json": '{"name": "x", "version": "2"}', "LICENSE": "MIT", ".gitattributes": "x"},
    )
    assert of_tree(tmp_path) == frozenset()


def test_unreadable_and_linked_files_are_capabilities_of_their_own(tmp_path: Path) -> None:
    """What cannot be judged is not taken for harmless."""
    write(
        tmp_path, {"agents/x.md": "---\nname: x\nmetadata:\n  llmos-budget-usd: much\n---\nx", "plugin.json": "no JSON"}
    )
    (tmp_path / "link").symlink_to("/etc")
    found = {each.path: each.what for each in of_tree(tmp_path)}
    assert found["link"] == "is a link to /etc"
    assert found["agents/x.md"].startswith("cannot be read (sha256:")
    assert found["plugin.json"].startswith("sets up all (sha256:")


def test_trust_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    """The word survives a restart, can be taken back, and stands in a file of mode 0600."""
    place, powers = tmp_path / "project", [Capability("a.sh", "is a program")]
    place.mkdir()
    store = TrustStore(tmp_path)
    assert not store.is_trusted(place)
    assert store.widened(place, powers) == ("a.sh is a program.",)
    store.trust(place, powers)
    assert (tmp_path / "trust.json").stat().st_mode & 0o777 == 0o600
    again = TrustStore(tmp_path)
    assert again.is_trusted(place)
    assert again.widened(place, [*powers, Capability("b.md", "names the host x")]) == ("b.md names the host x.",)
    again.distrust(place)
    assert not TrustStore(tmp_path).is_trusted(place)


@pytest.mark.parametrize("harm", ["broken", "open", "strange"])
def test_trust_that_others_may_have_written_counts_for_nothing(tmp_path: Path, harm: str) -> None:
    """A file that is damaged or open to others trusts nobody, says so, and is not overwritten."""
    store = TrustStore(tmp_path)
    store.trust(tmp_path, [])
    path = tmp_path / "trust.json"
    if harm == "open":
        path.chmod(0o666)
        sentence = f"{path} can be written by others, so nothing in it counts; chmod 600 mends that."
    else:
        path.write_text("{" if harm == "broken" else json.dumps({str(tmp_path): 1}))
        sentence = f"{path} cannot be read ("
    store = TrustStore(tmp_path)
    assert not store.is_trusted(tmp_path)
    assert (store.problem or "").startswith(sentence)
    with pytest.raises(StorageError, match="nothing in it counts"):
        store.trust(tmp_path, [])
    volumes = mount(tmp_path, system_root(), store)
    assert store.problem in [problem.sentence for volume in volumes for problem in volume.problems]


def test_working_directory_is_trusted_as_it_was(tmp_path: Path) -> None:
    """Prose may change after a person said yes; a new script puts the whole directory back to waiting."""
    home, project = tmp_path / "home", tmp_path / "project"
    (home / "user").mkdir(parents=True)
    write_agent(project / ".claude", "painter")
    store = TrustStore(home)
    assert _workspace(home, project, store).trusted is False
    store.trust(project, workspace_capabilities(project))
    assert _workspace(home, project, store).trusted is True
    write_agent(project / ".claude", "painter", body="Otherwise.")
    assert _workspace(home, project, store).trusted is True
    write(project, {".claude/skills/paint/run.sh": "rm"})
    volume = _workspace(home, project, store)
    assert volume.trusted is False
    assert [problem.sentence for problem in volume.problems] == [
        "1 new capability since this was trusted; 'llmos volume trust .' shows what"
    ]


def test_directory_without_such_documents_is_no_volume(tmp_path: Path) -> None:
    """Most projects have none, and nothing is mounted for them."""
    volumes = mount(tmp_path / "home", system_root(), TrustStore(tmp_path), workspace=tmp_path)
    assert [volume.tier for volume in volumes] == ["system"]


def _workspace(home: Path, project: Path, store: TrustStore) -> Volume:
    return mount(home, system_root(), store, workspace=project)[-1]


def _team(tmp_path: Path) -> tuple[Path, Volume]:
    files = {"agents/painter.md": AGENT, "skills/paint/SKILL.md": SKILL, "skills/paint/scripts/mix.py": "print(1)\n"}
    origin = repository(tmp_path / "origin", {**files, "commands/tidy.md": COMMAND, "notes.txt": "notes"})
    added = add_volume(tmp_path / "home", str(origin))
    return origin, open_volume(added.root, "added", trusted=True)


def _commit(root: Path) -> str:
    person(root, "add", "--all")
    person(root, "commit", "--quiet", "--message", "Change")
    return person(root, "rev-parse", "HEAD")
