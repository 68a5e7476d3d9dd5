"""One training run in a work folder: what it is, how far it has come, and the way back to there after any kill.

Knows no command line and no GGUF. The same folder and the same plan go on where the last whole checkpoint stands, and
end with the very weights of a run that was never stopped.
"""

import io
import json
import os
import shutil
import time
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from training.curves import draw_curves
from training.episodes import Split
from training.mixes import MIXES
from training.model import Planner, Shape
from training.optimizer import optimizers, schedule
from training.precision import has_bfloat16
from training.presets import Preset
from training.stream import batch, sample_texts
from training.tokenizer import load_tokenizer, train_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from training.own import Own

SAVE_EVERY, SAY_EVERY = 100, 20


class TrainingError(Exception):
    """What keeps a run from going on; one sentence with what to do."""


class DamagedError(Exception):
    """A checkpoint that is not as it was written."""


@dataclass(frozen=True, slots=True)
class Said:
    """How far the run has come; the loss is the mean over the steps since it was last said."""

    step: int
    loss: float
    tokens: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes a run the run it is: two plans that are equal give the same weights.

    `start` is a network with its tokenizer to go on from, `own` the verbs of a reader; `marks` are the fingerprints of
    the files that these two came from.
    """

    preset: Preset
    seed: int
    start: "tuple[Planner, Tokenizer] | None" = None
    own: "Own | None" = None
    marks: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """As it stands in the work folder."""
        return {"preset": asdict(self.preset), "seed": self.seed, "marks": list(self.marks)}


class Run:
    """A plan being carried out."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.preset, self.folder = plan, plan.preset, folder
        self.step, self.tokens, self.seconds = 0, 0, 0.0
        self._is_to_stop = False
        with _room_in(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._claim()
            self.tokenizer = self._tokenizer()
        self.model = plan.start[0] if plan.start else Planner(shape_of(plan.preset, self.tokenizer.get_vocab_size()))
        self.optimizers = optimizers(self.model, plan.preset.muon_lr, plan.preset.adam_lr)
        with _room_in(folder):
            self._resume()
        if plan.preset.compiled and shutil.which("c++"):
            self.model.forward = torch.compile(self.model.forward)  # type: ignore[method-assign]

    def train(self, say: Callable[[Said], None]) -> bool:
        """Steps until the preset's last one, or until `stop` is called; whether all are done."""
        began, losses = time.process_time() - self.seconds, []
        while self.step < self.preset.steps and not self._is_to_stop:
            losses.append(self.update())
            self.seconds = time.process_time() - began
            is_last = self._is_to_stop or self.step == self.preset.steps
            if self.step % SAY_EVERY == 0 or is_last:
                self._log(Said(self.step, sum(losses) / len(losses), self.tokens, self.seconds), say)
                losses = []
            if self.step % SAVE_EVERY == 0 or is_last:
                self.save()
        return self.step == self.preset.steps

    def stop(self) -> None:
        """End after the step that is under way, with a checkpoint: half a step would be another model."""
        self._is_to_stop = True

    def update(self) -> float:
        """One step; the loss of its replies."""
        preset = self.preset
        ended = sum(self.step >= sum(preset.rounds[: number + 1]) for number in range(len(preset.rounds)))
        # what a run begins with, short prompts above all, is behind one that goes on from a file
        before, data_round = (0, ended) if self.plan.start is None else (LONG_AGO, len(MIXES) - 1)
        packed = batch(
            self.tokenizer,
            self.plan.seed,
            before + self.step,
            preset.rows,
            preset.length,
            Split(round=data_round),
            self.plan.own,
        )
        factor = schedule(self.step, preset.steps)
        for optimizer, rate in zip(self.optimizers, (preset.muon_lr, preset.adam_lr), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
        arrays = (packed.tokens, packed.targets, packed.told, packed.positions, packed.mask)
        with torch.autocast("cpu", torch.bfloat16, enabled=preset.bfloat16 and has_bfloat16()):
            loss, told = self.model.losses(*(torch.from_numpy(array) for array in arrays))
        (loss + preset.told_weight * told).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step, self.tokens = self.step + 1, self.tokens + packed.tokens.size
        return loss.item()

    def save(self) -> None:
        """A checkpoint, written whole before the last one goes, and the one before that kept beside it."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "progress": [self.step, self.tokens, self.seconds],
        }
        content = io.BytesIO()
        torch.save(state, content)
        with _room_in(self.folder):
            partial = self._checkpoint.with_suffix(".part")
            _write(partial, content.getvalue())
            if self._checkpoint.exists():
                self._checkpoint.replace(self._before)
            partial.replace(self._checkpoint)
            draw_curves(self.folder / "log.jsonl", self.folder / "curves.svg", self.preset.rounds)

    @property
    def _checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    @property
    def _before(self) -> Path:
        return self.folder / "checkpoint.before.pt"

    def _claim(self) -> None:
        """The folder is this plan's, or nobody's yet."""
        path, told = self.folder / "run.json", json.dumps(self.plan.told())
        if not path.exists():
            _write_whole(path, told.encode())
        try:
            claimed = json.loads(path.read_bytes())
        except ValueError as error:
            raise TrainingError(
                f"{path} is damaged, so nobody knows which run this is; give --work another folder, or remove this one"
            ) from error
        if claimed != json.loads(told):
            raise TrainingError(
                f"{self.folder} holds a run of another preset, seed, start or own file; give --work another folder, or "
                "remove this one"
            )

    def _tokenizer(self) -> "Tokenizer":
        if self.plan.start:
            return self.plan.start[1]
        path = self.folder / "tokenizer.json"
        if not path.exists():
            made = train_tokenizer(sample_texts(self.plan.seed, self.preset.texts), self.preset.vocabulary)
            _write_whole(path, made.to_str().encode())
        return load_tokenizer(path)

    def _resume(self) -> None:
        """Go on at the newest checkpoint that is whole; what was logged behind it will be logged again."""
        for path in (self._checkpoint, self._before):
            try:
                state = _checkpoint_in(path)
            except FileNotFoundError:
                continue
            except DamagedError as error:
                self._put_aside(path, error)
                continue
            self.model.load_state_dict(state["model"])
            for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
                optimizer.load_state_dict(saved)
            self.step, self.tokens, self.seconds = state["progress"]
            break
        log = self.folder / "log.jsonl"
        if log.exists():
            lines = log.read_text("utf-8", errors="replace").splitlines()
            _write_whole(log, "".join(f"{line}\n" for line in lines if _step_of(line) <= self.step).encode())

    def _put_aside(self, path: Path, error: DamagedError) -> None:
        """Under another name, so that `save` never puts it in the place of the last whole one."""
        left = path.with_suffix(".damaged")
        path.replace(left)
        then = "the one before" if path == self._checkpoint and self._before.exists() else "the first step"
        print(f"{path} is damaged ({error}) and is called {left.name} now; going on from {then}")

    def _log(self, said: Said, say: Callable[[Said], None]) -> None:
        with _room_in(self.folder), (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(asdict(said)) + "\n")
        say(said)


LONG_AGO = 1_000_000
"""Steps that a run counts as done when it goes on from a file."""


class _room_in:  # noqa: N801 - reads as a statement
    """Turns a full disk, or a folder that cannot be written, into a sentence."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if isinstance(error, OSError):
            raise TrainingError(
                f"{self._folder} cannot be written: {error.strerror or error}; make room, or name another folder by "
                "--work; the same command then goes on from the last checkpoint"
            ) from error


def shape_of(preset: Preset, vocabulary: int) -> Shape:
    """The network's sizes."""
    sizes = (preset.width, preset.layers, preset.heads, preset.kv_heads, preset.head_dim, preset.hidden)
    return Shape(vocabulary, *sizes)


def _checkpoint_in(path: Path) -> dict[str, Any]:
    """What `save` wrote there; DamagedError where a file holds anything else, FileNotFoundError without one."""
    try:
        with zipfile.ZipFile(path) as parts:
            torn = parts.testzip()  # torch would read over it
        state = torch.load(path, weights_only=True)
        is_whole = torn is None and state.keys() == {"model", "optimizers", "progress"}
    except (FileNotFoundError, PermissionError, MemoryError):
        raise
    except Exception as error:  # zipfile, pickle and torch have no common name for spoilt bytes
        raise DamagedError(" ".join(f"{type(error).__name__}: {error}".split())[:60]) from error
    if not is_whole:
        raise DamagedError(f"{torn} is not as it was written" if torn else "it holds something else")
    return dict(state)


def _write_whole(path: Path, content: bytes) -> None:
    """All of it, or nothing at all."""
    partial = path.with_suffix(".part")
    _write(partial, content)
    partial.replace(path)


def _write(path: Path, content: bytes) -> None:
    """All of it, and on the disk, before anything else happens."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _step_of(line: str) -> float:
    """Its step; a line that a kill cut short has none, and goes."""
    try:
        return int(Said(**json.loads(line)).step)
    except (ValueError, TypeError):
        return float("inf")
