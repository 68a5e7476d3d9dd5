"""The React page speaks the words of the service: its addresses, its fields, its messages."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.pages import ROOT
from tests.support.service import served

PAGE = ROOT / "examples" / "frontend-react"
SOURCES = sorted((PAGE / "src").glob("*.js*"))


def source(name: str) -> str:
    """One file of the page."""
    return (PAGE / "src" / name).read_text("utf-8")


def test_its_packages_have_no_lock_with_addresses() -> None:
    """What is declared has a range, and nothing else says where to get it."""
    declared = json.loads((PAGE / "package.json").read_text("utf-8"))
    for name, wanted in {**declared["dependencies"], **declared["devDependencies"]}.items():
        assert re.fullmatch(r"\^\d+\.\d+\.\d+", wanted), name
    assert not list(PAGE.glob("*lock*"))


def test_every_package_it_imports_is_declared() -> None:
    """And the other way round."""
    declared = json.loads((PAGE / "package.json").read_text("utf-8"))
    text = "\n".join(path.read_text("utf-8") for path in (*SOURCES, PAGE / "vite.config.js"))
    names = set(re.findall(r'from "([^".][^"]*)"', text))
    packages = {"/".join(name.split("/")[: 2 if name.startswith("@") else 1]) for name in names}
    assert packages <= {*declared["dependencies"], *declared["devDependencies"]}
    assert packages >= {"react", "@react-three/fiber"}


def test_it_asks_for_addresses_that_there_are(tmp_path: Path) -> None:
    """Each path that it posts to or gets is one of the service's."""
    asked = set(re.findall(r'(?:post\(|SERVICE\}|/ws\b)["`]?(/[a-z]+)', source("robot.js"))) | {"/command", "/reset"}
    with served(tmp_path) as service:
        paths = set(service.get("/openapi.json").json()["paths"]) | {"/ws"}
    assert asked >= {"/state", "/emergency", "/move"}
    assert asked <= paths


def test_it_reads_fields_that_there_are(tmp_path: Path) -> None:
    """Whatever it takes from a message or from the limits is in them."""
    text = source("App.jsx") + source("Arena.jsx")
    with served(tmp_path) as service:
        limits = service.get("/state").json()["safety_limits"]
        with service.client.websocket_connect("/ws", subprotocols=["llmos"]) as socket:
            socket.send_text('{"type":"subscribe","hz":30}')
            message = socket.receive_json()
    assert set(re.findall(r"\bstate\??\.(\w+)", text)) <= message["state"].keys() | {"stop"}
    assert set(re.findall(r"\bsentience\.(\w+)", text)) <= message["sentience"].keys()
    assert set(re.findall(r"\blimits\??\.(\w+)", text)) <= limits.keys()
    [zone] = limits["prohibited_zones"]
    assert {"name", "shape", "center_m", "radius_m"} <= zone.keys()
    assert '"state_update"' in source("robot.js")


@pytest.mark.parametrize("path", [path for path in SOURCES if path.suffix == ".js"], ids=lambda path: path.name)
def test_its_plain_scripts_parse(path: Path) -> None:
    """Where Node is installed it has a look; what is written in JSX only a bundler reads."""
    try:
        done = subprocess.run(["node", "--check", str(path)], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("Node is not installed")
    assert done.returncode == 0, done.stderr
