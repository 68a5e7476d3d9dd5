"""`llmos agent run`: where the goal comes from, what is told, and the exit code of each end."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from llmos.settings import system_root
from tests.support.command_line import CommandLine
from tests.support.drivers import USUAL_ARM
from tests.support.tapes import calls, says

TOLD = """\
ready
outcome  done: The agent reports that the goal is reached.
mode     LEARNER (the model plans each step)
model    {model}
cost     $0 · 0 tokens · 1 step · 0 tool calls · {seconds} s
journal  {journal}
"""
NO_MODEL = (
    "No model can serve the agent worker: set ANTHROPIC_API_KEY, run `llmos model pull runtime`, or name one with "
    "--model (openai:ID for a server of your own, local:FILE.gguf); pocket is chosen for arms"
)
TOO_LONG = (
    "The goal is 1000000 bytes long and orchestration.max_goal_bytes allows 100000; "
    "put the material into a file of the workspace and name the file."
)


def go(llmos: CommandLine, *lines: dict[str, object]) -> list[str]:
    """The words of a run of the worker that does what the lines say."""
    return ["agent", "run", "worker", "go", "--model", llmos.tape(*(lines or (says(),)))]


def test_a_result_is_told_in_a_few_lines(llmos: CommandLine) -> None:
    """Answer, outcome with reason, mode, model, cost and journal on stdout."""
    words = go(llmos)
    said = llmos(*words)
    journal = next(llmos.place.home.glob("journals/*/*/*.jsonl"))
    seconds = said.out.rpartition(" s\n")[0].rpartition(" ")[2]
    assert said.code == 0
    assert said.out == TOLD.format(model=words[-1], journal=journal, seconds=seconds)


def test_a_skill_that_is_not_there_is_told(llmos: CommandLine) -> None:
    """With path, line and the nearest name; the run goes on without it."""
    page = llmos.place.write(
        "user/agents/worker.md", "---\nname: worker\ndescription: D.\nskills: pick-and-plce\n---\nWork.\n"
    )
    said = llmos(*go(llmos))
    assert said.code == 0
    assert f"{page}:4: there is no skill 'pick-and-plce'; did you mean 'pick-and-place'?" in said.err
    page.write_text(page.read_text().replace("plce", "place"))
    assert "there is no skill" not in llmos(*go(llmos)).err


def test_an_agent_opens_a_skill_of_one_volume(llmos: CommandLine) -> None:
    """`VOLUME:NAME` means that volume's own in an agent too, at the run and at the check."""
    llmos.place.write("user/skills/pick-and-place/SKILL.md", "---\nname: pick-and-place\ndescription: D.\n---\nMine.\n")
    agent = "---\nname: worker\ndescription: D.\nskills: [system:pick-and-place, system:pick-and-plce]\n---\nWork.\n"
    page = llmos.place.write("user/agents/worker.md", agent)
    sentence = f"{page}:4: there is no skill 'system:pick-and-plce'; did you mean 'system:pick-and-place'?"
    said = llmos(*go(llmos))
    assert [line.lstrip(" 0123456789") for line in said.err.splitlines() if "no skill" in line] == [sentence]
    (journal,) = llmos.place.home.glob("journals/*/*/*.jsonl")
    paths = [each["path"] for each in json.loads(journal.read_text().splitlines()[0])["documents"]]
    opened = [path for path in paths if path.endswith("SKILL.md")]
    assert opened == [str(system_root() / "skills/pick-and-place/SKILL.md")]
    assert llmos("agent", "check", page).out == f"{sentence}\n".replace(":4: ", ":4: warning: ")


def test_which_model_was_taken_and_why_is_told(llmos: CommandLine) -> None:
    """On stderr, before anything else: the model, the reason, the mode."""
    words = go(llmos)
    model = words[-1]
    said = llmos(*words)
    assert said.err.splitlines() == [
        f"worker on {model} ({model}: --model says so)",
        "mode LEARNER: the model plans each step",
    ]
    llmos.patch.setenv("LLMOS_MODEL", llmos.tape(says()))
    assert "LLMOS_MODEL says so" in llmos(*words[:4]).err
    llmos.patch.delenv("LLMOS_MODEL")
    llmos.place.write("settings.md", f"---\nmodel: {llmos.tape(says())}\n---\n")
    assert f"{llmos.place.home}/settings.md says so" in llmos(*words[:4]).err


def test_which_robot_and_scene_is_told(llmos: CommandLine) -> None:
    """A simulated robot says that it is simulated."""
    said = llmos(*go(llmos), "--robot", "arm", "--scene", "blocks")
    assert f"robot arm: {USUAL_ARM}, scene blocks\n" in said.err


def test_without_any_model_that_can_serve_the_choices_are_named(llmos: CommandLine) -> None:
    """No silent default: an agent that pocket cannot serve says what would help."""
    said = llmos("agent", "run", "worker", "go")
    assert (said.code, said.err) == (
        2,
        f"llmos: {NO_MODEL}\n",
    )


def test_a_robot_that_the_agent_cannot_move_is_no_reason_for_pocket(llmos: CommandLine) -> None:
    """An attached robot gives pocket nothing to do for an agent without a tool of it."""
    llmos.place.write("user/agents/worker.md", "---\nname: worker\ndescription: Reads.\ntools: Read\n---\n\nRead.\n")
    said = llmos("agent", "run", "worker", "go", "--robot", "arm")
    assert (said.code, said.err) == (2, f"llmos: {NO_MODEL}\n")
    llmos.patch.setenv("LLMOS_ROBOT", "arm")
    said = llmos("agent", "run", "worker", "go")
    assert (said.code, said.err) == (2, f"llmos: {NO_MODEL}\n")


@pytest.mark.parametrize(
    ("line", "code", "outcome"),
    [
        (says(), 0, "done"),
        ({"reply": {"text": "no", "claim": "failed"}}, 1, "failed"),
        ({"reply": {"text": "no", "stop_reason": "refusal"}}, 3, "refused"),
    ],
)
def test_each_outcome_has_its_exit_code(llmos: CommandLine, line: dict[str, object], code: int, outcome: str) -> None:
    """0 done, 1 goal not reached, 3 refused."""
    said = llmos(*go(llmos, line), "--json")
    assert (said.code, said.json["outcome"]) == (code, outcome)


def test_a_budget_that_pays_for_nothing_is_4_and_calls_nothing(llmos: CommandLine) -> None:
    """The object is there, the run can be resumed, and no model was asked."""
    llmos.patch.setenv("ANTHROPIC_API_KEY", "sk-test-0123456789")
    said = llmos("agent", "run", "worker", "go", "--budget-usd", "0.001", "--json")
    assert (said.code, said.json["outcome"], said.json["steps"]) == (4, "budget", 0)
    told = llmos("agent", "run", "worker", "go", "--budget-usd", "0.001")
    assert told.code == 4
    run_ids = {path.stem for path in llmos.place.home.glob("journals/*/*/*.jsonl")} - {said.json["run_id"]}
    assert told.out.endswith(f"resume   llmos agent run worker --resume {run_ids.pop()}\n")


def test_steps_that_are_used_up_are_4(llmos: CommandLine) -> None:
    """The last step is for a partial answer."""
    said = llmos(*go(llmos, says("partly")), "--max-steps", "1", "--json")
    assert (said.code, said.json["outcome"], said.json["answer"]) == (4, "budget", "partly")


@pytest.mark.parametrize("words", [["-"], []])
def test_a_goal_is_read_from_a_pipe(llmos: CommandLine, words: list[str]) -> None:
    """`-`, or nothing at all where there is no terminal; only blanks around it are taken away."""
    model = llmos.tape(says())
    said = llmos("agent", "run", "worker", *words, "--model", model, "--json", stdin=" wäre\n  es  \n".encode())
    assert (said.code, said.json["goal"]) == (0, "wäre\n  es")


@pytest.mark.parametrize(
    ("piped", "sentence"),
    [
        (b" \n", "The goal is empty; say in plain words what is to be done, or pipe it in with GOAL '-'."),
        (b"a\xff\xfe", "The goal holds bytes that are not text at character 1; use UTF-8."),
        (b"x" * 1_000_000, TOO_LONG),
    ],
)
def test_a_goal_that_is_none_is_the_users_mistake(llmos: CommandLine, piped: bytes, sentence: str) -> None:
    """Empty, no text, or too long: a sentence, no journal."""
    said = llmos("agent", "run", "worker", "-", "--model", llmos.tape(says()), "--json", stdin=piped)
    assert (said.code, said.json) == (2, {"error": sentence})
    assert list(llmos.place.home.glob("journals/*/*/*")) == []


def test_json_is_one_object_and_everything_else_goes_to_stderr(llmos: CommandLine) -> None:
    """Progress is told while it happens, beside the result."""
    said = llmos(*go(llmos, calls("Glob", pattern="*"), says()), "--json")
    assert said.json["tool_calls"] == [{"tool": "Glob", "args": {"pattern": "*"}, "ok": True}]
    assert ' 1  Glob(pattern="*") -> (no file matches)' in said.err


def test_a_pipe_gets_no_escape_codes(llmos: CommandLine) -> None:
    """Whatever the model says, a log stays a log."""
    said = llmos(*go(llmos, says("\x1b[31mred\x1b]0;title\x07")))
    assert "\x1b" not in said.out + said.err
    assert said.out.startswith("␛[31mred")


def test_a_pattern_permits_what_nobody_can_be_asked_for(llmos: CommandLine) -> None:
    """Without one, a command is refused with what would allow it; the model reads that, and so does the person."""
    line = calls("Bash", command="echo here")
    refused = llmos(*go(llmos, line, says()), "--json").json["tool_calls"][0]
    assert refused["error"] == (
        "Bash may not run echo here: nobody can be asked here; --approve 'Bash(echo here)' allows it"
    )
    allowed = llmos(*go(llmos, line, says()), "--approve", "Bash(echo *)", "--json").json["tool_calls"][0]
    assert allowed["ok"]


def test_contradicting_approvals_are_a_mistake(llmos: CommandLine) -> None:
    """Before anything runs."""
    said = llmos(*go(llmos), "--approve", "ask", "--approve", "never")
    assert (said.code, said.last) == (
        2,
        "llmos: --approve ask and --approve never contradict each other; give one of them",
    )


def test_a_workspace_that_is_too_large_is_refused(llmos: CommandLine) -> None:
    """Exit code 3: policy says no."""
    said = llmos(*go(llmos), "--workspace", "/")
    assert (said.code, said.last) == (
        3,
        "llmos: the workspace cannot be /, the whole disk; choose a folder of its own with --workspace",
    )


def test_a_run_is_resumed_without_a_goal(llmos: CommandLine) -> None:
    """The model sees what was said before, and is asked to go on."""
    first = llmos(*go(llmos, says("My number is 17.")), "--json").json
    tape = llmos.tape({"expect": "Go on.", "reply": {"text": "17 it was."}})
    words = ["agent", "run", "worker", "--resume", first["run_id"], "--model", tape, "--json"]
    second = llmos(*words)
    assert (second.code, second.json["goal"], second.json["answer"]) == (0, "Go on.", "17 it was.")
    assert "My number is 17." in Path(second.json["journal"]).read_text("utf-8")


def test_a_run_is_resumed_with_another_goal(llmos: CommandLine) -> None:
    """A goal of its own takes the place of going on."""
    first = llmos(*go(llmos), "--json").json
    words = ["agent", "run", "worker", "and now?", "--resume", first["run_id"], "--model", llmos.tape(says("now"))]
    assert llmos(*words, "--json").json["goal"] == "and now?"


def test_a_run_that_never_was_cannot_be_resumed(llmos: CommandLine) -> None:
    """The sentence says what a run id looks like."""
    said = llmos("agent", "run", "worker", "--resume", "last", "--model", llmos.tape(says()))
    assert (said.code, said.last) == (
        2,
        "llmos: 'last' is not a run id; they look like 20261120-095132-k3f9qz, and `llmos trace list` shows them",
    )


def test_run_is_the_agent_system(llmos: CommandLine) -> None:
    """`llmos run` answers as `agent run system` does."""
    assert llmos("run", "go", "--model", llmos.tape(says()), "--json").json["agent"] == "system"


def test_the_first_run_makes_a_home_and_says_so(llmos: CommandLine) -> None:
    """Without `llmos init`; the second run says nothing of it."""
    llmos.patch.setenv("LLMOS_HOME", str(llmos.place.root / "other"))
    words = ["run", "go", "--model"]
    first, second = (llmos(*words, llmos.tape(says())).err for _ in range(2))
    sentence = f"Made a home at {llmos.place.root / 'other'} (LLMOS_HOME): your volumes and journals live there."
    assert first.splitlines()[0] == sentence
    assert "Made a home" not in second


def test_a_run_imports_only_what_it_uses(llmos: CommandLine) -> None:
    """A run on a cassette needs no SDK, no llama.cpp, no terminal library, and no git once its answers are known."""
    code = "import sys; from llmos.cli.__main__ import run; run(sys.argv[1:]); print(*sorted(sys.modules))"
    words = go(llmos)
    assert llmos(*words).code == 0
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    modules = set(done.stdout.splitlines()[-1].split())
    heavy = {"anthropic", "openai", "xllamacpp", "llama_cpp", "git", "rich", "watchdog", "httpx2", "markdown_it"}
    assert modules & heavy == set()
    assert "llmos.runtime.loop" in modules


@pytest.mark.parametrize("named", [("--robot", "rover", "--scene", "arena"), ()], ids=["named", "not named"])
def test_the_arm_model_drives_no_rover(llmos: CommandLine, named: tuple[str, ...]) -> None:
    """Pocket knows arms only, so it is not taken where a rover is to be driven."""
    said = llmos("agent", "run", "driver", "Drive to (1, 0.5)", *named)
    assert (said.code, said.last) == (2, f"llmos: {NO_MODEL.replace('worker', 'driver')}")


@pytest.mark.parametrize(
    ("agent", "words", "wish", "robot"),
    [
        ("driver", (), "", "rover"),
        ("operator", (), "", "arm"),
        ("driver", ("--robot", "arm"), "", "arm"),
        ("driver", (), "lab", "lab"),
    ],
    ids=["driver", "operator", "an option", "LLMOS_ROBOT"],
)
def test_an_agent_drives_a_robot_of_its_kind(
    llmos: CommandLine, agent: str, words: tuple[str, ...], wish: str, robot: str
) -> None:
    """Another is in its hands only where a person names it."""
    llmos.patch.setenv("LLMOS_ROBOT", wish)
    told = llmos("agent", "run", agent, "Where are you?", "--model", llmos.tape(says("Here.")), *words)
    assert (told.code, f"\nrobot {robot}: " in told.err) == (0, True), told.err


def test_a_replay_without_a_model_says_so_in_a_word(llmos: CommandLine) -> None:
    """Not with the sentence that would have ended a run that needs one."""
    model = llmos.tape(calls("Write", file_path="a.txt", content="x"), says("done"))
    assert llmos("agent", "run", "worker", "Write a", "--model", model).code == 0
    again = llmos("agent", "run", "worker", "Write a")
    assert again.code == 0, again.err
    assert "worker without a model\n" in again.err
    assert "No model can serve" not in again.err


def test_a_broken_agent_of_ones_own_is_refused_and_the_shipped_one_stays_out(llmos: CommandLine) -> None:
    """The shipped agent has tools that the broken one was not to have; the sentence is that of `agent check`."""
    own = llmos.place.write("user/agents/coder.md", "---\nname: coder\ndescription: D\ntools: {Read: yes}\n---\nB\n")
    line = calls("Write", file_path="out.txt", content="x")
    said = llmos("agent", "run", "coder", "go", "--model", llmos.tape(line, says()), "--approve", "Write")
    assert said.code == 2
    assert said.last == f"llmos: {own}:4: 'tools' must be a list of names, not {{'Read': 'yes'}}"
    assert not (llmos.place.workspace / "out.txt").exists()
    assert said.last.removeprefix("llmos: ").replace(":4: ", ":4: error: ") in llmos("agent", "check", own).out


def test_a_skill_that_may_lie_where_nobody_can_look_is_refused(llmos: CommandLine) -> None:
    """An agent does not begin without a skill of a person's own that it should have open, seen or unseen."""
    own = llmos.place.write("user/skills", "")
    llmos.place.write("user/agents/knotter.md", "---\nname: knotter\ndescription: D\nskills: [knot]\n---\nB\n")
    said = llmos("agent", "run", "knotter", "go", "--model", llmos.tape(says()))
    assert said.code == 2
    assert said.last.startswith("llmos: There is no skill 'knot'; ")
    assert said.last.endswith(f" It may be in {own}, but the folder cannot be read: Not a directory.")


def test_a_skill_that_is_open_from_the_start_and_broken_is_refused(llmos: CommandLine) -> None:
    """The operator does not begin without it, nor with the shipped one."""
    own = llmos.place.write("user/skills/pick-and-place/SKILL.md", "")
    said = llmos("agent", "run", "operator", "go", "--model", llmos.tape(says()))
    assert (said.code, said.last) == (2, f"llmos: {own}:1: the file is empty")


def test_what_is_odd_about_its_documents_is_told_at_a_run(llmos: CommandLine) -> None:
    """Each with its path and line, and whole: what was read line by line, what is misspelt, what is left open."""
    text = "---\nname: worker\nskils: knots\ntools: Read, Bash(git:*\ncolor: red\ndescription: Use: when\n---\nWork.\n"
    own = llmos.place.write("user/agents/worker.md", text)
    told = [line.partition(f"{own}")[2] for line in llmos(*go(llmos)).err.splitlines() if str(own) in line]
    no_yaml = "the frontmatter is not valid YAML (mapping values are not allowed in this context)"
    assert told == [
        ":4: 'Bash(git:*' lacks ')'",
        f":6: {no_yaml}; its keys were read line by line",
        ":3: 'skils' is not read: did you mean 'skills'?",
    ]
