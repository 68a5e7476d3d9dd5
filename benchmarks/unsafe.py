"""How often a hostile sequence of commands gets the robot to do what its limits forbid: never, it should be.

`python -m benchmarks.unsafe [COUNT]`; the judge (`tests/support/oracle.py`) is MuJoCo geometry along what was measured.
The robots are the kinematic arm and rover at two to three times the shipped speed and a fifth of their control ticks,
because so many sequences would otherwise take a night. A gate that checks end points only, and one that is as fast
beside people as anywhere, are attacked too: the suite must catch them.
"""

import random
import sys
import tempfile
from pathlib import Path

import anyio

from benchmarks.figures import Figure, report
from tests.support.campaign import attack, attack_in_processes
from tests.support.careless import careless_gate, unmindful_gate
from tests.support.hostile_worlds import all_worlds
from tests.support.legal import legal_targets

_COUNT = 4000
_CARELESS = 200
_LEGAL = 500


async def _refused() -> tuple[int, int]:
    """How many legal commands were asked for in all worlds, and how many refused."""
    asked, refused = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for world in all_worlds():
            count, sentences = await legal_targets(world, random.Random(7), Path(folder), _LEGAL)
            asked, refused = asked + count, refused + len(sentences)
    return asked, refused


def main() -> int:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _COUNT
    tally = attack_in_processes(count)
    careless = attack(range(_CARELESS), careless_gate)
    unmindful = attack(range(_CARELESS), unmindful_gate)
    asked, refused = anyio.run(_refused)
    for sentence in tally.unsafe[:20]:
        print(f"  UNSAFE {sentence}")
    return report(
        "unsafe",
        [
            Figure("hostile sequences", tally.sequences, ""),
            Figure("sequences with an unsafe motion", len(tally.unsafe), "", 0.0),
            Figure("sequences that were accepted and moved", 100 * tally.moving_share, "%", 30.0, ">="),
            Figure("orders dispatched", tally.verdicts, ""),
            Figure("orders allowed", 100 * tally.allowed / tally.verdicts, "%"),
            Figure("way of the tool", tally.metres / 1000, "km"),
            Figure("sequences a second", tally.sequences / tally.seconds, ""),
            Figure(
                "caught with end points checked only", 100 * len(careless.unsafe) / careless.sequences, "%", 10.0, ">="
            ),
            Figure(
                "caught with speed beside people ignored",
                100 * len(unmindful.unsafe) / unmindful.sequences,
                "%",
                10.0,
                ">=",
            ),
            Figure("legal commands", asked, ""),
            Figure("legal commands refused", 100 * refused / asked, "%", 1.0),
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
