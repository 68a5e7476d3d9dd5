"""Whether somebody committed to a home's volumes since we last looked; then skills that are half moved are put right.

Knows no skill. Looking costs a few small reads, so every start can afford it; the rest is loaded when it is needed.
"""

import json
import logging
from contextlib import suppress
from pathlib import Path
from typing import Final

from llmos.clock import Clock
from llmos.disk import write_whole
from llmos.errors import LLMosError
from llmos.volumes.history import History
from llmos.volumes.mounting import OVERLAY

_FILE: Final = Path("cache") / "ladder.json"
_VOLUMES: Final = ("user", "team", OVERLAY)

_log = logging.getLogger("llmos")


def catch_up(home: Path, clock: Clock) -> tuple[str, ...]:
    """Bring the volumes in line with what was committed to them, e.g. a `git revert` by hand; a sentence for each.

    Blocks. What keeps it from being done is warned of, and tried again at the next start.
    """
    tips = _tips(home, clock)
    if not any(tips) or tips == _seen(home):
        return ()
    from llmos.evolution.settling import histories, settle_alone

    try:
        settling = settle_alone(home, histories(home, clock))
    except LLMosError as error:
        _log.warning("Skills were not brought in line: %s", error)
        return ()
    for sentence in settling.left:
        _log.warning("%s", sentence)
    if not settling.left:
        with suppress(LLMosError):
            write_whole(home / _FILE, json.dumps(_tips(home, clock)).encode())
    return settling.done


def _tips(home: Path, clock: Clock) -> list[str | None]:
    histories = [History(home / name, clock) for name in _VOLUMES]
    return [each.tip() if each.exists else None for each in histories]


def _seen(home: Path) -> object:
    try:
        return json.loads((home / _FILE).read_bytes())
    except (OSError, ValueError):
        return None
