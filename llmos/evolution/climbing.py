"""The step of `llmos evolve` that goes through all skills: what is half done is finished, what is due is done.

Asks no model. To the System tier nothing climbs here, because that needs a person.
"""

from collections.abc import Callable, Iterator, Sequence

import anyio.to_thread

from llmos.errors import LLMosError
from llmos.evolution.promotion import Ladder
from llmos.evolution.review import demand, review
from llmos.evolution.standing import Standing
from llmos.evolution.steps import Change, Tell, Verdict

_WOULD = {"promote": "promote {0} to team", "demote": "demote {0}", "quarantine": "put {0} in quarantine"}


class Climbing:
    """Reviews every skill of the home's own volumes; `standings` tells which there are now."""

    name = "tiers"

    def __init__(self, ladder: Ladder, standings: Callable[[], Sequence[Standing]]) -> None:
        self._ladder = ladder
        self._standings = standings

    async def foretell(self) -> Sequence[str]:
        """What is due now, a sentence each."""
        return await anyio.to_thread.run_sync(lambda: list(self._due()))

    async def carry_out(self, tell: Tell) -> Sequence[Change]:
        """Do what is due."""
        changes = await anyio.to_thread.run_sync(lambda: list(self._done()))
        for each in changes:
            tell(each.sentence)
        return changes

    def _due(self) -> Iterator[str]:
        for standing in self._standings():
            asked = demand(self._ladder, standing)
            if asked is not None:
                yield f"{_WOULD[asked.deed].format(standing.name)}: {asked.reason}"

    def _done(self) -> Iterator[Change]:
        for sentence in self._ladder.settle():
            yield Change("tiers", "volumes", "kept", sentence)
        for standing in self._standings():
            try:
                moved = review(self._ladder, standing)
            except LLMosError as error:
                yield Change("tiers", standing.name, "refused", str(error))
                continue
            if moved is not None:
                verdict: Verdict = "kept" if moved.to == "team" else "reverted"
                yield Change("tiers", moved.skill, verdict, f"{moved.commit.subject}.", moved.commit.id)
