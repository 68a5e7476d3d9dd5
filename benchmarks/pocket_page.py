"""Writes what is measured into docs/pocket.md: `python -m benchmarks.pocket_page`, once the figures were written down.

Knows no model. The figures come from docs/pocket.json (`python -m benchmarks.pocket --json docs/pocket.json --pictures
docs/pictures`) and docs/pocket-ablations.json (`python -m training.ablate --out docs/pocket-ablations.json`).
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from training import prompt
from training.ablate import table
from training.toolkit import bare_list
from training.world import Call

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "pocket.md"
FIGURES = ROOT / "docs" / "pocket.json"
ABLATIONS = ROOT / "docs" / "pocket-ablations.json"
NOTHING = "Nothing has been measured yet."
PICTURES = {
    "pocket-curves.svg": "The loss of the replies over the steps of the training",
    "pocket-splits.svg": "Goals exactly right, split by split, with their floors",
    "pocket-risk-coverage.svg": "Wrong first replies among those that are let through, over how many are let through",
}
"""Drawn by the training and by `benchmarks.pocket`; those that are there are shown."""
EXAMPLE: Mapping[str, Any] = {
    "messages": [{"role": "user", "content": "Would you take the RED cube over to the shelf, please?"}],
    "tools": bare_list(),
    "eos_token": "",
    "state": {
        "x": 0.2, "y": 0.0, "z": 1.0, "theta_deg": 0.0, "gripper": "open", "holding": "nothing", "stopped": False,
        "objects": {"red cube": [1.5, 1.0, 0.5], "bolt": [-1.1, 0.2, 0.3]}, "places": {"shelf": [-1.5, 1.0, 1.2]},
    },
}  # fmt: skip
WANTED = Call("move_to", {"x": 1.5, "y": 1.0, "z": 0.5})


def figures(chapters: Mapping[str, list[Mapping[str, Any]]]) -> str:
    """Of all chapters of `benchmarks.pocket --json` the figures that have a floor, beside it."""
    if not chapters:
        return NOTHING
    lines = ["| | measured | floor |", "|---|---|---|"]
    for rows in chapters.values():
        held = [row for row in rows if row["target"] is not None]
        lines += [f"| {row['what']} | {_number(row['measured'], row['unit'])} | {_floor(row)} |" for row in held]
    return "\n".join(lines)


def ablations(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """The table of `training.ablate`."""
    return table(dict(rows)) if rows else NOTHING


def example() -> str:
    """A prompt as the network reads it, and the reply that it should write."""
    return f"```\n{prompt.prompt(EXAMPLE)}{prompt.reply(WANTED)}\n```"


def pictures() -> str:
    """The pictures that are there."""
    there = [name for name in PICTURES if (PAGE.parent / "pictures" / name).exists()]
    return "\n\n".join(f"![{PICTURES[name]}](pictures/{name})" for name in there)


def filled(page: str, chapters: Mapping[str, Any], rows: Mapping[str, Any]) -> str:
    """The page with everything between its marks."""
    made = {
        "prompt": example(),
        "figures": figures(chapters),
        "pictures": pictures(),
        "ablations": ablations(rows),
    }
    for name, text in made.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, _, rest = page.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            raise ValueError(f"{PAGE} has no `{begin.strip()}` with `{end}` behind it")
        page = f"{before}{begin}{text}\n{end}{after}" if text else f"{before}{begin}{end}{after}"
    return page


def measured(path: Path) -> Any:
    """What was written down; nothing where nothing was."""
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def _number(value: float, unit: str) -> str:
    is_count = value == int(value) and not unit.startswith("%")
    digits = 0 if is_count else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:,.{digits}f} {unit}".rstrip()


def _floor(row: Mapping[str, Any]) -> str:
    """What it should be, and whether it is not."""
    missed = "" if Figure(**row).holds else " **missed**"
    return f"{row['better']} {row['target']:g} {row['unit']}".rstrip() + missed


def main() -> int:
    """Write the page."""
    PAGE.write_text(filled(PAGE.read_text("utf-8"), measured(FIGURES), measured(ABLATIONS)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
