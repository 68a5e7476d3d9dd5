"""Trains the pocket model: `python -m training.train --preset release --seed 0`, or your own verbs with `--own FILE`.

Knows no network until the options make sense. One seed, one thread unless more are asked for; what it did so far stands
in the work folder, and the same command goes on there.
"""

import argparse
import hashlib
import signal
import sys
import warnings
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from training.own import OwnError, read_own
from training.presets import PRESETS

if TYPE_CHECKING:
    from training.own import Own
    from training.run import Plan, Run, Said

FOLDER = Path("build")
SHIPPED = Path(str(files("llmos.models.pocket").joinpath("pocket.gguf")))
NEEDED = "training needs {}: install what trains with `pip install -e '.[training]'`"


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, then write the GGUF file; 0 when that is done, 2 with a sentence for what cannot be done."""
    options = _options(arguments)
    try:
        return _train(options)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("training", "llmos"):
            raise
        print(NEEDED.format(error.name), file=sys.stderr)
    except OwnError as error:
        print(error, file=sys.stderr)
    return 2


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train the pocket model on the CPU.")
    sizes = ", ".join(sorted(PRESETS))
    parser.add_argument("--preset", help=f"one of {sizes}; default: own with --own or --from, else ci")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--own", type=Path, help="a YAML file with verbs and tools of your own")
    parser.add_argument("--from", dest="start", type=Path, help="the GGUF to go on from; own: the shipped one")
    parser.add_argument("--out", type=Path, help="the GGUF file to write; default: build/pocket-PRESET-SEED.gguf")
    parser.add_argument("--work", type=Path, help="folder for tokenizer, checkpoint, log and curves; default: OUT.work")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads; another number rounds otherwise")
    options = parser.parse_args(arguments)
    if options.threads < 1:
        parser.error(f"--threads {options.threads}: it takes at least one")
    options.preset = options.preset or ("own" if options.own or options.start else "ci")
    if options.preset not in PRESETS:
        parser.error(f"there is no preset '{options.preset}'; there are {sizes}")
    if options.preset == "own":
        options.start = options.start or SHIPPED
    if options.start and not options.start.is_file():
        parser.error(f"--from {options.start}: there is no such file")
    options.out = options.out or FOLDER / f"pocket-{options.preset}-{options.seed}.gguf"
    options.work = options.work or options.out.with_suffix(".work")
    return options


def _train(options: argparse.Namespace) -> int:
    own = read_own(options.own) if options.own else None
    import torch

    from llmos.models.domain_classifier import read_classifier
    from llmos.models.gguf_header import read_header
    from training.domain import fit_classifier
    from training.export import write_gguf
    from training.reopen import ReopenError
    from training.run import Run, TrainingError

    torch.set_num_threads(options.threads)
    warnings.filterwarnings("ignore", message="Mismatch dtype between input and weight")  # bfloat16, and meant so
    try:
        run = Run(_plan(options, own), options.work)
        with _Stopping(run), _Bar(run.preset.steps, run.step) as bar:
            is_done = run.train(bar.say)
        if not is_done:
            print(f"Stopped at step {run.step} of {run.preset.steps}; the same command goes on from here.")
            return 130
        print("Learning to tell goals from other texts ...", flush=True)
        start = read_classifier(read_header(options.start).keys, options.start) if options.start else None
        classifier = fit_classifier(options.seed, run.preset.domain_texts, own, start)
        partial = options.out.with_suffix(".part")
        size = write_gguf(run.model, run.tokenizer, partial, classifier)
        partial.replace(options.out)
    except KeyboardInterrupt:
        print("Stopped; the same command goes on from here.")
        return 130
    except (TrainingError, ReopenError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{options.out} cannot be written: {error.strerror or error}", file=sys.stderr)
        return 2
    print(f"{options.out}: {size / 1e6:.2f} MB; its curve is {options.work / 'curves.svg'}")
    return 0


def _plan(options: argparse.Namespace, own: "Own | None") -> "Plan":
    from training.reopen import ReopenError, has_this_template, reopen
    from training.run import Plan

    start = reopen(options.start) if options.start else None
    if start and not has_this_template(options.start):
        raise ReopenError(
            f"{options.start} was trained on prompts that look different from those of this checkout; take the file "
            "that belongs to it, or train from nothing with --preset ci"
        )
    marks = tuple(_fingerprint(path) for path in (options.start, options.own) if path)
    return Plan(PRESETS[options.preset], options.seed, start, own, marks)


def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class _Stopping:
    """While it lasts, Ctrl-C and SIGTERM end the run behind a whole step; before and after they mean what they did."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> None:
        for kind in (signal.SIGINT, signal.SIGTERM):
            self._before[kind] = signal.signal(kind, lambda *_: self._run.stop())

    def __exit__(self, *_: object) -> None:
        for kind, meant in self._before.items():
            signal.signal(kind, meant)


class _Bar:
    """A bar where a person looks on, a line now and then where a file does."""

    def __init__(self, steps: int, done: int) -> None:
        from tqdm import tqdm

        self._steps = steps
        form = "{l_bar}{bar}| {n}/{total} steps, {elapsed}<{remaining}{postfix}"
        self._bar = tqdm(total=steps, initial=done, disable=None, bar_format=form, file=sys.stdout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def say(self, said: "Said") -> None:
        """How far it is."""
        rate = said.tokens / max(said.cpu_s, 1e-9)
        if not self._bar.disable:
            self._bar.set_postfix_str(f"loss {said.loss:.4f}, {rate:,.0f} tokens/s", refresh=False)
            self._bar.update(said.step - self._bar.n)
            return
        left_s = said.cpu_s / said.step * (self._steps - said.step)
        print(
            f"step {said.step}/{self._steps}  loss {said.loss:.4f}  {said.tokens / 1e6:.2f} M tokens  "
            f"{rate:.0f} tokens/s  {said.cpu_s:.0f} s, {left_s:.0f} s left (CPU)",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
