"""The README claims nothing that is not so: its folders, its commands, its figures, its example."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from llmos.cli.__main__ import root
from llmos.documents.agent import agent_from
from llmos.documents.frontmatter import parse
from tests.support.llama import need_backend
from tests.support.pages import ROOT, code, commands

TEXT = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", TEXT, re.DOTALL)


def test_nothing_is_left_to_be_filled_in() -> None:
    """No mark stands where a figure or an output belongs."""
    assert re.findall(r"@[A-Z]+@|\bTBD\b", TEXT) == []


@pytest.mark.parametrize("words", commands(TEXT), ids=" ".join)
def test_a_command_of_the_readme_exists(words: list[str]) -> None:
    """The words lead to a command, and it has the options that are given."""
    command: click.Command = root
    rest = words[1:]
    while isinstance(command, click.Group) and (rest or not command.invoke_without_command):
        child = command.get_command(click.Context(command), rest[0])
        assert child is not None, " ".join(words)
        command, rest = child, rest[1:]
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert [word for word in rest if word.startswith("--") and word not in known] == []


def test_the_tree_is_the_tree() -> None:
    """Every folder of the table is there, and every folder of the repository is in the table."""
    section = TEXT.partition("\n## The tree\n")[2].partition("\n## ")[0]
    told = {word.rstrip("/") for row in section.splitlines() if row.startswith("|") for word in code(row.split("|")[1])}
    there = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))}
    machines = {"dist", "build", "out", "shared"}
    assert told == there - machines


def test_the_floors_of_the_readme_are_those_that_are_checked() -> None:
    """Floors stand in the order that import-linter holds, neighbours on one floor."""
    [row] = [line for line in TEXT.splitlines() if "built in floors:" in line]
    told = [set(word.split()) for word in code(row.partition("built in floors:")[2])]
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"][0][
        "layers"
    ]
    held = [set(re.findall(r"(?<!\()\b\w+\b(?!\))", layer)) for layer in reversed(layers)]
    built = [floor & set.union(*told) for floor in held]
    assert told == [floor for floor in built if floor]


@pytest.mark.system
def test_the_demo_prints_what_the_readme_shows(tmp_path: Path) -> None:
    """`make demo` in an empty home, line for line; times, token counts and the run's id may differ."""
    need_backend("xllamacpp")
    goal = re.search(r"^GOAL \?= (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert goal is not None
    words = ["agent", "run", "operator", "--model", "pocket", "--robot", "arm", "--scene", "pick-and-place", goal[1]]
    (tmp_path / "work").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "llmos.cli", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path / "work",
        env={"HOME": str(tmp_path), "PATH": os.defpath},
    )
    shown = next(block for _, block in BLOCKS if "operator on local:" in block)
    assert plain(done.stdout.replace(str(tmp_path), "~")) == plain(shown)


def plain(output: str) -> list[str]:
    """The lines without what differs from run to run and machine to machine."""
    masked = re.sub(r"\d{4}/\d{2}/\d{8}-\d{6}-\w{6}", "RUN", output)
    masked = re.sub(r"[\d,]+(\.\d+)?(?= (s\b|tokens|from cache))", "N", masked)
    return [line.rstrip() for line in masked.strip().splitlines()]


def test_the_readme_says_how_large_the_shipped_model_is() -> None:
    """In megabytes, rounded."""
    size = (ROOT / "llmos" / "models" / "pocket" / "pocket.gguf").stat().st_size
    told = re.search(r"A model of (\d+) MB", TEXT)
    assert told is not None
    assert int(told[1]) == round(size / 1e6)


def test_the_example_agent_loads_without_a_warning(tmp_path: Path) -> None:
    """What people copy first is right."""
    [text] = [block for language, block in BLOCKS if language == "markdown"]
    agent = agent_from(parse(text, tmp_path / "gardener.md"))
    assert (agent.name, agent.tools, agent.document.problems) == ("gardener", ("Read", "Glob"), ())
    assert agent.body


def test_make_targets_of_the_readme_exist() -> None:
    """`make X` can be typed as it stands."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    pages = TEXT + (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", pages, re.MULTILINE)) <= targets
