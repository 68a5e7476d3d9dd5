"""What a skill that was made from experience says of itself: what is written comes back, odd things too."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.documents.crystal import Crystal, crystal_of, made_with, name_for, suffix
from llmos.documents.emit import lines_of
from llmos.documents.frontmatter import parse
from llmos.documents.skill import skill_from
from llmos.documents.unread import unread_keys

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=20)
HASHES = st.sampled_from(["sha256:0123", "sha256:ff"])
NAMES = st.sampled_from(["move_to", "Write", "agent", "skill/pick", "point1.x"])
CRYSTALS = st.builds(
    Crystal,
    signature=HASHES,
    agent=st.just("operator"),
    tools=st.dictionaries(NAMES, HASHES),
    world=st.sampled_from(["", "arm: gantry arm (simulated) / bench"]),
    traces=st.lists(st.sampled_from(["b68085ed0fda", "a"]), max_size=3).map(tuple),
    program=HASHES,
    goal=WORDS.map(str.strip),
    made_with=st.dictionaries(NAMES, HASHES),
    start=st.dictionaries(st.just("same"), st.dictionaries(st.sampled_from(["gripper", "holding"]), WORDS)),
    digits=st.dictionaries(NAMES, st.integers(0, 9)),
    words=HASHES,
)


def skill_with(metadata: dict[str, str]) -> Crystal | None:
    """What a SKILL.md with this metadata says."""
    head = "\n".join(["name: x", "description: X.", *lines_of("metadata", metadata)])
    return crystal_of(skill_from(parse(f"---\n{head}\n---\n\nDo it.\n", Path("x/SKILL.md"))))


@given(CRYSTALS)
def test_what_is_written_comes_back(crystal: Crystal) -> None:
    """Through the text of a SKILL.md."""
    assert skill_with(crystal.metadata) == crystal


def test_a_skill_that_a_person_wrote_is_no_crystal() -> None:
    """Its metadata names no goals."""
    assert skill_with({"author": "Ada"}) is None


@pytest.mark.parametrize("start", ["{", "[]", "7", "anything"])
def test_a_start_that_nobody_can_read_never_holds(start: str) -> None:
    """Nothing is begun on a guess."""
    crystal = skill_with({"llmos-signature": "sha256:1", "llmos-start": start})
    assert crystal is not None
    assert crystal.start == {"same": {"llmos-start": start}}


def test_digits_that_are_none_are_left_out() -> None:
    """A hand-written page is read all the same."""
    crystal = skill_with({"llmos-signature": "sha256:1", "llmos-digits": "point1.x=2 length1=many"})
    assert crystal is not None
    assert crystal.digits == {"point1.x": 2}


def test_nobody_is_warned_of_these_keys() -> None:
    """`volume check` knows them."""
    every = Crystal("s", "a", {"t": "v"}, "w", ("t",), "p", "g", {"agent": "v"}, {"same": {"x": 1}}, {"x": 1}, "w")
    head = "\n".join(["name: x", "description: X.", *lines_of("metadata", every.metadata)])
    document = parse(f"---\n{head}\n---\n\nDo it.\n", Path("x/SKILL.md"))
    assert len(every.metadata) == 11
    assert list(unread_keys("skill", document)) == []


@given(st.text(max_size=200), WORDS, WORDS)
def test_names_are_legal_whatever_the_goal(skeleton: str, agent: str, world: str) -> None:
    """Lower case letters, digits and single hyphens, at most 64 of them, as the standard asks."""
    name = name_for(skeleton, "sha256:1", agent, world)
    assert name == name.lower()
    assert len(name) <= 64
    assert name.isascii()
    assert name.replace("-", "").isalnum()
    assert "--" not in name
    assert not name.startswith("-")
    assert name.endswith(suffix("sha256:1", agent, world))


def test_another_agent_or_world_is_another_skill() -> None:
    """None of them is made over and over in place of another."""
    names = {
        name_for("go", "sha256:1", agent, world) for agent in ("operator", "worker") for world in ("", "arm / bench")
    }
    assert len(names) == 4


def test_what_a_run_rests_on_is_named() -> None:
    """Agent, opened skills, robot and scene, by their hashes."""
    world = {"robot": "arm", "robot_hash": "r", "scene": "bench", "scene_hash": "s", "state": {}}
    assert made_with("a", {"pick": "p"}, world) == {"agent": "a", "robot": "r", "scene": "s", "skill/pick": "p"}
    assert made_with("a", {}, {}) == {"agent": "a"}
