"""Starts a robot host as a child of this process, and ends it: a child that outlives its parent stops its robot.

Knows no gate; what the host says while it starts is passed on as it says it.
"""

import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from llmos.disk import disk_said, make_folder
from llmos.errors import LLMosError
from llmos.robots.base import RobotError
from llmos.robots.host.doors import HostFiles
from llmos.settings import child_environment, package_folder

READY: Final = "ready"
LEAVE: Final = "leave"
"""What an owner says on the host's stdin when it ends in order."""

_START_S: Final = 60.0
_END_S: Final = 10.0
_VARIABLES: Final = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "SYSTEMROOT",
    "APPDATA",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    "MUJOCO_GL",
)


class HostProcess:
    """A host that this process owns, from when it is ready until `end`; what it has to tell stands in `run/NAME.log`.

    Raises LLMosError, with the host's own sentence, when it does not start.
    """

    def __init__(self, files: HostFiles, scene: str, folder: Path) -> None:
        log = files.log
        make_folder(log.parent)
        command = [sys.executable, "-m", "llmos.boot.host", "--owned", "--robot", files.robot, "--scene", scene]
        environment = {
            **child_environment(_VARIABLES),
            "LLMOS_HOME": str(files.home),
            "PYTHONPATH": str(package_folder()),
        }
        try:
            with log.open("wb") as told:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=told,
                    text=True,
                    cwd=folder,
                    env=environment,
                    start_new_session=True,  # Ctrl-C is for the parent to hear, which then ends the host in order
                )
        except OSError as error:
            raise disk_said("start the robot host, whose log is", log, error) from error
        if not self._is_ready():
            self.end()
            raise self._why(log)

    @property
    def process(self) -> int:
        """Its process number."""
        return self._process.pid

    def end(self) -> None:
        """Let it bring the robot to rest and go; safe to call twice."""
        process = self._process
        if process.stdin is not None and not process.stdin.closed:
            with suppress(OSError):
                process.stdin.write(f"{LEAVE}\n")
                process.stdin.close()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def _is_ready(self) -> bool:
        """Wait for its word; one that says nothing for too long is ended."""
        assert self._process.stdout is not None
        patience = threading.Timer(_START_S, self._process.kill)
        patience.daemon = True
        patience.start()
        try:
            return self._process.stdout.readline().strip() == READY
        finally:
            patience.cancel()

    def _why(self, log: Path) -> LLMosError:
        lines = log.read_text(errors="replace").splitlines()
        said = lines[-1] if lines else ""
        if said.startswith("llmos: "):
            kind = RobotError if self._process.returncode == RobotError.exit_code else LLMosError
            return kind(said.removeprefix("llmos: "))
        return RobotError(f"The robot host did not start; {log} says why: {said or 'nothing'}.")
