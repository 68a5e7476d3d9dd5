"""The wheel, built, installed and used far from the checkout; the editable install, which must never read a copy."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from llmos import __version__
from llmos.settings import system_root
from tests.support.llama import need_backend
from tests.support.tapes import WORKER, calls, says

ROOT = system_root()
MARKDOWN = ("kernel", "agents", "skills", "commands", "volumes", ".claude-plugin")
"""The folders that an installed LLMos reads."""

CACHES = shutil.ignore_patterns(
    ".git", ".venv", "*_cache", "__pycache__", ".hypothesis", "dist", "build", "out", "tests"
)


@dataclass(frozen=True)
class Installed:
    """An environment of its own into which LLMos was installed, and an empty home."""

    folder: Path

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """One command line, in a folder from which the checkout cannot be seen."""
        home, work = self.folder / "home", self.folder / "work"
        home.mkdir(exist_ok=True)
        work.mkdir(exist_ok=True)
        return subprocess.run(
            [str(self.bin / "llmos"), *arguments],
            cwd=work,
            env={"HOME": str(home), "PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    @property
    def bin(self) -> Path:
        """Where its programs are."""
        return self.folder / "venv" / "bin"

    @property
    def package(self) -> Path:
        """Where its `llmos` is imported from."""
        code = "import llmos, pathlib; print(pathlib.Path(llmos.__file__).parent)"
        done = subprocess.run([str(self.bin / "python"), "-c", code], capture_output=True, text=True, cwd=self.folder)
        return Path(done.stdout.strip())


def install(folder: Path, *what: str) -> Installed:
    """Make an environment that sees the libraries of this one, though not its LLMos, and install there."""
    folder.mkdir()
    venv.create(folder / "venv", symlinks=True)
    [site] = (folder / "venv" / "lib").glob("python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"))
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "venv" / "bin" / "python"), "install", "--quiet"]
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check"]
    options.append("--ignore-installed")  # a LLMos that lies among the libraries is not this one
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run([*pip, *options, *what], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return Installed(folder)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with wheel and source distribution."""
    out = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    """The wheel, which was made from the source distribution."""
    [wheel] = built.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment of its own."""
    return install(tmp_path_factory.mktemp("wheel") / "at", str(wheel))


def files_in(folder: Path, keep: Callable[[Path], bool] = lambda _: True) -> set[str]:
    """Every file below a folder of the checkout, as a path from the root."""
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(ROOT).as_posix() for path in found if keep(path)}


def test_the_wheel_holds_all_that_is_read(wheel: Path) -> None:
    """Every module, every document and the pocket model; nothing is left behind."""
    held = set(zipfile.ZipFile(wheel).namelist())
    documents = {f"llmos/_system/{name}" for folder in MARKDOWN for name in files_in(Path(folder))}
    assert documents - held == set()
    assert files_in(Path("llmos")) - held == set()
    assert "llmos/_system/kernel/orchestration.md" in held
    assert "llmos/models/pocket/pocket.gguf" in held


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    """No tests, no caches, and not a file beside the package in everybody's site-packages."""
    expected = re.compile(
        r"llmos/.+\.(py|typed|md|jinja|gguf|json)"
        r"|llmos/server/static/\w+\.(html|css|js|svg)"
        r"|llmos/robots/simulators/mjcf/.+\.xml"
        r"|llmos/_system/volumes/.+/\.git(ignore|attributes)"
    )
    about = re.compile(
        rf"llmos-{re.escape(__version__)}\.dist-info/(METADATA|WHEEL|RECORD|entry_points.txt|licenses/LICENSE)"
    )
    names = zipfile.ZipFile(wheel).namelist()
    assert [name for name in names if not (expected.fullmatch(name) or about.fullmatch(name))] == []


def test_no_model_in_the_wheel_is_large(wheel: Path) -> None:
    """What everybody downloads stays small: 4 MB for a model."""
    assert all(each.file_size <= 4_000_000 for each in zipfile.ZipFile(wheel).infolist())


def test_the_source_distribution_can_be_worked_on(built: Path) -> None:
    """It holds tests, documents and training, and no cache or environment."""
    [sdist] = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    needed = {"pyproject.toml", "Makefile", "requirements.lock", "docs/tour.md", "tests/conftest.py", ".ci/run"}
    assert needed - names == set()
    stray = re.compile(r"(^|/)(\.venv|dist|build|out|__pycache__|\.\w+_cache|\.hypothesis)/|\.pyc$")
    assert [name for name in names if stray.search(name)] == []


def test_an_installed_llmos_reads_its_own_documents(installed: Installed) -> None:
    """Version, agents and rules come out of the wheel, wherever one stands."""
    assert installed.run("--version").stdout == f"llmos, version {__version__}\n"
    listed = json.loads(installed.run("agent", "list", "--json").stdout)["agents"]
    assert {agent["name"] for agent in listed} >= {path.stem for path in (ROOT / "agents").glob("*.md")}
    shown = json.loads(installed.run("agent", "show", "operator", "--json").stdout)
    assert Path(shown["path"]).is_relative_to(installed.package)
    assert installed.package.is_relative_to(installed.folder)
    rules = json.loads(installed.run("kernel", "show", "budget.warn_at", "--json").stdout)["rules"]
    assert rules[0]["where"].startswith("kernel/budget.md:")


def test_an_installed_llmos_finds_its_model(installed: Installed) -> None:
    """`doctor` and `model list` look for the shipped model where the wheel put it."""
    model = installed.package / "models" / "pocket" / "pocket.gguf"
    findings = json.loads(installed.run("doctor", "--json").stdout)["findings"]
    [pocket] = [finding for finding in findings if finding["what"] == "pocket"]
    assert pocket["state"] == "ok", pocket
    listed = json.loads(installed.run("model", "list", "--json").stdout)["models"]
    [row] = [row for row in listed if row["name"] == "pocket"]
    assert (row["usable"], row["where"]) == (True, str(model))


def test_an_installed_llmos_runs_a_goal(installed: Installed) -> None:
    """A cassette is played with an empty home; its tool writes into the folder one stands in."""
    home = installed.folder / "home" / ".llmos" / "user" / "agents"
    home.mkdir(parents=True, exist_ok=True)
    (home / "worker.md").write_text(WORKER)
    tape = installed.folder / "tape.jsonl"
    lines = [calls("Write", file_path="made.txt", content="made"), says("made it")]
    tape.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    done = installed.run("agent", "run", "worker", "make it", "--model", f"cassette:{tape}", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] == "done"
    assert (installed.folder / "work" / "made.txt").read_text() == "made"


@pytest.mark.system
def test_an_installed_llmos_moves_the_arm(installed: Installed) -> None:
    """The main job, from the wheel: the shipped model moves the object to where it was asked to be."""
    need_backend("xllamacpp")
    goal = "Pick up the object at (1.5, 1.0, 0.5) and place it at (-1.0, -1.0, 0.7)"
    words = ["--model", "pocket", "--robot", "arm", "--scene", "pick-and-place", goal, "--json"]
    done = installed.run("agent", "run", "operator", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert (result["outcome"], result["usage"]["cost_usd"]) == ("done", 0.0)


def test_an_editable_install_reads_the_documents_as_they_are(tmp_path: Path) -> None:
    """What is saved in the checkout counts at once; there is no second copy that could grow stale."""
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT, checkout, ignore=CACHES, symlinks=True)
    editable = install(tmp_path / "editable", "--editable", str(checkout))
    page = checkout / "agents" / "critic.md"
    page.write_text(f"{page.read_text('utf-8')}\nOne more sentence.\n", "utf-8")
    shown = json.loads(editable.run("agent", "show", "critic", "--json").stdout)
    assert shown["path"] == str(page)
    assert shown["body"].endswith("One more sentence.")
    assert editable.package == checkout / "llmos"
    assert not (checkout / "llmos" / "_system").exists()
    [site] = (editable.folder / "venv" / "lib").glob("python*/site-packages")
    assert not (site / "llmos").exists()
