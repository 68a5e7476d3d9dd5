"""How uses are counted: runs once, cases once, scenarios apart, and only for the text that was used."""

from hypothesis import given
from hypothesis import strategies as st

from llmos.traces.tally import Count, Tally, tally
from llmos.traces.usage import UsageLine


def use(
    run: int | str, *, ok: bool = True, slots: str = "", scenario: str = "", at: int = 0, text: str = "t"
) -> UsageLine:
    """A use of the skill `draw`; run and time default to each other."""
    second = at or (run if isinstance(run, int) else 0)
    when = f"2026-11-20T09:{second // 60:02}:{second % 60:02}.5Z"
    slots = slots or f"slots of {run}"
    return UsageLine(
        what="skill",
        name="draw",
        content_hash=text,
        run_id=f"r{run}",
        ok=ok,
        slots_hash=slots,
        scenario=scenario,
        at=when,
    )


def count(*lines: UsageLine) -> Tally:
    """The tally of the text `t`."""
    return tally(lines, "skill", "draw", "t")


def test_nothing_was_counted() -> None:
    """A skill that nobody used has no rate."""
    assert count() == Tally()
    assert (Count().rate, Count().failures) == (0.0, 0)


def test_a_run_counts_once() -> None:
    """The same line from two clones is one use; where they disagree, it failed."""
    assert count(use(1), use(1), use(2)).total == Count(2, 2)
    assert count(use(1), use(1, ok=False)).total == count(use(1, ok=False), use(1)).total == Count(0, 1)


def test_equal_slots_are_one_case() -> None:
    """Seven times the same goal is one piece of evidence, and a failed one if it ever failed."""
    assert count(*(use(number, slots="same") for number in range(1, 8))).real == Count(1, 1)
    assert count(use(1, slots="same"), use(2, slots="same", ok=False), use(3, slots="same")).real == Count(0, 1)


def test_scenario_seeds_are_cases_of_their_own() -> None:
    """Equal slots under another seed are another case, and never count as a real use."""
    found = count(
        use(1, slots="s"), use(2, slots="s", scenario="pick/1"), use(3, slots="s", scenario="pick/2", ok=False)
    )
    assert (found.real, found.scenarios, found.total) == (Count(1, 1), Count(1, 2), Count(2, 3))


def test_only_the_text_that_was_used_counts() -> None:
    """An edited skill starts anew; another name or a trace is something else."""
    others = [use(1, text="older"), use(2)]
    lines = [
        *others,
        UsageLine(what="trace", name="draw", content_hash="t", run_id="r3", ok=True, slots_hash="", at=""),
    ]
    assert tally(lines, "skill", "draw", "t").total == Count(1, 1)
    assert tally(lines, "skill", "paint", "t").total == Count()
    assert tally(lines, "trace", "draw", "t").total == Count(1, 1)


def test_a_streak_is_the_newest_failures_in_time() -> None:
    """In the order in which runs ended, whatever order a merge left; a success or a settlement ends it."""
    lines = [use(5, ok=False), use(3, ok=False), use(2), use(4, ok=False), use(1, ok=False)]
    assert count(*lines).streak() == 3
    assert count(*lines).streak(since="2026-11-20T09:00:04") == 1
    assert count(*lines, use(6)).streak() == 0


@given(
    st.lists(st.builds(use, st.integers(1, 9), ok=st.booleans(), slots=st.sampled_from("abc")), max_size=12),
    st.randoms(),
)
def test_order_and_repetition_change_no_count(lines: list[UsageLine], chance: object) -> None:
    """Whatever merges do to a sidecar, the counts are the same."""
    mixed = [*lines, *lines[:3]]
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert (count(*mixed).real, count(*mixed).scenarios) == (count(*lines).real, count(*lines).scenarios)
