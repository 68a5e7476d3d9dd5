"""Agents get better: failed and corrected runs bring one proposed edit, a trial decides, the winner is one commit.

Knows no model and no robot; who proposes and who runs cases comes in. What is proposed and tried is written down before
and after (`tries`); what was kept is watched, and taken back when real runs get worse by it.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace

from llmos.documents.document import hash_of
from llmos.errors import LLMosError, RefusedError, counted
from llmos.evolution.components import components
from llmos.evolution.lineage import Fall, fall, keep, own_path, remember_kept, require_committed, take_back
from llmos.evolution.paired import alpha_of
from llmos.evolution.proposal import Candidate, Proposal, candidate, read_proposal
from llmos.evolution.proposer import Answer, Lens, Proposer, Reflection
from llmos.evolution.steps import Change, Tell
from llmos.evolution.steps import Verdict as Said
from llmos.evolution.subject import Ground, Subject, scenarios, subjects
from llmos.evolution.trial import Bench, Cases, Trial, Verdict, choose_cases
from llmos.evolution.tries import Begun, Ended, Try, next_number, try_id
from llmos.evolution.witnesses import Witness

_MOST_SHOWN = 8
_STEP = "agents"


@dataclass(frozen=True, slots=True)
class AgentEvolution:
    """The step `agents` of `llmos evolve`.

    `only` names one agent; `why_not` says of an agent why no model can propose its edits or run its cases.
    """

    ground: Ground
    proposer: Proposer
    bench: Bench
    why_not: Callable[[str], str] = lambda _: ""
    only: str | None = None
    lenses: tuple[Lens, ...] = ()

    @property
    def name(self) -> str:
        """The name of the step."""
        return _STEP

    async def foretell(self) -> Sequence[str]:
        """What it would do, an agent a sentence."""
        found: list[str] = []
        for subject in subjects(self.ground, self.only):
            regressed = self._regressed(subject)
            if regressed is not None:
                found.append(f"{subject.name}: take back commit {_commit(regressed[0])[:12]}, for {regressed[1]}.")
            elif lack := self._lack(subject):
                found.append(f"{subject.name}: nothing, for {lack}.")
            else:
                found.append(f"{subject.name}: {self._unready(subject) or self._plan(subject)}.")
        return found

    async def carry_out(self, tell: Tell) -> Sequence[Change]:
        """Watch what was kept, then look for one better version of each agent that has something to learn from."""
        changes: list[Change] = []
        for subject in subjects(self.ground, self.only):
            regressed = self._regressed(subject)
            if regressed is not None:
                changes.append(self._take_back(subject, *regressed))
            elif lack := self._lack(subject):
                changes.append(Change(_STEP, subject.name, "nothing", f"Nothing was tried, for {lack}."))
            else:
                changes += [change async for change in self._improve(subject, tell)]
        self.ground.tries.prune(self.ground.rules.agent_tries_kept)
        return changes

    def _lack(self, subject: Subject) -> str:
        """Why there is nothing to try with this agent; empty when there is."""
        if subject.name in self.ground.rules.agents_fixed:
            return "this agent is changed by a person only (`agents_fixed` in kernel/evolution.md)"
        if not subject.faults:
            return f"none of {counted(len(subject.own_runs), 'run')} of this version failed or had to be corrected"
        number, cases = self._number(subject), self._cases(subject)
        if lack := cases.lack(alpha_of(self.ground.rules.agent_alpha, number)):
            return f"{lack}; add scenarios for it to a volume"
        return self.why_not(subject.name)

    def _unready(self, subject: Subject) -> str:
        """What a person has to do first; empty where nothing."""
        try:
            require_committed(self.ground.history, own_path(subject.entry, self.ground.user))
        except LLMosError as error:
            return f"nothing yet, for {str(error).rstrip('.')}"
        return ""

    def _plan(self, subject: Subject) -> str:
        cases = self._cases(subject)
        held, kept = counted(len(cases.held_out), "held-out case"), counted(len(cases.pinned), "safety case")
        return (
            f"ask for an edit, because {counted(len(subject.faults), 'run')} failed or had to be corrected, "
            f"and try it on {held}, {kept} and {len(cases.practice)} for practice"
        )

    def _cases(self, subject: Subject) -> Cases:
        goals = [run.goal for run in subject.runs if run.is_fault]  # whatever a proposer hears of or has heard of
        return choose_cases(subject.name, scenarios(self.ground), goals, self.ground.rules)

    def _number(self, subject: Subject) -> int:
        return next_number(self.ground.tries.with_version(subject.name, subject.version))

    def _regressed(self, subject: Subject) -> tuple[Try, Fall] | None:
        """The try that brought the version in force, where real runs have become worse by it."""
        remember_kept(self.ground.tries, self.ground.history, subject.name, subject.version)
        found = self.ground.tries.kept(subject.name, subject.version)
        if found is None:
            return None
        told = fall(subject.of(found.begun.parent), subject.own_runs)
        return (found, told) if told.e_value >= self.ground.rules.agent_regression else None

    def _take_back(self, subject: Subject, found: Try, told: Fall) -> Change:
        sentence = f"Real runs became worse: {told}."
        commit = take_back(self.ground.history, found, sentence)
        self.ground.tries.append(Ended(found.begun.id, self._now(), "reverted", sentence, commit=commit))
        self.ground.registry.refresh()
        return Change(_STEP, subject.name, "reverted", sentence, commit)

    async def _improve(self, subject: Subject, tell: Tell) -> AsyncIterator[Change]:
        """Edits, one after the other, until one is kept or enough were proposed."""
        require_committed(self.ground.history, own_path(subject.entry, self.ground.user))
        trial = Trial(self.bench, subject.name, self._cases(subject), self.ground.rules, self.ground.tries.folder, tell)
        for _ in range(self.ground.rules.agent_proposals):
            number = self._number(subject)
            alpha = alpha_of(self.ground.rules.agent_alpha, number)
            if trial.cases.lack(alpha):
                return
            lens = self._lens(number)
            tell(f"{subject.name}: asking for an edit")
            answer = await self.proposer.propose(self._reflection(subject, lens))
            change, goes_on = await self._try(subject, trial, answer, lens, number)
            yield change
            if not goes_on:
                return

    async def _try(
        self, subject: Subject, trial: Trial, answer: Answer, lens: Lens | None, number: int
    ) -> tuple[Change, bool]:
        """One proposal: refused, discarded or kept; and whether another one makes sense."""
        rules = self.ground.rules
        proposal = Proposal("", answer.text[: rules.agent_text_bytes], "")
        try:
            proposal = read_proposal(answer.text, rules)
            edit = candidate(subject.text, proposal, rules, self.ground.tools)
            self._require_new(subject, edit)
        except RefusedError as error:
            begun = self._begun(subject, proposal, answer, lens, 0)
            self.ground.tries.append(begun)
            verdict = Verdict(kept=False, reason=str(error), cost_usd=answer.cost_usd)
            return self._ended(subject, begun, "refused", verdict), True
        begun = self._begun(subject, proposal, answer, lens, number, edit)
        self.ground.tries.append(begun)
        verdict = await trial.judge(subject.text, edit.text, alpha_of(rules.agent_alpha, number), begun.id)
        verdict = replace(verdict, cost_usd=verdict.cost_usd + answer.cost_usd)
        if verdict.kept and self._is_changed(subject):
            verdict = replace(verdict, kept=False, reason="Somebody changed the agent meanwhile.", cut_short=True)
        if not verdict.kept:
            return self._ended(subject, begun, "discarded", verdict), not verdict.cut_short
        commit = keep(subject.entry, self.ground.user, edit, begun, verdict, subject.faults, self.ground.clock)
        self.ground.registry.refresh()
        return self._ended(subject, begun, "kept", verdict, commit), False

    def _is_changed(self, subject: Subject) -> bool:
        """Whether the agent is no longer the one that was tried against."""
        self.ground.registry.refresh()
        entries = self.ground.registry.snapshot().agents()
        return subject.version not in {entry.content_hash for entry in entries if entry.name == subject.name}

    def _require_new(self, subject: Subject, edit: Candidate) -> None:
        """Raise RefusedError for a text that was tried before: its result is known, and luck is not asked twice."""
        tried = self.ground.tries.with_version(subject.name, subject.version)
        again = next((each for each in tried if each.begun.candidate == edit.content_hash and each.begun.number), None)
        if again is not None:
            was = again.ended.verdict if again.ended else "cut off"
            raise RefusedError(f"The same edit was tried before, as {again.begun.id}, and {was}.")

    def _reflection(self, subject: Subject, lens: Lens | None) -> Reflection:
        tried = self.ground.tries.with_version(subject.name, subject.version)
        agent = self.ground.registry.snapshot().agent(subject.name)
        return Reflection(
            agent=subject.name,
            components=components(subject.text),
            tools=agent.tools,
            faults=subject.faults[-_MOST_SHOWN:],
            fine=sum(run.standing == "fine" for run in subject.own_runs),
            earlier=[_earlier(each) for each in tried[-_MOST_SHOWN:]],
            text_bytes=self.ground.rules.agent_text_bytes,
            lens=lens,
        )

    def _lens(self, number: int) -> Lens | None:
        """None for the first try with a version, then one after the other, then none again; an only one every time."""
        if len(self.lenses) == 1:
            return self.lenses[0]
        turn = (number - 1) % (len(self.lenses) + 1)
        return self.lenses[turn - 1] if turn else None

    def _begun(
        self,
        subject: Subject,
        proposal: Proposal,
        answer: Answer,
        lens: Lens | None,
        number: int,
        edit: Candidate | None = None,
    ) -> Begun:
        return Begun(
            id=try_id(self.ground.clock.now(), hash_of(f"{len(self.ground.tries.all())} {answer.text}".encode())),
            at=self._now(),
            agent=subject.name,
            parent=subject.version,
            candidate=edit.content_hash if edit else "",
            component=proposal.component,
            text=proposal.text[: self.ground.rules.agent_text_bytes],
            why=proposal.why,
            evidence=tuple(run.run_id for run in _shown(subject)),
            proposer=f"{answer.proposer} in run {answer.run_id}" if answer.run_id else answer.proposer,
            lens=lens.name if lens else "",
            number=number,
        )

    def _ended(self, subject: Subject, begun: Begun, said: Said, verdict: Verdict, commit: str = "") -> Change:
        paired = verdict.paired
        figures = (paired.wins, paired.losses, paired.ties, paired.p, paired.alpha) if paired else (0, 0, 0, 1.0, 0.0)
        self.ground.tries.append(
            Ended(begun.id, self._now(), said, verdict.reason, *figures, commit=commit, cost_usd=verdict.cost_usd)
        )
        return Change(_STEP, subject.name, said, verdict.reason, commit or None)

    def _now(self) -> str:
        return self.ground.clock.now().isoformat(timespec="seconds")


def _shown(subject: Subject) -> Sequence[Witness]:
    return subject.faults[-_MOST_SHOWN:]


def _commit(found: Try) -> str:
    return found.ended.commit if found.ended else ""


def _earlier(each: Try) -> str:
    """What a proposer is told of a try: of one that ran scenarios only that it was not better, and not on which."""
    begun = each.begun
    if begun.number or each.ended is None:
        return f"An edit of '{begun.component}' was tried and not better. It said why: {begun.why}"
    return f"An edit was refused: {each.ended.reason}"
