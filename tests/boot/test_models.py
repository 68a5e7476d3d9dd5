"""Models by name: what is said of one that cannot be used."""

from importlib.resources import files
from pathlib import Path

import pytest

from llmos.errors import LLMosError
from tests.support.homes import make_place
from tests.support.runs import hire

pytestmark = pytest.mark.anyio
SHIPPED = files("llmos.models.pocket").joinpath("pocket.gguf")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("anthropic:claude-opus-5-6", "claude-opus-5-5"),
        ("claude-opus-55", "claude-opus-5-5"),
        ("anthropic:claude-sonet-5-5", "claude-sonnet-5-5"),
    ],
)
async def test_a_mistyped_model_is_told_the_nearest(tmp_path: Path, name: str, meant: str) -> None:
    """A price is what it lacks, and no price is what a mistyped id needs."""
    place = make_place(tmp_path)
    async with place.system(api="http://localhost:9", model=name) as system:
        with pytest.raises(LLMosError) as raised:
            await system.execute("go", "critic")
    assert str(raised.value) == (
        f"kernel/models.md has no price for '{name.removeprefix('anthropic:')}', so no budget could hold it; "
        f"did you mean '{meant}'? Otherwise add one under `prices:` in {place.home}/kernel/models.md"
    )


async def test_a_model_that_an_agent_mistypes_is_told_at_its_line(tmp_path: Path) -> None:
    """A person who named no model reads where the name stands; one who did, reads the name."""
    place = make_place(tmp_path)
    path = hire(place, "---\nname: worker\ndescription: D\nmodel: pokcet\n---\nWork.\n")
    said = "There is no model 'pokcet'; did you mean 'pocket'?"
    for model, where in ((None, f"{path}:4: "), ("pokcet", "")):
        async with place.system(model=model) as system:
            with pytest.raises(LLMosError) as raised:
                await system.execute("go", "worker")
        assert str(raised.value) == f"{where}{said}"


@pytest.mark.parametrize(
    ("name", "sees"),
    [
        ("opus", True),
        ("claude-sonnet-5-5", True),
        ("anthropic:claude-haiku-5-5", True),
        ("runtime", True),
        ("pocket", False),
        ("openai:llava", False),
        ("local:tiny.gguf", False),
        ("cassette:tape.jsonl", False),
    ],
)
async def test_pictures_go_to_models_that_are_known_to_see(tmp_path: Path, name: str, sees: bool) -> None:
    """All others get the words alone."""
    async with make_place(tmp_path).system() as system:
        assert system.models.sees(name) is sees


@pytest.mark.parametrize("name", ["pocket", f"local:{SHIPPED}"])
async def test_an_alias_says_how_sure_its_model_must_be(tmp_path: Path, name: str) -> None:
    """A home asks for certainty, and the model holds back what it would else have called; a file of one's own, too."""
    place = make_place(tmp_path)
    goal = "Move 0.5 meters to the right"
    told = []
    for asked in (0.0, 1.0):
        place.write("kernel/models.md", f"---\naliases:\n  pocket:\n    confidence: {asked}\n---\n")
        async with place.system(model=name) as system:
            told.append(await system.execute(goal, "operator"))
    sure, unsure = told
    assert [use.tool for use in sure.tool_calls] == ["move_relative"]
    assert (unsure.outcome, unsure.tool_calls) == ("failed", ())
    assert unsure.answer.startswith("The model was not sure enough that move_relative dx=0.5 is meant (0.9")
