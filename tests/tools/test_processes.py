"""The laws of programs that are started: they end, with all that they started, and their output is bounded."""

import os
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from llmos.tools.processes import Finished, run_process

pytestmark = [pytest.mark.anyio, pytest.mark.skipif(os.name == "nt", reason="process groups are POSIX")]


async def sh(folder: Path, script: str, **changes: Any) -> Finished:
    """Run a script of the shell, with time enough unless said otherwise."""
    limits: dict[str, Any] = {
        "timeout_s": 60.0,
        "max_output_bytes": 1000,
        "environment": {"PATH": os.defpath},
    } | changes
    return await run_process(["sh", "-c", script], folder=folder, **limits)


def is_alive(pid: int) -> bool:
    """Whether there is a process of this id that has not ended; a zombie has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def gone(pid: int) -> bool:
    """Wait until a killed process has left; a test that waits in vain never ends."""
    with anyio.fail_after(30):
        while is_alive(pid):
            await anyio.lowlevel.checkpoint()
    return True


async def test_output_and_errors_come_in_order(tmp_path: Path) -> None:
    """Both streams are one, in the order in which they were written, with the exit code."""
    assert await sh(tmp_path, "echo a; echo b >&2; echo c; exit 3") == Finished(3, "a\nb\nc\n")


async def test_it_runs_where_and_with_what_it_is_told(tmp_path: Path) -> None:
    """The folder is its own, and it sees the variables it is given and no others."""
    (tmp_path / "here").write_text("")
    told = await sh(tmp_path, "ls; env", environment={"PATH": os.defpath, "ONE": "1"})
    lines = told.output.splitlines()
    assert lines[0] == "here"
    assert "ONE=1" in lines
    assert not {line.partition("=")[0] for line in lines[1:]} - {"PATH", "ONE", "PWD", "OLDPWD", "SHLVL", "_"}


async def test_it_has_no_keyboard(tmp_path: Path) -> None:
    """Whoever asks a question gets the end of the input, not a hang."""
    assert await sh(tmp_path, "read answer; echo $?") == Finished(0, "1\n")


async def test_input_is_handed_over_whole(tmp_path: Path) -> None:
    """More than a pipe holds reaches the program."""
    assert await sh(tmp_path, "wc -c", stdin=b"x" * 1_000_000) == Finished(0, "1000000\n")


async def test_a_program_that_reads_no_input_is_no_error(tmp_path: Path) -> None:
    """A closed pipe is the program's affair."""
    assert await sh(tmp_path, "exec <&-; echo ok", stdin=b"x" * 1_000_000) == Finished(0, "ok\n")


async def test_a_program_that_does_not_end_is_ended(tmp_path: Path) -> None:
    """After its time it is stopped, and what it said until then is kept."""
    finished = await sh(tmp_path, "echo begun; exec sleep 1000", timeout_s=1.5)
    assert finished == Finished(None, "begun\n")


async def test_a_program_that_does_not_listen_is_ended_all_the_same(tmp_path: Path) -> None:
    """Ignoring the request to end buys two seconds, no more."""
    script = "trap '' TERM; echo $$; while :; do sleep 1000; done"
    finished = await sh(tmp_path, script, timeout_s=1.5)
    assert finished.code is None
    assert await gone(int(finished.output))


async def test_what_it_started_ends_with_it(tmp_path: Path) -> None:
    """Children and what was left in the background are ended, when time is up and when the program is done."""
    for script, limit_s in (("sleep 1000 & echo $!; wait", 1.5), ("sleep 1000 & echo $!", 60.0)):
        finished = await sh(tmp_path, script, timeout_s=limit_s)
        assert await gone(int(finished.output))


async def test_a_background_process_does_not_hold_the_call(tmp_path: Path) -> None:
    """The pipe it keeps open is not waited for."""
    with anyio.fail_after(30):
        finished = await sh(tmp_path, "(sleep 1000; echo late) & echo done")
    assert finished == Finished(0, "done\n")


async def test_cancellation_ends_it(tmp_path: Path) -> None:
    """Ctrl-C leaves no process behind."""
    pid_file = tmp_path / "pid"
    async with anyio.create_task_group() as group:
        group.start_soon(sh, tmp_path, f"echo $$ > {pid_file}.new; mv {pid_file}.new {pid_file}; exec sleep 1000")
        with anyio.fail_after(30):
            while not await anyio.Path(pid_file).exists():
                await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    assert await gone(int(pid_file.read_text()))


async def test_output_without_end_is_bounded(tmp_path: Path) -> None:
    """Megabytes of output take kilobytes of memory; beginning, end and amount are kept."""
    finished = await sh(tmp_path, "echo first; yes | head -c 3000000; echo last", max_output_bytes=100)
    assert finished.output.startswith("first\ny\n")
    assert finished.output.endswith("y\nlast\n")
    assert "[2999911 of 3000011 bytes cut here]" in finished.output


async def test_a_program_that_does_not_exist_raises(tmp_path: Path) -> None:
    """Whoever calls says what is missing."""
    with pytest.raises(FileNotFoundError):
        await run_process(["/no/such"], folder=tmp_path, environment={}, timeout_s=1.0, max_output_bytes=10)


async def test_output_that_is_no_text_is_shown_as_far_as_it_is(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 become replacement letters."""
    command = [sys.executable, "-I", "-c", r"import sys; sys.stdout.buffer.write(b'a\xff\n')"]
    finished = await run_process(command, folder=tmp_path, environment={}, timeout_s=60.0, max_output_bytes=10)
    assert finished.output == "a\ufffd\n"
