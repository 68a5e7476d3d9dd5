"""Trains the pocket model: `python -m training.train --preset release --seed 0 --out FILE.gguf`.

Knows no robot. One thread, one seed; what it did so far stands in the work folder, and the same command goes on there.
"""

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

import torch

from training.episodes import Split
from training.model import Planner, Shape
from training.optimizer import optimizers, schedule
from training.presets import PRESETS, Preset
from training.stream import batch, sample_texts
from training.tokenizer import load_tokenizer, train_tokenizer

SAVE_EVERY, SAY_EVERY = 100, 20


class Run:
    """A training run in a work folder: tokenizer, checkpoint and log."""

    def __init__(self, preset: Preset, seed: int, folder: Path) -> None:
        torch.manual_seed(seed)
        folder.mkdir(parents=True, exist_ok=True)
        self.preset, self.seed, self.folder = preset, seed, folder
        self.tokenizer = self._tokenizer()
        self.model = Planner(shape_of(preset, self.tokenizer.get_vocab_size()))
        self.optimizers = optimizers(self.model, preset.muon_lr, preset.adam_lr)
        self.step, self.tokens, self.seconds = 0, 0, 0.0
        if self._checkpoint.exists():
            self._load()

    @property
    def _checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def _tokenizer(self):  # noqa: ANN202 - tokenizers is there only where training is
        path = self.folder / "tokenizer.json"
        if not path.exists():
            train_tokenizer(sample_texts(self.seed, 12_000), self.preset.vocabulary).save(str(path))
        return load_tokenizer(path)

    def train(self) -> None:
        """Steps until the preset's last one."""
        began, losses = time.process_time() - self.seconds, []
        while self.step < self.preset.steps:
            losses.append(self._update())
            self.step += 1
            self.seconds = time.process_time() - began
            if self.step % SAY_EVERY == 0 or self.step == self.preset.steps:
                self._say(sum(losses) / len(losses))
                losses = []
            if self.step % SAVE_EVERY == 0 or self.step == self.preset.steps:
                self._save()

    def _update(self) -> float:
        preset = self.preset
        ended = sum(self.step >= sum(preset.rounds[: number + 1]) for number in range(len(preset.rounds)))
        packed = batch(self.tokenizer, self.seed, self.step, preset.rows, preset.length, Split(round=ended))
        self.tokens += packed.tokens.size
        factor = schedule(self.step, preset.rounds)
        for optimizer, rate in zip(self.optimizers, (preset.muon_lr, preset.adam_lr), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
        arrays = (packed.tokens, packed.targets, packed.told, packed.positions, packed.mask)
        with torch.autocast("cpu", torch.bfloat16, enabled=preset.bfloat16):
            loss, told = self.model.losses(*(torch.from_numpy(array) for array in arrays))
        (loss + preset.told_weight * told).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        return loss.item()

    def _say(self, loss: float) -> None:
        done = self.step / self.preset.steps
        bar = "#" * int(24 * done)
        left_s = self.seconds / self.step * (self.preset.steps - self.step)
        rate = self.tokens / self.seconds
        print(
            f"[{bar:<24}] step {self.step}/{self.preset.steps}  loss {loss:.4f}  {self.tokens / 1e6:.2f} M tokens  "
            f"{rate:.0f} tokens/s  {self.seconds:.0f} s, {left_s:.0f} s left (CPU)",
            flush=True,
        )
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(
                json.dumps({"step": self.step, "loss": loss, "tokens": self.tokens, "cpu_s": self.seconds}) + "\n"
            )

    def _save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "progress": [self.step, self.tokens, self.seconds],
            "preset": asdict(self.preset),
        }
        partial = self._checkpoint.with_suffix(".part")
        torch.save(state, partial)
        partial.replace(self._checkpoint)

    def _load(self) -> None:
        state = torch.load(self._checkpoint, weights_only=True)
        if state["preset"] != asdict(self.preset):
            raise SystemExit(f"{self._checkpoint} holds a run of another preset; take another --work folder")
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step, self.tokens, self.seconds = state["progress"]


def shape_of(preset: Preset, vocabulary: int) -> Shape:
    """The network's sizes."""
    sizes = (preset.width, preset.layers, preset.heads, preset.kv_heads, preset.head_dim, preset.hidden)
    return Shape(vocabulary, *sizes)


def main() -> None:
    """Train, then write the GGUF file."""
    from training.export import write_gguf

    parser = argparse.ArgumentParser(description="Train the pocket model from scratch, on one CPU thread.")
    parser.add_argument("--preset", choices=sorted(PRESETS), default="ci")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="the GGUF file to write")
    parser.add_argument("--work", type=Path, help="folder for tokenizer, checkpoint and log; default: OUT.work")
    options = parser.parse_args()
    torch.set_num_threads(1)
    run = Run(PRESETS[options.preset], options.seed, options.work or options.out.with_suffix(".work"))
    run.train()
    size = write_gguf(run.model, run.tokenizer, options.out)
    print(f"{options.out}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
