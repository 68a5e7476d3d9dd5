"""The pocket model through real llama.cpp: what it gets right, what it leaves alone, how sure it is, what it costs.

`python -m benchmarks.pocket` asks everything and takes some minutes; `--count 8` asks a sample, the same every time.
`--json FILE` writes the figures down as well, `--pictures FOLDER` draws two pictures of them. The floors are for the
test sheet; `--sheet validation` asks what people wrote on the other one, for whoever is still at work on the model.

Greedy, on one thread. A goal is right when each of its replies is, to the letter, with the history that right replies
would have made; of goals that people wrote only the first reply is asked for. Every figure but those that are the
model's word alone counts a call that is less sure than kernel/models.md asks for as an abstention, as the host does.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, report
from benchmarks.pocket_parts import abstention, confidence, cost, exactness, pictures, robots
from benchmarks.pocket_parts.floors import Judge
from benchmarks.pocket_parts.playing import Played, play
from training.measure import splits
from training.measure.judging import stated_confidence
from training.measure.splits import GENERATED, WRITTEN, Draw
from training.written import SHEETS

POCKET = Path(str(files("llmos.models.pocket").joinpath("pocket.gguf")))
EXACT = "exactly right"


@dataclass(frozen=True, slots=True)
class Chapter:
    """Figures that belong together."""

    title: str
    figures: list[Figure]


def chapters(path: Path, draw: Draw, played: Played, stated: float, folder: Path) -> Iterator[Chapter]:
    """Everything that is told, as soon as it is known."""
    judge = Judge(sampled=draw.count is not None)
    few = Draw(draw.size(100), draw.sheet)
    none = abstention.none_of_its_business(played.foreign, played.made, played.several, stated, judge)
    care = abstention.too_careful(played.test.goals, played.everything, stated, judge)
    yield Chapter(EXACT, exactness.exact(played.goals, stated, judge))
    yield Chapter("what is no goal", [*none, *care])
    yield Chapter("after an error", exactness.reactions(played.errors, played.told, stated, judge))
    yield Chapter("lists of tools, without grammar", exactness.lists(path, splits.lists(draw), judge))
    yield Chapter("learned, not given away", exactness.chance(path, splits.seen(draw), folder, judge))
    yield Chapter("as sure as right", confidence.calibration(confidence.bins(played.everything)))
    yield Chapter("how sure it must be", confidence.asked_for(stated, played.validation, played.test, judge))
    yield Chapter("two opinions", confidence.worth(played.test, judge))
    yield Chapter("builds and grammar", exactness.elsewhere(path, splits.goals(few), judge))
    yield Chapter("robots", asyncio.run(robots.everywhere(folder, draw)))
    yield Chapter("cost", [*cost.decisions(played.test.goals), *cost.processes(path)])


def draw_pictures(folder: Path, path: Path, told: list[Figure], played: Played, stated: float) -> None:
    """The splits with their floors, and risk over coverage."""
    title = f"{path.name}, {path.stat().st_size / 1e6:.2f} MB"
    bars = [figure for figure in told if figure.what in (*GENERATED, *WRITTEN)]
    let_through = confidence.let_through(played.test, stated).percent / 100
    curves = confidence.curve(played.validation), confidence.curve(played.test)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pocket-splits.svg").write_text(pictures.bars(bars, f"goals exactly right · {title}"), "utf-8")
    risk = pictures.risk(*curves, let_through, f"risk and coverage · {title}")
    (folder / "pocket-risk-coverage.svg").write_text(risk, "utf-8")


def main() -> int:
    """Print the tables; exit 1 when a target is missed."""
    parser = argparse.ArgumentParser(description="Measure a pocket model; the shipped one unless another is named.")
    parser.add_argument("file", type=Path, nargs="?", default=POCKET)
    parser.add_argument("--count", type=int, help="a sample: at most so many of everything")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw two pictures there")
    parser.add_argument("--sheet", choices=SHEETS, default="test", help="which of the two that people wrote")
    options = parser.parse_args()
    draw, stated = Draw(options.count, options.sheet), stated_confidence()
    played = play(options.file, draw)
    told: dict[str, list[Figure]] = {}
    codes = []
    with TemporaryDirectory() as folder:
        for chapter in chapters(options.file, draw, played, stated, Path(folder)):
            codes.append(report(chapter.title, chapter.figures))
            told[chapter.title] = chapter.figures
    if options.json:
        written = {title: [asdict(figure) for figure in figures] for title, figures in told.items()}
        options.json.write_text(json.dumps(written, indent=1) + "\n", "utf-8")
    if options.pictures:
        draw_pictures(options.pictures, options.file, told[EXACT], played, stated)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
