"""Laws of the commands that measure and draw: a file that is not there, or is another, is one sentence and exit 2."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.pocket import POCKET
from training import curves, evaluate, own_measure
from training.measure import asking

OWN = Path(__file__).parents[2] / "examples" / "own-pocket" / "own.yaml"
LINE = '{"step": 20, "loss": 5.0, "tokens": 100, "cpu_s": 1.5}\n'


@pytest.mark.parametrize(
    "ask",
    [
        lambda gone: evaluate.main([gone]),
        lambda gone: own_measure.main([gone, str(OWN)]),
        lambda gone: own_measure.main([str(POCKET), str(OWN), "--before", gone]),
    ],
    ids=["evaluate", "own_measure", "own_measure --before"],
)
def test_a_model_that_is_not_there_is_one_sentence(
    ask: Callable[[str], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is asked of the one that is."""
    monkeypatch.setattr(asking, "load", lambda *_: None)
    gone = str(tmp_path / "gone.gguf")
    assert ask(gone) == 2
    assert capsys.readouterr() == ("", f"{gone} does not exist; give the path of a GGUF model file\n")


def test_a_log_is_drawn(tmp_path: Path) -> None:
    """The picture lies where it was asked for."""
    log, picture = tmp_path / "log.jsonl", tmp_path / "curves.svg"
    log.write_text(LINE, "utf-8")
    assert curves.main([str(log), str(picture)]) == 0
    assert "<polyline" in picture.read_text("utf-8")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "{log}: No such file or directory\n"),
        ("", "{log} is no log of a training run (it is empty)\n"),
        ('{"step": 20, "lo', "{log} is no log of a training run (Unterminated string "),
        ('{"step": 20}\n', "{log} is no log of a training run ('loss')\n"),
        ("[1]\n", "{log} is no log of a training run (list indices "),
    ],
)
def test_a_log_that_is_none_is_one_sentence(
    content: str | None, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing is drawn."""
    log, picture = tmp_path / "log.jsonl", tmp_path / "curves.svg"
    if content is not None:
        log.write_text(content, "utf-8")
    assert curves.main([str(log), str(picture)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(sentence.format(log=log))
    assert said.count("\n") == 1
    assert not picture.exists()


def test_a_picture_that_cannot_be_written_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With its name."""
    log, picture = tmp_path / "log.jsonl", tmp_path / "no" / "curves.svg"
    log.write_text(LINE, "utf-8")
    assert curves.main([str(log), str(picture)]) == 2
    assert capsys.readouterr().err == f"{picture}: No such file or directory\n"
