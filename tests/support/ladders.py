"""A home with a ladder: skills that are written, used so and so often, and looked for in its volumes."""

from dataclasses import dataclass, field
from pathlib import Path

from llmos.clock import SimulatedClock
from llmos.documents.kernel import EvolutionRules, load_kernel
from llmos.evolution.promotion import Ladder
from llmos.evolution.reasons import evidence_trailers
from llmos.evolution.review import demand
from llmos.evolution.safety import safety_suite
from llmos.evolution.standing import FOLDERS, Standing, standing_of
from llmos.evolution.transitions import trailers_of
from llmos.settings import system_root
from llmos.traces.usage import UsageLine, append
from llmos.volumes.history import Commit, History
from llmos.volumes.mounting import mount
from llmos.volumes.registry import Registry
from llmos.volumes.skill_hash import skill_hash
from llmos.volumes.trust import TrustStore

RULES = load_kernel(system_root() / "kernel").evolution
SKILL = "---\nname: {name}\ndescription: Draws {name}.\n---\n\nDraw it.\n"


@dataclass
class House:
    """A home, a ladder in it, and a clock that moves on by a minute with every use and commit."""

    home: Path
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    wrong: list[str] = field(default_factory=list)
    """What a verifier of programs has against every skill."""
    uses: int = 0

    @property
    def ladder(self) -> Ladder:
        """A ladder as a new process would have it."""
        self.clock.advance(60)
        return Ladder(self.home, RULES, self.clock, safety_suite(lambda _: self.wrong))

    def history(self, rung: str) -> History:
        """The history of a rung's volume."""
        self.clock.advance(60)
        return History(self.home / FOLDERS[rung], self.clock)

    def write(self, name: str = "draw", rung: str = "user", **more: str) -> Path:
        """A skill, committed; `more` are further files of its folder."""
        folder = self.place(rung, name)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "SKILL.md").write_text(SKILL.format(name=name), "utf-8")
        for file, text in more.items():
            (folder / file).write_text(text, "utf-8")
        self.history(rung).commit([folder], f"Write {name}")
        return folder / "SKILL.md"

    def place(self, rung: str, name: str = "draw") -> Path:
        """Where a skill's folder is, or would be."""
        return self.home / FOLDERS[rung] / "skills" / name

    def where(self, name: str = "draw") -> list[str]:
        """The rungs in whose volumes it lies."""
        return [rung for rung in FOLDERS if (self.place(rung, name) / "SKILL.md").is_file()]

    def standing(self, name: str = "draw") -> Standing:
        """Where the skill that counts stands, as the registry has it."""
        registry = Registry(mount(self.home, system_root(), TrustStore(self.home)))
        return standing_of(registry.entry("skill", name))

    def use(self, outcomes: str, name: str = "draw", *, scenario: str = "", same: bool = False, **tools: str) -> None:
        """Use the skill once for each letter: `+` succeeds, `-` fails; other slots each time unless `same`."""
        standing = self.standing(name)
        root = self.home / FOLDERS.get(standing.tier, "system")
        for outcome in outcomes:
            self.uses += 1
            self.clock.advance(60)
            append(
                root,
                UsageLine(
                    what="skill",
                    name=name,
                    content_hash=skill_hash(standing.page),
                    run_id=f"20261120-090000-{self.uses:06}",
                    ok=outcome == "+",
                    slots_hash="same" if same else f"slots-{self.uses}",
                    scenario=f"{scenario}/{self.uses}" if scenario else "",
                    at=f"{self.clock.now():%Y-%m-%dT%H:%M:%S}.000Z",
                    tools=tools,
                ),
            )

    def log(self, rung: str) -> list[Commit]:
        """What the history of a rung says about skills, the newest first."""
        return list(self.history(rung).log(Path("skills"), 100))

    def subjects(self, rung: str) -> list[str]:
        """The first lines of that."""
        return [commit.subject for commit in self.log(rung)]

    def trailers(self, rung: str) -> dict[str, str]:
        """The trailers of the newest commit on skills."""
        return trailers_of(self.log(rung)[0])


def what_the_rules_show(home: Path, rules: EvolutionRules) -> list[object]:
    """What is known and demanded of three skills in a home without histories: one climbs, one falls, one fails."""
    ladder = Ladder(home, rules, SimulatedClock(), lambda *_: ())
    lives = {("draw", "user"): "++++-+", ("stack", "team"): "+" * 60 + "-+" * 32, ("paint", "user"): "++-"}
    seen: list[object] = []
    for (name, tier), outcomes in lives.items():
        page = home / FOLDERS[tier] / "skills" / name / "SKILL.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(SKILL.format(name=name), "utf-8")
        text, at = skill_hash(page), "2026-11-20T09:00:00Z"
        for number, outcome in enumerate(outcomes):
            run = f"{name}-{number:03}"
            append(
                home / FOLDERS[tier],
                UsageLine(
                    what="skill",
                    name=name,
                    content_hash=text,
                    run_id=run,
                    ok=outcome == "+",
                    slots_hash=run,
                    at=at,
                ),
            )
        standing = Standing(name, tier, page)
        record = ladder.record(standing)
        trailers = evidence_trailers(record, rules.evidence_runs)
        seen += [record.floor, record.proof, record.interval, trailers, demand(ladder, standing)]
    return seen
