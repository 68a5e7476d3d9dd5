"""What the house leans on: few packages, each used, each with its reason, all of them pinned by hash."""

import ast
import re
import tomllib
from functools import cache
from importlib.metadata import packages_distributions

import pytest

from llmos.settings import system_root

ROOT = system_root()
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-local.lock")
MOST_CORE_PACKAGES = 15
OTHERWISE_NAMED = {"llama-cpp-python": "llama_cpp", "xllamacpp": "xllamacpp", "ruckig": "ruckig"}
"""Packages that only CI installs side by side, and one that does not tell its module."""


@cache
def project() -> dict[str, list[str]]:
    """The requirements of the project by extra; those of the core under the name `core`."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {"core": declared["dependencies"], **declared["optional-dependencies"]}


def names(extra: str) -> list[str]:
    """The packages of an extra, normalised."""
    return [normal(re.split(r"[<>=\[; ]", requirement)[0]) for requirement in project()[extra]]


def normal(name: str) -> str:
    """The name as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def imported() -> frozenset[str]:
    """Every third-party package that a module of ours imports, at its top or inside a function."""
    declared = {name for extra in project() for name in names(extra)}
    of_module = {}
    for module, found in packages_distributions().items():  # some packages share a module with a part of theirs
        of_module[module] = next((normal(each) for each in found if normal(each) in declared), normal(found[0]))
    of_module |= {module: name for name, module in OTHERWISE_NAMED.items()}
    modules = set()
    for path in (ROOT / "llmos").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules.add(str(node.module).partition(".")[0])
    return frozenset(of_module[module] for module in modules if module in of_module) - {"llmos"}


@cache
def pinned(lock: str) -> dict[str, str]:
    """The entries of a lock file: the package with its version, and everything that stands there about it."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / lock).read_text("utf-8").strip())
    return {normal(entry.partition("==")[0]): entry for entry in entries}


def test_the_core_stays_small() -> None:
    """Fifteen packages at most, none named twice."""
    assert len(names("core")) == len(set(names("core"))) <= MOST_CORE_PACKAGES


def test_every_core_package_is_used() -> None:
    """What everybody has to install is imported somewhere."""
    assert set(names("core")) <= imported()


def test_every_import_is_declared() -> None:
    """Nothing is used that only comes along with something else."""
    declared = {name for extra in project() if extra != "dev" for name in names(extra)}
    assert imported() <= declared


def test_the_readme_gives_a_reason_for_each() -> None:
    """The table of the README is the list of pyproject.toml, and each line says why not our own."""
    told = {}
    for line in section("What it leans on").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and not line.startswith(("| *extra*", "| package", "|---")):
            told[normal(cells[0])] = cells[1]
    assert set(told) == set(names("core"))
    assert all(told.values())


def section(title: str) -> str:
    """A section of the README."""
    return (ROOT / "README.md").read_text("utf-8").partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_files_name_no_address_and_hash_everything(lock: str) -> None:
    """A lock says which bytes are meant, not from where they come."""
    text = (ROOT / lock).read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash)|^\s*--(?!hash)", text, re.MULTILINE)
    for name, entry in pinned(lock).items():
        assert re.match(r"[A-Za-z0-9._-]+==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), f"{name} has no hash"


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("requirements.lock", ["core", "prebuilt"]),
        ("requirements-dev.lock", ["core", "prebuilt", "openai", "embeddings", "dev"]),
        ("requirements-local.lock", ["core", "local"]),
    ],
)
def test_lock_files_hold_what_is_declared(lock: str, extras: list[str]) -> None:
    """Whoever installs a lock file has every package of its extras."""
    wanted = {name for extra in extras for name in names(extra)}
    assert wanted - pinned(lock).keys() == set()


def test_lock_files_agree() -> None:
    """One package has one version, whichever lock brought it."""
    versions: dict[str, set[str]] = {}
    for lock in LOCKS:
        for name, entry in pinned(lock).items():
            versions.setdefault(name, set()).add(entry.split()[0].partition("==")[2])
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_torch_trains_and_never_runs() -> None:
    """What only training needs is in no lock file and in no module of the interpreter."""
    assert all("torch" not in pinned(lock) for lock in LOCKS)
    assert "torch" not in imported()


def test_no_lock_file_is_forgotten() -> None:
    """These tests look at every lock file there is."""
    assert sorted(path.name for path in ROOT.glob("*.lock")) == sorted(LOCKS)
