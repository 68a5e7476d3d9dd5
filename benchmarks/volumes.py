"""What a volume of many skills costs: the first index, the next start, and an edit while a process runs.

`python -m benchmarks.volumes [--skills N]`. The bare side reads the same files as anybody would, with `glob`,
`read_text` and PyYAML's CSafeLoader. The files lie in memory, so starts are counted in processor time, the sides taking
turns; of each the least of all rounds counts, because whatever else the machine does can only add to it. Edits are
counted in time on the clock, as a median.
"""

import argparse
import gc
import queue
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import yaml

from benchmarks.figures import Figure, report
from llmos.volumes.registry import Registry
from llmos.volumes.store import Store
from llmos.volumes.volume import Volume, open_volume
from llmos.volumes.watch import Watcher

_ROUNDS = 7
_EDITS = 40
_PATIENCE_S = 10.0
_SKILL = """---
name: skill-{number:05d}
description: Takes part {number} from its tray, checks its orientation with the camera and places it on the fixture, \
retrying once when the gripper reports nothing held. Use when a goal names part {number} or asks for the assembly it \
belongs to.
license: MIT
allowed-tools: move_to toggle_tool get_status
metadata:
  llmos-robot: arm
---

# Part {number}

"""
_BODY = "1. Look at the tray and read the measured position of the part before anything moves.\n" * 20


def make_skills(root: Path, count: int) -> None:
    """A volume of `count` skills of about two kilobytes each."""
    for number in range(count):
        folder = root / "skills" / f"skill-{number:05d}"
        folder.mkdir(parents=True)
        (folder / "SKILL.md").write_text(_SKILL.format(number=number) + _BODY, "utf-8")


def read_bare(root: Path) -> dict[str, str]:
    """Every skill's frontmatter, with PyYAML."""
    described = {}
    for page in (root / "skills").glob("*/SKILL.md"):
        text = page.read_text("utf-8")
        keys = yaml.load(text.split("---", 2)[1], Loader=yaml.CSafeLoader)
        described[keys["name"]] = keys["description"]
    return described


def start(volume: Volume, path: Path) -> dict[str, str]:
    """From nothing to the catalogue of skills."""
    store = Store(path)
    catalogue = {entry.name: entry.description for entry in Registry([volume], store).skills()}
    store.close()
    return catalogue


def seconds(work: Callable[[], object]) -> float:
    """The processor time of something, without the rubbish of what came before."""
    gc.collect()
    started_s = time.process_time()
    work()
    return time.process_time() - started_s


def starts(root: Path, volume: Volume, empty: Volume) -> list[Figure]:
    """Cold and warm starts, beside reading and beside an empty volume."""
    bare_s, cold_s, warm_s, empty_s = [], [], [], []
    assert start(volume, root / "check.sqlite") == read_bare(volume.root)
    for number in range(_ROUNDS):
        full, none = root / f"{number}.sqlite", root / f"{number}-empty.sqlite"
        bare_s.append(seconds(lambda: read_bare(volume.root)))
        cold_s.append(seconds(lambda full=full: start(volume, full)))
        warm_s.append(seconds(lambda full=full: start(volume, full)))
        start(empty, none)
        empty_s.append(seconds(lambda none=none: start(empty, none)))
    bare, cold, more_s = min(bare_s), min(cold_s), min(warm_s) - min(empty_s)
    return [
        Figure("read with CSafeLoader", 1000 * bare, "ms"),
        Figure("cold index", 1000 * cold, "ms"),
        Figure("cold index / read with CSafeLoader", cold / bare, "x", 1.5),
        Figure("warm start, more than an empty volume", 1000 * more_s, "ms", 150.0),
    ]


def edits(root: Path, volume: Volume) -> list[Figure]:
    """From the moment a save is finished until the registry has it, with nobody asking."""
    changed: queue.Queue[None] = queue.Queue()
    known: dict[str, str] = {}
    registry = Registry([volume], Store(root / "edits.sqlite"))
    registry.refresh()

    def on_change(paths: list[Path]) -> None:
        registry.refresh(paths)
        documents = registry.snapshot()
        known.update((path.parent.name, documents.entry("skill", path.parent.name).description) for path in paths)
        changed.put(None)

    took_s = []
    with ExitStack() as opened:
        started_s = time.perf_counter()
        watcher = opened.enter_context(Watcher(volume.folders["skills"], on_change))
        watching_s = time.perf_counter() - started_s
        if watcher.problem is not None:
            print(watcher.problem, file=sys.stderr)
        pages = sorted((volume.root / "skills").glob("*/SKILL.md"))
        for page in pages[:: max(1, len(pages) // _EDITS)]:
            text = page.read_text("utf-8").replace("description: Takes", "description: Edited, takes")
            page.write_text(text, "utf-8")
            started_s = time.perf_counter()
            while not known.get(page.parent.name, "").startswith("Edited"):
                changed.get(timeout=_PATIENCE_S)
            took_s.append(time.perf_counter() - started_s)
    return [
        Figure("begin to watch", 1000 * watching_s, "ms"),
        Figure("file saved -> registry updated, median", 1000 * statistics.median(took_s), "ms", 20.0),
        Figure("file saved -> registry updated, slowest", 1000 * max(took_s), "ms"),
    ]


def main() -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--skills", type=int, default=10_000)
    count = options.parse_args().skills
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_skills(root / "full", count)
        (root / "empty" / "skills").mkdir(parents=True)
        volume, empty = open_volume(root / "full", "user"), open_volume(root / "empty", "user")
        figures = starts(root, volume, empty) + edits(root, volume)
    return report(f"volumes of {count} skills", figures)


if __name__ == "__main__":
    sys.exit(main())
