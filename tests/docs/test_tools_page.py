"""What the pages say of tools, permissions and the gate is what the code does."""

import ast
from pathlib import Path

import pytest

from llmos.boot.kit import Kit, tool_names
from llmos.boot.library import Library
from llmos.clock import SimulatedClock
from llmos.documents.kernel import load_kernel
from llmos.documents.verbs import VERBS
from llmos.messages import Effect
from llmos.robots.devices.gated_device import GatedDevice
from llmos.robots.devices.registry import Devices
from llmos.settings import Environment, system_root
from llmos.tools.assess import assess_tool
from llmos.tools.base import Access, Tool
from llmos.tools.delegation import Delegated, agent_tool
from llmos.tools.devices import device_tools
from llmos.tools.files import file_tools
from llmos.tools.memory import memory_tools
from llmos.tools.names import ROBOT_TOOLS
from llmos.tools.patterns import read_pattern
from llmos.tools.permissions import Permissions
from llmos.tools.program import Inside, program_tool
from llmos.tools.robot import robot_tools
from llmos.tools.search import search_tools
from llmos.tools.shell import shell_tool
from llmos.tools.skills import skill_tool
from llmos.tools.workspace import Workspace
from llmos.volumes.home import init_home
from tests.support.pages import ROOT, table, word
from tests.support.robots import rig

PAGE = "docs/tools.md"
RULES = load_kernel(system_root() / "kernel")


class Nobody:
    """Neither delegates, nor knows a skill, nor remembers."""

    async def delegate(self, agent: str, goal: str) -> Delegated:
        raise NotImplementedError


def every_tool(folder: Path) -> list[Tool]:
    """All tools that LLMos has, on a robot and a workspace of this test."""
    workspace, safety = Workspace(folder, folder / "home"), RULES.safety
    arm, nobody, devices = rig(folder), Nobody(), Devices()
    devices.attach(GatedDevice(arm.pilot, simulated=True))
    return [
        *file_tools(workspace, safety),
        *search_tools(workspace, safety),
        shell_tool(workspace, safety),
        skill_tool(nobody),  # type: ignore[arg-type]
        agent_tool(nobody),
        *memory_tools(nobody),  # type: ignore[arg-type]
        program_tool(Inside(lambda: False)),
        assess_tool(),
        *robot_tools(arm.pilot, arm.scene),
        *device_tools(devices),
    ]


def permission(tool: Tool) -> str:
    """Who or what decides on a tool."""
    if tool.touches:
        return ", ".join(f"`{name}`" for name in tool.touches)
    return "the gate" if tool.spec.name in VERBS["arm"] else "-"


def test_the_tools_page_has_every_tool(tmp_path: Path) -> None:
    """Name, effect and what permission is asked for; no tool more and none less."""
    rows = table(PAGE, "tool", "effect", "permission by")
    told = {word(name): (effect, by) for name, effect, by in rows}
    assert told == {tool.spec.name: (tool.spec.effect.value, permission(tool)) for tool in every_tool(tmp_path)}
    assert set(told) == tool_names()
    assert {name for name, (_, by) in told.items() if by == "the gate"} == set(VERBS["arm"]) < ROBOT_TOOLS
    assert [row[0] for row in table(PAGE, "effect", "means")] == [effect.value for effect in Effect]


def permissions(folder: Path) -> tuple[Permissions, Path, Path]:
    """What `boot` makes for a fresh home and a workspace, and these two."""
    home, work = folder / "home", folder / "work"
    work.mkdir()
    init_home(home, system_root())
    environment, clock = Environment(home=home, user_home=folder / "person"), SimulatedClock()
    library = Library(environment, clock, work)
    kit = Kit(RULES, environment, clock, None, ())
    made = kit.permissions(kit.workspace(work), library.registry.snapshot())
    library.close()
    return made, home, work


def test_the_permissions_page_is_what_is_decided(tmp_path: Path) -> None:
    """For each place of the table, some paths there, and the verdict on reading and on writing them."""
    decides, home, work = permissions(tmp_path)
    package = ROOT / "llmos"
    places = {
        "inside the workspace": [work / "a.txt", work / "deep" / "b.txt"],
        "under `.git`, `.claude` or `.agents`, wherever they are": [
            work / ".git" / "config",
            work / "deep" / ".claude" / "agents" / "x.md",
            tmp_path / ".agents" / "x.md",
        ],
        "anywhere else on the disk": [tmp_path / "elsewhere.txt", Path("/usr/share/doc")],
        "folders of skills of trusted volumes": [home / "user" / "skills" / "x" / "SKILL.md", ROOT / "skills" / "x"],
        "user, team and added volumes of the home": [
            home / "user" / "agents" / "x.md",
            home / "team" / "commands" / "x.md",
            home / "volumes" / "other" / "agents" / "x.md",
        ],
        "robot profiles, tools, drivers, hooks, scenarios, traces, `VOLUME.md` and `usage.jsonl` of a volume": [
            home / "user" / "robots" / "arm.md",
            home / "user" / "tools" / "x.py",
            home / "team" / "drivers" / "x.py",
            home / "team" / "hooks" / "x",
            home / "user" / "scenarios" / "x.md",
            home / "team" / "traces" / "x" / "y.md",
            home / "user" / "usage.jsonl",
            home / "user" / "VOLUME.md",
        ],
        "the rest of the home: kernel, journals, models, trust": [
            home / "kernel" / "safety.md",
            home / "journals" / "2026" / "11" / "x.jsonl",
            home / "models" / "x.gguf",
            home / "trust.json",
        ],
        "`secrets/` of the home": [home / "secrets" / "key"],
        "the shipped kernel and the interpreter itself": [ROOT / "kernel" / "safety.md", package / "errors.py"],
        "devices: `/dev`, `/proc`, `/sys`": [Path("/dev/null"), Path("/proc/self/environ"), Path("/sys/kernel")],
    }
    told = {place: (read, write) for place, read, write in table(PAGE, "place", "read", "write")}
    found = {
        place: {(decides.verdict(Access.READ, path), decides.verdict(Access.WRITE, path)) for path in paths}
        for place, paths in places.items()
    }
    assert {place: {verdict} for place, verdict in told.items()} == found


@pytest.mark.parametrize("row", table(PAGE, "pattern", "covers"), ids=lambda row: row[0])
def test_the_patterns_on_the_page_are_patterns(row: list[str]) -> None:
    """Each can be given to `--approve` as it stands."""
    assert str(read_pattern(word(row[0]))) == word(row[0])


def test_the_example_on_the_page_is_a_tool(tmp_path: Path) -> None:
    """The code block runs as it is written there."""
    text = (ROOT / PAGE).read_text("utf-8").partition("```python\n")[2].partition("```")[0]
    names: dict[str, object] = {}
    path = tmp_path / "days.py"
    path.write_text(text)
    exec(compile(text, path, "exec"), names)
    made = names["days_between"]
    assert isinstance(made, Tool)
    assert made.spec.effect is Effect.PURE
    assert made.spec.input_schema["properties"]["last"]["description"] == "The later date."


def refusals() -> set[str]:
    """Every rule that stands in a refusal anywhere in the robots' code."""
    found = set()
    for path in (ROOT / "llmos" / "robots").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Refusal":
                assert isinstance(node.args[0], ast.Constant)
                found.add(str(node.args[0].value))
    return found


def test_the_robots_page_has_every_rule() -> None:
    """The rules of the gate, all of them, and those that a command meets in the order in which it meets them."""
    told = [word(row[0]) for row in table("docs/robots.md", "rule", "forbids")]
    assert set(told) == refusals()
    judging = (ROOT / "llmos" / "robots" / "judgement" / "judging.py").read_text("utf-8")
    asked, way = judging.partition("def assess")[2], judging.partition("def _check_path")[2]
    order = [
        asked.index(each)
        for each in (
            "check_stop(",
            "check_finite(",
            "check_verb(",
            "check_arguments(",
            "permitting(",
            "undecided",
            "check_fresh(",
            "_check_path(",
            "rate.check(",
            "check_idle(",
        )
    ]
    assert order == sorted(order)
    assert way.index("check_clearance(") < way.index("check_ahead(") < way.index("check_step(")
    assert told[:13] == [
        "emergency-stop", "well-formed", "known-verb", "arguments", "granted", "limits", "fresh-observation",
        "clearance", "workspace", "zone", "step", "rate", "one-motion",
    ]  # fmt: skip
