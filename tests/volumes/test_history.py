"""History: one commit per change, limited to its paths, and nothing of the repository's own ever runs."""

import contextlib
import os
import signal
import subprocess
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from shutil import which

import pytest

from llmos.clock import SimulatedClock
from llmos.documents.document import hash_of
from llmos.errors import LLMosError, RefusedError, StorageError
from llmos.volumes.history import History
from llmos.volumes.remotes import Remote, clone
from tests.support.repositories import KINDS, person, repository, trap, write

MOMENT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_commit_holds_the_path_the_reason_and_its_author(tmp_path: Path) -> None:
    """Subject, reason and trailers as given, by LLMos, at the time of the clock, without any git identity set up."""
    history = History(tmp_path / "v", SimulatedClock(MOMENT))
    history.init()
    write(history.root, {"a.md": "a", "b.md": "b"})
    commit = history.commit([Path("a.md")], "Add a\nbecause it is new", {"LLMos-Run": "r1"})

    (entry,) = history.log()
    assert (entry.id, entry.author, entry.at) == (commit, "LLMos", MOMENT)
    assert (entry.subject, entry.body) == ("Add a", "because it is new\n\nLLMos-Run: r1")
    assert person(history.root, "log", "-1", "--format=%ae %ce %(trailers:key=LLMos-Run,valueonly)") == (
        "llmos@localhost llmos@localhost r1"
    )
    assert history.changes() == ("b.md",)


def test_trailer_cannot_be_smuggled_in(tmp_path: Path) -> None:
    """A line break in a trailer's value makes no second trailer, and a `#` line of the reason is kept."""
    history = _history(tmp_path)
    write(history.root, {"a.md": "2"})
    history.commit([Path("a.md")], "Change a\n# reason\nApproved-By: nobody", {"LLMos-Run": "r1\nApproved-By: Ann"})
    assert person(history.root, "log", "-1", "--format=%(trailers)") == "LLMos-Run: r1 Approved-By: Ann"
    assert history.log(limit=1)[0].body.startswith("# reason\nApproved-By: nobody")


def test_nothing_changed_makes_no_commit(tmp_path: Path) -> None:
    """The same bytes again are no event."""
    history = _history(tmp_path)
    before = history.tip()
    assert history.commit([Path("a.md")], "Again") is None
    assert history.tip() == before


def test_what_the_person_staged_stays_staged(tmp_path: Path) -> None:
    """A commit of LLMos takes its own path only; what is changed, new or removed in the index is left alone."""
    history = _history(tmp_path)
    write(history.root, {"b.md": "staged", "new.md": "staged", "a.md": "by LLMos"})
    (history.root / "c.md").unlink()
    person(history.root, "add", "b.md", "new.md", "c.md")
    write(history.root, {"b.md": "staged and edited again"})
    staged = person(history.root, "diff", "--cached", "--raw", "--no-abbrev", "--", "b.md", "new.md", "c.md")

    assert history.commit([Path("a.md")], "Change a") is not None
    assert person(history.root, "diff", "--cached", "--raw", "--no-abbrev") == staged
    assert (history.root / "b.md").read_text() == "staged and edited again"
    assert person(history.root, "show", "--format=", "--name-status", "HEAD") == "M\ta.md"


def test_path_with_staged_changes_is_refused_and_left_whole(tmp_path: Path) -> None:
    """Where a person has staged part of the very file, LLMos does not choose for them."""
    history = _history(tmp_path)
    write(history.root, {"a.md": "staged hunk"})
    person(history.root, "add", "a.md")
    write(history.root, {"a.md": "staged hunk and another"})
    before = history.tip(), person(history.root, "status", "--porcelain"), person(history.root, "diff", "--cached")
    with pytest.raises(RefusedError) as caught:
        history.commit([Path("a.md")], "Change a")
    assert str(caught.value) == (
        f"{history.root / 'a.md'} has staged changes of yours; commit or unstage them, then try again. "
        "Nothing was written."
    )
    after = history.tip(), person(history.root, "status", "--porcelain"), person(history.root, "diff", "--cached")
    assert after == before


def test_removed_and_ignored_files_are_committed_when_named(tmp_path: Path) -> None:
    """A deletion is a change; `.gitignore` hides a file from a folder's commit, not from its own."""
    history = _history(tmp_path)
    write(history.root, {".gitignore": "*.log\n", "skills/x/SKILL.md": "x", "skills/x/run.log": "noise"})
    (history.root / "a.md").unlink()
    history.commit([Path("a.md"), Path("skills/x")], "Change")
    assert person(history.root, "show", "--format=", "--name-status", "HEAD") == "D\ta.md\nA\tskills/x/SKILL.md"
    history.commit([Path("skills/x/run.log")], "Keep the log")
    assert person(history.root, "show", "--format=", "--name-status", "HEAD") == "A\tskills/x/run.log"


@pytest.mark.parametrize("name", ["*.md", ":(top)a.md", "[ab].md", "-a.md", "a b.md", "ä.md", 'q"uote.md'])
def test_file_names_mean_themselves(tmp_path: Path, name: str) -> None:
    """A name that git would take for a pattern or an option commits that one file."""
    history = _history(tmp_path)
    write(history.root, {name: "new", "a.md": "changed too"})
    history.commit([Path(name)], "Add it")
    assert person(history.root, "show", "--format=", "--name-only", "-z", "HEAD").strip("\0\n") == name
    assert history.head(history.root / name) == history.tip()


@pytest.mark.parametrize("path", ["../out.md", "/etc/passwd", ".git/config", "link/x.md", ".GIT/hooks/x"])
def test_paths_outside_or_in_git_are_refused(tmp_path: Path, path: str) -> None:
    """Neither dots nor links nor git's own folder are ways out of a volume."""
    history = _history(tmp_path)
    (history.root / "link").symlink_to(tmp_path)
    with pytest.raises(RefusedError, match=r"does not lie inside|belongs to git"):
        history.commit([Path(path)], "Escape")


def test_head_is_the_commit_that_holds_these_bytes(tmp_path: Path) -> None:
    """It names the tip while the file reads as committed, and nothing while it does not."""
    history = _history(tmp_path)
    path = history.root / "a.md"
    tip = history.tip()
    assert tip is not None
    assert history.head(path) == tip
    assert history.show(tip, Path("a.md")) == path.read_bytes()
    write(history.root, {"a.md": "edited", "untracked.md": "new"})
    assert history.head(path) is None
    assert history.head(history.root / "untracked.md") is None
    assert history.head(history.root / "missing.md") is None
    assert History(tmp_path / "no repository").head(path) is None
    assert history.head(tmp_path / "outside.md") is None


def test_head_asks_git_once_for_the_same_bytes(tmp_path: Path) -> None:
    """What is remembered spares the next start a git process, and is not believed for other bytes."""
    history = _history(tmp_path)
    path = history.root / "a.md"
    known = {}
    assert History(history.root, remembered=known).head(path) == history.tip()
    (key,) = known
    known[key] = "remembered"
    assert History(history.root, remembered=known).head(path) == "remembered"
    write(history.root, {"a.md": "other"})
    assert History(history.root, remembered=known).head(path) is None


def test_heads_ask_git_once_for_many_files(tmp_path: Path) -> None:
    """Each gets its own answer: as committed, edited, read otherwise than its hash says, of nobody's repository."""
    history = _history(tmp_path)
    write(history.root, {"b.md": "edited", "c d.md": "new"})
    history.commit([Path("c d.md")], "Add")
    a, b, c, d = (history.root / name for name in ("a.md", "b.md", "c.md", "c d.md"))
    asked = {a: hash_of(b"a"), b: "", c: hash_of(b"as the run began"), d: "", tmp_path / "other": ""}
    tip = history.tip()
    assert history.heads(asked) == {a: tip, b: None, c: None, d: tip, tmp_path / "other": None}
    assert len(history.remembered) == 3


@pytest.mark.parametrize(
    "head", ["ref: refs/../../../../etc/hostname", "--upload-pack=x", "ref: refs/heads/gone", "\0"]
)
def test_tip_of_a_strange_head_is_no_commit(tmp_path: Path, head: str) -> None:
    """What is no id is not taken for one, wherever the HEAD file leads."""
    history = _history(tmp_path)
    (history.root / ".git/HEAD").write_text(head)
    assert history.tip() is None
    assert history.head(history.root / "a.md") is None


@pytest.mark.parametrize("pointer", [b"", b"\xff\xfe", b"gitdir: a\0b", b"gitdir: \xff", b"gitdir: /nowhere"])
def test_a_pointer_that_leads_nowhere_is_no_repository(tmp_path: Path, pointer: bytes) -> None:
    """Whatever bytes stand in the `.git` file of a work tree: nothing is known of it, and changes are a sentence."""
    (tmp_path / "v").mkdir()
    (tmp_path / "v/.git").write_bytes(pointer)
    history = History(tmp_path / "v")
    assert (history.tip(), history.log(), history.head(history.root / "a.md")) == (None, (), None)
    with pytest.raises(StorageError, match=r"^git could not read the settings in "):
        history.changes()


def test_tip_is_read_from_packed_refs_and_detached_heads(tmp_path: Path) -> None:
    """However git stores the branch, the answer is git's own."""
    history = _history(tmp_path)
    tip = person(history.root, "rev-parse", "HEAD")
    person(history.root, "pack-refs", "--all")
    assert history.tip() == tip
    person(history.root, "checkout", "--quiet", "--detach")
    assert history.tip() == tip


def test_linked_work_tree_has_its_own_history(tmp_path: Path) -> None:
    """A `.git` file leads to the right place; the commit stands on the branch of that tree."""
    history = _history(tmp_path)
    person(history.root, "worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "side")
    linked = History(tmp_path / "linked")
    write(linked.root, {"a.md": "side"})
    assert linked.commit([Path("a.md")], "Change a") == person(linked.root, "rev-parse", "side")
    assert linked.head(linked.root / "a.md") == linked.tip()
    assert history.tip() != linked.tip()


def test_variables_of_another_repository_lead_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started from a git hook, where GIT_DIR and the like point elsewhere, LLMos still uses the volume's repository."""
    other = repository(tmp_path / "other", {"o.md": "changed"})
    history = _history(tmp_path)
    before = person(other, "rev-parse", "HEAD"), person(other, "status", "--porcelain")
    for name, value in {
        "GIT_DIR": other / ".git", "GIT_WORK_TREE": other, "GIT_INDEX_FILE": other / ".git/index",
        "GIT_OBJECT_DIRECTORY": other / ".git/objects", "GIT_ALTERNATE_OBJECT_DIRECTORIES": other / ".git/objects",
        "GIT_COMMON_DIR": other / ".git", "GIT_NAMESPACE": "n",
        "GIT_CONFIG_COUNT": 1, "GIT_CONFIG_KEY_0": "core.bare", "GIT_CONFIG_VALUE_0": "true",
        "GIT_AUTHOR_NAME": "Somebody", "GIT_AUTHOR_DATE": "2001-01-01T00:00:00Z", "GIT_PREFIX": "sub/",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))
    write(history.root, {"a.md": "changed"})
    assert history.commit([Path("a.md")], "Change a") == history.tip()
    assert history.log(limit=1)[0].author == "LLMos"
    assert person(history.root, "show", "HEAD:a.md") == "changed", "the other one's objects are not its own"
    assert (person(other, "rev-parse", "HEAD"), person(other, "status", "--porcelain")) == before


def test_settings_for_signatures_start_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository that asks for signed commits and pushes gets them unsigned, and a log without a look at them."""
    marker, programs = tmp_path / "ran", tmp_path / "programs"
    programs.mkdir()
    (programs / "gpg").write_text(f"#!/bin/sh\ntouch '{marker}'\n")
    (programs / "gpg").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    origin, history = _behind(tmp_path)
    (tmp_path / "notary").write_text(NOTARY)
    (tmp_path / "notary").chmod(0o755)
    signing = ("-c", f"gpg.program={tmp_path / 'notary'}", "commit", "--quiet", "--amend", "-S", "--message", "Signed")
    person(origin, *signing)
    person(origin, "config", "receive.denyCurrentBranch", "ignore")
    for key in ("commit.gpgSign", "push.gpgSign", "log.showSignature"):
        person(history.root, "config", key, "true")
    assert Remote(history).merge(Remote(history).fetch() or "")
    write(history.root, {"a.md": "ours"})
    commit = history.commit([Path("a.md")], "Ours") or ""
    history.revert(commit, "a trial")
    Remote(history).push()
    assert [entry.subject for entry in history.log()] == ["Revert: Ours", "Ours", "Signed", "Begin"]
    assert not marker.exists()


def test_settings_of_the_person_start_nothing_in_a_local_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What their own git would make of a file is not what LLMos has read, so that is not what it commits."""
    (tmp_path / "gitconfig").write_text('[filter "x"]\n\tclean = tr a-z A-Z\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    history = _history(tmp_path)
    write(history.root, {".gitattributes": "* filter=x\n", "a.md": "small"})
    tip = history.commit([Path(".gitattributes"), Path("a.md")], "Change a") or ""
    assert history.show(tip, Path("a.md")) == b"small"


@pytest.mark.parametrize("setting", ["core.autocrlf=true", "core.attributesFile={folder}/attributes"])
def test_a_file_is_committed_as_it_was_read(tmp_path: Path, setting: str) -> None:
    """Byte for byte, whatever a repository would make of line ends."""
    (tmp_path / "attributes").write_text("* text\n")
    history = _history(tmp_path)
    person(history.root, "config", *setting.format(folder=tmp_path).split("="))
    (history.root / "a.md").write_bytes(b"one\r\ntwo\r\n")
    tip = history.commit([Path("a.md")], "Change a") or ""
    assert history.show(tip, Path("a.md")) == b"one\r\ntwo\r\n"
    assert history.head(history.root / "a.md") == tip
    assert history.changes() == ()


def test_no_setting_hides_a_file_or_spells_its_name(tmp_path: Path) -> None:
    """What is new is told although the repository's own list of what to leave out, elsewhere, has it."""
    (tmp_path / "hidden").write_text("*.md\n")
    history = _history(tmp_path)
    person(history.root, "config", "core.excludesFile", str(tmp_path / "hidden"))
    write(history.root, {"ä.md": "new"})
    assert history.new_files() == ("ä.md",)
    history.commit([Path("ä.md")], "Add")
    write(history.root, {"ä.md": "newer"})
    assert "+++ b/ä.md" in history.diff()


def test_what_git_would_show_in_place_of_an_object_is_not_what_was_committed(tmp_path: Path) -> None:
    """A replacement stands in no commit and changes no hash; evidence is what the hash names."""
    history = _history(tmp_path)
    tip = history.tip() or ""
    person(history.root, "replace", f"{tip}:a.md", f"{tip}:b.md")
    assert history.show(tip, Path("a.md")) == b"a"
    assert person(history.root, "show", f"{tip}:a.md") == "b", "plain git does, so that this test can fail"


def test_a_local_command_fetches_nothing(tmp_path: Path) -> None:
    """Where a repository says that missing files are to be had elsewhere, they are missing."""
    origin = repository(tmp_path / "origin", {"a.md": "a"})
    history = _history(tmp_path)
    for setting in ("core.repositoryFormatVersion=1", "extensions.partialClone=origin", "remote.origin.promisor=true",
                    f"remote.origin.url=file://{origin}"):  # fmt: skip
        person(history.root, "config", *setting.split("="))
    tip, blob = history.tip() or "", person(history.root, "rev-parse", "HEAD:a.md")
    (history.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(StorageError, match=r"^git could not show a\.md in "):
        history.show(tip, Path("a.md"))
    assert person(history.root, "show", f"{tip}:a.md") == "a", "plain git does, so that this test can fail"


def test_message_of_any_bytes_does_not_confuse_the_log(tmp_path: Path) -> None:
    """Separators in somebody else's message are text like any other."""
    history = _history(tmp_path)
    write(history.root, {"a.md": "2"})
    person(history.root, "commit", "--quiet", "--all", "--message", "Sub\x1fject\x1e", "--message", "a\x1eb\x1fc")
    newest, oldest = history.log()
    assert (newest.subject, newest.body) == ("Sub\x1fject\x1e", "a\x1eb\x1fc")
    assert oldest.subject == "Begin"


def test_settings_of_another_file_do_not_hide_the_repository_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`GIT_CONFIG` makes git read settings elsewhere; the look for programs is then refused, not passed."""
    history = _history(tmp_path)
    person(history.root, "config", "filter.x.clean", "touch it")
    (tmp_path / "clean").write_text("")
    monkeypatch.setenv("GIT_CONFIG", str(tmp_path / "clean"))
    with pytest.raises(LLMosError):
        history.changes()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_a_hostile_repository_runs(tmp_path: Path, kind: str) -> None:
    """Whatever settings, hooks and attributes name: each operation ends in a result or a sentence, and none runs it."""
    origin = repository(tmp_path / "origin", {"a.md": "1", "b.md": "1"})
    root = tmp_path / "v"
    person(tmp_path, "clone", "--quiet", "--template=", f"file://{origin}", str(root))
    marker = trap(root, kind)
    write(origin, {"a.md": "2"})
    person(origin, "commit", "--quiet", "--all", "--message", "Second")
    history = History(root)
    write(root, {"b.md": "2", "new.md": "new"})
    tip = history.tip() or ""
    for operation in (
        history.changes,
        history.diff,
        lambda: history.commit([Path("b.md"), Path("new.md")], "Change b"),
        lambda: history.head(root / "b.md"),
        history.log,
        lambda: history.show(tip, Path("a.md")),
        lambda: Remote(history).merge(Remote(history).fetch() or tip),
        lambda: Remote(history).push(),
        lambda: history.revert(history.tip() or tip, "a trial"),
    ):
        with contextlib.suppress(LLMosError):
            operation()
    assert not marker.exists()


@pytest.mark.parametrize("kind", ["hooks in .git", "hooks elsewhere", "included", "file monitor", "clean filter"])
def test_the_traps_are_real(tmp_path: Path, kind: str) -> None:
    """Plain git does run them, so that the test above can fail."""
    root = repository(tmp_path / "v", {"a.md": "1"})
    marker = trap(root, kind)
    write(root, {"a.md": "2"})
    person(root, "status", check=False)
    person(root, "commit", "--all", "--message", "Change", check=False)
    assert marker.exists()


def test_repository_that_names_a_program_is_not_used(tmp_path: Path) -> None:
    """A filter that is switched off would commit wrong bytes, so there is a sentence instead."""
    history = _history(tmp_path)
    person(history.root, "config", "filter.lfs.clean", "git-lfs clean -- %f")
    write(history.root, {"a.md": "2"})
    with pytest.raises(RefusedError) as caught:
        history.commit([Path("a.md")], "Change a")
    assert str(caught.value) == (
        f"The git settings of {history.root} hold 'filter.lfs.clean', which can start a program; "
        f"LLMos uses no such repository. Remove the line from {history.root / '.git/config'}."
    )


@pytest.mark.parametrize(
    "key",
    [
        "gpg.program", "gpg.ssh.program", "gpg.x509.Program", "gpg.ssh.defaultKeyCommand", "core.sshCommand",
        "core.gitProxy", "core.askPass", "core.alternateRefsCommand", "credential.helper",
        "credential.https://a.example.helper", "filter.x.clean", "filter.x.smudge", "filter.x.process",
        "diff.x.textconv", "diff.x.command", "merge.x.driver", "remote.origin.uploadPack", "remote.origin.receivePack",
        "remote.origin.vcs", "url.https://b.example.insteadOf", "url.https://b.example.pushInsteadOf",
        "extensions.worktreeConfig",
    ],
)  # fmt: skip
def test_repository_that_names_a_program_or_another_address_is_not_used(tmp_path: Path, key: str) -> None:
    """It would run when it is least expected, or lead a pull to where nobody has looked."""
    history = _history(tmp_path)
    person(history.root, "config", key, "true")
    with pytest.raises(RefusedError) as caught:
        history.changes()
    assert f"hold '{key.lower()}', which can start a program" in str(caught.value)


@pytest.mark.parametrize("scope", ["--local", "--global"])
def test_merge_asks_for_signatures_where_the_person_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scope: str
) -> None:
    """A commit without one is not taken up, and nothing of the repository's own takes that back."""
    settings = tmp_path / "gitconfig"
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    origin, history = _behind(tmp_path)
    if scope == "--global":
        settings.write_text("[merge]\n\tverifySignatures\n")
        person(history.root, "config", "merge.verifySignatures", "false")
    else:
        person(history.root, "config", "merge.verifySignatures", "true")
    commit, before = Remote(history).fetch() or "", history.tip()
    with pytest.raises(RefusedError) as caught:
        Remote(history).merge(commit)
    short = person(origin, "rev-parse", "--short", commit)
    assert str(caught.value) == (
        f"{history.root} takes up no commit without a good signature, as your git setting merge.verifySignatures asks: "
        f"Commit {short} does not have a GPG signature. Nothing was merged."
    )
    assert history.tip() == before


def test_merge_takes_up_what_is_signed_by_whom_the_person_trusts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program that signs and verifies is the one of the person's own settings."""
    notary, settings = tmp_path / "notary", tmp_path / "gitconfig"
    notary.write_text(NOTARY)
    notary.chmod(0o755)
    settings.write_text(f"[merge]\n\tverifySignatures = true\n[gpg]\n\tprogram = {notary}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    origin, history = _behind(tmp_path)
    person(origin, "-c", f"gpg.program={notary}", "commit", "--quiet", "--amend", "-S", "--message", "Signed")
    assert Remote(history).merge(Remote(history).fetch() or "")


@pytest.mark.parametrize(
    ("own", "of_this_repository", "merges"),
    [("", "gpg.minTrustLevel=undefined", False), ("minTrustLevel = undefined", "gpg.minTrustLevel=fully", True),
     ("minTrustLevel = marginal", "gpg.minTrustLevel=undefined", False)],
)  # fmt: skip
def test_a_repository_does_not_say_how_far_a_signature_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str, of_this_repository: str, merges: bool
) -> None:
    """Ann is unknown to the person: what they ask of a signature everywhere is asked here."""
    notary, settings = tmp_path / "notary", tmp_path / "gitconfig"
    notary.write_text(NOTARY.replace("TRUST_ULTIMATE", "TRUST_UNDEFINED"))
    notary.chmod(0o755)
    settings.write_text(f"[merge]\n\tverifySignatures = true\n[gpg]\n\tprogram = {notary}\n\t{own}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    origin, history = _behind(tmp_path)
    person(origin, "-c", f"gpg.program={notary}", "commit", "--quiet", "--amend", "-S", "--message", "Signed")
    person(history.root, "config", *of_this_repository.split("="))
    with nullcontext() if merges else pytest.raises(RefusedError, match="takes up no commit without a good signature"):
        assert Remote(history).merge(Remote(history).fetch() or "")


@pytest.mark.skipif(which("ssh-keygen") is None, reason="git signs and verifies by SSH through ssh-keygen")
@pytest.mark.parametrize("asks", ["everywhere", "here"])
def test_a_repository_does_not_name_whose_ssh_signatures_are_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asks: str
) -> None:
    """Where the person asks for signatures everywhere; where they ask in this one alone, its list is theirs too."""
    settings, key = tmp_path / "gitconfig", tmp_path / "key"
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    origin, history = _behind(tmp_path)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    (tmp_path / "signers").write_text(f"ann@example.org {key.with_suffix('.pub').read_text()}")
    by_ssh = ("-c", "gpg.format=ssh", "-c", f"user.signingKey={key}.pub")
    person(origin, *by_ssh, "commit", "--quiet", "--amend", "-S", "--message", "Signed")
    person(history.root, "config", "gpg.ssh.allowedSignersFile", str(tmp_path / "signers"))
    if asks == "here":
        person(history.root, "config", "merge.verifySignatures", "true")
        assert Remote(history).merge(Remote(history).fetch() or "")
    else:
        settings.write_text("[merge]\n\tverifySignatures = true\n")
        with pytest.raises(RefusedError, match="takes up no commit without a good signature"):
            Remote(history).merge(Remote(history).fetch() or "")


NOTARY = """#!/bin/sh
cat >/dev/null
case "$*" in
*--verify*) printf '\\n[GNUPG:] GOODSIG 0123456789ABCDEF Ann\\n[GNUPG:] TRUST_ULTIMATE 0 pgp\\n' ;;
*) printf '\\n[GNUPG:] SIG_CREATED \\n' >&2
   printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n' ;;
esac
"""
"""Signs whatever it is given as Ann, and finds each such signature good, in the words of GnuPG."""


def _behind(tmp_path: Path) -> tuple[Path, History]:
    """An origin, and its clone that lacks the newest commit."""
    origin = repository(tmp_path / "origin", {"a.md": "a"})
    history = History(tmp_path / "v")
    clone(str(origin), history)
    write(origin, {"a.md": "theirs"})
    person(origin, "commit", "--quiet", "--all", "--message", "Theirs")
    return origin, history


def test_repository_inside_a_volume_runs_nothing(tmp_path: Path) -> None:
    """A hostile repository that was copied into a volume is not asked for its state."""
    history = _history(tmp_path)
    inner = repository(history.root / "skills/inner", {"SKILL.md": "x"})
    marker = trap(inner, "file monitor")
    person(history.root, "add", "skills/inner", check=False)
    person(history.root, "commit", "--quiet", "--message", "Take it up")
    marker.unlink(missing_ok=True)
    write(history.root, {"skills/inner/SKILL.md": "y", "a.md": "2"})
    history.changes()
    history.diff()
    history.commit([Path("a.md")], "Change a")
    assert not marker.exists()
    person(history.root, "status")
    assert marker.exists(), "plain git asks it, so that this test can fail"


def test_revert_undoes_one_commit_with_a_reason(tmp_path: Path) -> None:
    """The undoing is a commit of its own that names what it undoes and why."""
    history = _history(tmp_path)
    write(history.root, {"a.md": "worse"})
    commit = history.commit([Path("a.md")], "Make a worse") or ""
    write(history.root, {"b.md": "edited by the person"})
    new = history.revert(commit, "it was worse")
    entry = history.log(limit=1)[0]
    assert (entry.id, entry.subject) == (new, "Revert: Make a worse")
    assert entry.body == f"it was worse\n\nReverts: {commit}"
    assert (history.root / "a.md").read_text() == "a"
    assert history.changes() == ("b.md",)


def test_what_is_taken_back_already_is_a_sentence(tmp_path: Path) -> None:
    """The second time nothing is left to undo, and nothing is left behind."""
    history = _history(tmp_path)
    write(history.root, {"a.md": "worse"})
    commit = history.commit([Path("a.md")], "Make a worse") or ""
    new = history.revert(commit, "it was worse")
    with pytest.raises(RefusedError) as caught:
        history.revert(commit, "it was worse")
    assert str(caught.value) == f"Nothing of {commit[:12]} is left to take back in {history.root}."
    assert history.tip() == new
    assert history.revert(new, "it was better")


def test_diff_before_the_first_commit_shows_what_git_knows(tmp_path: Path) -> None:
    """There is nothing to compare with yet, which is no mistake of anybody's."""
    history = History(tmp_path / "v")
    history.init()
    write(history.root, {"a.md": "a", "b c.md": "b"})
    person(history.root, "add", "a.md")
    assert "+++ b/a.md" in history.diff()
    assert (history.changes(), history.new_files()) == (("a.md", "b c.md"), ("b c.md",))


def test_revert_that_conflicts_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """A commit that later ones build on is not undone by halves."""
    history = _history(tmp_path)
    commits = []
    for text in ("second", "third"):
        write(history.root, {"a.md": text})
        commits.append(history.commit([Path("a.md")], f"Make it {text}"))
    with pytest.raises(StorageError, match=f"git could not revert {commits[0][:12]} in "):
        history.revert(commits[0], "a trial")
    assert history.tip() == commits[1]
    assert (history.root / "a.md").read_text() == "third"
    assert person(history.root, "status", "--porcelain") == ""


@pytest.mark.parametrize("commit", ["--all", "HEAD^{/x}", "", "main..x"])
def test_only_ids_name_commits(tmp_path: Path, commit: str) -> None:
    """What is no id is not given to git."""
    with pytest.raises(RefusedError) as caught:
        _history(tmp_path).revert(commit, "a trial")
    assert str(caught.value) == f"'{commit}' is not a commit id."


def test_two_processes_commit_at_once(tmp_path: Path) -> None:
    """Each change becomes a commit; none is lost to the other's lock."""
    history = _history(tmp_path)
    script = (
        "import sys; from pathlib import Path; from llmos.volumes.history import History\n"
        "history, who = History(Path(sys.argv[1])), sys.argv[2]\n"
        "for number in range(5):\n"
        "    (history.root / f'{who}.md').write_text(str(number))\n"
        "    assert history.commit([Path(f'{who}.md')], f'{who} {number}')\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", script, str(history.root), who]) for who in ("p", "q")]
    assert [process.wait() for process in started] == [0, 0]
    subjects = {entry.subject for entry in history.log(limit=50)}
    assert {f"{who} {number}" for who in "pq" for number in range(5)} <= subjects
    assert person(history.root, "status", "--porcelain") == ""


def test_a_file_that_grows_meanwhile_is_committed_all_the_same(tmp_path: Path) -> None:
    """Another process appends to it while git reads: nothing looks staged by a person, and the next commit goes on."""
    history = _history(tmp_path)
    grow = "import sys\nwhile True:\n with open(sys.argv[1], 'a') as file: file.write('x')"
    with subprocess.Popen([sys.executable, "-c", grow, str(history.root / "a.md")]) as growing:
        try:
            committed = [history.commit([Path("a.md")], f"Grow {count}") for count in range(8)]
        finally:
            growing.kill()
    assert committed[-1] is not None
    assert person(history.root, "diff", "--cached", "--name-only") == ""


KILLED = """
import os, signal, sys
from pathlib import Path
from llmos.volumes.git import Git
from llmos.volumes.history import History

real = Git.run

def run(self, *arguments, **more):
    if arguments[0] == "commit":
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, *arguments, **more)

Git.run = run
History(Path(sys.argv[1])).commit([Path("a.md"), Path("skills"), Path("c.md")], "Change")
"""


@pytest.mark.skipif(os.name == "nt", reason="a process is killed by a signal there is none of")
def test_a_process_that_is_killed_before_its_commit_blocks_no_other(tmp_path: Path) -> None:
    """What it had told git of does not look staged by a person: the next commit takes all of it."""
    history = _history(tmp_path)
    write(history.root, {"a.md": "changed", "skills/x/SKILL.md": "new"})
    (history.root / "c.md").unlink()
    folder = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(history.root)], cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}
    )
    assert done.returncode == -signal.SIGKILL
    assert person(history.root, "diff", "--cached", "--name-only") == ""
    history.commit([Path("a.md"), Path("skills"), Path("c.md")], "Change")
    assert person(history.root, "show", "--format=", "--name-status", "HEAD") == (
        "M\ta.md\nD\tc.md\nA\tskills/x/SKILL.md"
    )
    assert person(history.root, "status", "--porcelain") == ""


def test_git_that_is_busy_elsewhere_is_a_sentence(tmp_path: Path) -> None:
    """A lock of the person's own git stops the commit, and the index is as it was."""
    history = _history(tmp_path)
    write(history.root, {"a.md": "2"})
    (history.root / ".git/index.lock").touch()
    with pytest.raises(StorageError, match=f"git could not .* in {history.root}: Unable to create"):
        history.commit([Path("a.md")], "Change a")
    (history.root / ".git/index.lock").unlink()
    assert history.commit([Path("a.md")], "Change a") == history.tip()


def test_missing_git_is_a_sentence(tmp_path: Path) -> None:
    """Without git on the PATH there is one sentence that says what to install."""
    script = (
        "import sys; from pathlib import Path; from llmos.volumes.history import History\n"
        "try:\n    History(Path(sys.argv[1])).init()\nexcept Exception as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "v")],
        env={"PATH": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.strip() == "git was not found; install git (2.32 or newer) and try again."


def test_clone_takes_the_files_and_nothing_else(tmp_path: Path) -> None:
    """Settings and hooks of the source stay there; its links become plain files."""
    origin = repository(tmp_path / "origin", {"a.md": "a"})
    (origin / "secret").symlink_to("/etc/passwd")
    person(origin, "add", "secret")
    person(origin, "commit", "--quiet", "--message", "Link")
    marker = trap(origin, "hooks in .git")
    history = History(tmp_path / "home/volumes/extra")
    clone(str(origin), history)
    assert (history.root / "a.md").read_text() == "a"
    assert not (history.root / "secret").is_symlink()
    assert history.changes() == ()
    assert not marker.exists()
    assert not (history.root / ".git/hooks").exists()


@pytest.mark.parametrize("source", ["ext::sh -c x", "--upload-pack=x", "fd::1"])
def test_clone_of_no_repository_address_is_refused(tmp_path: Path, source: str) -> None:
    """Transports that are programs are no addresses."""
    with pytest.raises(RefusedError) as caught:
        clone(source, History(tmp_path / "v"))
    assert str(caught.value) == f"'{source}' is no path or address of a git repository."


def test_clone_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """No half a volume stays in the home."""
    empty = tmp_path / "empty"
    History(empty).init()
    with pytest.raises(StorageError) as caught:
        clone(str(empty), History(tmp_path / "home/v"))
    assert str(caught.value) == f"git could not clone {empty}: it has no branch with commits."
    with pytest.raises(StorageError, match=f"git could not clone {tmp_path / 'nowhere'}: "):
        clone(str(tmp_path / "nowhere"), History(tmp_path / "home/v"))
    detached = repository(tmp_path / "detached", {"a.md": "a"})
    person(detached, "checkout", "--quiet", "--detach")
    with pytest.raises(StorageError) as caught:
        clone(str(detached), History(tmp_path / "home/v"))
    assert str(caught.value) == f"git could not clone {detached}: it stands on no branch; check one out there."
    assert list((tmp_path / "home").iterdir()) == []


def test_password_in_an_address_is_not_shown(tmp_path: Path) -> None:
    """A token that stands in an address does not reach the terminal or a journal."""
    with pytest.raises(StorageError) as caught:
        clone("http://ann:hunter2@127.0.0.1:1/x.git", History(tmp_path / "v"))
    assert str(caught.value).startswith("git could not clone http://127.0.0.1:1/x.git: ")
    assert "hunter2" not in str(caught.value)


def test_merge_takes_what_is_new_and_keeps_both_sides(tmp_path: Path) -> None:
    """Two clones append to the usage sidecar; both lines survive, in whatever order."""
    union = {".gitattributes": "usage.jsonl merge=union\n", "usage.jsonl": "0\n", "a.md": "a"}
    origin = repository(tmp_path / "origin", union)
    history = History(tmp_path / "v")
    clone(str(origin), history)
    write(origin, {"usage.jsonl": "0\n1\n"})
    person(origin, "commit", "--quiet", "--all", "--message", "One")
    write(history.root, {"usage.jsonl": "0\n2\n"})
    history.commit([Path("usage.jsonl")], "Two")
    remote = Remote(history)
    commit = remote.fetch() or ""
    assert [change.path for change in remote.incoming(commit)] == ["usage.jsonl"]
    assert remote.merge(commit) is True
    assert sorted((history.root / "usage.jsonl").read_text().split()) == ["0", "1", "2"]
    assert remote.merge(commit) is False


def test_merge_that_conflicts_leaves_the_volume_whole(tmp_path: Path) -> None:
    """One sentence names the files; tree, tip and index are as before."""
    origin = repository(tmp_path / "origin", {"a b.md": "a"})
    history = History(tmp_path / "v")
    clone(str(origin), history)
    write(origin, {"a b.md": "theirs"})
    person(origin, "commit", "--quiet", "--all", "--message", "Theirs")
    write(history.root, {"a b.md": "ours"})
    ours = history.commit([Path("a b.md")], "Ours")
    with pytest.raises(StorageError) as caught:
        Remote(history).merge(Remote(history).fetch() or "")
    assert str(caught.value) == (
        f"{history.root} and its origin changed the same lines of a b.md; nothing was merged. "
        "Merge by hand with git, then pull again."
    )
    assert history.tip() == ours
    assert (history.root / "a b.md").read_text() == "ours"
    assert person(history.root, "status", "--porcelain") == ""


def test_merge_does_not_overwrite_edits_that_no_commit_holds(tmp_path: Path) -> None:
    """The refusal of git becomes a sentence that names the file, and the edit is still there."""
    origin = repository(tmp_path / "origin", {"a.md": "a"})
    history = History(tmp_path / "v")
    clone(str(origin), history)
    write(origin, {"a.md": "theirs"})
    person(origin, "commit", "--quiet", "--all", "--message", "Theirs")
    write(history.root, {"a.md": "edited"})
    with pytest.raises(StorageError) as caught:
        Remote(history).merge(Remote(history).fetch() or "")
    assert str(caught.value) == (
        f"git could not merge in {history.root}: "
        "Your local changes to the following files would be overwritten by merge: a.md."
    )
    assert (history.root / "a.md").read_text() == "edited"


@pytest.mark.parametrize("words", ["merge", "rebase", "rebase --apply", "cherry-pick", "revert"])
def test_what_a_person_has_half_merged_is_nobodys_to_end(tmp_path: Path, words: str) -> None:
    """A resolution by hand stands in no commit: it stays as it is, whatever is asked meanwhile."""
    origin = repository(tmp_path / "origin", {"a.md": "a"})
    history = History(tmp_path / "v")
    clone(str(origin), history)
    write(origin, {"a.md": "theirs"})
    person(origin, "commit", "--quiet", "--all", "--message", "Theirs")
    for text in ("ours", "ours again"):
        write(history.root, {"a.md": text})
        history.commit([Path("a.md")], f"Make it {text}")
    remote, theirs = Remote(history), person(origin, "rev-parse", "HEAD")
    assert remote.fetch() == theirs
    begun = words.split(maxsplit=1)[0]
    person(history.root, *words.split(), "HEAD~1" if begun == "revert" else theirs, check=False)
    write(history.root, {"a.md": "put together by hand"})

    def state() -> tuple[str, ...]:
        asked = (("status",), ("ls-files", "--unmerged"), ("rev-parse", "HEAD"))
        return ((history.root / "a.md").read_text(), *(person(history.root, *words) for words in asked))

    before = state()
    for operation in (remote.fetch, lambda: remote.merge(theirs), lambda: history.revert("HEAD", "a trial")):
        with pytest.raises(RefusedError) as caught:
            operation()
        assert str(caught.value) == (
            f"A {begun} of yours is under way in {history.root}; end it with git, then try again. Nothing was changed."
        )
        assert state() == before


def test_only_transports_of_gits_own_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An origin whose address names another one would run whatever program on the PATH is called like it."""
    marker, helper = tmp_path / "ran", tmp_path / "programs/git-remote-x"
    helper.parent.mkdir()
    helper.write_text(f"#!/bin/sh\ntouch '{marker}'\n")
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{helper.parent}{os.pathsep}{os.environ['PATH']}")
    history = _history(tmp_path)
    person(history.root, "remote", "add", "origin", "x::anywhere")
    for exchange in (Remote(history).fetch, Remote(history).push):
        with pytest.raises(StorageError, match="transport 'x' not allowed"):
            exchange()
    assert not marker.exists()


def test_what_a_person_has_not_put_together_yet_is_left_alone(tmp_path: Path) -> None:
    """Taken out of the stash it conflicts, and git keeps no other note of it than the files that are unmerged."""
    _, history = _behind(tmp_path)
    write(history.root, {"a.md": "put aside"})
    person(history.root, "stash", "--quiet")
    write(history.root, {"a.md": "ours"})
    history.commit([Path("a.md")], "Ours")
    person(history.root, "stash", "pop", check=False)
    unmerged = person(history.root, "ls-files", "--unmerged")
    assert unmerged
    with pytest.raises(RefusedError, match=r"^A merge of yours is under way in "):
        Remote(history).fetch()
    assert person(history.root, "ls-files", "--unmerged") == unmerged


def test_push_sends_commits_and_says_when_to_pull_first(tmp_path: Path) -> None:
    """A bare origin takes the commit; one that moved on asks for a pull."""
    seed = repository(tmp_path / "seed", {"a.md": "a"})
    person(tmp_path, "clone", "--quiet", "--bare", "--template=", str(seed), str(tmp_path / "bare.git"))
    first, second = History(tmp_path / "first"), History(tmp_path / "second")
    for history in (first, second):
        clone(str(tmp_path / "bare.git"), history)
        write(history.root, {f"{history.root.name}.md": "new"})
        history.commit([Path(f"{history.root.name}.md")], "New")
    Remote(first).push()
    assert person(tmp_path / "bare.git", "rev-parse", "main") == first.tip()
    with pytest.raises(StorageError) as caught:
        Remote(second).push()
    assert str(caught.value) == (f"The origin of {second.root} has commits that are not here; pull first, then push.")


def test_volume_without_origin_says_how_to_add_one(tmp_path: Path) -> None:
    """Pulling from nowhere is a mistake with a way out."""
    history = _history(tmp_path)
    with pytest.raises(LLMosError) as caught:
        Remote(history).fetch()
    assert str(caught.value) == (
        f"{history.root} has no origin to exchange with; add one: git -C {history.root} remote add origin URL."
    )


def _history(tmp_path: Path) -> History:
    return History(repository(tmp_path / "v", {"a.md": "a", "b.md": "b", "c.md": "c"}))
