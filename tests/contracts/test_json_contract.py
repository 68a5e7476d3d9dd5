"""What other programs rely on: the JSON of the command line, its exit codes, and the names of the Python API.

Keys may be added, so additions are listed here as such; a key that is renamed or goes missing fails.
"""

import inspect
from pathlib import Path
from typing import Any

import pytest

from llmos import LLMOS, LLMosError, LowBatteryError
from llmos.boot.options import Options
from llmos.errors import RefusedError
from llmos.runtime.outcome import EXIT_CODES
from llmos.settings import Environment
from tests.support.command_line import CommandLine
from tests.support.homes import Place, make_place
from tests.support.tapes import WORKER, Line, calls, says, tape

RESULT = {
    "run_id": str, "agent": str, "goal": str, "mode": str, "mode_reason": str, "outcome": str, "answer": str,
    "steps": int, "tool_calls": list, "usage": dict, "model": str, "duration_s": float, "journal": str,
}  # fmt: skip
USAGE = {"input_tokens": int, "output_tokens": int, "cache_read_tokens": int, "cost_usd": float}
PROBLEM = {"path": str, "line": int, "severity": str, "sentence": str}
ADDED = {"result": {"reason": str}, "usage": {"cache_write_tokens": int}}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home with a worker, and a workspace."""
    place = make_place(tmp_path)
    place.write("user/agents/worker.md", WORKER)
    return place


def run(llmos: CommandLine, *lines: Line) -> tuple[int, Any]:
    """Exit code of `agent run --json`, and the one object on its stdout."""
    done = llmos("agent", "run", "worker", "go", "--model", llmos.tape(*lines), "--json")
    return done.code, done.json


def has_shape(value: dict[str, Any], shape: dict[str, type]) -> None:
    """Exactly these keys, each of its type; a whole number is a number."""
    assert set(value) == set(shape)
    for key, kind in shape.items():
        assert isinstance(value[key], (kind, int) if kind is float else kind), key


def test_a_finished_run_prints_exactly_one_object(llmos: CommandLine) -> None:
    """All keys of the contract, each of its type, and nothing else on stdout."""
    code, result = run(llmos, calls("Glob", pattern="*"), calls("Read", file_path="none"), says("ready"))
    has_shape(result, RESULT | ADDED["result"])
    has_shape(result["usage"], USAGE | ADDED["usage"])
    assert [set(use) for use in result["tool_calls"]] == [{"tool", "args", "ok"}, {"tool", "args", "ok", "error"}]
    assert (code, result["outcome"], result["agent"], result["goal"]) == (0, "done", "worker", "go")
    assert (result["answer"], result["steps"], result["mode"]) == ("ready", 3, "LEARNER")
    assert Path(result["journal"]).is_file()
    assert Path(result["journal"]).stem == result["run_id"]


@pytest.mark.parametrize(
    ("line", "code", "outcome"),
    [
        ({"reply": {"text": "no", "claim": "failed"}}, 1, "failed"),
        ({"reply": {"text": "what?", "claim": "abstained"}}, 1, "failed"),
        ({"reply": {"text": "no", "stop_reason": "refusal"}}, 3, "refused"),
        ({"error": "fatal", "sentence": "gone"}, 1, "failed"),
    ],
)
def test_an_outcome_has_its_exit_code(llmos: CommandLine, line: dict[str, Any], code: int, outcome: str) -> None:
    """What a script branches on agrees with what it reads."""
    ended, result = run(llmos, line)
    has_shape(result, RESULT | ADDED["result"])
    assert (ended, result["outcome"]) == (code, outcome)


def test_exit_codes_are_those_of_the_contract() -> None:
    """0 done, 1 not reached, 2 the user's mistake, 3 refused, 4 budget spent, 130 interrupted."""
    assert EXIT_CODES == {"done": 0, "failed": 1, "refused": 3, "budget": 4, "interrupted": 130}
    assert (LLMosError.exit_code, RefusedError.exit_code, LowBatteryError.exit_code) == (2, 3, 4)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("agent", "run", "wroker", "go", "--model", "pocket"), "did you mean 'worker'?"),
        (("agent", "run", "worker", "go", "--model", "pockte"), "did you mean 'pocket'?"),
        (("agent", "run", "worker", " ", "--model", "dev"), "The goal is empty;"),
        (("agent", "show", "wroker"), "did you mean 'worker'?"),
        (("kernel", "show", "budget.usd"), "did you mean"),
        (("agent", "lsit"), "did you mean"),
    ],
)
def test_a_persons_mistake_is_an_object_too(llmos: CommandLine, arguments: tuple[str, ...], sentence: str) -> None:
    """`{"error": sentence}` and exit 2, wherever the mistake was found."""
    done = llmos(*arguments, "--json")
    assert done.code == 2, done.err
    result = done.json
    assert set(result) == {"error"}
    assert sentence in result["error"]


def test_a_check_lists_problems(llmos: CommandLine) -> None:
    """A file that loads has warnings only; one that does not has an error and exit 2."""
    llmos.place.write("user/agents/odd.md", "---\nname: odd\ndescription: Odd.\ntools: Raed\n---\n\nWork.\n")
    done = llmos("agent", "check", llmos.place.home / "user", "--json")
    [problem] = done.json["problems"]
    has_shape(problem, PROBLEM)
    assert (done.code, problem["severity"], problem["line"]) == (0, "warning", 4)
    llmos.place.write("user/agents/empty.md", "")
    done = llmos("agent", "check", llmos.place.home / "user", "--json")
    assert done.code == 2
    assert {one["severity"] for one in done.json["problems"]} == {"warning", "error"}


@pytest.mark.parametrize(
    ("arguments", "key", "columns"),
    [
        ("agent list", "agents", {"name", "volume", "description"}),
        ("skill list", "skills", {"name", "volume", "offered", "description"}),
        ("kernel show budget", "rules", {"key", "value", "where"}),
    ],
)
def test_listings_are_one_object_with_one_list(llmos: CommandLine, arguments: str, key: str, columns: set[str]) -> None:
    """Every listing takes `--json` and answers in the same form."""
    done = llmos(*arguments.split(), "--json")
    result = done.json
    assert (done.code, set(result)) == (0, {key})
    assert all(set(row) >= columns for row in result[key])


def test_the_python_api_has_the_names_of_the_contract() -> None:
    """`LLMOS(home=..., budget_usd=...)` and `execute("goal", agent="operator")`."""
    made = inspect.signature(LLMOS).parameters
    asked = inspect.signature(LLMOS.execute).parameters
    assert {"home", "budget_usd"} <= set(made)
    assert list(asked)[:3] == ["self", "goal", "agent"]


def offline(home: Path) -> Environment:
    """No key, no address, nothing preferred."""
    return Environment(home=home)


@pytest.mark.anyio
async def test_the_python_api_makes_the_home_it_is_given(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A home that is not there yet is made on first use, and told of; what is saved into it counts at once."""
    home, work = tmp_path / "home", tmp_path / "work"
    work.mkdir()
    model = tape(Place(tmp_path), says("made it"))
    async with LLMOS(environment=offline(home), options=Options(model=model, workspace=work)) as os_:
        (home / "user" / "agents").mkdir()
        (home / "user" / "agents" / "worker.md").write_text(WORKER)
        outcome = await os_.execute("go", agent="worker")
    assert (outcome.outcome, outcome.answer, os_.report.runs) == ("done", "made it", 1)
    assert (home / "user" / ".git").is_dir()
    assert caplog.messages == [f"Made a home at {home}: your volumes and journals live there."]


@pytest.mark.anyio
async def test_the_budget_of_the_python_api_holds_beside_options(place: Place) -> None:
    """`budget_usd=` is never lost, whatever else is said."""
    options = Options(workspace=place.workspace, max_steps=3)
    async with LLMOS(environment=offline(place.home), budget_usd=0.25, options=options) as os_:
        assert (os_.usd_left, os_.options.max_steps) == (0.25, 3)
