"""Loads a GGUF file in a process of its own first, because llama.cpp aborts on keys that contradict the tensors.

Knows no chat. `python -m llmos.models.rehearsal` is that process; what passed is remembered by name, size and time.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from llmos.disk import write_whole
from llmos.errors import LLMosError, StorageError
from llmos.models.backend import installed_backends, load
from llmos.models.chat_template import Prompt
from llmos.models.completion import Decoding, Loading
from llmos.models.gguf_header import ModelFileError

_MOST_REMEMBERED = 100
_LOADED, _REFUSED = 0, 1
_HEX_FROM = 256


class Rehearsal:
    """Remembers in the file `memory` which models were loaded well; without it each one is tried anew."""

    def __init__(self, memory: Path | None = None) -> None:
        self._memory = memory

    def __call__(self, loading: Loading, backend: str | None) -> None:
        """Return when the model can be loaded here without ending this process; ModelFileError when it cannot."""
        key = _key(loading, backend)
        if key not in self._passed() and _try(loading, backend):
            self._remember(key)

    def _passed(self) -> list[str]:
        try:
            passed = json.loads(self._memory.read_bytes()) if self._memory else []
        except (OSError, ValueError, RecursionError):
            return []
        return [key for key in passed if isinstance(key, str)] if isinstance(passed, list) else []

    def _remember(self, key: str) -> None:
        if self._memory is None:
            return
        kept = [*self._passed(), key][-_MOST_REMEMBERED:]
        try:
            write_whole(self._memory, json.dumps(kept, indent=0).encode())
        except StorageError:
            return  # a disk that is full or read-only costs the time of another try


def _try(loading: Loading, backend: str | None) -> bool:
    """Whether it was loaded; ModelFileError where the process neither did so nor said that it cannot."""
    files = [str(loading.path), str(loading.mmproj or "")]
    sizes = [str(loading.context_tokens), str(loading.threads)]
    command = [sys.executable, "-m", "llmos.models.rehearsal", *files, *sizes, backend or ""]
    status = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode
    if status not in (_LOADED, _REFUSED):
        raise ModelFileError(
            f"{loading.path} makes llama.cpp crash ({_crash(status)}): its keys and its tensors do not belong "
            "together; fetch the file again or name another"
        )
    return status == _LOADED


def _crash(status: int) -> str:
    """The signal that ended a process, or the status that Windows gives in place of one: 3, or `0xc0000005`."""
    if status > 0:
        return f"status {status if status < _HEX_FROM else hex(status)}"
    names: Mapping[int, str] = {each.value: each.name for each in signal.Signals}
    return names.get(-status, f"signal {-status}")


def _key(loading: Loading, backend: str | None) -> str:
    """Who is meant: another size, time, vision part, context or package is another model."""
    parts = [backend or next(iter(installed_backends()), ""), str(loading.context_tokens)]
    for path in (loading.path, loading.mmproj):
        if path is not None:
            status = path.stat()
            parts += [str(path.resolve()), str(status.st_size), str(status.st_mtime_ns)]
    return "|".join(parts)


def main(path: str, mmproj: str, context_tokens: str, threads: str, backend: str) -> int:
    """Load the model and let it read a word; what is merely wrong is said where it is loaded in earnest."""
    loading = Loading(Path(path), Path(mmproj) if mmproj else None, int(context_tokens), int(threads))
    try:
        model = load(loading, backend or None)
        model.complete(Prompt("a", ()), Decoding(1), lambda _: None)
        model.close()
    except (LLMosError, OSError, ValueError, RuntimeError):
        return _REFUSED
    return _LOADED


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
