"""What comes from outside the documents: environment variables, the home, the place of the System volume.

The only module that reads `os.environ`; knows no document and no model. Precedence, highest first: flag, environment,
`settings.md` of the home, kernel (the last two are applied by `boot`).
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from llmos.errors import LLMosError

_THREAD_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_NO_DRAWING = "disable"
_DRAWING = "LLMOS_DRAWING"  # keeps what MUJOCO_GL said, for this process and those that it starts


@dataclass(frozen=True, slots=True)
class Environment:
    """The variables of CONTRACT that LLMos reads; None means not set."""

    home: Path
    model: str | None = None
    model_source: str = "LLMOS_MODEL"
    robot: str | None = None
    anthropic_api_key: str | None = None
    anthropic_base_url: str | None = None
    openai_api_key: str | None = None
    openai_base_url: str | None = None
    hf_endpoint: str | None = None
    trace_passphrase: str | None = None
    editor: str | None = None
    user_home: Path | None = None

    def at(self, home: Path) -> "Environment":
        """The same environment with another home."""
        return replace(self, home=_home(home))

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be written down: the keys that are in use, and the words that traces are encrypted with."""
        known = (self.anthropic_api_key, self.openai_api_key, self.trace_passphrase)
        return tuple(secret for secret in known if secret)


def read_environment(variables: Mapping[str, str] | None = None) -> Environment:
    """The environment as typed values; an empty variable counts as not set."""
    source = os.environ if variables is None else variables

    def get(name: str) -> str | None:
        return source.get(name) or None

    given = get("HOME") or get("USERPROFILE")
    user_home = Path(given) if given else expanded(Path("~"))
    return Environment(
        home=_home(Path(get("LLMOS_HOME") or user_home / ".llmos")),
        model=get("LLMOS_MODEL"),
        robot=get("LLMOS_ROBOT"),
        anthropic_api_key=get("ANTHROPIC_API_KEY"),
        anthropic_base_url=get("ANTHROPIC_BASE_URL"),
        openai_api_key=get("OPENAI_API_KEY"),
        openai_base_url=get("OPENAI_BASE_URL"),
        hf_endpoint=get("HF_ENDPOINT"),
        trace_passphrase=get("LLMOS_TRACE_PASSPHRASE"),
        editor=get("VISUAL") or get("EDITOR"),
        user_home=user_home,
    )


def no_color(variables: Mapping[str, str] | None = None) -> bool:
    """Whether this terminal should get no colours: a person's wish (https://no-color.org), or it knows none."""
    source = os.environ if variables is None else variables
    return bool(source.get("NO_COLOR")) or source.get("TERM") == "dumb"


def prepare_libraries() -> None:
    """Set what native libraries must find in the environment before they are imported; a person's own value wins.

    One thread: on a busy machine a second one makes a tiny model hundreds of times slower.
    """
    for name in _THREAD_COUNTS:
        os.environ.setdefault(name, "1")
    # Else MuJoCo looks for a screen, or for EGL, when it is imported, and cannot even compute where there is none.
    os.environ[_DRAWING] = drawing_library()
    os.environ["MUJOCO_GL"] = _NO_DRAWING


def drawing_library() -> str:
    """Where MuJoCo is to draw without a screen: a person's own MUJOCO_GL, else what this platform has."""
    wanted = os.environ.get("MUJOCO_GL", "").strip().lower()
    if wanted and wanted != _NO_DRAWING:
        return wanted
    return os.environ.get(_DRAWING) or {"linux": "egl", "darwin": "cgl"}.get(sys.platform, "glfw")


def current_folder() -> Path:
    """The folder in which this process runs; LLMosError when it has been deleted meanwhile."""
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise LLMosError("The folder you are in does not exist any more; go to another one first.") from error


def _home(path: Path) -> Path:
    """The absolute path of a home; LLMosError where its name is no text, which its index and trust cannot hold."""
    place = expanded(path)
    home = place if place.is_absolute() else current_folder() / place
    if not is_text(real := os.path.realpath(home)):
        raise LLMosError(f"The home cannot be {real}: its name holds bytes that are not UTF-8; choose another.")
    return home


def is_text(name: str | Path) -> bool:
    """Whether a name can be written down: the system takes any bytes for one, UTF-8 does not."""
    try:
        str(name).encode()
    except UnicodeEncodeError:
        return False
    return True


def expanded(path: Path) -> Path:
    """The path with `~` and `~NAME` replaced; LLMosError when nobody of that name has a home."""
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise LLMosError(f"{path} names nobody's home folder; set HOME, or give an absolute path.") from error


def child_environment(allowed: tuple[str, ...]) -> dict[str, str]:
    """The variables that a subprocess may see: only those named, so that no key or token leaks into a tool."""
    return {name: os.environ[name] for name in allowed if name in os.environ}


def system_root() -> Path:
    """The folder that holds `kernel/ agents/ skills/ commands/ volumes/`: the checkout, or the copy in the wheel.

    In a checkout the folders stand beside the package and are read live, never copied.
    """
    package = Path(__file__).resolve().parent
    packed = package / "_system"
    return packed if packed.is_dir() else package.parent


def package_folder() -> Path:
    """The folder that holds the package `llmos`: the checkout, or everybody's site-packages."""
    return Path(__file__).resolve().parent.parent
