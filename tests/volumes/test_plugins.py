"""The repository and each seed are plugins: for Claude Code, and by the Agent Plugins standard 1.0.0."""

import json
import re
from pathlib import Path

import pytest

from llmos.documents.command import read_command
from llmos.documents.document import Problem

ROOT = Path(__file__).parents[2]
PLUGINS = [ROOT, *(ROOT / "volumes" / name for name in ("user", "team", "overlay"))]

# Agent Plugins 1.0.0: the top level is a closed set, the name is 1-64 of these characters without `--` and `..`.
ALLOWED = {"$schema", "name", "version", "description", "author", "homepage", "repository", "license", "keywords"}
NAME = re.compile(r"(?!.*(--|\.\.))[a-z0-9][a-z0-9.-]{0,63}")
SCHEMA = "https://agent-plugins.org/schemas/1.0.0/plugin.schema.json"


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


def test_skills_lie_where_the_standard_looks() -> None:
    """Skills are immediate children of `skills/`."""
    assert {path.parent.parent for path in ROOT.glob("skills/**/SKILL.md")} == {ROOT / "skills"}


def test_slash_command_runs_the_goal_and_reads_the_result() -> None:
    """`/llmos GOAL` calls `llmos run` with `--json`, may run nothing else, and names every key it is to read."""
    command = read_command(ROOT / "commands/llmos.md")
    problems: tuple[Problem, ...] = command.document.problems
    assert problems == ()
    assert command.allowed_tools == ("Bash(llmos run:*)",)
    assert "llmos run --json -- '$ARGUMENTS'" in command.body  # a goal that begins with a dash is no option
    for key in ("error", "outcome", "answer", "agent", "mode_reason", "tool_calls", "usage.cost_usd", "journal"):
        assert f"`{key}" in command.body


def test_seeds_merge_usage_from_both_sides() -> None:
    """The sidecar of usage counts never conflicts when clones meet."""
    for name in ("user", "team", "overlay"):
        attributes = (ROOT / "volumes" / name / ".gitattributes").read_text()
        assert "usage.jsonl merge=union" in attributes.splitlines()
