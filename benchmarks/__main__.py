"""`python -m benchmarks [NAME...]`: run the benchmarks, each in its own process; exit 1 when a target is missed."""

import subprocess
import sys
from pathlib import Path

_FOLDER = Path(__file__).parent
_NOT_BENCHMARKS = {"__init__", "__main__", "figures", "pocket_page"}


def names() -> list[str]:
    """Every benchmark there is."""
    return sorted(path.stem for path in _FOLDER.glob("*.py") if path.stem not in _NOT_BENCHMARKS)


def main() -> int:
    """Run those that were named, or all."""
    chosen = sys.argv[1:] or names()
    unknown = [name for name in chosen if name not in names()]
    if unknown:
        print(f"There is no benchmark {unknown[0]!r}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    codes = [
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=_FOLDER.parent, check=False).returncode
        for name in chosen
    ]
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
