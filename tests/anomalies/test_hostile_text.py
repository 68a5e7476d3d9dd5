"""Text that would drive or deceive a terminal, wherever it comes from: it is shown, never obeyed."""

import json
import os
import re
import subprocess
import sys

import anyio
import pytest

from llmos.cli.__main__ import run
from llmos.settings import system_root
from llmos.volumes.home import init_home
from tests.support.homes import Place, make_place
from tests.support.runs import CHECKOUT, journals, play
from tests.support.tapes import Line, asks, says, tape

OWN = "\x1b]0;owned\x07\u202e\x9b2J"
"""Sets the window's title, turns the direction of text, clears the screen: no terminal may get one of these."""
RAW = re.compile("\x1b\\]0;owned|\x07|\u202e|\x9b|\x1b\\[2J")
QUOTED = json.dumps(OWN)

DOCUMENTS = {
    "user/agents/plain.md": (
        f"---\nname: plain\ndescription: {QUOTED}\ntools: [Read, Write, Glob, {QUOTED}]\n{QUOTED}: 1\n---\n\n{OWN}\n"
    ),
    "user/agents/nameless.md": f"---\ndescription: {QUOTED}\nname: {QUOTED}\n---\n\n{OWN}\n",
    f"user/agents/{OWN}.md": "no keys at all",
    f"user/skills/{OWN}/SKILL.md": "no keys at all",
    "user/skills/s/SKILL.md": f"---\nname: s\ndescription: {QUOTED}\n---\n\nBody {OWN}\n",
    "user/commands/c.md": f"---\ndescription: {QUOTED}\n---\n\nBody {OWN}\n",
    "user/robots/r.md": f"---\nname: {QUOTED}\n---\n",
    "user/scenes/s.md": f"---\nname: {QUOTED}\n---\n",
    f"user/tools/t{OWN}.py": f"raise ValueError({QUOTED})\n",
    f"user/memory/20260101-000000-aaaaaa{OWN}.md": f"---\ntags: [{QUOTED}]\n---\n\nremember {OWN}\n",
}
HOSTILE: list[Line] = [
    asks(
        (f"Gl{OWN}ob", {OWN: OWN}),
        ("Glob", {"pattern": f"*{OWN}"}),
        ("Write", {"file_path": f"f{OWN}", "content": OWN}),
        ("Write", {"file_path": f"/etc/{OWN}", "content": OWN}),
        ("Glob", {"pattern": "*"}),
        text=f"I {OWN}",
        model=f"m{OWN}",
    ),
    {"error": "retryable", "sentence": f"busy {OWN}", "retry_after_s": 0.0},
    says(f"done {OWN}", stop_reason="refusal", stop_detail=OWN, model=f"m{OWN}"),
]

COMMANDS = (
    "agent list",
    "agent show plain",
    "agent show nope",
    "agent check HOME",
    "agent edit plain",
    f"agent show {OWN}",
    f"agent new {OWN}",
    f"agent run plain go --model {OWN}",
    f"agent run plain go --model cassette:{OWN}",
    f"agent run plain go --robot {OWN}",
    f"agent run plain go --workspace {OWN}",
    f"agent run plain go --approve {OWN}",
    f"agent run plain go --resume {OWN}",
    f"agent run plain --bud{OWN}",
    f"agent run plain go{OWN} --model TAPE",
    "skill list",
    "skill show s",
    f"skill show s{OWN}",
    "skill show nope",
    "robot list",
    f"robot state --robot {OWN}",
    "volume list",
    "volume diff user",
    "volume search remember",
    "volume check HOME/user",
    f"volume add {OWN}",
    f"volume trust {OWN}",
    "kernel show",
    f"kernel show {OWN}",
    f"model check {OWN}",
    "memory search remember",
    f"memory show {OWN}",
    "trace list",
    "trace show RUN",
    f"trace show {OWN}",
    "trace replay RUN",
    f"trace replay {OWN}",
    "usage --by agent",
    "usage --by model",
    OWN,
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A home full of hostile documents, a hostile cassette and the journal of a hostile run."""
    place = make_place(tmp_path_factory.mktemp("place"))
    init_home(place.home, system_root())
    for name, text in DOCUMENTS.items():
        place.write(name, text)
    assert anyio.run(lambda: play(place, *HOSTILE, agent="plain", goal=f"go {OWN}")).outcome == "refused"
    return place


@pytest.fixture(autouse=True)
def surroundings(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a person who works there."""
    monkeypatch.setenv("LLMOS_HOME", str(place.home))
    monkeypatch.setenv("HOME", str(place.root / "person"))
    monkeypatch.setenv("EDITOR", "true")
    for name in ("ANTHROPIC_API_KEY", "LLMOS_MODEL", "LLMOS_ROBOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(place.workspace)


def typed(place: Place, command: str) -> list[str]:
    """The words of a command, with this home, its run and its cassette in place of their names."""
    names = {"TAPE": f"cassette:{place.root / 'tape.jsonl'}", "RUN": journals(place)[0].stem}
    return [names.get(word, word.replace("HOME", str(place.home))) for word in command.split(" ")]


@pytest.mark.parametrize("command", COMMANDS, ids=[command.replace(OWN, "OWN") for command in COMMANDS])
def test_no_command_passes_hostile_text_on(place: Place, command: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Names, descriptions, bodies, errors, answers, goals, paths: whatever the source."""
    code = run(typed(place, command))
    shown = "".join(capfd.readouterr())
    assert RAW.findall(shown) == []
    assert code in range(4)
    assert shown


@pytest.mark.parametrize("command", [*COMMANDS[:3], "agent run plain go --model TAPE", "trace list", "trace show RUN"])
def test_json_needs_no_protection(place: Place, command: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A program gets the text as it is, escaped as JSON demands; there is one object and nothing else."""
    run([*typed(place, command), "--json"])
    out, _ = capfd.readouterr()
    assert isinstance(json.loads(out), dict)
    assert re.findall("[\x00-\x09\x0b-\x1f]", out) == []


def test_a_live_view_on_a_real_terminal_passes_nothing_on(place: Place) -> None:
    """What streams in and scrolls by is made harmless, too."""
    pty = pytest.importorskip("pty", reason="only POSIX has pseudo-terminals")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "llmos.cli", "agent", "run", "plain", f"go {OWN}", "--model", tape(place, *HOSTILE)],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(CHECKOUT)},
    )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:  # EIO: the last writer has left
        pass
    os.close(ours)
    assert process.wait() == 3
    assert "Traceback" not in shown.decode()
    assert RAW.findall(shown.decode()) == []
    assert b"outcome  refused" in shown
