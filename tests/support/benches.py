"""A bench that runs nothing: whether a version passes a case is decided by a rule or by chance; knows no agent."""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from llmos.documents.agent_trials import AgentTrials
from llmos.documents.frontmatter import parse
from llmos.documents.kernel import load_kernel
from llmos.documents.kernel_rules import EvolutionRules
from llmos.documents.scenario import Case, Scenario, scenario_from
from llmos.evolution.paired import alpha_of
from llmos.evolution.scenarios import Ended
from llmos.evolution.trial import Cases, Trial, choose_cases
from llmos.messages import Usage
from llmos.settings import system_root

RULES: EvolutionRules = load_kernel(system_root() / "kernel").evolution
CURRENT, CANDIDATE = "current", "candidate"

Passes = Callable[[str, Case], bool]


class DecidedBench:
    """Says of each run that it passed or not; `runs` are the versions and cases in order, `folders` where each went."""

    def __init__(
        self,
        passes: Passes,
        steps: Callable[[str], int] = lambda _: 3,
        tokens: Callable[[str], int] = lambda _: 110,
        cost_usd: Callable[[str], float] = lambda _: 0.01,
    ) -> None:
        self.runs: list[tuple[str, str]] = []
        self.folders: list[Path] = []
        self._passes = passes
        self._steps = steps
        self._tokens = tokens
        self._cost_usd = cost_usd

    async def run(self, agent: str, text: str, case: Case, keep: Path) -> Ended:
        """What was decided."""
        self.runs.append((text, case.name))
        self.folders.append(keep)
        check = case.scenario.check
        outcome = check.outcome if self._passes(text, case) else "failed"
        there = {name: where.point for name, where in check.object_at.items() if where.point}
        run_id = f"{agent}-{len(self.runs)}"
        usage = Usage(self._tokens(text) - 10, 10)
        return Ended(run_id, outcome, "", self._steps(text), usage, self._cost_usd(text), keep, objects=there)


def by_chance(random: Random, current: float, candidate: float) -> Passes:
    """Each run passes with the probability of its version."""
    return lambda text, _: random.random() < (current if text == CURRENT else candidate)


def by_scenario(random: Random, current: float, candidate: float) -> Passes:
    """All cases of a scenario pass or fail together, with the probability of the version; anew for each candidate."""
    fate: dict[tuple[str, str], bool] = {}

    def passes(text: str, case: Case) -> bool:
        key = (text, case.scenario.name)
        if key not in fate:
            fate[key] = random.random() < (current if text == CURRENT else candidate)
        return fate[key]

    return passes


def scenarios(number: int, cases: int, *, pinned: int = 0) -> list[Scenario]:
    """So many scenarios with so many cases each, all held out or pinned under a practice share of 0."""
    return [_page(f"s{i}", cases, pinned=i >= number) for i in range(number + pinned)]


def _page(name: str, cases: int, *, pinned: bool) -> Scenario:
    goals = ", ".join(f"{name}-{i}" for i in range(cases))
    lines = [
        "---", f"name: {name}", "description: x", "agents: porter", "goal: '{goal}'", f"pinned: {str(pinned).lower()}",
        f"slots: {{goal: [{goals}]}}", f"seeds: [{', '.join(map(str, range(cases * 12)))}]", "---", "",
    ]  # fmt: skip
    return scenario_from(parse("\n".join(lines), Path(f"{name}.md")))


def a_trial(bench: DecidedBench, cases: Cases, rules: AgentTrials = RULES) -> Trial:
    """A trial of the agent `porter`."""
    return Trial(bench, "porter", cases, rules, Path("/nowhere"), lambda _: None)


async def promotes(
    random: Random, cases: Cases, tries: int, rates: tuple[float, float], *, whole: bool = False
) -> bool:
    """Whether any of so many tries with one version is kept, as `llmos evolve` would make them."""
    rules, chance = RULES, by_scenario if whole else by_chance
    trial = a_trial(DecidedBench(chance(random, *rates)), cases, rules)
    for number in range(1, tries + 1):
        if number % rules.agent_proposals == 1:
            trial = a_trial(DecidedBench(chance(random, *rates)), cases, rules)  # somebody calls it once more
        alpha = alpha_of(rules.agent_alpha, number)
        if cases.lack(alpha):
            return False
        if (await trial.judge(CURRENT, f"{CANDIDATE} {number}", alpha)).kept:
            return True
    return False


async def share_of_promotions(
    seed: int, homes: int, tries: int, rates: tuple[float, float], pages: Sequence[Scenario], *, whole: bool = False
) -> float:
    """In which share of so many homes an edit with these success rates brings a commit.

    `whole`: whether all cases of a scenario pass or fail together.
    """
    cases = choose_cases("porter", pages, (), RULES)
    random = Random(seed)
    return sum([await promotes(random, cases, tries, rates, whole=whole) for _ in range(homes)]) / homes
