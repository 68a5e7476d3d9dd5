"""Lets skills climb, fall, and be put aside, each by one commit that names its evidence; and takes that back again.

Knows no terminal. What counts is what stands in the volumes' files and histories, so a `git revert` by hand is
honoured: `settle` brings the other volume in line with it, as it does after a crash between two commits.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from llmos.clock import Clock
from llmos.disk import write_whole
from llmos.documents.kernel_rules import EvolutionRules
from llmos.documents.rewriting import rewrite
from llmos.documents.skill import QUARANTINE
from llmos.errors import LLMosError, RefusedError
from llmos.evolution.carrying import carried, files_of, holds_copy, holds_skill
from llmos.evolution.reasons import climb_in_words, evidence_trailers, tools_of
from llmos.evolution.safety import Safety
from llmos.evolution.settling import alone, histories, keep_counts, settle, settle_alone, story_of
from llmos.evolution.standing import Record, Rung, Standing, record_of, usage_of
from llmos.evolution.transitions import FROM, PATH, QUARANTINED, SKILL, SOURCE, TEXT, TO, TOOLS, Story, Transition
from llmos.traces.usage import append, read_usage
from llmos.volumes.history import History

APPROVED: Final = "Approved-by"
"""The trailer that names the person who let a skill climb."""

_SKILLS: Final = Path("skills")


class Ladder:
    """The three volumes of a home, and the bars between them.

    `safety` says what may not get worse. Every method blocks on git; async code calls them in a worker thread.
    """

    def __init__(self, home: Path, rules: EvolutionRules, clock: Clock, safety: Safety) -> None:
        self.home = home
        self.rules = rules
        self._safety = safety
        self._histories = histories(home, clock)

    def record(self, standing: Standing) -> Record:
        """What is known of the skill's present text."""
        return self.records([standing])[0]

    def records(self, standings: Sequence[Standing]) -> tuple[Record, ...]:
        """What is known of several, with one look at the sidecars."""
        lines = usage_of(self.home)
        return tuple(record_of(each, lines, self.rules) for each in standings)

    def regressions(self, record: Record) -> tuple[str, ...]:
        """What the safety suite has against the skill, a clause each."""
        return tuple(self._safety(record.standing.page, record.tally))

    def in_the_way(self, standing: Standing) -> Path | None:
        """What the volume above has in its place, or under its name in another folder; None where it has neither."""
        if standing.above is None:
            return None
        root = self._histories[standing.above].root.resolve()
        there = (page.parent for page in standing.shadowed if page.resolve().is_relative_to(root))
        place = self.place(standing.above, standing)
        return place if place.exists() else next(there, None)

    def story(self) -> Story:
        """What the histories say about skills."""
        return story_of(self._histories)

    def history(self, standing: Standing) -> History | None:
        """The history of the rung that a skill stands on; None where it stands on none."""
        return self._histories.get(standing.tier)

    def place(self, rung: Rung, standing: Standing) -> Path:
        """The folder that the skill would have there."""
        return self._histories[rung].root / _SKILLS / standing.page.parent.name

    def promote(self, standing: Standing, approved_by: str = "") -> Transition:
        """Let the skill climb by one tier; RefusedError names what it lacks.

        On evidence alone it climbs to the team's volume; a person may approve the rest, but not fewer cases, a lower
        rate, a quarantine or a regression.
        """
        with self._alone(standing):
            return self._promote(standing, approved_by)

    def demote(self, standing: Standing, reason: str) -> Transition:
        """Let the skill fall by one tier; RefusedError where there is none below or the name is taken there."""
        with self._alone(standing):
            return self._demote(standing, reason)

    def quarantine(self, standing: Standing, reason: str, tools: Mapping[str, str] | None = None) -> Transition:
        """Let nobody be offered the skill; `tools` are versions that were found.

        What ships gets a copy that shadows it. Raises RefusedError where it is in quarantine already, or where LLMos
        writes nothing.
        """
        with self._alone(standing):
            return self._quarantine(standing, " ".join(reason.split()), tools or {})

    def revert(self, name: str) -> Transition:
        """Take back the last transition of a skill that counts; LLMosError when there is none."""
        with alone(self.home):
            settle(self._histories)
            story = self.story()
            last = next((each for each in story.transitions(name) if story.stands(each.commit.id)), None)
            if last is None:
                raise LLMosError(f"No commit moved the skill '{name}', or each was taken back already.")
            self._histories[last.volume].revert(last.commit.id, "`llmos skill revert` took it back.")
            settle(self._histories)
            return last

    def settle(self) -> tuple[str, ...]:
        """Finish what a crash or a `git revert` by hand left half done; a sentence for each, done or not."""
        return settle_alone(self.home, self._histories).told

    @contextmanager
    def _alone(self, standing: Standing) -> Iterator[None]:
        """No other process moves skills of this home meanwhile; LLMosError where one has just moved this one."""
        with alone(self.home):
            if not standing.page.is_file():
                raise LLMosError(f"The skill '{standing.name}' is not in {standing.page.parent} any more; look again.")
            yield

    def _promote(self, standing: Standing, approved_by: str) -> Transition:
        record = self.record(standing)
        to = standing.above
        if to is None:
            raise RefusedError(
                f"The skill '{standing.name}' stands in the {standing.tier} tier, from where none climbs."
            )
        lacks = [*record.floor, *([record.proof] if record.proof and not approved_by else [])]
        reasons = [
            *([f"is in quarantine ({record.quarantine})"] if record.quarantine else []),
            *([f"lacks {' and '.join(lacks)}"] if lacks else []),
            *(["needs a person's approval"] if to == "system" and not approved_by else []),
        ]
        if reasons:
            raise RefusedError(f"The skill '{standing.name}' does not climb to {to}: it {', and it '.join(reasons)}.")
        if wrong := self.regressions(record):
            raise RefusedError(f"The skill '{standing.name}' does not climb to {to}: {'; '.join(wrong)}")
        approval = {APPROVED: approved_by} if approved_by else {}
        return self._move(record, to, f"Promote the skill {standing.name} to {to}", climb_in_words(record), approval)

    def _demote(self, standing: Standing, reason: str) -> Transition:
        to = standing.below
        if to is None:
            raise RefusedError(
                f"The skill '{standing.name}' stands in the {standing.tier} tier, from where none falls."
            )
        if holds_skill(place := self.place(to, standing)):
            raise RefusedError(f"There is a skill in {place} already; rename or remove that one first.")
        return self._move(self.record(standing), to, f"Demote the skill {standing.name} to {to}", reason, {})

    def _quarantine(self, standing: Standing, reason: str, tools: Mapping[str, str]) -> Transition:
        record = self.record(standing)
        if record.quarantine:
            raise RefusedError(f"The skill '{standing.name}' is in quarantine already: {record.quarantine}.")
        if standing.tier not in (*self._histories, "shipped"):
            raise RefusedError(f"LLMos does not write to {standing.page.parent}; trust it no more, or edit it there.")
        rung = standing.tier if standing.tier in self._histories else "system"
        text = rewrite(standing.page.read_bytes().decode(), {"metadata": {QUARANTINE: reason}}, standing.page)
        trailers = {
            SKILL: standing.name,
            FROM: standing.tier,
            TO: QUARANTINED,
            **evidence_trailers(record, self.rules.evidence_runs),
            TEXT: record.content_hash,
            **({TOOLS: tools_of(tools)} if tools else {}),
        }
        message = f"Quarantine the skill {standing.name}\nNobody is offered it any more: {reason}."
        return self._rewrite(standing, rung, text, message, trailers)

    def _move(self, record: Record, to: Rung, subject: str, reason: str, more: Mapping[str, str]) -> Transition:
        """Copy what git holds to the receiving volume in one commit, and take it out of the giving one in another."""
        standing, folder = record.standing, record.standing.page.parent
        giver, receiver = self._histories[standing.tier], self._histories[to]
        path = _SKILLS / folder.name
        if folder.resolve() != (giver.root / path).resolve():
            raise RefusedError(
                f"{folder} is mounted into the {standing.tier} volume; move it to {giver.root / path} first."
            )
        _keep(giver, path, standing.name)
        if not holds_copy(receiver.root / path, folder, giver.files(path)):  # else a crash left it before its commit
            _keep(receiver, path, standing.name)
        self._carry_counts(record, receiver)
        trailers = {
            SKILL: standing.name,
            FROM: standing.tier,
            TO: to,
            **evidence_trailers(record, self.rules.evidence_runs),
            TEXT: record.content_hash,
            SOURCE: giver.tip() or "",
            PATH: path.as_posix(),
            **more,
        }
        with carried(folder, receiver.root / path, giver.files(path), _unknown(receiver, path)):
            commit = receiver.commit([path], f"{subject}\n{reason}", trailers)
        if commit is None:
            raise RefusedError(
                f"The {to} volume holds exactly this skill '{standing.name}' already; remove one of the two."
            )
        settle(self._histories)
        return self._made(commit, to)

    def _carry_counts(self, record: Record, receiver: History) -> None:
        """Let the receiving volume's sidecar have the uses that the transition rests on."""
        known = {line.run_id for line in read_usage(receiver.root) if line.content_hash == record.content_hash}
        new = [use for use in record.tally.uses if use.run_id not in known]
        if new:
            append(receiver.root, *new)
        keep_counts(receiver)

    def _rewrite(
        self, standing: Standing, rung: str, text: str, message: str, trailers: Mapping[str, str]
    ) -> Transition:
        """The page with another text, as one commit; what ships is copied to the rung's volume for that."""
        history, source = self._histories[rung], standing.page
        page = source if standing.tier == rung else history.root / _SKILLS / source.parent.name / source.name
        _keep(history, page.parent, standing.name)
        if page != source:
            with carried(source.parent, page.parent, files_of(source.parent), _unknown(history, page.parent)):
                write_whole(page, text.encode(), mode=0o644)
                return self._made(history.commit([page.parent], message, trailers), rung)
        before, mode = page.read_bytes(), page.stat().st_mode & 0o777
        write_whole(page, text.encode(), mode=mode)
        try:
            return self._made(history.commit([page], message, trailers), rung)
        except LLMosError:
            write_whole(page, before, mode=mode)
            raise

    def _made(self, commit: str | None, volume: str) -> Transition:
        """The transition of a commit that was just made."""
        story = story_of({volume: self._histories[volume]})
        return next(each for each in story.transitions() if each.commit.id == commit)


def _unknown(history: History, folder: Path) -> tuple[str, ...]:
    """The files of a folder that git leaves out: they are a person's own, and neither published nor deleted."""
    known = {*history.files(folder)}
    return tuple(name for name in files_of(history.root / folder) if name not in known)


def _keep(history: History, folder: Path, name: str) -> None:
    """Commit what no commit holds yet, so that taking back what comes next takes back nothing else.

    Raises RefusedError where a person has staged some of it.
    """
    history.require_unstaged([folder])
    if (history.root / folder).exists():
        history.commit([folder], f"Keep the skill {name} as it is\nBefore something happens to it.")
