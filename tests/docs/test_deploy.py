"""What is shown for running the service elsewhere names files, commands and options that there are."""

import configparser
import json
import re
import shlex
from pathlib import Path

import click
import pytest

from llmos.cli.__main__ import root
from tests.support.pages import ROOT, commands, table

DEPLOY = ROOT / "docs" / "deploy"
CHECKLIST = [
    "Set secure CORS origins", "Enable HTTPS", "Add authentication and authorization", "Configure rate limiting",
    "Set up logging", "Add performance monitoring", "Test emergency stop procedures", "Document safety protocols",
]  # fmt: skip


def check_command(words: list[str]) -> None:
    """These words call a command of ours with options that it has."""
    command: click.Command = root
    rest = words[1:]
    while isinstance(command, click.Group):
        child = command.get_command(click.Context(command), rest[0])
        assert child is not None, words
        command, rest = child, rest[1:]
    known = {name for parameter in command.params for name in parameter.opts}
    assert [word for word in rest if word.startswith("--") and word not in known] == []


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def test_the_image_serves_all_addresses() -> None:
    """`docker run -p 8000:8000` reaches it: it binds them all, on the port that is exposed."""
    [command] = [json.loads(rest) for word, rest in instructions() if word == "CMD"]
    assert command == ["llmos", "serve", "--host", "0.0.0.0"]
    check_command(command)
    assert ("EXPOSE", "8000") in instructions()


def test_the_image_copies_and_installs_what_there_is() -> None:
    """Each file that is copied exists, and what is installed is the lock that the tests use."""
    copied = [rest.split()[0] for word, rest in instructions() if word == "COPY"]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert "--require-hashes -r requirements.lock" in " ".join(rest for word, rest in instructions() if word == "RUN")
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    for package in ("hatchling", "fastapi", "uvicorn", "websockets", "prometheus-client", "mujoco"):
        assert re.search(rf"^{package}==", lock, re.MULTILINE), package


def test_the_image_runs_as_nobody_in_particular() -> None:
    """Not as root, and its home is not the workspace."""
    words = [word for word, _ in instructions()]
    assert words.index("USER") < words.index("CMD")
    assert ("USER", "llmos") in instructions()
    home = dict(pair.split("=") for word, rest in instructions() if word == "ENV" for pair in rest.split())[
        "LLMOS_HOME"
    ]
    [workspace] = [rest for word, rest in instructions() if word == "WORKDIR"][-1:]
    assert not Path(home).is_relative_to(workspace)
    assert not Path(workspace).is_relative_to(home)


def test_what_a_volume_keeps_belongs_to_the_user() -> None:
    """A new volume gets its owner from the image, so its folder is made there, by whoever the process will be."""
    told = (ROOT / "Dockerfile").read_text("utf-8") + (ROOT / "docs" / "production.md").read_text("utf-8")
    kept = re.findall(r"-v \w+:([\w/.]+)", told)
    assert len(kept) == 2
    as_user = instructions()[instructions().index(("USER", "llmos")) :]
    made = {path for word, rest in as_user if word == "RUN" and rest.startswith("mkdir ") for path in shlex.split(rest)}
    assert set(kept) <= made


def unit() -> configparser.ConfigParser:
    """The systemd unit."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((DEPLOY / "llmos.service").read_text("utf-8"))
    return parser


def test_the_unit_calls_a_command_that_there_is() -> None:
    """With the options that it has; tokens are demanded, for it stands behind a proxy."""
    words = shlex.split(unit()["Service"]["ExecStart"])
    assert words[0].endswith("/.venv/bin/llmos")
    check_command(["llmos", *words[1:]])
    assert "--token-file" in words


def test_the_unit_keeps_home_and_workspace_apart() -> None:
    """An agent's workspace may not hold the home."""
    service = unit()["Service"]
    home = service["Environment"].partition("=")[2]
    assert not Path(home).is_relative_to(service["WorkingDirectory"])
    assert {Path(home).name, Path(service["WorkingDirectory"]).name} <= {
        Path(each).name for each in service["StateDirectory"].split()
    }


def test_the_site_leaves_the_stop_alone() -> None:
    """No limit stands before it, and it goes to the port of the unit."""
    site = (DEPLOY / "nginx.conf").read_text("utf-8")
    assert site.count("{") == site.count("}")
    stop = site.partition("location = /emergency {")[2].partition("}")[0]
    assert "limit_req" not in stop
    port = re.search(r"--port (\d+)", unit()["Service"]["ExecStart"])
    assert port is not None
    assert set(re.findall(r"proxy_pass http://127\.0\.0\.1:(\d+);", site)) == {port[1]}
    places = re.findall(r"location [=/][^{]*\{([^}]*)\}", site)
    assert len(places) == 2
    assert all("proxy_set_header" not in place for place in places)  # one there would undo all those of the server
    assert "TLSv1.2 TLSv1.3;" in site
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in site


def test_the_checklist_of_the_document_is_whole() -> None:
    """Each of its items stands there, in its order, with what is done about it."""
    rows = table("docs/production.md", "item", "how")
    assert [row[0] for row in rows] == CHECKLIST
    assert all(len(row[1]) > 40 for row in rows)


@pytest.mark.parametrize("page", ["docs/production.md", "docs/service.md"])
def test_commands_of_the_pages_exist(page: str) -> None:
    """Each `llmos ...`, in a block of code or in the text."""
    lines = commands((ROOT / page).read_text("utf-8"), "bash")
    assert lines, f"{page} calls no command"
    for words in lines:
        check_command(words)
