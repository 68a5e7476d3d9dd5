"""The pages on valence and demonstrations say what kernel, scenes and command line have."""

import re

from llmos.autonomy.sentience import LATENT
from llmos.cli.demo import TITLES
from llmos.documents.kernel import load_kernel
from llmos.documents.scene import read_scene
from llmos.settings import system_root
from tests.support.pages import ROOT, table, word

RULES = load_kernel(system_root() / "kernel").valence
SCENES = system_root() / "volumes" / "system" / "scenes"


def test_the_valence_page_has_every_mode_with_its_figures() -> None:
    """Each mode once, and the numbers that it names are the kernel's."""
    rows = {row[0]: row[1:] for row in table("docs/valence.md", "mode", "begins", "what it does")}
    assert set(rows) == set(LATENT)
    assert re.findall(r"[\d.]+", rows["CAUTIOUS"][0]) == [f"{-RULES.cautious_safety:g}"]
    assert re.findall(r"[\d.]+", rows["RECOVERY"][0]) == [
        f"{-RULES.recovery_safety:g}",
        f"{-RULES.recovery_energy:g}",
    ]
    assert re.findall(r"[\d.]+", rows["RECOVERY"][1]) == [f"{RULES.modes['recovery'].max_step_m:g}"]


def test_the_page_says_how_many_refusals_make_a_robot_cautious() -> None:
    """Six at once, by the shipped impulse and threshold; five do not."""
    refused = RULES.impulses["refused"].safety
    assert 6 * refused < RULES.cautious_safety <= 5 * refused
    assert "six\nwithin a minute make the robot CAUTIOUS" in (ROOT / "docs/valence.md").read_text()


def test_the_demonstrations_page_has_every_demonstration() -> None:
    """By number, in order."""
    rows = table("docs/demos.md", "number", "shows", "goals")
    assert [row[0] for row in rows] == [str(number) for number, _ in enumerate(TITLES, start=1)]


def test_the_demonstrations_page_has_every_use_case() -> None:
    """Scene and goal as the scene has them; the pocket model carries out each, as `test_use_cases` asks of it."""
    rows = table("docs/demos.md", "scene", "goal", "pocket")
    scenes = [read_scene(path) for path in SCENES.glob("*.md")]
    assert {word(row[0]): row[1] for row in rows} == {scene.name: scene.goal for scene in scenes if scene.goal}
    assert not [row for row in rows if row[2].startswith("no")]
