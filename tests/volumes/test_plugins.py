"""The repository and each seed are plugins: for Claude Code, and by the Agent Plugins standard 1.0.0."""

import json
import re
import shlex
from fnmatch import fnmatchcase
from pathlib import Path

import click
import pytest

from llmos.cli.agent import run_system
from llmos.documents.command import read_command
from llmos.documents.document import Problem
from llmos.documents.skill import read_skill
from llmos.tools.names import ROBOT_TOOLS

ROOT = Path(__file__).parents[2]
PLUGINS = [ROOT, *(ROOT / "volumes" / name for name in ("user", "team", "overlay"))]

# Agent Plugins 1.0.0: the top level is a closed set, the name is 1-64 of these characters without `--` and `..`.
ALLOWED = {"$schema", "name", "version", "description", "author", "homepage", "repository", "license", "keywords"}
NAME = re.compile(r"(?!.*(--|\.\.))[a-z0-9][a-z0-9.-]{0,63}")
SCHEMA = "https://agent-plugins.org/schemas/1.0.0/plugin.schema.json"

MAY_RUN = "llmos run --json -- *"
"""What Claude Code runs for `/llmos` without asking; in its patterns a `*` stands for any text."""
OPTIONS = sorted({name for each in run_system.params if isinstance(each, click.Option) for name in each.opts})


@pytest.mark.parametrize("root", PLUGINS, ids=lambda root: root.name)
def test_agent_plugin_manifest_is_within_the_standard(root: Path) -> None:
    """Schema, name and keys as version 1.0.0 has them."""
    manifest = json.loads((root / "plugin.json").read_text())
    assert manifest["$schema"] == SCHEMA
    assert NAME.fullmatch(manifest["name"])
    assert set(manifest) <= ALLOWED


@pytest.mark.parametrize("root", PLUGINS, ids=lambda root: root.name)
def test_both_manifests_say_the_same(root: Path) -> None:
    """One directory, two readers, one name, version and description."""
    one, other = (json.loads((root / name).read_text()) for name in ("plugin.json", ".claude-plugin/plugin.json"))
    assert {**one, "$schema": None} == {**other, "$schema": None}


def test_marketplace_offers_this_repository() -> None:
    """`/plugin marketplace add` on this repository finds the plugin at its root."""
    market = json.loads((ROOT / ".claude-plugin/marketplace.json").read_text())
    (plugin,) = market["plugins"]
    assert (plugin["name"], plugin["source"]) == ("llmos", "./")
    assert market["name"]
    assert market["owner"]["name"]


def test_the_page_installs_what_the_manifests_name() -> None:
    """Plugin and marketplace as `/plugin install` wants them, and the command by its plugin and its file."""
    market = json.loads((ROOT / ".claude-plugin/marketplace.json").read_text())
    plugin, (command,) = market["plugins"][0]["name"], (ROOT / "commands").glob("*.md")
    page = (ROOT / "docs/volumes.md").read_text("utf-8").partition("\n## In Claude Code\n")[2]
    assert f"\n/plugin marketplace add PATH\n/plugin install {plugin}@{market['name']}\n" in page
    for text in (page, (ROOT / "README.md").read_text("utf-8")):
        assert re.findall(r"`(/llmos\S*) GOAL`", text) == [f"/{plugin}:{command.stem}"]
    assert f"`{MAY_RUN.replace('*', 'GOAL')}`" in page


def test_skills_lie_where_the_standard_looks() -> None:
    """Skills are immediate children of `skills/`."""
    assert {path.parent.parent for path in ROOT.glob("skills/**/SKILL.md")} == {ROOT / "skills"}


def test_slash_command_runs_the_goal_and_reads_the_result() -> None:
    """`/llmos GOAL` calls `llmos run` with `--json`, may run nothing else, and names every key it is to read."""
    command = read_command(ROOT / "commands/llmos.md")
    problems: tuple[Problem, ...] = command.document.problems
    assert problems == ()
    assert command.allowed_tools == (f"Bash({MAY_RUN})",)
    assert "llmos run --json -- '$ARGUMENTS'" in command.body  # a goal that begins with a dash is no option
    for key in ("error", "outcome", "answer", "agent", "mode_reason", "tool_calls", "usage.cost_usd", "journal"):
        assert f"`{key}" in command.body


@pytest.mark.parametrize("option", OPTIONS)
def test_slash_command_may_run_a_goal_and_give_no_option(option: str) -> None:
    """Before the `--` no option fits, such as `--approve`; behind it every word is the goal, or one too many."""
    for words in (f"{option} Bash --json -- go", f"--json {option} Bash -- go", f"--json {option}=Bash -- go"):
        assert not fnmatchcase(f"llmos run {words}", MAY_RUN)
    plain = run_system.make_context("run", ["--json", "--", "go"]).params
    for goal in (option, f"'{option} Bash'", f"-- {option} Bash", f"go {option} Bash", f"{option} Bash -- go"):
        command = MAY_RUN.replace("*", goal)
        assert fnmatchcase(command, MAY_RUN)
        try:
            given = run_system.make_context("run", shlex.split(command)[2:]).params
        except click.UsageError as error:
            assert "unexpected extra argument" in error.message  # noqa: PT017 - as right as a goal
        else:
            assert given == {**plain, "goal": given["goal"]}


def test_nothing_of_the_plugin_permits_itself_anything() -> None:
    """What Claude Code does without asking: `/llmos`, and what our robots alone have; no hook, server or setting."""
    assert [path.name for path in sorted((ROOT / "commands").rglob("*"))] == ["llmos.md"]
    for page in ROOT.glob("skills/*/SKILL.md"):
        assert set(read_skill(page).allowed_tools or ()) <= ROBOT_TOOLS, page
    (plugin,) = json.loads((ROOT / ".claude-plugin/marketplace.json").read_text())["plugins"]
    assert set(plugin) <= ALLOWED | {"source"}
    for name in ("hooks", ".mcp.json", "mcp.json", ".lsp.json", "settings.json"):
        assert not (ROOT / name).exists()


def test_seeds_merge_usage_from_both_sides() -> None:
    """The sidecar of usage counts never conflicts when clones meet."""
    for name in ("user", "team", "overlay"):
        attributes = (ROOT / "volumes" / name / ".gitattributes").read_text()
        assert "usage.jsonl merge=union" in attributes.splitlines()
