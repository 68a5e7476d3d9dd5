"""The step of `llmos evolve` that makes skills of what was done again and again: found, tried out, committed.

Asks a model for words only, and only where there is one. What tries a program out, and where runs are kept, come in as
Protocols.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import anyio.to_thread

from llmos.documents.kernel import EvolutionRules
from llmos.documents.skill import Skill
from llmos.errors import LLMosError, ModelError, counted
from llmos.evolution.crystal_page import Words, page, wrong_words
from llmos.evolution.crystallizer import Candidate, crystallize, evidence_of
from llmos.evolution.patterns import Pattern, find_pattern
from llmos.evolution.steps import Change, Tell
from llmos.messages import JSON, ToolSpec
from llmos.traces.trace import Trace


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a trial: whether the program said that it was done, what the run came to, and why."""

    reached: bool
    outcome: str
    reason: str
    run_id: str


class Bench(Protocol):
    """Runs a program in a home, a workspace and a simulated world made for it alone."""

    async def run(self, candidate: Candidate, trace: Trace, *, disturbed: bool) -> Tried:
        """Run it with the values of a run, in the world that it found; `disturbed`: its objects lie elsewhere."""
        ...


class Shelf(Protocol):
    """Where runs, tools and skills are kept."""

    def runs(self) -> Sequence[Sequence[Trace]]:
        """The runs that ended well, by agent and skeleton; those that were led by a trace count as well."""
        ...

    async def specs(self, agent: str) -> Mapping[str, ToolSpec]:
        """The tools that the agent has."""
        ...

    def skill(self, name: str) -> Skill | None:
        """The skill of this name, in whatever volume; None where there is none."""
        ...

    def keep(self, candidate: Candidate, text: str, reason: str, trailers: Mapping[str, str]) -> str | None:
        """Write the SKILL.md into the person's volume, as one commit; its id, None when nothing changed."""
        ...

    def count(self, candidate: Candidate, tried: Sequence[tuple[str, Tried]]) -> None:
        """Add trials to the uses of the skill, as scenarios."""
        ...


Describe = Callable[[Candidate], Awaitable[Words]]
"""Words for a skill; ModelError where no model writes them."""


class Crystallizing:
    """Makes skills of patterns. `plain` are words by template, `describe` those of a model where there is one."""

    name = "skills"

    def __init__(
        self,
        shelf: Shelf,
        bench: Bench,
        rules: EvolutionRules,
        plain: Callable[[Candidate], Words],
        describe: Describe | None = None,
    ) -> None:
        self._shelf = shelf
        self._bench = bench
        self._rules = rules
        self._plain = plain
        self._describe = describe

    async def foretell(self) -> Sequence[str]:
        """What would be tried, a sentence each."""
        return [f"try out the skill {each.name}, made of {evidence_of(each)}" async for each, _ in self._candidates()]

    async def carry_out(self, tell: Tell) -> Sequence[Change]:
        """Try out every candidate, and keep those that hold."""
        changes = []
        async for candidate, known in self._candidates():
            tell(f"{candidate.name}: made of {evidence_of(candidate)}; it is tried out.")
            changes.append(await self._try(candidate, known, tell))
        return changes

    async def _candidates(self) -> AsyncIterator[tuple[Candidate, Skill | None]]:
        for traces in await anyio.to_thread.run_sync(self._shelf.runs):
            pattern = find_pattern(traces, self._rules.crystallize_runs)
            if isinstance(pattern, str):
                continue
            candidate = crystallize(pattern, await self._shelf.specs(pattern.newest.agent))
            if isinstance(candidate, str):
                continue
            known = self._shelf.skill(candidate.name)
            if known is None or not _stays(candidate, known):
                yield candidate, known

    async def _try(self, candidate: Candidate, known: Skill | None, tell: Tell) -> Change:
        if known is not None and known.quarantine:
            return self._discarded(candidate, f"the skill is in quarantine: {known.quarantine}")
        try:
            tried = await self._trials(candidate, tell)
        except LLMosError as error:
            return self._discarded(candidate, f"it could not be tried out: {error}")
        if isinstance(tried, str):
            return self._discarded(candidate, tried)
        words = await self._words(candidate, tell)
        runs = [trace.run_id for trace in candidate.pattern.traces]
        held = sum(name.startswith("held-out") for name, _ in tried)
        trailers = {
            "Skill": candidate.name,
            "Evidence": " ".join(runs[-self._rules.evidence_runs :]),
            "Score": f"{held} of {held} held-out runs done",
            "Words-by": words.by,
        }
        deed = "Make" if known is None else "Renew"
        reason = f"{deed} the skill {candidate.name} of {evidence_of(candidate)}"
        commit = await anyio.to_thread.run_sync(self._shelf.keep, candidate, page(candidate, words), reason, trailers)
        await anyio.to_thread.run_sync(self._shelf.count, candidate, tried)
        return Change(self.name, candidate.name, "kept", f"{reason}; {counted(held, 'held-out run')} done.", commit)

    async def _trials(self, candidate: Candidate, tell: Tell) -> "list[tuple[str, Tried]] | str":
        """What the trials came to, by their names; a sentence where one of them speaks against the candidate."""
        tried: list[tuple[str, Tried]] = []
        specs = await self._shelf.specs(candidate.crystal.agent)
        for number, (without, trace) in enumerate(held_out(candidate.pattern, self._rules.crystallize_cases), start=1):
            made = crystallize(without, specs)
            if isinstance(made, str):
                return f"without one of its goals it could not have been made: {made}"
            result = await self._bench.run(made, trace, disturbed=False)
            tell(f"{candidate.name}: held-out goal {number}: {result.outcome}.")
            if not (result.reached and result.outcome == "done"):
                return f"a goal that was held out ended as {result.outcome}: {result.reason}"
            tried.append((f"held-out/{number}", result))
        if not tried:
            return "no goal could be held out to try it on"
        if candidate.pattern.newest.world:
            result = await self._bench.run(candidate, candidate.pattern.newest, disturbed=True)
            tell(f"{candidate.name}: with everything moved: {result.outcome}.")
            if result.reached and result.outcome != "done":
                return f"with its objects elsewhere it said that it was done, and was not: {result.reason}"
            tried.append(("disturbed/1", replace(result, outcome="done")))
        return tried

    async def _words(self, candidate: Candidate, tell: Tell) -> Words:
        """Words of a model, if there is one and they may stand there; else those of the template."""
        if self._describe is None:
            return self._plain(candidate)
        try:
            words = await self._describe(candidate)
        except ModelError as error:
            tell(f"{candidate.name}: {error}")
            return self._plain(candidate)
        if wrong := wrong_words(words):
            tell(f"{candidate.name}: the words of {words.by} are not taken: {wrong}.")
            return self._plain(candidate)
        return words

    def _discarded(self, candidate: Candidate, why: str) -> Change:
        return Change(self.name, candidate.name, "discarded", f"The skill {candidate.name} was not made: {why}.")


def held_out(pattern: Pattern, most: int) -> Iterator[tuple[Pattern, Trace]]:
    """The pattern without the runs of one goal, and one of those; newest goals first, one left out at a time.

    Without slots there is nothing to hold out, and the goal itself is tried once more.
    """
    if not pattern.newest.slots:
        yield pattern, pattern.newest
        return
    seen: list[Mapping[str, JSON]] = []
    for trace in reversed(pattern.traces):
        others = tuple(each for each in pattern.traces if dict(each.slots) != dict(trace.slots))
        without = Pattern(others) if others else None
        if dict(trace.slots) in seen or without is None or not without.planned:
            continue
        seen.append(dict(trace.slots))
        yield without, trace
        if len(seen) == most:
            return


def _stays(candidate: Candidate, known: Skill) -> bool:
    """Whether the skill has this program, tools and world already, or is not ours to renew: a person has edited it."""
    from llmos.documents.crystal import crystal_of
    from llmos.documents.document import hash_of
    from llmos.programs.blocks import program_of
    from llmos.programs.form import ProgramError
    from llmos.programs.printer import show

    old, new = crystal_of(known), candidate.crystal
    try:
        program = program_of(known.document)
    except ProgramError:
        return True
    if old is None or program is None or hash_of(show(program).encode("utf-8", "surrogatepass")) != old.program:
        return True
    return (dict(old.tools), old.world, old.agent, old.program) == (dict(new.tools), new.world, new.agent, new.program)
