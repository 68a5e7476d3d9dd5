"""Laws of the training command: what cannot be done is one sentence, before anything heavy is loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

from training.curves import svg

HIDDEN = """
import sys
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ModuleNotFoundError(f"No module named {name!r}", name="torch")
sys.meta_path.insert(0, Hide())
from training.train import main
sys.exit(main(sys.argv[1:]))
"""
"""The command on a machine without torch."""


def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """`python -m training.train` where torch is not installed."""
    return subprocess.run([sys.executable, "-c", HIDDEN, *arguments], capture_output=True, text=True, check=False)


def test_without_torch_it_says_how_to_get_it(tmp_path: Path) -> None:
    """No traceback for what a person can put right with one line."""
    done = command("--preset", "smoke", "--out", str(tmp_path / "x.gguf"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "training needs torch: install what trains with `pip install -e '.[training]'`\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--preset", "huge"], "there is no preset 'huge'; there are ablation, ci, own, polish, release, smoke"),
        (["--threads", "0"], "--threads 0: it takes at least one"),
        (["--from", "/nowhere.gguf"], "--from /nowhere.gguf: there is no such file"),
        (["--own", "/nowhere.yaml"], "/nowhere.yaml cannot be read: [Errno 2] No such file or directory"),
    ],
)
def test_a_wrong_option_is_one_sentence(arguments: list[str], sentence: str) -> None:
    """What there is stands beside what was asked for."""
    done = command(*arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_curve_has_a_point_for_each_line_of_the_log() -> None:
    """Steps go to the right, a smaller loss is lower, and each round has its line."""
    picture = svg([(20, 5.0), (40, 0.5), (60, 0.05)], (40, 20), "a title")
    [points] = [line for line in picture.splitlines() if line.startswith("<polyline")]
    places = [tuple(map(float, pair.split(","))) for pair in points.split('"')[1].split()]
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    assert [y for _, y in places] == sorted(y for _, y in places)
    assert picture.count(">40</text>") == 1
    assert "a title" in picture
