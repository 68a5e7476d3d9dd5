"""The step of `llmos evolve` that makes skills of what was done again and again: found, tried out, committed.

Asks a model for words only, and only where there is one. What tries a program out, and where runs are kept, come in as
Protocols. What a person has edited, removed or taken back stays so.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import anyio.to_thread

from llmos.documents.crystal import crystal_of, name_for
from llmos.documents.kernel import EvolutionRules
from llmos.documents.skill import Skill
from llmos.errors import LLMosError, ModelError, RefusedError, counted
from llmos.evolution.crystal_page import Words, is_as_written, page, wrong_words
from llmos.evolution.crystallizer import Candidate, crystallize, evidence_of
from llmos.evolution.patterns import NoPattern, Pattern, find_pattern, world_of
from llmos.evolution.steps import Change, Tell, Verdict
from llmos.messages import JSON, ToolSpec
from llmos.traces.trace import Trace


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a trial: whether the program said that it was done, what the run came to, and why."""

    reached: bool
    outcome: str
    reason: str
    run_id: str
    tools: Mapping[str, str] = field(default_factory=dict)
    """What the tools that were called are known by now."""


class Bench(Protocol):
    """Runs a program in a home, a workspace and a simulated world made for it alone."""

    async def run(self, candidate: Candidate, trace: Trace, *, disturbed: bool) -> Tried:
        """Run it with the values of a run, in the world that it found; `disturbed`: its objects lie elsewhere."""
        ...


class Shelf(Protocol):
    """Where runs, tools and skills are kept. Its methods block, but for `specs`."""

    def runs(self) -> Sequence[Sequence[Trace]]:
        """The runs that ended well, by agent and skeleton; those that were led by a trace count as well."""
        ...

    async def specs(self, agent: str) -> Mapping[str, ToolSpec]:
        """The tools that the agent has."""
        ...

    def known(self, candidate: Candidate) -> "Known":
        """What there is of such a skill already."""
        ...

    def keep(self, candidate: Candidate, text: str, reason: str, trailers: Mapping[str, str]) -> str | None:
        """Write the SKILL.md into the person's volume, as one commit; its id, None when nothing changed."""
        ...

    def count(self, candidate: Candidate, tried: Sequence[tuple[str, Tried]]) -> None:
        """Add trials to the uses of the skill, as scenarios."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """What there is of a skill already."""

    skill: Skill | None = None
    """The one of its name, in whatever volume."""
    is_committed: bool = True
    """Whether its page stands in its volume's history as it is."""
    twin: str = ""
    """Another skill of this agent and world with the same program."""
    stale: str = ""
    """Which document that it rests on is not what it was, in a clause."""
    taken_back: str = ""
    """The commit that made this very program and does not count any more, or whose skill was removed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found in runs: a candidate, or why there is none."""

    name: str
    candidate: Candidate | None = None
    known: Known = field(default_factory=Known)
    refused: str = ""


PROGRAM = "Program"
"""The trailer of a commit that made a skill: the hash of its program's text."""

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
        """What would be tried, a sentence each, in the order in which it would be."""
        return [
            f"try out the skill {each.name}, made of {evidence_of(each.candidate)}"
            async for each in self._findings()
            if each.candidate is not None and not each.refused
        ]

    async def carry_out(self, tell: Tell) -> Sequence[Change]:
        """Try out every candidate, and keep those that hold; what can never be one is said with its reason."""
        changes = []
        async for each in self._findings():
            if each.candidate is None or each.refused:
                sentence = f"The skill {each.name} was not made: {each.refused}."
                changes.append(Change(self.name, each.name, "refused", sentence))
                continue
            tell(f"{each.name}: made of {evidence_of(each.candidate)}; it is tried out.")
            try:
                changes.append(await self._try(each.candidate, each.known, tell))
            except RefusedError as error:
                changes.append(self._not_made(each.candidate, "refused", str(error).rstrip(".")))
        return changes

    async def _findings(self) -> AsyncIterator[Finding]:
        """What runs may be made a skill of, or why not; what needs no word is left out."""
        programs: dict[tuple[str, str, str], str] = {}
        for traces in await anyio.to_thread.run_sync(self._shelf.runs):
            pattern = find_pattern(traces, self._rules.crystallize_runs)
            if isinstance(pattern, NoPattern):
                if pattern.enough:
                    yield Finding(_name_of(traces[0]), refused=pattern.reason)
                continue
            specs = await self._shelf.specs(pattern.newest.agent)
            candidate = await anyio.to_thread.run_sync(crystallize, pattern, specs)
            if isinstance(candidate, str):
                yield Finding(_name_of(pattern.newest), refused=candidate)
                continue
            crystal = candidate.crystal
            known = await anyio.to_thread.run_sync(self._shelf.known, candidate)
            if known.skill is not None and _stays(candidate, known.skill) and known.is_committed:
                continue
            twin = programs.setdefault((crystal.agent, crystal.world, crystal.program), candidate.name)
            known = replace(known, twin=twin if twin != candidate.name else known.twin)
            yield Finding(candidate.name, candidate, known, _against(known))

    async def _try(self, candidate: Candidate, known: Known, tell: Tell) -> Change:
        try:
            tried = await self._trials(candidate, tell)
        except LLMosError as error:
            return self._not_made(candidate, "discarded", f"it could not be tried out: {str(error).rstrip('.')}")
        if isinstance(tried, str):
            return self._not_made(candidate, "discarded", tried)
        words = await self._words(candidate, tell)
        runs = [trace.run_id for trace in candidate.pattern.traces]
        held = sum(name.startswith("held-out") for name, _ in tried)
        trailers = {
            "Skill": candidate.name,
            "Evidence": " ".join(runs[-self._rules.evidence_runs :]),
            "Score": f"{held} of {held} held-out runs done",
            PROGRAM: candidate.crystal.program,
            "Words-by": words.by,
        }
        deed = "Make" if known.skill is None else "Renew"
        reason = f"{deed} the skill {candidate.name} of {evidence_of(candidate)}"
        commit = await anyio.to_thread.run_sync(self._shelf.keep, candidate, page(candidate, words), reason, trailers)
        await anyio.to_thread.run_sync(self._shelf.count, candidate, tried)
        return Change(self.name, candidate.name, "kept", f"{reason}; {counted(held, 'held-out run')} done.", commit)

    async def _trials(self, candidate: Candidate, tell: Tell) -> "list[tuple[str, Tried]] | str":
        """What the trials came to, by their names; a sentence where one of them speaks against the candidate."""
        tried: list[tuple[str, Tried]] = []
        specs = await self._shelf.specs(candidate.crystal.agent)
        for number, (without, trace) in enumerate(held_out(candidate.pattern, self._rules.crystallize_cases), start=1):
            made = crystallize(without, specs, candidate.domain)
            if isinstance(made, str):
                return f"without one of its goals it could not have been made: {made}"
            result = await self._bench.run(made, trace, disturbed=False)
            tell(f"{candidate.name}: held-out goal {number}: {result.outcome}.")
            if not (result.reached and result.outcome == "done"):
                return f"a goal that was held out ended as {result.outcome}: {result.reason.rstrip('.')}"
            tools = candidate.crystal.tools
            if changed := [tool for tool, now in result.tools.items() if tools.get(tool, now) != now]:
                return f"{' and '.join(sorted(changed))} changed since it was used"
            tried.append((f"held-out/{number}", result))
        if not tried:
            return "no goal could be held out to try it on"
        if candidate.pattern.newest.world:
            result = await self._bench.run(candidate, candidate.pattern.newest, disturbed=True)
            tell(f"{candidate.name}: with everything moved: {result.outcome}.")
            if result.reached and result.outcome != "done":
                return f"with its objects elsewhere it said that it was done, and was not: {result.reason.rstrip('.')}"
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

    def _not_made(self, candidate: Candidate, verdict: Verdict, why: str) -> Change:
        return Change(self.name, candidate.name, verdict, f"The skill {candidate.name} was not made: {why}.")


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


def _name_of(trace: Trace) -> str:
    return name_for(trace.skeleton, trace.signature, trace.agent, world_of(trace))


def _against(known: Known) -> str:
    """Why the skill is not even tried, in a clause; empty where nothing speaks against it."""
    skill = known.skill
    if skill is not None and skill.quarantine:
        return f"it is in quarantine: {skill.quarantine}"
    if skill is not None and not is_as_written(skill):
        return "a person has edited it, and it stays as it is"
    if known.taken_back:
        return f"a person took back or removed this very program, of commit {known.taken_back[:12]}"
    if known.twin:
        return f"the skill {known.twin} has the same program"
    return known.stale and f"{known.stale} since its last run"


def _stays(candidate: Candidate, known: Skill) -> bool:
    """Whether the skill is just what would be made anew."""
    old, new = crystal_of(known), candidate.crystal
    if old is None or not is_as_written(known):
        return old is None
    mine, other = ((each.program, each.tools, each.made_with, each.start, each.digits) for each in (old, new))
    return mine == other
