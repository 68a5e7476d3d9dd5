"""A program at a terminal of its own: what it shows is read until the expected words come, what is typed reaches it."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

PATIENCE_S = 30.0
CTRL_C, CTRL_D = "\x03", "\x04"


class Terminal:
    """`llmos WORDS` at a terminal; enter it, and leave it to end what still runs."""

    def __init__(self, *words: str, folder: Path, environment: Mapping[str, str], width: int = 200) -> None:
        self._master, slave = pty.openpty()
        os.set_blocking(self._master, False)
        _set_size(slave, width)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "llmos.cli", *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            env={**environment, "TERM": "xterm"},
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - the tests that use it have one thread
        )
        os.close(slave)
        self._unread = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._master)

    def type(self, text: str) -> None:
        """Type this; a line ends with a carriage return."""
        os.write(self._master, text.encode())

    def until(self, words: str) -> str:
        """What was shown up to and with these words, without escape codes; fails when they do not come in time."""
        assert self._comes(words, PATIENCE_S), f"{words!r} did not come: {self._unread[-2000:]!r}"
        shown, _, self._unread = self._unread.partition(words)
        return shown + words

    def insist(self, key: str, words: str) -> None:
        """Press a key until these words come: a signal just before a program begins to wait is seen only later."""
        tries = 0
        while not self._comes(words, 1.0):
            assert tries < PATIENCE_S, f"{words!r} did not come: {self._unread[-2000:]!r}"
            self.type(key)
            tries += 1
        self._unread = self._unread.rpartition(words)[2]

    def ended(self) -> tuple[int, str]:
        """Exit code, and what was shown until the end; fails when it does not come in time."""
        deadline = time.monotonic() + PATIENCE_S
        while self._read(max(deadline - time.monotonic(), 0.0)):
            assert time.monotonic() < deadline, f"it did not end: {self._unread[-2000:]!r}"
        return self._process.wait(PATIENCE_S), self._unread

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        self._process.send_signal(number)

    def _comes(self, words: str, seconds: float) -> bool:
        """Whether these words are shown within so much time."""
        deadline = time.monotonic() + seconds
        while words not in self._unread and time.monotonic() < deadline:
            if not self._read(max(deadline - time.monotonic(), 0.0)):
                break
        return words in self._unread

    def _read(self, seconds: float) -> bool:
        """Whether the terminal is still open."""
        if select.select([self._master], [], [], seconds)[0]:
            try:
                self._unread += _plain(os.read(self._master, 65536).decode())
            except OSError:  # what Linux answers when the program has gone
                return False
        return True


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _set_size(terminal: int, width: int) -> None:
    import fcntl
    import struct
    import termios

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))


def _plain(shown: str) -> str:
    return re.sub(r"\x1b(\[[0-9;?]*[A-Za-z]|[=>])", "", shown).replace("\r", "")
