"""Traces go to others and come from others as one file, and a person says what is taken up and what goes."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from llmos.traces.bundle import pack
from llmos.traces.trace_text import read_trace
from tests.support.command_line import CommandLine
from tests.support.learned import fill, learned, library
from tests.support.tapes import WORKER, calls, says
from tests.support.terminals import Terminal

ONE, TWO = learned(number=1.0), learned(number=2.0, agent="coder", created="2026-02-01T00:00:00Z")


@pytest.fixture
def bundle(at_home: CommandLine, tmp_path: Path) -> Path:
    """The traces of somebody else, who is as far as a bundle goes."""
    fill(at_home.place.home, [ONE, TWO])
    path = tmp_path / "theirs.llmos"
    assert at_home("trace", "export", path).code == 0
    for each in (at_home.place.home / "user" / "traces").iterdir():
        each.unlink()
    return path


def git(folder: Path, *words: str) -> str:
    """What git says of a volume."""
    return subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True, text=True).stdout


def kept(at_home: CommandLine, volume: str = "user") -> list[Path]:
    """The traces of a volume."""
    return sorted((at_home.place.home / volume / "traces").glob("*.md"))


def test_what_is_exported_is_taken_up_marked_and_committed(at_home: CommandLine, bundle: Path) -> None:
    """After a yes; uses begin at none, and one commit names the file."""
    refused = at_home("trace", "import", bundle)
    assert refused.code == 2
    assert refused.last == (
        "llmos: Take 2 traces of coder (1), operator (1) up into user? Done again, they call move_to (2). "
        "Nobody can be asked here; say --yes."
    )
    assert kept(at_home) == []
    said = at_home("trace", "import", bundle, "--yes")
    assert (said.code, said.out) == (0, "Took 2 traces up into user.\n")
    found = [read_trace(path) for path in kept(at_home)]
    assert sorted(trace.id for trace in found) == sorted((ONE.id, TWO.id))
    assert {(trace.uses, trace.imported.split()[1]) for trace in found} == {(0, "theirs.llmos")}
    user = at_home.place.home / "user"
    assert git(user, "log", "-1", "--format=%s%n%b").strip() == "Take up 2 traces\nImported from theirs.llmos."
    assert git(user, "status", "--short", "traces") == ""
    assert at_home("trace", "import", bundle, "--yes").out == "Took 0 traces up into user; 2 were there already.\n"
    told = at_home("trace", "import", bundle, "--yes", "--json").json
    assert (told["traces"], told["already"]) == (0, 2)
    assert git(user, "log", "-1", "--format=%s").strip() == "Take up 2 traces"


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ([], 2),
        (["--agent", "coder"], 1),
        (["--since", "2026-01-15"], 1),
        (["--skeleton", "MOVE to"], 2),
        (["--volume", "user"], 2),
    ],
)
def test_a_part_can_be_exported(at_home: CommandLine, tmp_path: Path, options: list[str], count: int) -> None:
    """By agent, day, words of the goal, volume."""
    fill(at_home.place.home, [ONE, TWO])
    said = at_home("trace", "export", tmp_path / "some.llmos", *options, "--json").json
    assert (said["traces"], said["left_out"]) == (count, [])
    assert said["hash"].startswith("sha256:")


def test_nothing_is_exported_where_nothing_fits(at_home: CommandLine, tmp_path: Path) -> None:
    """No empty file, no trace of a volume that nobody trusts."""
    fill(at_home.place.home, [ONE])
    said = at_home("trace", "export", tmp_path / "none.llmos", "--skeleton", "fly")
    assert (said.code, said.last) == (2, "llmos: There is no such trace; nothing was written.")
    fill(at_home.place.home, [TWO], "volumes/theirs")
    assert at_home("trace", "export", tmp_path / "none.llmos", "--volume", "theirs").last == (
        "llmos: The volume 'theirs' is not trusted; `llmos volume trust theirs` changes that."
    )
    assert not (tmp_path / "none.llmos").exists()
    assert at_home("trace", "export", tmp_path / "gone" / "all.llmos").last == (
        f"llmos: there is no folder {tmp_path}/gone to write all.llmos into; make it first"
    )
    assert at_home("trace", "export", tmp_path / "all.llmos", "--json").json["traces"] == 1


def test_in_a_volume_that_is_not_trusted_they_wait(at_home: CommandLine, bundle: Path) -> None:
    """They are there, and not used until somebody says so."""
    (at_home.place.home / "volumes" / "theirs").mkdir(parents=True)
    said = at_home("trace", "import", bundle, "--volume", "theirs", "--yes")
    assert said.last == "None of them is used until `llmos volume trust theirs`."
    assert len(kept(at_home, "volumes/theirs")) == 2
    assert at_home("trace", "reindex").out == "The index holds 0 runs and 0 traces.\n"
    assert at_home("volume", "trust", "theirs", "--yes").code == 0
    assert at_home("trace", "reindex").out == "The index holds 0 runs and 2 traces.\n"


def test_a_volume_that_is_not_kept_in_the_home_takes_none(at_home: CommandLine, bundle: Path) -> None:
    """The shipped one belongs to releases."""
    said = at_home("trace", "import", bundle, "--volume", "llmos", "--yes")
    assert said.code == 2


def test_a_trace_whose_goal_is_another_is_left_out(at_home: CommandLine, tmp_path: Path) -> None:
    """Who takes up traces relies on goal, skeleton and slots being one."""
    forged = [
        replace(ONE, goal="delete everything"),
        replace(ONE, slots={"point1": [9.0, 0.0, 0.5]}),
    ]
    fill(at_home.place.home, forged)
    path = tmp_path / "forged.llmos"
    assert at_home("trace", "export", path).code == 0
    said = at_home("trace", "import", path, "--yes")
    assert said.err.splitlines() == [
        *(f"{path}, trace {n}: its goal is not the one that its skeleton and slots are of" for n in (1, 2)),
        f"llmos: {path} holds no trace that can be taken up.",
    ]


def test_sensitive_traces_need_a_passphrase(at_home: CommandLine, tmp_path: Path) -> None:
    """To be told, and to be taken up."""
    path = tmp_path / "hidden.llmos"
    assert at_home("trace", "export", path, "--sensitive").last == (
        "llmos: Sensitive traces need a passphrase; set LLMOS_TRACE_PASSPHRASE."
    )
    at_home.patch.setenv("LLMOS_TRACE_PASSPHRASE", "correct horse")
    with library(at_home.place.home, passphrase="correct horse") as opened:
        opened.add(at_home.place.home / "user", replace(ONE, sensitive=True))
    assert at_home("trace", "export", path).err.splitlines() == [
        f"trace {ONE.id} is sensitive and was left out; --sensitive takes it along, encrypted",
        "llmos: Nothing was written; all of these traces were left out.",
    ]
    at_home.patch.setenv("LLMOS_TRACE_PASSPHRASE", "other words")
    assert at_home("trace", "export", path, "--sensitive").last == (
        "llmos: There is no such trace; nothing was written. 1 trace could not be read with this passphrase."
    )
    at_home.patch.setenv("LLMOS_TRACE_PASSPHRASE", "correct horse")
    assert at_home("trace", "export", path, "--sensitive").code == 0
    for each in kept(at_home):
        each.unlink()
    at_home.patch.delenv("LLMOS_TRACE_PASSPHRASE")
    assert at_home("trace", "import", path, "--yes").err.splitlines()[0] == (
        f"{path}, trace 1: it is encrypted; set LLMOS_TRACE_PASSPHRASE to the words that it was encrypted with"
    )
    at_home.patch.setenv("LLMOS_TRACE_PASSPHRASE", "correct horse")
    assert at_home("trace", "import", path, "--yes").code == 0
    [landed] = kept(at_home)
    assert landed.name.startswith("encrypted-")


def test_what_the_rules_do_not_keep_is_pruned(at_home: CommandLine) -> None:
    """First only told; then it is gone, and git has it."""
    old = learned(number=3.0, created="2020-01-01T00:00:00Z")
    fill(at_home.place.home, [replace(ONE, created="2999-01-01T00:00:00Z"), old])
    user = at_home.place.home / "user"
    [row] = at_home("trace", "prune", "--dry-run", "--json").json["pruned"]
    assert (row["trace"], row["reason"]) == (old.id, "it was not used since 2020-01-01, for 365 days")
    assert len(kept(at_home)) == 2
    assert at_home("trace", "prune").code == 0
    assert len(kept(at_home)) == 1
    assert at_home("trace", "prune").err == "Every trace of user is kept.\n"
    assert git(user, "show", f"HEAD~1:traces/{row['file']}").startswith("---\n")
    assert git(user, "log", "-2", "--format=%s").splitlines() == [
        "Prune 1 trace",
        "Keep traces that are about to be pruned",
    ]


def test_only_a_volume_with_a_history_is_pruned(at_home: CommandLine) -> None:
    """What git does not have would be lost."""
    (at_home.place.home / "volumes" / "theirs").mkdir(parents=True)
    assert at_home("trace", "prune", "--volume", "theirs").last == (
        "llmos: The volume 'theirs' has no history of its own, so nothing is deleted from it."
    )


@pytest.mark.parametrize("words", ["correct horse", ""], ids=["with a passphrase", "without"])
def test_what_a_sensitive_agent_learns_is_encrypted_or_not_kept(at_home: CommandLine, words: str) -> None:
    """Its volume, and the history of it, do not tell what it was asked and did; with the words it is done again."""
    sensitive = WORKER.replace("description:", 'metadata:\n  llmos-sensitive: "true"\ndescription:')
    at_home.place.write("user/agents/worker.md", sensitive)
    user = at_home.place.home / "user"
    if words:
        at_home.patch.setenv("LLMOS_TRACE_PASSPHRASE", words)
    goal = "look for the xylophone"
    for mode in ("LEARNER", "FOLLOWER" if words else "LEARNER"):
        model = at_home.tape(calls("Glob", pattern="*"), says())
        said = at_home("agent", "run", "worker", goal, "--model", model, "--json")
        assert (said.json["mode"], said.json["outcome"]) == (mode, "done")
    assert [path.name.split("-")[0] for path in kept(at_home)] == (["encrypted"] if words else [])
    everything = git(user, "log", "--format=%B", "-p") + "".join(path.read_text() for path in kept(at_home))
    sidecar = user / "usage.jsonl"
    assert "xylophone" not in everything + (sidecar.read_text() if sidecar.exists() else "")


def test_the_words_of_whoever_sent_them_are_asked_for(at_home: CommandLine, tmp_path: Path) -> None:
    """At a terminal, unseen; what comes in is encrypted anew under words of one's own."""
    path = tmp_path / "hidden.llmos"
    with library(tmp_path / "theirs", passphrase="their words") as theirs:
        theirs.add(tmp_path / "theirs" / "user", replace(ONE, sensitive=True))
        pack(path, [theirs.text_of(replace(ONE, sensitive=True))], "2026-01-01T00:00:00Z", "0.1.0")
    own = dict(os.environ) | {"LLMOS_TRACE_PASSPHRASE": "my words"}
    command = ("trace", "import", str(path), "--sensitive")
    with Terminal(*command, folder=at_home.place.workspace, environment=own) as terminal:
        terminal.until("Passphrase: ")
        terminal.type("their words\r")
        terminal.until("Take 1 trace of operator (1) up into user? Done again, they call move_to (1). [y/N] ")
        terminal.type("y\r")
        code, shown = terminal.ended()
    assert (code, "their words" in shown) == (0, False)
    with library(at_home.place.home, passphrase="my words") as mine:
        [(_, trace)] = mine.all()
    assert (trace.id, trace.sensitive, trace.uses) == (ONE.id, True, 0)
