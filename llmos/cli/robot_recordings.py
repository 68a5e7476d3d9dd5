"""`llmos robot recordings`: what was recorded in this home, whole and ready to be opened elsewhere.

Knows no robot and no format; a recording is one file, and copying it is all that takes it along.
"""

import click

from llmos.cli.options import as_json
from llmos.cli.system import environment
from llmos.cli.table import show_rows

_COLUMNS = ("recording", "kilobytes", "state", "path")
_NOTHING = "There is no recording in this home; `--record` of a run or of `llmos serve` makes one."


@click.command("recordings")
@as_json
def recordings(as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """List the recordings of this home; one that a killed process left is given its end."""
    from llmos.boot.recorder import recordings as found_in

    found = found_in(environment().home / "recordings")
    rows = [
        (path.stem, -(-path.stat().st_size // 1000), "whole" if whole else "without an end yet", str(path))
        for path, whole in found
    ]
    show_rows("recordings", _COLUMNS, rows, as_json=as_json, nothing=_NOTHING)
