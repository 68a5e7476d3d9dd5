"""`llmos usage`: sums from the journals, from a day on, and what is said when there are none."""

from tests.support.command_line import CommandLine
from tests.support.tapes import says


def test_runs_are_summed(llmos: CommandLine) -> None:
    """One row a day, with what its runs took in and gave out."""
    tape = llmos.tape({"reply": {"text": "ready", "usage": {"input_tokens": 7, "output_tokens": 2}}})
    for _ in range(2):
        llmos("agent", "run", "worker", "go", "--model", tape)
    [row] = llmos("usage", "--by", "agent", "--json").json["usage"]
    assert (row["agent"], row["runs"], row["done"]) == ("worker", 2, 2)
    assert (row["input_tokens"], row["output_tokens"], row["cost_usd"]) == (14, 4, 0.0)


def test_a_day_on_which_nothing_was_run_is_named(llmos: CommandLine) -> None:
    """Other runs there may be, so it is not said that there are none."""
    said = llmos("usage")
    assert (said.code, said.out, said.err) == (0, "", "No run has been journaled in this home yet.\n")
    llmos("agent", "run", "worker", "go", "--model", llmos.tape(says()))
    said = llmos("usage", "--since", "2999-01-01")
    assert (said.code, said.out, said.err) == (0, "", "No run was journaled from 2999-01-01 on.\n")
    assert llmos("usage", "--since", "2000-01-01").out.splitlines()[0].startswith("day ")


def test_a_word_that_is_no_day_is_refused(llmos: CommandLine) -> None:
    """It is not taken as a day after all others."""
    said = llmos("usage", "--since", "yesterday")
    sentence = (
        "Invalid value for '--since': 'yesterday' does not match the format '%Y-%m-%d'; see `llmos usage --help`."
    )
    assert (said.code, said.err) == (2, f"llmos: {sentence}\n")
