"""What `llmos doctor` looks at: this machine, the home, the rules, the models; each finding says how to mend it.

Changes nothing and never shows a key. What is missing and may be is a note; what keeps LLMos from working is a problem.
"""

import importlib
import importlib.metadata
import os
import platform
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias

from llmos import __version__
from llmos.boot.drivers import DRIVERS, find_drawing
from llmos.boot.embeddings import embedder_of, missing
from llmos.boot.library import Library
from llmos.boot.models import Models
from llmos.boot.preferences import rules_of, with_preferences
from llmos.boot.standing import NO_LLAMA, NO_OPENAI
from llmos.clock import RealClock
from llmos.documents.embedding_rules import NAME as EMBEDDINGS
from llmos.errors import LLMosError, counted
from llmos.robots.base import RobotError
from llmos.robots.host.stopping import latch_of
from llmos.settings import Environment, current_folder, package_folder, system_root
from llmos.volumes.lookups import Lookups

_LEAST_GIT = (2, 32)  # the first that GIT_CONFIG_GLOBAL keeps from a person's own settings
_LEAST_FREE_BYTES = 200_000_000
_OF_THE_SERVICE = ("fastapi", "uvicorn", "websockets", "prometheus_client", "viser")
_BACKENDS = {"xllamacpp": "xllamacpp", "llama_cpp": "llama-cpp-python"}


State: TypeAlias = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `remedy` is what to do, empty when nothing needs doing."""

    what: str
    state: State
    sentence: str
    remedy: str = ""


def examine(environment: Environment) -> Iterator[Finding]:
    """Every finding, from the ground up."""
    on_the_ground = (_python, _git, _home, _settings, _kernel, _volumes, _watching)
    for look in (*on_the_ground, _robots, _physics, _service, _secrets, _llama, _openai, _claude):
        yield from look(environment)
    yield from _local_models(environment)
    yield from _embeddings(environment)


def _python(_: Environment) -> Iterator[Finding]:
    where = f"{platform.python_version()} in {sys.prefix}"
    yield Finding("python", "ok", f"{where}; llmos {__version__} reads {system_root()}")


def _git(_: Environment) -> Iterator[Finding]:
    from llmos.volumes.git import Git

    remedy = f"install git {'.'.join(map(str, _LEAST_GIT))} or newer"
    try:
        said = Git(current_folder()).run("version").text
    except LLMosError as error:
        yield Finding("git", "problem", str(error), remedy)
        return
    found = tuple(map(int, re.findall(r"\d+", said)[:2]))
    if found < _LEAST_GIT:
        yield Finding("git", "problem", f"{said.strip()} cannot be kept from a person's own settings", remedy)
    else:
        yield Finding("git", "ok", said.strip().removeprefix("git version "))


def _home(environment: Environment) -> Iterator[Finding]:
    home = environment.home
    if not home.is_dir():
        there = next((place for place in (home, *home.parents) if os.path.lexists(place)), Path(home.anchor))
        if not there.is_dir():
            remedy = "move it away, or set LLMOS_HOME to another folder"
            yield Finding("home", "problem", f"{there} is no folder, so there can be no home at {home}", remedy)
            return
        yield Finding("home", "note", f"{home} does not exist yet", "llmos init makes it; so does the first run")
        return
    mode = stat.S_IMODE(home.stat().st_mode)
    if os.name != "nt" and mode & 0o077:
        yield Finding("home", "problem", f"{home} is open to others (mode {mode:04o})", f"chmod 700 {home}")
    try:
        with tempfile.TemporaryFile(dir=home):
            free = shutil.disk_usage(home).free
    except OSError as error:
        remedy = "make it yours, or set LLMOS_HOME to a folder that can be written"
        yield Finding("home", "problem", f"{home} cannot be written: {error.strerror}", remedy)
        return
    said = f"{home}, {free / 1e9:.1f} GB free"
    tight = free < _LEAST_FREE_BYTES
    yield Finding("home", "problem" if tight else "ok", said, "free some space" if tight else "")


def _settings(environment: Environment) -> Iterator[Finding]:
    page = environment.home / "settings.md"
    yield _judged("settings", lambda: str(page if with_preferences(environment) and page.is_file() else "none"))


def _kernel(environment: Environment) -> Iterator[Finding]:
    def rules() -> str:
        found = rules_of(environment)
        changed = sum(not where.startswith("kernel/") for where in found.provenance.values())
        return f"{counted(len(found.provenance), 'key')}, {changed} of them from {environment.home / 'kernel'}"

    yield _judged("kernel", rules)


def _judged(what: str, look: Callable[[], str]) -> Finding:
    """What the look tells, or the sentence of its error, which says itself what to do."""
    try:
        return Finding(what, "ok", look())
    except LLMosError as error:
        return Finding(what, "problem", str(error))


def _volumes(environment: Environment) -> Iterator[Finding]:
    opened = Library(environment, RealClock(), current_folder())
    try:
        documents = opened.registry.snapshot()
        yield Finding("volumes", "ok", ", ".join(volume.name for volume in documents.volumes))
        for problem in documents.problems():
            if problem.severity == "error":
                yield Finding("document", "problem", f"{problem.path}:{problem.line}: {problem.sentence}")
        yield from _plugins(documents)
    finally:
        opened.close()


def _plugins(documents: Lookups) -> Iterator[Finding]:
    """What is wrong with the tools and drivers of trusted volumes, which are loaded as a run would load them."""
    if not documents.code_folders("tools") + documents.code_folders("drivers"):
        return
    from llmos.boot.devices import driver_problems
    from llmos.boot.kit import tool_problems

    for problem in (*tool_problems(documents), *driver_problems(documents)):
        state: State = "problem" if problem.severity == "error" else "note"
        yield Finding("plugin", state, f"{problem.path}:{problem.line}: {problem.sentence}")


def _watching(environment: Environment) -> Iterator[Finding]:
    from llmos.volumes.watch import Watcher

    limit = Path("/proc/sys/fs/inotify/max_user_watches")
    remedy = "sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512"
    with Watcher([environment.home / "user"], lambda _: None) as watcher:
        problem = watcher.problem
    if problem:
        yield Finding("watching", "note", problem, remedy if limit.exists() else "")
    else:
        watches = f", at most {int(limit.read_text()):,} folders" if limit.exists() else ""
        yield Finding("watching", "ok", f"the system tells of saved files{watches}")


def _robots(environment: Environment) -> Iterator[Finding]:
    for file in sorted((environment.home / "robots").glob("*.json")):
        stop = latch_of(file.stem, environment.home).stop
        if stop is not None:
            yield Finding("robot", "note", f"{file.stem} is stopped: {stop.reason}", f"llmos robot rearm {file.stem}")


def _physics(_: Environment) -> Iterator[Finding]:
    if not DRIVERS["mujoco-arm"].is_installed:
        yield Finding(
            "physics", "note", "MuJoCo is not installed; the kinematic arm stands in", "pip install 'llmos[sim]'"
        )
        return
    try:
        library = find_drawing()
    except RobotError as error:
        yield Finding("physics", "note", *str(error).split("; ", 1))
    else:
        yield Finding("physics", "ok", f"MuJoCo {importlib.metadata.version('mujoco')}, which draws with {library}")


def _service(_: Environment) -> Iterator[Finding]:
    """Whether `llmos serve` has what it needs."""
    missing = [name for name in _OF_THE_SERVICE if not find_spec(name)]
    if missing:
        yield Finding("service", "note", f"{', '.join(missing)} cannot be imported", "pip install 'llmos[service]'")
    else:
        yield Finding("service", "ok", "everything for REST, WebSocket and the cockpit")


def _secrets(environment: Environment) -> Iterator[Finding]:
    """Whether others can read a token or key of the home; what stands in one is not looked at."""
    folder = environment.home / "secrets"
    files = sorted(path for path in folder.glob("*") if path.is_file()) if folder.is_dir() else []
    exposed = [path for path in files if os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & 0o077]
    for path in exposed:
        yield Finding("secrets", "problem", f"{path} is open to others", f"chmod 600 {path}")
    if files and not exposed:
        yield Finding("secrets", "ok", f"{counted(len(files), 'file')} in {folder}, their owner's alone")


def _llama(_: Environment) -> Iterator[Finding]:
    there = [module for module in _BACKENDS if find_spec(module)]
    for module in there:
        try:
            found = importlib.import_module(module)
        except (ImportError, OSError, RuntimeError) as error:
            remedy = f"pip install --force-reinstall {_BACKENDS[module]}"
            yield Finding("llama.cpp", "problem", f"{_BACKENDS[module]} cannot be imported: {error}", remedy)
            continue
        yield Finding("llama.cpp", "ok", f"{_BACKENDS[module]} {getattr(found, '__version__', '')}".rstrip())
    if not there:
        yield _extra("llama.cpp", NO_LLAMA)


def _openai(_: Environment) -> Iterator[Finding]:
    if find_spec("openai"):
        yield Finding("openai", "ok", "for llama-server, vLLM, Ollama and OpenRouter")
    else:
        yield _extra("openai", NO_OPENAI)


def _extra(what: str, missing: str) -> Finding:
    """The finding for a package that is not there; the sentence says after its colon how to get it."""
    sentence, _, remedy = missing.partition(": ")
    return Finding(what, "note", sentence, remedy)


def _claude(environment: Environment) -> Iterator[Finding]:
    if environment.anthropic_api_key:
        yield Finding("claude", "ok", "ANTHROPIC_API_KEY is set (it was not tried)")
    else:
        yield Finding("claude", "note", "ANTHROPIC_API_KEY is not set", "set it to run agents on Claude")


def _local_models(environment: Environment) -> Iterator[Finding]:
    try:
        rules = rules_of(environment).models
    except LLMosError:
        return  # told as a finding of the kernel
    models = Models(rules, environment, package_folder(), RealClock(), None)
    for name, alias in rules.aliases.items():
        if alias.provider != "local":
            continue
        absent = [file for file in models.files(alias) if file is not None and not file.is_file()]
        if not absent:
            yield _judged(name, lambda name=name: f"{models.make(name).name} is there and can be read")  # type: ignore[misc]
        elif alias.shipped_file:
            yield Finding(name, "problem", f"{absent[0]} is missing", "install llmos again")
        else:
            yield Finding(name, "note", f"{absent[0].name} has not been pulled", f"llmos model pull {name}")


def _embeddings(environment: Environment) -> Iterator[Finding]:
    """Whether similar goals and notes are found by their meaning, or by their words only."""
    try:
        rules = rules_of(environment).models.embeddings
    except LLMosError:
        return  # told as a finding of the kernel
    lacking, _, remedy = missing(environment, rules).partition(": ")
    embedder = embedder_of(environment, rules)
    if embedder is None:
        yield Finding(EMBEDDINGS, "note", f"{lacking}; similar goals and notes are found by their words", remedy)
        return

    def look() -> str:
        embedder.embed(["move the arm"])
        return f"{rules.hub_repo}, {embedder.dimensions} numbers for each text, on one thread"

    yield _judged(EMBEDDINGS, look)
