"""Laws of a training run: stopped anywhere it ends where an unbroken one ends, and what is wrong is one sentence."""

import dataclasses
import errno
import io
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch serves training only")
pytest.importorskip("tokenizers", reason="tokenizers serves training only")

from training import domain, train  # noqa: E402
from training import run as running  # noqa: E402
from training.presets import PRESETS  # noqa: E402
from training.run import Plan, Run, Said, TrainingError  # noqa: E402

SMOKE = PRESETS["smoke"]
PLAN = Plan(SMOKE, 0)


def keep(_: Said) -> None:
    """Says nothing."""


def weights(run: Run) -> list[torch.Tensor]:
    """What a run has learned."""
    return [parameter.detach().clone() for parameter in run.model.parameters()]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run from its first step to its last."""
    run = Run(PLAN, tmp_path_factory.mktemp("unbroken"))
    run.train(keep)
    return run


@pytest.fixture
def folder(tmp_path: Path, unbroken: Run) -> Path:
    """A work folder with the tokenizer that the seed gives."""
    tmp_path.joinpath("tokenizer.json").write_bytes((unbroken.folder / "tokenizer.json").read_bytes())
    return tmp_path


def same(one: Run, other: Run) -> bool:
    """Weight for weight, bit for bit."""
    return all(torch.equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


@pytest.mark.parametrize("saved", range(4))
def test_a_run_killed_after_any_step_ends_where_an_unbroken_one_ends(folder: Path, unbroken: Run, saved: int) -> None:
    """The checkpoint holds all that matters, wherever it was written, and what came after it is done again."""
    killed = Run(PLAN, folder)
    for step in range(3):
        if step == saved:
            killed.save()
        killed.update()
    resumed = Run(PLAN, folder)
    assert resumed.step == (saved if saved < 3 else 0)
    resumed.train(keep)
    assert resumed.step == SMOKE.steps
    assert same(resumed, unbroken)
    assert (folder / "log.jsonl").read_text("utf-8").count("\n") == 1


def test_a_torn_checkpoint_costs_the_steps_since_the_one_before(
    folder: Path, unbroken: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half a file is no checkpoint; it is said, and the run goes on from the last whole one."""
    run = Run(PLAN, folder)
    for _ in range(2):
        run.update()
        run.save()
    whole = run._checkpoint.read_bytes()
    run._checkpoint.write_bytes(whole[: len(whole) // 2])
    resumed = Run(PLAN, folder)
    assert resumed.step == 1
    assert f"{run._checkpoint} is damaged" in capsys.readouterr().out
    resumed.train(keep)
    assert same(resumed, unbroken)


def text_instead(_: bytes) -> bytes:
    """Not even the beginning is there."""
    return b"A page of text.\n" * 100


def flipped_header(whole: bytes) -> bytes:
    """One bit of the pickle that says what the tensors are."""
    at = whole.index(b"optimizers")
    return whole[:at] + b"n" + whole[at + 1 :]


def flipped_weight(whole: bytes) -> bytes:
    """One bit in the middle of the numbers, which torch would load."""
    at = len(whole) // 2
    return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]


def other_state(_: bytes) -> bytes:
    """A whole file of torch, but no checkpoint."""
    content = io.BytesIO()
    torch.save({"weights": torch.zeros(3)}, content)
    return content.getvalue()


DAMAGES = [text_instead, flipped_header, flipped_weight, other_state]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_noticed_and_never_takes_the_place_of_a_whole_one(
    folder: Path, unbroken: Run, damage: Callable[[bytes], bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    """The run goes on from the one before, which stays there until a newer whole one has come."""
    run = Run(PLAN, folder)
    for _ in range(2):
        run.update()
        run.save()
    before = run._before.read_bytes()
    run._checkpoint.write_bytes(damage(run._checkpoint.read_bytes()))
    resumed = Run(PLAN, folder)
    assert resumed.step == 1
    assert "is called checkpoint.damaged now; going on from the one before" in capsys.readouterr().out
    resumed.update()
    resumed.save()
    assert run._before.read_bytes() == before
    resumed.train(keep)
    assert same(resumed, unbroken)


def test_without_a_whole_checkpoint_the_run_begins_anew(
    folder: Path, unbroken: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the weights that the seed gives, and a sentence for each."""
    run = Run(PLAN, folder)
    for path in (run._checkpoint, run._before):
        path.write_bytes(b"")
    resumed = Run(PLAN, folder)
    assert resumed.step == 0
    said = capsys.readouterr().out
    assert "checkpoint.damaged now; going on from the one before" in said
    assert "checkpoint.before.damaged now; going on from the first step" in said
    resumed.train(keep)
    assert same(resumed, unbroken)


@pytest.mark.parametrize("left", ["checkpoint.part", "tokenizer.part"])
def test_half_a_file_that_a_kill_left_is_no_file(folder: Path, unbroken: Run, left: str) -> None:
    """What was being written when the kill came is written again."""
    (folder / left).write_bytes(b"PK\x03\x04 half of it")
    run = Run(PLAN, folder)
    assert run.step == 0
    run.train(keep)
    assert same(run, unbroken)


def test_a_kill_between_the_two_renames_loses_nothing(folder: Path) -> None:
    """The checkpoint before stays until the new one stands in its place."""
    run = Run(PLAN, folder)
    run.update()
    run.save()
    run._checkpoint.replace(run._before)
    assert Run(PLAN, folder).step == 1


def test_the_log_goes_back_with_the_run(folder: Path) -> None:
    """Lines behind the checkpoint, and half a line, are not there twice after it went on."""
    log = folder / "log.jsonl"
    Run(PLAN, folder).save()
    log.write_text('{"step": 0, "loss": 6.0, "tokens": 0, "cpu_s": 0.1}\n{"step": 20, "loss": 5.0}\n{"st', "utf-8")
    Run(PLAN, folder)
    assert log.read_text("utf-8") == '{"step": 0, "loss": 6.0, "tokens": 0, "cpu_s": 0.1}\n'


def test_a_damaged_log_keeps_the_lines_that_are_whole(folder: Path) -> None:
    """Of the others there is nothing to draw."""
    log = folder / "log.jsonl"
    Run(PLAN, folder).save()
    whole = b'{"step": 0, "loss": 6.0, "tokens": 0, "cpu_s": 0.1}\n'
    log.write_bytes(whole + b'{"step": 0, "l\xffss": 6.0, "tokens": 0, "cpu_s": 0.1}\n{"step": 0}\n')
    Run(PLAN, folder).save()
    assert log.read_bytes() == whole


def test_a_disk_that_is_full_from_the_start_leaves_a_folder_that_can_be_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What says which run it is stands there whole or not at all."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(running.os, "fsync", full)
        with pytest.raises(TrainingError, match="No space left on device"):
            Run(PLAN, folder)
    assert not (folder / "run.json").exists()
    assert Run(PLAN, folder).step == 0


@pytest.mark.parametrize("content", [b"", b'{"preset": ', b"\xff"])
def test_a_folder_that_no_longer_says_what_it_holds_is_refused(folder: Path, content: bytes) -> None:
    """It may be another run's, and the sentence says what to do."""
    (folder / "run.json").write_bytes(content)
    with pytest.raises(TrainingError) as failure:
        Run(PLAN, folder)
    assert str(failure.value) == (
        f"{folder / 'run.json'} is damaged, so nobody knows which run this is; give --work another folder, or remove "
        "this one"
    )


def test_a_picture_of_the_curve_lies_beside_the_checkpoint(unbroken: Run) -> None:
    """Drawn anew whenever a checkpoint is written."""
    picture = (unbroken.folder / "curves.svg").read_text("utf-8")
    assert "<polyline" in picture
    assert "loss of the replies" in picture


@pytest.mark.parametrize(
    "other",
    [Plan(dataclasses.replace(SMOKE, rows=9), 0), Plan(SMOKE, 1), Plan(SMOKE, 0, marks=("other",))],
    ids=["preset", "seed", "file"],
)
def test_the_folder_of_another_run_is_refused(unbroken: Run, other: Plan) -> None:
    """Going on with other sizes, numbers or verbs would be nonsense, and the sentence says what to do."""
    with pytest.raises(TrainingError) as failure:
        Run(other, unbroken.folder)
    assert str(failure.value) == (
        f"{unbroken.folder} holds a run of another preset, seed, start or own file; give --work another folder, or "
        "remove this one"
    )


def test_a_full_disk_is_one_sentence_and_loses_no_checkpoint(folder: Path, unbroken: Run) -> None:
    """The last whole checkpoint stays; with room again the same command goes on from it."""
    run = Run(PLAN, folder)
    run.update()
    run.save()
    run._checkpoint.with_suffix(".part").mkdir()
    run.update()
    with pytest.raises(TrainingError) as failure:
        run.save()
    assert str(failure.value) == (
        f"{folder} cannot be written: Is a directory; make room, or name another folder by --work; the same command "
        "then goes on from the last checkpoint"
    )
    run._checkpoint.with_suffix(".part").rmdir()
    resumed = Run(PLAN, folder)
    assert resumed.step == 1
    resumed.train(keep)
    assert same(resumed, unbroken)


def test_who_stops_a_run_loses_nothing(folder: Path, unbroken: Run) -> None:
    """The step that is under way is finished and kept, and the same command goes on behind it."""
    run = Run(PLAN, folder)
    run.stop()
    run.update()
    assert not run.train(keep)
    run.save()
    resumed = Run(PLAN, folder)
    assert resumed.step == 1
    assert resumed.train(keep)
    assert same(resumed, unbroken)


def test_a_stop_behind_the_last_step_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """While the classifier learns, both signals mean again what they meant before; no half file is left."""
    out, kinds = tmp_path / "x.gguf", (signal.SIGINT, signal.SIGTERM)
    meant, found = [signal.getsignal(kind) for kind in kinds], []

    def interrupted(*_: object) -> None:
        found.extend(signal.getsignal(kind) for kind in kinds)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(domain, "fit_classifier", interrupted)
    try:
        assert train.main(["--preset", "smoke", "--out", str(out)]) == 130
    finally:
        for kind, one in zip(kinds, meant, strict=True):
            signal.signal(kind, one)
    assert found == meant
    assert "the same command goes on from here" in capsys.readouterr().out
    assert not out.exists()


def test_one_command_gives_the_same_file_twice(tmp_path: Path) -> None:
    """Preset and seed say everything: the bytes of the GGUF are the same, and progress is told."""
    found = []
    for name in ("one", "two"):
        out = tmp_path / f"{name}.gguf"
        command = [sys.executable, "-m", "training.train", "--preset", "smoke", "--seed", "3", "--out", str(out)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "step 4/4" in done.stdout
        assert f"its curve is {out.with_suffix('.work') / 'curves.svg'}" in done.stdout
        found.append(out.read_bytes())
    assert found[0] == found[1]
    assert running.SAVE_EVERY >= running.SAY_EVERY
