"""The six scenarios of the first deployment checklist, in today's words, through Python and the command line."""

import sys
from pathlib import Path

import anyio
import pytest

from llmos.errors import LowBatteryError
from llmos.messages import Reply, Text, ToolCall, Usage
from llmos.models.cassette import CassetteModel, Recorder
from llmos.traces.events import RunFinished, RunStarted
from llmos.traces.reading import read_journal
from tests.support.command_line import CommandLine
from tests.support.homes import Place, make_place
from tests.support.messages_api import MessagesAPI
from tests.support.runs import journals
from tests.support.tapes import tape

PRIMES = "print([n for n in range(2, 30) if all(n % d for d in range(2, n))])\n"
TOOL = '''from llmos import tool


@tool
def hello_world(name: str) -> str:
    """Greet."""
    return f"{} {{name}}"
'''
GOAL = "Create a Python script to calculate primes"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home and a workspace."""
    return make_place(tmp_path)


def writes_primes() -> tuple[Reply, Reply]:
    """A model that writes the script and says so."""
    call = ToolCall("toolu_1", "Write", {"file_path": "primes.py", "content": PRIMES})
    return (
        Reply((Text("I write it."), call), "tools", Usage(900, 120), "claude-opus-5-5"),
        Reply((Text("primes.py prints the primes below 30."),), "end", Usage(1100, 30), "claude-opus-5-5"),
    )


def test_1_boot_and_shutdown(llmos: CommandLine) -> None:
    """A conversation that is left at once boots cleanly and reports what was spent: nothing."""
    done = llmos("shell", "--model", llmos.tape(), stdin=b"exit\n")
    assert done.code == 0
    assert "Shut down after 0 runs: $0 spent, 0 tokens." in done.err
    assert "Traceback" not in done.err


@pytest.mark.anyio
async def test_2_learner_mode(place: Place) -> None:
    """A new goal is planned by the model, its effect is real, its cost comes off the budget, its journal is whole."""
    async with MessagesAPI() as api:
        api.say(*writes_primes())
        async with place.system(api=api.url, budget_usd=1.0) as system:
            outcome = await system.execute(GOAL, "coder")
            left_usd = system.usd_left
    assert (outcome.outcome, outcome.mode) == ("done", "LEARNER")
    printed = await anyio.run_process([sys.executable, str(place.workspace / "primes.py")])
    assert printed.stdout.startswith(b"[2, 3, 5, 7, 11")
    assert outcome.cost_usd == pytest.approx((2000 * 4.0 + 150 * 20.0) / 1e6)
    assert left_usd == pytest.approx(1.0 - outcome.cost_usd)
    events = [entry.event for entry in read_journal(outcome.journal)]
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFinished)


@pytest.mark.anyio
async def test_3_the_same_goal_again_from_a_recording(place: Place, tmp_path: Path) -> None:
    """What a paid model said once can be run again without it: same tools, same file, no cost."""
    recording = tmp_path / "tape.jsonl"
    async with MessagesAPI() as api:
        api.say(*writes_primes())
        async with place.system(api=api.url) as system:
            paid = system.models.make("dev")
            system.models.put("dev", Recorder(paid, recording))
            first = await system.execute(GOAL, "coder")
        asked = len(api.requests)
    assert first.cost_usd > 0
    (place.workspace / "primes.py").unlink()
    async with place.system(model=f"cassette:{recording}") as system:
        assert isinstance(system.models.make(f"cassette:{recording}"), CassetteModel)
        second = await system.execute(GOAL, "coder")
    assert (second.outcome, second.cost_usd, asked) == ("done", 0.0, 2), second.reason
    assert (place.workspace / "primes.py").read_text() == PRIMES
    assert [(use.tool, use.args) for use in second.tool_calls] == [(use.tool, use.args) for use in first.tool_calls]


def test_4_interactive_session(llmos: CommandLine) -> None:
    """Several goals in one session; the second reply sees what was said in the first turn."""
    model = llmos.tape(
        {"expect": "Hello world", "reply": {"text": "Hello. My number is 17."}},
        {"expect": "Calculate 2 + 2", "reply": {"text": "4"}},
    )
    done = llmos("shell", "--model", model, stdin=b"Hello world\nCalculate 2 + 2\nexit\n")
    assert done.code == 0, done.err
    assert "Hello. My number is 17." in done.out
    assert "Shut down after 2 runs" in done.err
    paths = journals(llmos.place)
    second = [path for path in paths if "Calculate" in path.read_text() and "Hello world" in path.read_text()]
    assert len(paths) == 2
    assert len(second) == 1


@pytest.mark.anyio
async def test_5_low_battery(place: Place) -> None:
    """A budget that cannot pay for the first call raises LowBatteryError, and nothing is called."""
    async with MessagesAPI() as api:
        async with place.system(api=api.url, budget_usd=0.01) as system:
            with pytest.raises(
                LowBatteryError, match=r"The next call may cost \$0\.\d+ and \$0\.0100 of the budget is"
            ):
                await system.execute("A complex novel task", "coder")
        assert api.requests == []


@pytest.mark.anyio
async def test_6_plugin_system(place: Place) -> None:
    """A tool file in the user's volume is found, offered and called, and a saved change counts at the next run."""
    place.write(
        "user/agents/greeter.md", "---\nname: greeter\ndescription: Greets.\ntools: hello_world\n---\n\nGreet.\n"
    )
    path = place.write("user/tools/hello.py", TOOL.format("Hello"))
    line = {"reply": {"tool_calls": [{"name": "hello_world", "args": {"name": "Ada"}}]}}
    model = tape(
        place,
        line,
        {"expect": "Hello Ada", "reply": {"text": "greeted"}},
        line,
        {"expect": "Good day Ada", "reply": {"text": "greeted"}},
    )
    async with place.system(model=model) as system:
        first = await system.execute("Use hello_world tool", "greeter")
        path.write_text(TOOL.format("Good day"))
        second = await system.execute("Use hello_world tool", "greeter")
    assert (first.outcome, second.outcome) == ("done", "done"), (first.reason, second.reason)
