"""The registry: who shadows whom, what a save changes, and what a run keeps."""

import shutil
import threading
from pathlib import Path

import pytest

from llmos.clock import SimulatedClock
from llmos.documents.document import Problem
from llmos.errors import DocumentError
from llmos.volumes.lookups import Lookups
from llmos.volumes.registry import Registry
from llmos.volumes.row import settled
from llmos.volumes.store import Store
from llmos.volumes.volume import Tier, open_volume, open_workspace
from tests.support.disks import open_folder, unprivileged
from tests.support.volumes import volume, write_agent, write_skill

BROKEN = b"\xff\xfe\xff"


def _refused(documents: Lookups, kind: str, name: str) -> str:
    """The sentence with which a document is not given."""
    with pytest.raises(DocumentError) as told:
        getattr(documents, kind)(name)
    return str(told.value)


def test_user_shadows_team_shadows_overlay_shadows_system(tmp_path: Path) -> None:
    """A name counts where it is strongest, and the entry tells which files it hides, in order."""
    tiers: tuple[Tier, ...] = ("system", "user", "overlay", "team")
    paths = {tier: write_agent(tmp_path / tier, "operator", f"From {tier}.") for tier in tiers}
    registry = Registry([volume(tmp_path / tier, tier) for tier in tiers])

    assert registry.agent("operator").description == "From user."
    assert registry.entry("agent", "operator").shadowed == (paths["team"], paths["overlay"], paths["system"])
    assert [entry.volume.tier for entry in registry.agents()] == ["user"]


def test_added_volume_only_adds_names(tmp_path: Path) -> None:
    """What somebody else wrote cannot replace a shipped agent, but is reached by the volume's name."""
    write_agent(tmp_path / "system", "operator", "Shipped.")
    write_agent(tmp_path / "extra", "operator", "Added.")
    write_agent(tmp_path / "extra", "painter", "Added.")
    registry = Registry([volume(tmp_path / "extra", "added", name="extra"), volume(tmp_path / "system", "system")])

    assert registry.agent("operator").description == "Shipped."
    assert registry.agent("extra:operator").description == "Added."
    assert registry.agent("painter").description == "Added."


def test_unknown_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    """A typo gets one sentence with the name that was meant."""
    write_agent(tmp_path, "operator")
    assert (
        _refused(Registry([volume(tmp_path)]), "agent", "operater")
        == "There is no agent 'operater'; did you mean 'operator'?"
    )


def test_unknown_name_among_many_does_not_list_them_all(tmp_path: Path) -> None:
    """A sentence stays a sentence on a volume of many skills."""
    for number in range(40):
        write_skill(tmp_path, f"skill-{number}")
    assert (
        _refused(Registry([volume(tmp_path)]), "skill", "zzz")
        == "There is no skill 'zzz'; none of the 40 names is near."
    )


def test_untrusted_documents_are_listed_and_inert(tmp_path: Path) -> None:
    """The working directory's agents do not shadow, are not offered, and asking for one says how to trust it."""
    write_agent(tmp_path / "user", "operator", "Mine.")
    write_agent(tmp_path / "project/.claude", "operator", "Theirs.")
    painter = write_agent(tmp_path / "project/.claude", "painter")
    write_skill(tmp_path / "project/.agents", "paint")
    workspace = open_workspace(tmp_path / "project", trusted=False)
    registry = Registry([volume(tmp_path / "user"), workspace])

    assert registry.agent("operator").description == "Mine."
    assert [entry.name for entry in registry.inert()] == ["paint", "operator", "painter"]
    assert registry.skills() == ()
    assert (
        _refused(registry, "agent", "painter")
        == f"The agent 'painter' in {painter} is not trusted; 'llmos volume trust .' changes that."
    )


def test_trusted_working_directory_adds_names_and_never_shadows(tmp_path: Path) -> None:
    """Trust offers the project's documents; a name of the person's own still wins."""
    write_agent(tmp_path / "user", "operator", "Mine.")
    write_agent(tmp_path / "project/.claude", "operator", "Theirs.")
    write_agent(tmp_path / "project/.claude", "painter", "Theirs.")
    write_agent(tmp_path / "project", "stray", "Not where a project keeps agents.")
    registry = Registry([volume(tmp_path / "user"), open_workspace(tmp_path / "project", trusted=True)])

    assert {entry.name: entry.description for entry in registry.agents()} == {"operator": "Mine.", "painter": "Theirs."}


def test_edited_agent_takes_effect_without_any_event(tmp_path: Path) -> None:
    """Asking for a document looks at its file, so that the next run of a live process reads what was saved."""
    write_agent(tmp_path, "operator", body="Be slow.")
    registry = Registry([volume(tmp_path)], clock=_FrozenAfterAnExpensiveLook())
    assert registry.agent("operator").body == "Be slow."
    write_agent(tmp_path, "operator", body="Be quick.")
    assert registry.agent("operator").body == "Be quick."
    assert registry.snapshot(agent="operator").agent("operator").body == "Be quick."


def test_new_file_is_found_when_its_name_is_asked_for(tmp_path: Path) -> None:
    """A document that appeared since the last look is found before its name is called unknown."""
    registry = Registry([volume(tmp_path)], clock=_FrozenAfterAnExpensiveLook())
    assert registry.agents() == ()
    write_agent(tmp_path, "painter")
    assert registry.agents() == ()
    assert registry.agent("painter").name == "painter"
    write_agent(tmp_path, "sculptor")
    assert registry.snapshot("sculptor").agent("sculptor").name == "sculptor"


def test_look_is_repeated_in_proportion_to_its_cost(tmp_path: Path) -> None:
    """A look that took one second is made again after fifty, events or not."""
    clock = _FrozenAfterAnExpensiveLook()
    registry = Registry([volume(tmp_path)], clock=clock)
    assert registry.skills() == ()
    write_skill(tmp_path, "paint")
    clock.advance(49.9)
    assert registry.skills() == ()
    clock.advance(0.1)
    assert [entry.name for entry in registry.skills()] == ["paint"]


def test_snapshot_keeps_what_a_run_began_with(tmp_path: Path) -> None:
    """Edits, deletions and new files serve the next run; the one that is going reads the old text."""
    agent, skill = write_agent(tmp_path, "operator", body="Old."), write_skill(tmp_path, "paint", body="Old.")
    for store in (None, Store(tmp_path / "store.sqlite")):
        write_agent(tmp_path, "operator", body="Old.")
        write_skill(tmp_path, "paint", body="Old.")
        registry = Registry([volume(tmp_path)], store)
        snapshot = registry.snapshot()
        write_agent(tmp_path, "operator", body="New.")
        skill.unlink()
        write_skill(tmp_path, "draw")
        registry.refresh()

        assert registry.agent("operator").body == "New."
        assert [entry.name for entry in registry.skills()] == ["draw"]
        assert snapshot.agent("operator").body == "Old."
        assert snapshot.skill("paint").body == "Old."
        assert [entry.name for entry in snapshot.skills()] == ["paint"]
        shutil.rmtree(tmp_path / "skills/draw")
    assert agent.exists()


def test_snapshot_says_so_when_its_text_is_gone(tmp_path: Path) -> None:
    """Changed on disk, not noticed yet, and kept nowhere: a sentence, not another version than the run began with."""
    agent = write_agent(tmp_path, "operator")
    store = Store(tmp_path / "store.sqlite")
    Registry([volume(tmp_path)], store).refresh()
    snapshot = Registry([volume(tmp_path)], store).snapshot()
    store.close()
    write_agent(tmp_path, "operator", body="New.")
    assert (
        _refused(snapshot, "agent", "operator")
        == f"{agent}: the version that this run began with is gone; start the run anew."
    )


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("save", [BROKEN, b"", b"---\nname: operator\ndescription: Half", b"a\0b"])
def test_broken_save_keeps_the_last_good_version_and_says_so(tmp_path: Path, save: bytes, stored: bool) -> None:
    """A file that is cut off, empty or no text leaves the agent as it was, with a problem, until it is mended."""
    agent = write_agent(tmp_path, "operator", body="Good.")
    store = Store(tmp_path / "store.sqlite") if stored else None
    registry = Registry([volume(tmp_path)], store)
    assert registry.agent("operator").body == "Good."

    agent.write_bytes(save)
    assert registry.agent("operator").body == "Good."
    assert registry.entry("agent", "operator").stale
    registry.refresh()
    (problem,) = registry.problems()
    assert problem.severity == "error"
    assert problem.sentence.endswith("; the last good version stays in use")

    write_agent(tmp_path, "operator", body="Better.")
    assert registry.agent("operator").body == "Better."
    assert not registry.entry("agent", "operator").stale
    assert registry.problems() == ()


def test_broken_save_keeps_the_last_good_version_over_a_restart(tmp_path: Path) -> None:
    """What broke while nothing was running is still served as it last was good."""
    agent = write_agent(tmp_path, "operator", body="Good.")
    with_store = Store(tmp_path / "store.sqlite")
    Registry([volume(tmp_path)], with_store).refresh()
    with_store.close()
    agent.write_bytes(BROKEN)
    for _ in range(2):
        store = Store(tmp_path / "store.sqlite")
        assert Registry([volume(tmp_path)], store).agent("operator").body == "Good."
        store.close()


def test_cut_off_save_says_what_is_missing(tmp_path: Path) -> None:
    """The sentence names the fence that never came."""
    agent = write_agent(tmp_path, "operator")
    registry = Registry([volume(tmp_path)])
    registry.refresh()
    agent.write_text("---\nname: operator\n")
    registry.refresh()
    sentence = "the frontmatter is never closed with '---'; the last good version stays in use"
    assert registry.problems() == (Problem(str(agent), 1, "error", sentence),)


def test_file_that_never_was_good_is_a_problem_and_no_entry(tmp_path: Path) -> None:
    """Without an earlier version there is nothing to serve; the others are not touched by it."""
    write_agent(tmp_path, "operator")
    broken = tmp_path / "agents/broken.md"
    broken.write_bytes(BROKEN)
    registry = Registry([volume(tmp_path)])
    assert [entry.name for entry in registry.agents()] == ["operator"]
    assert [problem.path for problem in registry.problems()] == [str(broken)]
    broken.write_text("---\nname: broken\ndescription: Mended.\n---\nGo on.\n")
    assert registry.agent("broken").description == "Mended."
    assert registry.problems() == ()


def test_a_name_whose_file_is_broken_is_answered_with_what_is_wrong(tmp_path: Path) -> None:
    """Who asks for a document by the name of its file hears of the file, not that there is none."""
    agent = write_agent(tmp_path / "user", "operator")
    agent.write_bytes(BROKEN)
    skill = write_skill(tmp_path / "user", "knot")
    skill.write_bytes(BROKEN)
    registry = Registry([volume(tmp_path / "user")])
    assert _refused(registry, "agent", "operator") == f"{agent}:1: the file is UTF-16; save it as UTF-8"
    assert _refused(registry, "skill", "knot") == f"{skill}:1: the file is UTF-16; save it as UTF-8"


LOST = "{}:4: 'tools' must be a list of names, not {{'Read': 'yes'}}"
BAD_TOOLS = "---\nname: {}\ndescription: D\ntools: {{Read: yes}}\n---\nB\n"


@pytest.mark.parametrize("file", ["operator", "mine"])
def test_a_broken_document_is_not_replaced_by_a_weaker_one(tmp_path: Path, file: str) -> None:
    """What it shadows may have more rights: whoever asks for it hears what is wrong, by its name and not its file's."""
    write_agent(tmp_path / "system", "operator", "Shipped.")
    own = write_agent(tmp_path / "user", file)
    own.write_text(BAD_TOOLS.format("operator"))
    registry = Registry([volume(tmp_path / "user"), volume(tmp_path / "system", "system")])

    for documents in (registry, registry.snapshot("operator")):
        assert _refused(documents, "agent", "operator") == LOST.format(own)
        assert documents.agents() == ()
        assert documents.names("agent") == ("operator",)
        assert documents.agent("system:operator").description == "Shipped."
    own.unlink()
    assert registry.agent("operator").description == "Shipped."


def test_a_broken_document_of_a_weaker_volume_changes_nothing(tmp_path: Path) -> None:
    """What would be shadowed anyway, or lies in a volume without trust, stands before nothing."""
    write_agent(tmp_path / "team", "operator", "The team's.")
    for weaker in ("system", "extra"):
        write_agent(tmp_path / weaker, "operator").write_text(BAD_TOOLS.format("operator"))
    extra = volume(tmp_path / "extra", "user", trusted=False, name="extra")
    registry = Registry([extra, volume(tmp_path / "team", "team"), volume(tmp_path / "system", "system")])
    assert registry.agent("operator").description == "The team's."
    assert [entry.name for entry in registry.agents()] == ["operator"]


def test_an_empty_skill_is_not_replaced_by_a_weaker_one(tmp_path: Path) -> None:
    """A skill whose name cannot be read has that of its folder."""
    write_skill(tmp_path / "system", "knot")
    own = write_skill(tmp_path / "user", "knot")
    own.write_text("")
    registry = Registry([volume(tmp_path / "user"), volume(tmp_path / "system", "system")])
    assert _refused(registry, "skill", "knot") == f"{own}:1: the file is empty"


@pytest.mark.parametrize("page", ["operator.md", "operator.agent.md"])
def test_a_link_out_of_the_volume_is_not_replaced_by_a_weaker_document(tmp_path: Path, page: str) -> None:
    """It is not followed, and what it was meant to shadow does not come back in its place."""
    write_agent(tmp_path / "system", "operator")
    write_skill(tmp_path / "system", "knot")
    agent, skill = tmp_path / "user/agents" / page, tmp_path / "user/skills/knot"
    for link, target in (
        (agent, write_agent(tmp_path / "elsewhere", "operator")),
        (skill, tmp_path / "system/skills/knot"),
    ):
        link.parent.mkdir(parents=True)
        link.symlink_to(target)
    registry = Registry([volume(tmp_path / "user"), volume(tmp_path / "system", "system")])
    left = "the link leaves its volume, so it is not followed"
    assert _refused(registry, "agent", "operator") == f"{agent}:1: {left}"
    assert _refused(registry, "skill", "knot") == f"{skill}:1: {left}"


UNSEEN = "{}:1: {}; the {kind} '{name}' may lie in it, and 'system:{name}' asks for the one that it would hide"


@pytest.mark.parametrize("kind", ["agent", "skill", "command"])
def test_a_folder_that_cannot_be_looked_into_is_not_replaced_by_a_weaker_volume(tmp_path: Path, kind: str) -> None:
    """What lies in it may have fewer rights than what it would hide: a weaker name is refused, with how to ask."""
    system = volume(tmp_path / "system", "system")
    write_agent(system.root, "knot", "Shipped.")
    write_skill(system.root, "knot", "Shipped.")
    (system.root / "commands").mkdir()
    (system.root / "commands/knot.md").write_text("---\ndescription: Shipped.\n---\nDo it.\n")
    registry = Registry([volume(tmp_path / "user"), system])
    folder = tmp_path / f"user/{kind}s"
    folder.write_text("")
    sentence = UNSEEN.format(folder, "the folder cannot be read: Not a directory", kind=kind, name="knot")
    assert _refused(registry, kind, "knot") == sentence
    assert getattr(registry, f"{kind}s")() == ()
    assert registry.refused(kind) == ("knot",)
    assert getattr(registry, kind)("system:knot").description == "Shipped."
    others = {"agent", "skill", "command"} - {kind}
    assert all(getattr(registry, other)("knot").description == "Shipped." for other in others)
    folder.unlink()
    assert getattr(registry, kind)("knot").description == "Shipped."


def test_a_folder_of_agents_that_may_not_be_read_hides_those_of_weaker_volumes_only() -> None:
    """Nested folders hold agents too; what is seen in the same volume or a stronger one stays in use."""
    with open_folder() as root:
        write_agent(root / "user", "strong")
        closed = write_agent(root / "team", "sub/unseen").parent
        write_agent(root / "team", "beside")
        for name in ("strong", "beside", "unseen"):
            write_agent(root / "system", name, "Shipped.")
        tiers: tuple[Tier, ...] = ("user", "team", "system")
        registry = Registry([volume(root / tier, tier) for tier in tiers])
        closed.chmod(0o000)
        with unprivileged():
            found = {entry.name: entry.volume.name for entry in registry.agents()}
            assert found == {"strong": "user", "beside": "team"}
            said = "the folder cannot be read: Permission denied"
            assert _refused(registry, "agent", "unseen") == UNSEEN.format(closed, said, kind="agent", name="unseen")
            missing = _refused(registry, "agent", "own")
            assert missing.endswith(f" It may be in {closed}, but {said}.")
        closed.chmod(0o755)


@pytest.mark.parametrize("target", ["elsewhere", "gone"])
def test_a_folder_that_is_a_link_out_of_the_volume_is_not_replaced_by_a_weaker_volume(
    tmp_path: Path, target: str
) -> None:
    """Neither one that leads elsewhere nor one whose disk is not there gives its names to what is shipped."""
    write_agent(tmp_path / "system", "operator")
    write_agent(tmp_path / "elsewhere", "operator")
    user = volume(tmp_path / "user")
    (user.root / "agents").symlink_to(tmp_path / target / "agents")
    registry = Registry([user, volume(tmp_path / "system", "system")])
    said = {
        "elsewhere": "the link leaves its volume, so it is not followed",
        "gone": "the link leads nowhere: No such file or directory",
    }[target]
    assert _refused(registry, "agent", "operator") == UNSEEN.format(
        user.root / "agents", said, kind="agent", name="operator"
    )


def test_a_closed_folder_without_trust_hides_nothing(tmp_path: Path) -> None:
    """Nobody has said that its documents count, so none of them could have shadowed anything."""
    write_agent(tmp_path / "system", "operator")
    extra = volume(tmp_path / "extra", "user", trusted=False)
    (extra.root / "agents").write_text("")
    registry = Registry([extra, volume(tmp_path / "system", "system")])
    assert [entry.name for entry in registry.agents()] == ["operator"]


def test_a_last_good_version_that_is_gone_is_not_replaced_by_a_weaker_one(tmp_path: Path) -> None:
    """With the cache the last good version stays in use; without it, nothing does."""
    write_agent(tmp_path / "system", "operator", "Shipped.")
    own = write_agent(tmp_path / "user", "operator", "Own.")
    volumes = [volume(tmp_path / "user"), volume(tmp_path / "system", "system")]
    store = Store(tmp_path / "store.sqlite")
    Registry(volumes, store).refresh()
    own.write_text(BAD_TOOLS.format("operator"))
    assert Registry(volumes, store).agent("operator").description == "Own."
    store.close()
    (tmp_path / "store.sqlite").unlink()
    assert _refused(Registry(volumes), "agent", "operator") == LOST.format(own)


def test_invalid_yaml_is_read_line_by_line_after_an_edit_too(tmp_path: Path) -> None:
    """A colon in a description is odd and no half-done save."""
    agent = write_agent(tmp_path, "operator")
    registry = Registry([volume(tmp_path)])
    registry.refresh()
    agent.write_text("---\nname: operator\ndescription: Use: when asked\n---\nGo.\n")
    assert registry.agent("operator").description == "Use: when asked"
    assert {problem.severity for problem in registry.problems()} == {"warning"}


def test_file_that_changed_just_before_the_look_is_looked_at_again() -> None:
    """Within one tick of the file system's clock an edit of the same size leaves no trace, so it gets no signature."""
    old, new = (1_000_000_000, 1_000_000_000, 7, 1), (1_990_000_000, 1_000_000_000, 7, 1)
    assert settled(old, looked_ns=2_000_000_000) == old
    assert settled(new, looked_ns=2_000_000_000) != new


def test_a_file_dated_in_the_future_settles_by_its_time_of_change() -> None:
    """Else it would be read anew at every look, for as long as it is ahead."""
    long_ago, just_now = (3_000_000_000, 1_000_000_000, 7, 1), (3_000_000_000, 1_990_000_000, 7, 1)
    assert settled(long_ago, looked_ns=2_000_000_000) == long_ago
    assert settled(just_now, looked_ns=2_000_000_000) != just_now
    assert settled((3_000_000_000, 3_000_000_000, 7, 1), looked_ns=2_000_000_000)[0] == 0


def test_two_files_of_one_name_in_a_volume_are_told_apart(tmp_path: Path) -> None:
    """The first by path counts, and a warning stands at the second."""
    first = write_agent(tmp_path, "a")
    second = write_agent(tmp_path, "b")
    second.write_text(first.read_text())
    registry = Registry([volume(tmp_path)])
    assert registry.entry("agent", "a").path == first
    assert registry.problems() == (
        Problem(str(second), 1, "warning", f"the agent 'a' is already in {first}, which counts"),
    )


def test_names_that_differ_by_case_only_are_two_names_and_a_warning(tmp_path: Path) -> None:
    """On another file system they would be one file."""
    write_agent(tmp_path, "operator")
    upper = write_agent(tmp_path, "Operator")
    problems = Registry([volume(tmp_path)]).problems()
    sentence = "the agent 'operator' differs from 'Operator' only in small and capital letters"
    assert Problem(str(upper.with_name("operator.md")), 1, "warning", sentence) in problems


def test_folders_of_code_are_given_for_trusted_volumes_only(tmp_path: Path) -> None:
    """Tools of an untrusted volume are not so much as named."""
    for name in ("user", "extra"):
        (tmp_path / name / "tools").mkdir(parents=True)
    registry = Registry([volume(tmp_path / "user"), volume(tmp_path / "extra", "added", trusted=False)])
    assert registry.code_folders("tools") == (tmp_path / "user/tools",)


def test_robots_and_scenes_are_found_by_their_file_names(tmp_path: Path) -> None:
    """Profiles and scenes follow the same order of volumes; they are given as files."""
    for folder in ("user/robots", "system/robots", "system/scenes"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "system/robots/arm.md").write_text("---\nname: arm\n---\n")
    (tmp_path / "system/scenes/empty.md").write_text("---\nname: empty\ndescription: Nothing.\n---\n")
    mine = tmp_path / "user/robots/arm.md"
    mine.write_text("---\nname: arm\ndescription: Slower.\n---\n")
    registry = Registry([volume(tmp_path / "user"), volume(tmp_path / "system", "system")])
    assert registry.robot("arm") == mine
    assert registry.scene("empty") == tmp_path / "system/scenes/empty.md"
    assert [(entry.name, entry.description) for entry in registry.robots()] == [("arm", "Slower.")]
    assert [entry.name for entry in registry.scenes()] == ["empty"]


def test_command_is_read_by_name(tmp_path: Path) -> None:
    """A slash command is a document like the others."""
    (tmp_path / "commands").mkdir()
    (tmp_path / "commands/greet.md").write_text("---\ndescription: Greets.\n---\nSay hello to $ARGUMENTS.\n")
    registry = Registry([volume(tmp_path)])
    assert registry.command("greet").body == "Say hello to $ARGUMENTS."
    assert [entry.name for entry in registry.commands()] == ["greet"]


def test_readers_and_a_writer_in_many_threads_never_see_half_a_state(tmp_path: Path) -> None:
    """While one thread saves and refreshes, others always read one of the two good versions."""
    write_agent(tmp_path, "operator", body="one")
    registry = Registry([volume(tmp_path)], Store(tmp_path / "store.sqlite"))
    wrong: list[str] = []

    def read() -> None:
        for _ in range(50):
            body = registry.agent("operator").body
            if body not in {"one", "two"}:
                wrong.append(body)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(30):
        new = tmp_path / "agents/.new"
        new.write_text(f"---\nname: operator\ndescription: x\n---\n{'two' if number % 2 else 'one'}\n")
        new.replace(tmp_path / "agents/operator.md")
        registry.refresh()
    for reader in readers:
        reader.join()
    assert wrong == []


class _FrozenAfterAnExpensiveLook(SimulatedClock):
    """Time moves by one second during the first look, and then only when told to."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = 0

    def monotonic_s(self) -> float:
        self._asked += 1
        if self._asked == 2:
            self.advance(1.0)
        return super().monotonic_s()


def test_a_folder_that_cannot_be_looked_into_is_named_where_something_is_missed(tmp_path: Path) -> None:
    """Who looks for an agent that is there, in a folder that is closed to us, reads why it is not found."""
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / "agents").write_text("a file where a folder should be")
    registry = Registry([open_volume(tmp_path / "user", "user")])
    with pytest.raises(DocumentError) as missed:
        registry.agent("mine")
    assert str(missed.value) == (
        f"There is no agent 'mine'; there are none. It may be in {tmp_path / 'user' / 'agents'}, but the folder cannot "
        "be read: Not a directory."
    )
