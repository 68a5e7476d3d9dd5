"""What each decision is worth: the same short training with one thing changed, `python -m training.ablate --out FILE`.

Knows no network. A change is a text in a source file that becomes another one, in a copy of the sources: what is left
out is really out, and the code that ships has no switch for it. One run at a time, on one thread.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from llmos.messages import JSON
from training.episodes import Episode
from training.stream import leaf

ROOT = Path(__file__).resolve().parents[1]
TRAINED = "ablation"
"""The preset of every run; sizes are changed in its line."""
COPIED = ("training", "llmos", "pyproject.toml")
PRESET = f'"{TRAINED}": replace(_SHIPPED, '


@dataclass(frozen=True, slots=True)
class Change:
    """A text of a file, which must be there, and what stands there instead, everywhere."""

    file: str
    old: str
    new: str


def sizes(vocabulary: int, width: int, layers: int, hidden: int) -> Change:
    """Another tokenizer or network."""
    new = f"{PRESET}vocabulary={vocabulary}, width={width}, layers={layers}, hidden={hidden}, "
    return Change("training/presets.py", PRESET, new)


def no_goals(share: float) -> tuple[Change, ...]:
    """Another share of texts that are no goal, in both rounds."""
    return tuple(Change("training/mixes.py", f"no_goals={usual}", f"no_goals={share}") for usual in (0.22, 0.28))


TEMPLATE = "llmos/models/pocket/template.jinja"
VARIANTS: dict[str, tuple[Change, ...]] = {
    "as it ships": (),
    "width 128, 4 layers": (sizes(1536, 128, 4, 384),),
    "width 256, 6 layers": (sizes(1536, 256, 6, 704),),
    "512 tokens": (sizes(512, 192, 5, 512),),
    "3072 tokens": (sizes(3072, 192, 5, 512),),
    "no fragments of calls": (
        Change("training/tokenizer.py", "vocab_size=size - len(FRAGMENTS) - 1", "vocab_size=size - 1"),
        Change("training/tokenizer.py", "_with_fragments(tokenizer, FRAGMENTS)", "_with_fragments(tokenizer, ())"),
        Change("training/tokenizer.py", 'if not line.startswith(">") and (', "if ("),
    ),
    "numbers as people write them": (Change(TEMPLATE, "message.reading or message.content", "message.content"),),
    "only what is named in full": (
        Change(TEMPLATE, "set turn.near = turn.near + [", "set turn.unused = turn.near + ["),
        Change(TEMPLATE, "set listed.things = listed.things + [", "set listed.unused = listed.things + ["),
    ),
    "one text in ten is no goal": no_goals(0.1),
    "four texts in ten are no goal": no_goals(0.4),
}
"""What is changed in each run."""
ASKED = "asked"
"""Where FILE says what its figures are of, beside the variants."""


class AblationError(Exception):
    """A change that no longer fits the sources, a run that ended badly, or figures of other runs."""


def changed_copy(changes: Sequence[Change], folder: Path) -> None:
    """The sources in `folder`, with the changes."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.gguf"))
        else:
            shutil.copy(source, folder / name)
    for change in changes:
        path = folder / change.file
        text = path.read_text("utf-8")
        if change.old not in text:
            raise AblationError(f"{change.file} no longer holds {change.old!r}, which a run would change")
        path.write_text(text.replace(change.old, change.new), "utf-8")


def run(name: str, options: argparse.Namespace) -> dict[str, JSON]:
    """Train and measure one variant."""
    with tempfile.TemporaryDirectory() as folder:
        changed_copy(VARIANTS[name], Path(folder))
        trained = [
            *("-m", "training.train", "--preset", TRAINED, "--seed", str(options.seed)),
            *("--out", "model.gguf", "--work", "work"),
        ]
        _python(folder, *trained)
        told = _python(folder, "-m", "training.ablate", "--measure", "model.gguf", "--count", str(options.count))
        last = json.loads((Path(folder) / "work" / "log.jsonl").read_text("utf-8").splitlines()[-1])
        size = (Path(folder) / "model.gguf").stat().st_size
    return {"size_mb": round(size / 1e6, 2), "cpu_s": round(last["cpu_s"]), **json.loads(told)}


def _python(folder: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=folder, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise AblationError(f"`{' '.join(arguments)}` ended with {done.returncode} in a changed copy")
    return done.stdout


def measure(path: Path, count: int) -> dict[str, JSON]:
    """How surprised the model is by the right first reply, in nats, and how many of its own are right, in percent."""
    from training.measure import splits as of
    from training.measure.asking import Planner
    from training.measure.judging import first_replies
    from training.measure.splits import KNOWN, PHRASES, SEEN, UNKNOWN, Draw

    planner, draw = Planner(path), Draw(count)
    made = of.goals(draw)
    splits = {"seen": made[SEEN], "unseen phrases": made[PHRASES], "written freely": [*made[KNOWN], *made[UNKNOWN]]}
    splits["no goal"] = of.no_goals(draw, held_out=True)
    nats = {f"{name}, nats": round(surprise(path, episodes), 3) for name, episodes in splits.items()}
    right = {name: round(first_replies(planner.begin(episodes)).percent, 1) for name, episodes in splits.items()}
    return {**nats, **right}


def surprise(path: Path, episodes: Sequence[Episode]) -> float:
    """The mean of -ln p of the right first replies, end included: the same for any tokenizer that writes them."""
    import torch

    from training.reopen import reopen

    model, tokenizer = reopen(path)
    total = 0.0
    with torch.no_grad():
        for episode in episodes:
            one = leaf(tokenizer, episode.steps[0])
            before = [token for line in one.lines for token in line]
            tokens = torch.tensor([*before, *one.reply])
            positions, mask = torch.arange(len(tokens)), torch.ones(len(tokens), len(tokens)).tril().bool()
            scores = model.logits(model(tokens[None], positions[None], mask[None, None])[0, len(before) - 1 : -1])
            total += float(torch.nn.functional.cross_entropy(scores, tokens[len(before) :], reduction="sum"))
    return total / max(1, len(episodes))


def figures(path: Path, asked: JSON) -> dict[str, dict[str, JSON]]:
    """What FILE holds so far; AblationError where that is of another seed or count, or does not say."""
    rows: dict[str, dict[str, JSON]] = json.loads(path.read_text("utf-8")) if path.exists() else {ASKED: asked}
    if rows.get(ASKED) != asked:
        said = ", ".join(f"{name} {value}" for name, value in rows.get(ASKED, {}).items()) or "nobody knows what"
        now = ", ".join(f"{name} {value}" for name, value in asked.items())
        raise AblationError(f"{path} holds figures of {said}, and these would be of {now}; give --out another file")
    return rows


def table(rows: dict[str, dict[str, JSON]]) -> str:
    """The figures of FILE as a Markdown table."""
    rows = {name: row for name, row in rows.items() if name != ASKED}
    heads = list(next(iter(rows.values())))
    lines = [f"| changed | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(str(row[head]) for head in heads)} |" for name, row in rows.items()]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train every variant that has no figures in FILE yet, writing FILE after each, and print the table."""
    parser = argparse.ArgumentParser(description="Measure what decisions are worth; one run after the other.")
    parser.add_argument("--out", type=Path, default=Path("build/ablations.json"), help="figures, kept and added to")
    parser.add_argument("--only", nargs="*", help=f"variants: {', '.join(VARIANTS)}")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=200, help="goals per split")
    parser.add_argument("--measure", type=Path, help="only print the figures of this GGUF as JSON")
    options = parser.parse_args(arguments)
    if options.measure:
        print(json.dumps(measure(options.measure, options.count)))
        return 0
    if unknown := set(options.only or ()) - set(VARIANTS):
        parser.error(f"there is no variant {min(unknown)!r}; there are {', '.join(VARIANTS)}")
    try:
        rows = figures(options.out, {"preset": TRAINED, "seed": options.seed, "count": options.count})
    except AblationError as error:
        print(error, file=sys.stderr)
        return 2
    options.out.parent.mkdir(parents=True, exist_ok=True)
    try:
        for name in [name for name in options.only or VARIANTS if name not in rows]:
            print(f"{name} ...", file=sys.stderr, flush=True)
            rows[name] = run(name, options)
            options.out.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    except AblationError as error:
        print(error, file=sys.stderr)
        return 1
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
