"""The step `skills` of `llmos evolve` on a running system: where runs are found, programs tried out, and skills kept.

Knows how parts fit together; what makes a skill, `llmos.evolution` knows.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from anyio import to_thread

from llmos.boot.bench import carry_documents
from llmos.boot.commission import Commission
from llmos.boot.experience import trusted_roots
from llmos.boot.options import Options
from llmos.boot.prose import require_prose
from llmos.disk import disk_said, make_folder, write_whole
from llmos.documents.crystal import Crystal, crystal_of
from llmos.documents.rewriting import rewrite
from llmos.documents.robot_profile import SIMULATED, read_robot_profile
from llmos.documents.scene import read_scene
from llmos.documents.skill import read_skill
from llmos.errors import DocumentError, LLMosError, ModelError, RefusedError
from llmos.evolution.crystal_page import Words, is_as_written, is_hidden
from llmos.evolution.crystallizer import Candidate, evidence_of
from llmos.evolution.crystallizing import PROGRAM, Crystallizing, Known, Tried
from llmos.evolution.patterns import groups
from llmos.evolution.settling import keep_counts, story_of
from llmos.messages import ToolSpec
from llmos.programs.printer import show
from llmos.runtime.goals import parse_goal, values
from llmos.runtime.prompt import Prompts
from llmos.settings import system_root
from llmos.traces.events import ModelReplied, ToolCalled
from llmos.traces.harvest import harvest
from llmos.traces.library import TraceLibrary
from llmos.traces.reading import find_journal, read_journal, read_start
from llmos.traces.trace import Trace
from llmos.traces.usage import UsageLine, append, read_usage, slots_hash
from llmos.volumes.edit import write_document
from llmos.volumes.history import History
from llmos.volumes.skill_hash import skill_hash

if TYPE_CHECKING:
    from llmos.boot.remembering import Wishes
    from llmos.boot.system import LLMOS
    from llmos.volumes.lookups import Lookups

WRITER: Final = "skill-describer"
"""The agent that writes the words of a skill."""

_ASIDE_M = 0.25
"""How far the objects are moved of a world that is disturbed."""

_LONGEST_TITLE = 100
_LONGEST_QUOTE = 300
_MARKS = str.maketrans({"<": "(", ">": ")", "`": "'", "~": "-", "#": " ", "*": " ", "_": " ", "|": "/", "\\": "/"})


def skills_step(system: "LLMOS", asked: "Wishes", stack: ExitStack) -> Crystallizing:
    """Skills out of runs."""
    folder = stack.enter_context(TemporaryDirectory(prefix="llmos-skills-", ignore_cleanup_errors=True))
    writer = Writer(system)
    try:
        require_prose(system, WRITER, asked.model)
        describe = writer.describe
    except LLMosError:
        describe = None
    return Crystallizing(
        SystemShelf(system), ProgramBench(system, Path(folder)), system.rules.evolution, writer.plain, describe
    )


@dataclass(frozen=True, slots=True)
class SystemShelf:
    """Runs, tools and skills of a system."""

    system: "LLMOS"

    def runs(self) -> list[list[Trace]]:
        """The traces of trusted volumes, and the runs that they led."""
        home, roots = self.system.environment.home, trusted_roots(self.system.library.registry.volumes)
        with TraceLibrary.open(home, roots, secrets=self.system.environment.secrets) as library:
            traces = [trace for _, trace in library.all()]
        led = [trace for root in {root for _, root in roots} for trace in _led(home, root, traces)]
        return groups({trace.run_id: trace for trace in (*led, *traces)}.values())

    async def specs(self, agent: str) -> Mapping[str, ToolSpec]:
        """The tools that a run of the agent would have."""
        return await self.system.specs(agent)

    def known(self, candidate: Candidate) -> Known:
        """What there is of such a skill, in whatever volume, and in the history of the person's own."""
        documents = self.system.library.registry.snapshot()
        try:
            skill = documents.skill(candidate.name)
        except DocumentError:
            skill = None
        history = History(self.system.library.volume("user").root, self.system.clock)
        page = None if skill is None else skill.document.path
        mine = page is not None and page.is_relative_to(history.root) and history.exists
        return Known(
            skill,
            is_committed=not mine or page is None or history.head(page) is not None,
            twin=_twin(documents, candidate),
            stale=_stale(documents, candidate.crystal),
            taken_back=_taken_back(history, candidate, is_there=skill is not None),
        )

    def keep(self, candidate: Candidate, text: str, reason: str, trailers: Mapping[str, str]) -> str | None:
        """Write the SKILL.md into the person's volume, as one commit."""
        volume = self.system.library.volume("user")
        path = _page_of(candidate)
        _unstage_own(History(volume.root, self.system.clock), path)
        commit = write_document(volume, path, text, reason, trailers, self.system.clock)
        self.system.library.registry.refresh()
        return commit

    def count(self, candidate: Candidate, tried: Sequence[tuple[str, Tried]]) -> None:
        """Add trials to the uses of the skill, as scenarios."""
        root = self.system.library.volume("user").root
        text, at = skill_hash(root / _page_of(candidate)), self.system.clock.now().isoformat()
        lines = [
            UsageLine(
                what="skill",
                name=candidate.name,
                content_hash=text,
                run_id=result.run_id,
                ok=result.outcome == "done",
                slots_hash=slots_hash({}),
                scenario=name,
                at=at,
                tools=dict(candidate.crystal.tools),
            )
            for name, result in tried
        ]
        append(root, *lines)
        keep_counts(History(root, self.system.clock))


def _twin(documents: "Lookups", candidate: Candidate) -> str:
    """Another skill of the same agent and world that holds the same program."""
    mine = candidate.crystal
    for entry in documents.skills():
        crystal = crystal_of(documents.skill(entry.name)) if entry.name != candidate.name else None
        if crystal and (crystal.agent, crystal.world, crystal.program) == (mine.agent, mine.world, mine.program):
            return entry.name
    return ""


def _stale(documents: "Lookups", crystal: Crystal) -> str:
    """Which document that the program rests on is not what it was in the runs."""
    robot, _, scene = crystal.world.partition(" / ")
    try:
        now = {"agent": documents.agent(crystal.agent).document.content_hash}
        if robot:
            now["robot"] = read_robot_profile(documents.robot(robot.partition(": ")[0])).document.content_hash
            now["scene"] = read_scene(documents.scene(scene)).document.content_hash
    except DocumentError as error:
        return str(error).rstrip(".")
    changed = [what for what, version in now.items() if crystal.made_with.get(what, version) != version]
    return f"the {changed[0]} was edited" if changed else ""


def _taken_back(history: History, candidate: Candidate, *, is_there: bool) -> str:
    """The commit that made this very program before, where that counts no more, or the skill was removed since."""
    if not history.exists:
        return ""
    story = story_of({"user": history})
    made = [
        each for each in story.transitions(candidate.name) if each.trailers.get(PROGRAM) == candidate.crystal.program
    ]
    gone = [each for each in made if not story.stands(each.commit.id)] or ([] if is_there else made)
    return gone[0].commit.id if gone else ""


def _unstage_own(history: History, path: Path) -> None:
    """Take a page out of the index that a crash left there just as LLMos wrote it."""
    page = history.root / path
    if history.exists and page.is_file() and is_as_written(read_skill(page)):
        history.git.run("reset", "--quiet", "--", path.as_posix())


def _page_of(candidate: Candidate) -> Path:
    return Path("skills") / candidate.name / "SKILL.md"


def _led(home: Path, root: Path, traces: Sequence[Trace]) -> Iterator[Trace]:
    """The runs that were led by these traces to a good end, as their journals tell; one that is gone is left out."""
    known = {trace.id: trace for trace in traces}
    own = {trace.run_id for trace in traces}
    for use in read_usage(root):
        if use.what == "trace" and use.ok and not use.scenario and use.name in known and use.run_id not in own:
            with suppress(LLMosError):
                goal = parse_goal(read_start(home, use.run_id).goal)
                entries = read_journal(find_journal(home, use.run_id))
                found = harvest(entries, signature=goal.signature, skeleton=goal.skeleton, slots=values(goal))
                if isinstance(found, Trace):
                    yield found


@dataclass(slots=True)
class ProgramBench:
    """Runs programs in temporary homes with simulated robots; no model is asked and no person."""

    system: "LLMOS"
    folder: Path

    async def run(self, candidate: Candidate, trace: Trace, *, disturbed: bool) -> Tried:
        """Run it with the values of a run, in the world which that run found, or in one with everything moved."""
        home, work = await to_thread.run_sync(self._make_place, trace, disturbed)
        robot, _, scene = candidate.crystal.world.partition(" / ")
        options = Options(
            robot=robot.partition(": ")[0] or None,
            scene=scene or None,
            workspace=work,
            approve=("never",),
        )
        from llmos.boot.system import LLMOS

        commission = Commission(Path(f"{candidate.name}.md"), candidate.program, trace.slots)
        environment = replace(self.system.environment.at(home), model=None, robot=None)
        async with LLMOS(environment=environment, options=options, clock=self.system.clock) as system:
            outcome = await system.say(system.commissioned(commission, candidate.crystal.agent), trace.goal)
        entries = read_journal(outcome.journal)
        replies = [entry.event for entry in entries if isinstance(entry.event, ModelReplied)]
        reached = bool(replies) and not replies[-1].tool_calls and replies[-1].claim == "done"
        tools = {entry.event.tool: entry.event.version for entry in entries if isinstance(entry.event, ToolCalled)}
        return Tried(reached, outcome.outcome, outcome.reason, outcome.run_id, tools)

    def _make_place(self, trace: Trace, disturbed: bool) -> tuple[Path, Path]:  # noqa: FBT001 - called by a thread
        home, work = self.folder / "home", self.folder / "work"
        try:
            for place in (home, work):
                shutil.rmtree(place, ignore_errors=True)
                make_folder(place)
            carry_documents(self.system.environment.home, home)
            (home / "user").mkdir(exist_ok=True)
            if trace.world:
                self._set_scene(home, trace, disturbed=disturbed)
        except OSError as error:
            raise disk_said("make a place for a trial in", self.folder, error) from error
        return home, work

    def _set_scene(self, home: Path, trace: Trace, *, disturbed: bool) -> None:
        """Put the objects where the run found them, or beside it; RefusedError for a robot that is not simulated."""
        documents = self.system.library.registry.snapshot()
        robot, scene = str(trace.world["robot"]).partition(": ")[0], str(trace.world["scene"])
        profile = read_robot_profile(documents.robot(robot))
        if not SIMULATED.issuperset(profile.driver):
            raise RefusedError(
                f"the robot {profile.name} is not simulated; programs are tried out on simulated ones only"
            )
        state = trace.world.get("state", {})
        page = documents.scene(scene)
        objects = state.get("objects", {})
        if disturbed:
            floor_m = read_scene(page).cube_edge_m / 2
            objects = {name: _moved(at, floor_m) for name, at in objects.items()}
        text = page.read_text("utf-8")
        if objects:
            text = rewrite(text, {"objects": objects}, page)
        write_whole(home / "user" / "scenes" / f"{scene}.md", text.encode())


def _moved(at: Sequence[float], floor_m: float) -> list[float]:
    """On the floor, a little nearer to the middle."""
    x, y, _ = at
    return [round(x - _ASIDE_M if x > 0 else x + _ASIDE_M, 6), y, floor_m]


class Writer:
    """The words of skills: by template, or by the agent `skill-describer` in a run like any other."""

    def __init__(self, system: "LLMOS") -> None:
        self._system = system
        self._prompts = Prompts(system_root() / "kernel" / "prompts")

    def plain(self, candidate: Candidate) -> Words:
        """Words by template; whatever was typed as a goal is no markup in them."""
        newest = candidate.pattern.newest
        given = {
            "skeleton": _harmless(newest.skeleton, _LONGEST_QUOTE),
            "title": _harmless(newest.skeleton, _LONGEST_TITLE),
            "evidence": evidence_of(candidate),
            "agent": _harmless(newest.agent, _LONGEST_TITLE),
            "world": _harmless(candidate.crystal.world, _LONGEST_QUOTE),
            "goals": [_harmless(goal, _LONGEST_QUOTE) for goal in _goals(candidate)],
            "steps": [step.tool for step in newest.steps],
        }
        description, body = (
            self._prompts.render("crystal-page", part=part, **given) for part in ("description", "body")
        )
        return Words(" ".join(description.split()), body, "template")

    async def describe(self, candidate: Candidate) -> Words:
        """Words of a model; ModelError when the run does not end as done."""
        newest = candidate.pattern.newest
        goal = self._prompts.render(
            "crystal-words",
            name=candidate.name,
            skeleton=newest.skeleton,
            goals=_goals(candidate),
            program=show(candidate.program),
        )
        outcome = await self._system.execute(goal, WRITER)
        if outcome.outcome != "done":
            run = f"the run {outcome.run_id} of {WRITER} has {outcome.outcome}"
            raise ModelError(f"no words were written: {run}. {outcome.reason}")
        description, _, body = outcome.answer.strip().partition("\n")
        return Words(description.strip(), body.strip(), f"{WRITER} on {outcome.model}")


def _harmless(text: str, most: int) -> str:
    """What somebody typed, on one line and without anything that Markdown, HTML or a reader could take for more."""
    line = " ".join("".join(" " if is_hidden(each) else each for each in text).split()).translate(_MARKS)
    return line if len(line) <= most else line[: most - 1] + "…"


def _goals(candidate: Candidate) -> list[str]:
    """Each goal once, on one line."""
    return list(dict.fromkeys(" ".join(trace.goal.split()) for trace in candidate.pattern.traces))
