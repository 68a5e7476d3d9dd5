"""Bad input on the command line: one clear sentence, the right exit code, nothing called, no traceback."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from llmos.errors import LLMosError
from llmos.settings import current_folder, read_environment, system_root
from llmos.volumes.home import init_home
from tests.support.command_line import CommandLine
from tests.support.homes import Place, make_place
from tests.support.repositories import person
from tests.support.runs import CHECKOUT, all_whole, hire, in_a_process, journals, sentence
from tests.support.tapes import asks, says, tape

USAGE = "; see `llmos agent run --help`."


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home with an agent, and a workspace."""
    place = make_place(tmp_path)
    hire(place)
    return place


BAD = {
    "a missing agent": (("wroker", "go"), 2, "There is no agent 'wroker'; did you mean 'worker'?"),
    "a typo in a flag": (
        ("worker", "go", "--modle", "x"),
        2,
        "No such option '--modle'. (Did you mean one of: '--mode', '--model'?) See `llmos agent run --help`.",
    ),
    "no such model": (("worker", "go", "--model", "dve"), 2, "There is no model 'dve'; did you mean 'dev'?"),
    "a GGUF that is none": (
        ("worker", "go", "--model", "local:/etc/passwd"),
        2,
        "/etc/passwd is not a GGUF model file: it does not begin with the letters GGUF",
    ),
    "nobody's home": (
        ("worker", "go", "--model", "local:~no-such-person/x.gguf"),
        2,
        "~no-such-person/x.gguf names nobody's home folder; set HOME, or give an absolute path.",
    ),
    "a cassette that is a folder": (
        ("worker", "go", "--model", "cassette:/"),
        2,
        "the cassette / cannot be read: Is a directory",
    ),
    "a model without a price": (
        ("worker", "go", "--model", "anthropic:claude-unheard-of-9"),
        2,
        (
            "kernel/models.md has no price for 'claude-unheard-of-9', so no budget could hold it; "
            "add one under `prices:` in {home}/kernel/models.md"
        ),
    ),
    "an empty goal": (
        ("worker", " \n"),
        2,
        "The goal is empty; say in plain words what is to be done, or pipe it in with GOAL '-'.",
    ),
    "a goal that is no text": (
        ("worker", "go \udcff"),
        2,
        "The goal holds bytes that are not text at character 3; use UTF-8.",
    ),
    "a robot that is none": (("worker", "go", "--robot", "amr"), 2, "There is no robot 'amr'; did you mean 'arm'?"),
    "a pattern that is none": (
        ("worker", "go", "--approve", "Bash("),
        2,
        "'Bash(' is no tool pattern; they look like Read, Bash(git status), Bash(git:*), Read(../data/**)",
    ),
    "no budget": (("worker", "go", "--budget-usd", "nan"), 2, "A budget cannot be nan usd; give a number from 0 on."),
    "the whole disk": (
        ("worker", "go", "--workspace", "/"),
        3,
        "the workspace cannot be /, the whole disk; choose a folder of its own with --workspace",
    ),
    "the home around it": (
        ("worker", "go", "--workspace", "{root}"),
        3,
        "the workspace cannot be {root}, which holds your home folder; choose a folder of its own with --workspace",
    ),
    "a run that never was": (
        ("worker", "go", "--resume", "nope"),
        2,
        "'nope' is not a run id; they look like 20261120-095132-k3f9qz, and `llmos trace list` shows them",
    ),
}


@pytest.mark.parametrize(("arguments", "code", "said"), BAD.values(), ids=BAD)
def test_bad_input_is_one_sentence(
    llmos: CommandLine, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """What, where, and the alternatives; no journal begins and nothing is asked of any model."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    place = llmos.place
    usual = [] if "--model" in arguments else ["--model", llmos.tape(says())]
    words = [word.replace("{root}", str(place.root)) for word in arguments]
    done = llmos("agent", "run", *words, *usual)
    assert (done.code, done.out) == (code, "")
    assert done.err == f"llmos: {said.replace('{home}', str(place.home)).replace('{root}', str(place.root))}\n"
    assert journals(place) == []


def nothing(_: Place) -> None:
    """The home is as it should be."""


def mistyped_rule(place: Place) -> None:
    """A key of the kernel has a word where a number belongs."""
    place.write("kernel/budget.md", "---\nbudget_usd: much\n---\n")


def looser_rule(place: Place) -> None:
    """A home tries to loosen safety."""
    place.write("kernel/safety.md", "---\ntool_timeout_s: 3000\n---\n")


def strange_setting(place: Place) -> None:
    """The settings page has a key that is none."""
    place.write("settings.md", "---\nmodle: pocket\n---\n")


def unreadable_agent(place: Place) -> None:
    """The worker is no text."""
    place.write("user/agents/worker.md", "").write_bytes(b"\xff\xfe\x00w")


def home_is_a_file(place: Place) -> None:
    """Something else stands where the journals belong."""
    place.write("journals", "")


RUN = "agent run worker go --model cassette:tape"
MISTAKES: list[tuple[Callable[[Place], None], str, int, str]] = [
    (nothing, "agent rnu worker go", 2, "did you mean 'run'?"),
    (nothing, "agnet list", 2, "did you mean 'agent'?"),
    (nothing, "agent run worker go --model cassette:missing", 2, "missing"),
    (nothing, "agent run worker go --model dev", 2, "needs a key: set ANTHROPIC_API_KEY"),
    (nothing, "agent run worker go", 2, "No model can serve the agent worker"),
    (nothing, f"{RUN} --robot arm --scene pick", 2, "pick-and-place"),
    (nothing, f"{RUN} --workspace nowhere", 2, "nowhere"),
    (nothing, f"{RUN} --resume 20260101-000000-abcdef", 2, "there is no run 20260101-000000-abcdef"),
    (nothing, f"{RUN} --each missing.csv", 2, "missing.csv"),
    (mistyped_rule, RUN, 2, "kernel/budget.md:2: 'budget_usd' must be a number"),
    (looser_rule, RUN, 2, "kernel/safety.md:2: 'tool_timeout_s' tightens only"),
    (strange_setting, RUN, 2, "settings.md:2: 'modle' is no key that is read here; did you mean 'model'?"),
    (unreadable_agent, RUN, 2, "user/agents/worker.md:1: the file is UTF-16; save it as UTF-8"),
    (home_is_a_file, RUN, 1, "a part of this path is a file where a folder must be"),
    (nothing, "trace show 20260101-000000-abcdef", 2, "there is no run 20260101-000000-abcdef"),
    (nothing, "kernel show budget.usd", 2, "there is no rule 'budget.usd'"),
    (nothing, "skill show pick-and-plaec", 2, "did you mean 'pick-and-place'?"),
    (nothing, "memory show ../../etc/passwd", 2, "is no id of a note"),
    (nothing, "agent check nowhere", 2, "there is no such file or folder"),
    (
        nothing,
        "volume add nowhere",
        2,
        "There is no folder nowhere; give a folder, or the address of a git repository.",
    ),
    (nothing, "volume trust nowhere", 2, "nowhere"),
]


@pytest.mark.parametrize(
    ("spoil", "line", "code", "said"), MISTAKES, ids=[f"{spoil.__name__}: {line}" for spoil, line, *_ in MISTAKES]
)
def test_a_mistake_is_one_sentence(
    llmos: CommandLine, spoil: Callable[[Place], None], line: str, code: int, said: str
) -> None:
    """The last line on stderr says what is wrong, stdout stays empty, and no run has begun."""
    model = llmos.tape(says())
    spoil(llmos.place)
    done = llmos(*(model if word == "cassette:tape" else word for word in line.split()))
    assert (done.code, done.out) == (code, ""), done.err
    assert done.last.startswith("llmos: ")
    assert said in done.last
    assert journals(llmos.place) == []


@pytest.mark.parametrize(
    "line",
    [
        "init",
        "agent check",
        "volume check",
        "volume add --name mine",
        "program check",
        "trace export",
        "trace import",
        "robot view camera --out",
        "agent run worker go --workspace",
        "serve --workspace",
        "serve --certfile",
        "serve --token-file",
    ],
)
def test_an_empty_path_is_not_this_folder(llmos: CommandLine, line: str) -> None:
    """As a variable that is not set gives it: said in a sentence, with nothing made, read or served here."""
    llmos.place.workspace.joinpath("mine.txt").touch()
    done = llmos(*line.split(), "")
    assert (done.code, done.out) == (2, "")
    assert " is empty; " in done.last
    assert [path.name for path in llmos.place.workspace.iterdir()] == ["mine.txt"]
    assert not (llmos.place.home / "volumes").joinpath("mine").exists()


def test_bad_input_is_one_object_for_a_program(llmos: CommandLine) -> None:
    """With --json the sentence stands in it, and stdout holds nothing else."""
    done = llmos("agent", "run", "wroker", "go", "--json")
    assert (done.code, done.json) == (2, {"error": "There is no agent 'wroker'; did you mean 'worker'?"})


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (b"x" * 1_000_000, "The goal is 1000000 bytes long and orchestration.max_goal_bytes allows 100000; put the "),
        (b"\xff\xfe", "The goal holds bytes that are not text at character 0; use UTF-8."),
        (b"", "The goal is empty; say in plain words what is to be done, or pipe it in with GOAL '-'."),
        (b" \n\t", "The goal is empty; say in plain words what is to be done, or pipe it in with GOAL '-'."),
    ],
    ids=["long", "binary", "empty", "blank"],
)
def test_a_goal_that_is_piped_in_is_checked_as_well(llmos: CommandLine, typed: bytes, said: str) -> None:
    """Whatever comes down a pipe."""
    done = llmos("agent", "run", "worker", "-", "--model", llmos.tape(says()), stdin=typed)
    assert done.code == 2
    assert done.last.startswith(f"llmos: {said}")
    assert journals(llmos.place) == []


def test_a_broken_kernel_key_stops_every_run(llmos: CommandLine) -> None:
    """File, line and the nearest right key."""
    page = llmos.place.write("kernel/budget.md", "---\nbudget_uds: 1.0\n---\n")
    done = llmos("agent", "run", "worker", "go", "--model", llmos.tape(says()))
    assert done.code == 2
    assert done.last == f"llmos: {page}:2: 'budget_uds' is no key that is read here; did you mean 'budget_usd'?"


def test_one_broken_document_does_not_hide_the_others(llmos: CommandLine) -> None:
    """The rest is listed and runs; the broken one is told by `agent check`."""
    llmos.place.write("user/agents/broken.md", "").write_bytes(b"\xff\xff")
    listed = llmos("agent", "list", "--json").json["agents"]
    assert {"worker", "operator"} <= {agent["name"] for agent in listed}
    assert llmos("agent", "run", "worker", "go", "--model", llmos.tape(says())).code == 0
    assert llmos("agent", "check", llmos.place.home / "user").code == 2


def test_a_line_of_a_conversation_that_cannot_be_run_ends_nothing(llmos: CommandLine) -> None:
    """The next line is answered, and the worst exit code is kept."""
    typed = b"x" * 200_000 + b"\nhello\nexit\n"
    done = llmos("shell", "--model", llmos.tape(says("Hello.")), stdin=typed)
    assert (done.code, done.out) == (2, "Hello.\n")
    assert "llmos: The goal is 200000 bytes long" in done.err
    assert "Shut down after 1 run: $0 spent, 0 tokens." in done.err


def test_a_home_that_is_a_file_is_said(place: Place) -> None:
    """Nothing is put beside it, and nothing is lost."""
    home = place.root / "not-a-home"
    home.write_text("mine")
    done = in_a_process(place, "run", "go", "--model", tape(place, says()), env={"LLMOS_HOME": str(home)})
    assert done.returncode == 1
    assert sentence(done) == (
        f"cannot make the folder {home}: a part of this path is a file where a folder must be; move it away or set "
        "LLMOS_HOME elsewhere"
    )
    assert home.read_text() == "mine"


def test_a_folder_that_has_gone_is_said(place: Place) -> None:
    """A process may outlive the folder it stands in."""
    command = f'mkdir gone && cd gone && rmdir ../gone && exec "{sys.executable}" -m llmos.cli agent list'
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=place.workspace,
        capture_output=True,
        env={"LLMOS_HOME": str(place.home), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(CHECKOUT)},
    )
    assert done.returncode == 2
    assert sentence(done) == "The folder you are in does not exist any more; go to another one first."


def test_a_home_of_nobody_is_said() -> None:
    """`~NAME` of nobody is no path."""
    with pytest.raises(LLMosError) as refused:
        read_environment({"HOME": "/home/ann", "LLMOS_HOME": "~no-such-person/x"})
    assert str(refused.value) == "~no-such-person/x names nobody's home folder; set HOME, or give an absolute path."
    assert read_environment({"HOME": "/home/ann", "LLMOS_HOME": "x"}).home == current_folder() / "x"


FULL = "llmos: The output cannot be written: No space left on device.\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", ["agent list --json", "run go"])
@pytest.mark.parametrize(
    ("streams", "code", "said"),
    [
        ("<&-", 0, None),
        (">&-", 0, None),
        ("2>&-", 0, ""),
        ("<&- >&- 2>&-", 0, ""),
        (">/dev/full", 1, FULL),
        ("2>/dev/full", 0, ""),
        (">/dev/full 2>/dev/full", 1, ""),
        (">&- 2>/dev/full", 0, ""),
    ],
)
def test_streams_that_are_closed_or_full(place: Place, command: str, streams: str, code: int, said: str | None) -> None:
    """The exit code tells what came of the command, whoever could hear of it."""
    model = f"--model {tape(place, says())}" if command.startswith("run") else ""
    done = subprocess.run(
        ["/bin/sh", "-c", f'"{sys.executable}" -m llmos.cli {command} {model} {streams}'],
        stdin=subprocess.DEVNULL,
        cwd=place.workspace,
        capture_output=True,
        text=True,
        env={"LLMOS_HOME": str(place.home), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(CHECKOUT)},
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    if said is not None:
        assert done.stderr.endswith(said)


def test_names_that_are_no_text_do_no_harm(place: Place) -> None:
    """Folders and files may have any bytes for names; models, journals and JSON get text."""
    folder = place.root / os.fsdecode(b"w\xffrk")
    folder.mkdir()
    (folder / os.fsdecode(b"f\xfe.txt")).touch()
    hire(place)
    model = tape(place, asks(("Glob", {"pattern": "*"})), {"expect": "f?.txt", **says("seen")})
    done = in_a_process(place, "agent", "run", "worker", "go", "--json", "--model", model, cwd=folder)
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["answer"] == "seen"
    assert len(all_whole(place)) == 1


STRANGE = os.fsdecode(b"w\xffrk")


def test_names_that_are_no_text_are_asked_for_in_vain(llmos: CommandLine) -> None:
    """No run is of such an agent, and a folder of such a name is taken up, its name told in the history as text."""
    assert llmos("trace", "list", "--agent", STRANGE).err == (
        "No run of the agent 'w\\u{dcff}rk' has been journaled in this home yet.\n"
    )
    (llmos.place.workspace / STRANGE).mkdir()
    (llmos.place.workspace / STRANGE / "notes.txt").touch()
    assert llmos("volume", "add", STRANGE, "--name", "mine").code == 0
    assert person(llmos.place.home / "volumes/mine", "log", "--format=%s") == "Take up w\ufffdrk"


def test_a_home_whose_name_is_no_text_is_refused(place: Place) -> None:
    """Its index, its trust and its robot's host could not hold it; through a link no more than by itself."""
    home = place.root / STRANGE
    home.mkdir()
    (place.root / "link").symlink_to(home)
    for name in (STRANGE, "link"):
        done = in_a_process(place, "trace", "reindex", env={"LLMOS_HOME": str(place.root / name)})
        assert done.returncode == 2
        real = f"{place.root.resolve()}/w\\u{{dcff}}rk"
        assert sentence(done) == f"The home cannot be {real}: its name holds bytes that are not UTF-8; choose another."
    assert list(home.iterdir()) == []


def test_json_is_valid_in_any_encoding(place: Place) -> None:
    """Where the terminal knows no such letters, they are escaped; the object stays one object."""
    model = tape(place, says("Grüße, 世界 \u2028 \U0001f916"))
    arguments = ("agent", "run", "worker", "grüß die Welt", "--json", "--model", model)
    for encoding in ("ascii", "utf-16"):
        done = in_a_process(place, *arguments, env={"PYTHONIOENCODING": encoding})
        assert done.returncode == 0, done.stderr
        outcome = json.loads(done.stdout.decode(encoding))
        assert (outcome["goal"], outcome["answer"]) == ("grüß die Welt", "Grüße, 世界 \u2028 \U0001f916")


@pytest.mark.skipif(os.name != "posix", reason="needs pipes with names")
def test_no_pipe_is_waited_for(place: Place) -> None:
    """Documents, tools, trust and volumes' pages may be pipes, folders, loops or endless: the run goes on without.

    A person's settings and a cassette were asked for: what cannot be read there is said.
    """
    init_home(place.home, system_root())
    user = place.home / "user"
    for name in ("agents/pipe.md", "skills/pipe/SKILL.md", "tools/pipe.py", "robots/pipe.md", "memory/pipe.md"):
        (user / name).parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(user / name)
    for name in ("VOLUME.md", "plugin.json", "../trust.json"):
        (user / name).unlink(missing_ok=True)
        os.mkfifo(user / name)
    (user / "agents" / "folder.md").mkdir()
    (user / "agents" / "loop.md").symlink_to("loop.md")
    (user / "agents" / "endless.md").symlink_to("/dev/zero")
    with (user / "agents" / "huge.md").open("wb") as huge:
        huge.truncate(1 << 34)
    done = in_a_process(place, "agent", "run", "worker", "go", "--model", tape(place, says("I am here.")))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"I am here.\n")
    assert len(all_whole(place)) == 1
    os.mkfifo(place.root / "pipe")
    done = in_a_process(place, "agent", "run", "worker", "go", "--model", f"cassette:{place.root / 'pipe'}")
    assert done.returncode == 2
    assert sentence(done) == (f"the cassette {place.root / 'pipe'} cannot be read: it is a pipe, a socket or a device")
    settings = place.home / "settings.md"
    settings.unlink()
    os.mkfifo(settings)
    done = in_a_process(place, "agent", "run", "worker", "go")
    assert (done.returncode, sentence(done)) == (2, f"{settings}:1: this is not a file")
