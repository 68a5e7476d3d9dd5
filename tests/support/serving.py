"""`llmos serve` as a process of its own, and curl against it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.homes import Place

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass
class Serving:
    """A service that listens; `said` are the lines it has printed so far."""

    process: "subprocess.Popen[str]"
    place: Place
    url: str
    said: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.url.rpartition(":")[2])

    def curl(self, *words: str) -> tuple[int, str]:
        """Status and body, as curl got them; a path stands for its address here."""
        line = [self.url + word if word.startswith("/") and not Path(word).exists() else word for word in words]
        done = subprocess.run(
            ["curl", "-sS", "-m", "60", "-w", "\n%{http_code}", *line], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    def post(self, path: str, body: Any = None, *words: str) -> tuple[int, Any]:
        """Status and JSON of a POST."""
        given = ["-X", "POST", "-H", "Content-Type: application/json", "-d", json.dumps({} if body is None else body)]
        status, text = self.curl(*words, *given, path)
        return status, json.loads(text)

    def get(self, path: str, *words: str) -> Any:
        """The JSON of a GET that works."""
        status, text = self.curl(*words, path)
        assert status == 200, text
        return json.loads(text)

    def frozen(self) -> "Frozen":
        """While entered, the service's own process does nothing at all."""
        return Frozen(self.process.pid)


@dataclass
class Frozen:
    """A process that is stopped, and goes on afterwards."""

    process_id: int

    def __enter__(self) -> None:
        os.kill(self.process_id, signal.SIGSTOP)

    def __exit__(self, *reason: object) -> None:
        os.kill(self.process_id, signal.SIGCONT)


def has_curl() -> bool:
    """Whether curl is installed."""
    return shutil.which("curl") is not None


@contextmanager
def serving(place: Place, *options: str, env: Mapping[str, str] | None = None) -> Iterator[Serving]:
    """`llmos serve` on a free port of the loopback, ended in order afterwards."""
    surroundings = {"LLMOS_HOME": str(place.home), "HOME": str(place.root), "PATH": os.defpath}
    process = subprocess.Popen(
        [sys.executable, "-m", "llmos.cli", "serve", "--port", "0", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=place.workspace,
        env={**surroundings, "PYTHONPATH": str(CHECKOUT), **(env or {})},
        start_new_session=True,  # so that a test may signal its whole group
    )
    assert process.stdout is not None
    said: list[str] = []
    try:
        for line in process.stdout:
            said.append(line.rstrip("\n"))
            if " at http" in line:
                url = line.partition(" at ")[2].partition(" ")[0]
                yield Serving(process, place, url, said)
                break
        else:
            raise AssertionError("\n".join(said))
    finally:
        process.terminate()
        with process.stdout:
            rest = process.stdout.read()  # not by `communicate`, which knows nothing of lines that were read ahead
        process.wait(60)
        said += rest.splitlines()
    assert "Traceback" not in rest, rest
