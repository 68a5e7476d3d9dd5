"""Laws of what counts as a false action: something would move where the right reply calls nothing."""

import pytest

from training.episodes import Step, finish
from training.measure import judging
from training.measure.asking import Decision, Run
from training.world import Call

MOVES = '{"name":"go_home","arguments":{}}'
LOOKS = '{"name":"get_status","arguments":{}}'


def run(reply: Call, *written: str) -> Run:
    """A run whose every right reply is the same."""
    step = Step({"messages": [{"role": "user", "content": "Go"}], "tools": []}, reply)
    return Run(None, tuple(Decision(step, text, 1.0, 1.0, 0.0, 0.0) for text in written))


@pytest.mark.parametrize(
    ("reply", "text", "is_false"),
    [
        (finish("abstained", "goal"), MOVES, True),
        (finish("failed", "refusal"), MOVES, True),
        (finish("done", "result"), MOVES, True),
        (finish("failed", "refusal"), LOOKS, False),
        (Call("go_home"), MOVES, False),
        (Call("move_to", {"x": 1.0}), MOVES, False),
    ],
    ids=["no goal", "after an error", "when all is done", "to look", "as asked", "another motion than asked"],
)
def test_what_moves_where_nothing_should_is_a_false_action(reply: Call, text: str, is_false: bool) -> None:
    """After an error or behind the end as much as without a goal; a wrong motion where one is due is only wrong."""
    assert judging.actions([run(reply, text)]) == judging.Share(int(is_false), 1)


def test_a_run_counts_once() -> None:
    """However often it would move, and not when it is not sure enough."""
    runs = [run(finish("failed", "refusal"), MOVES, MOVES), run(finish("failed", "refusal"), LOOKS)]
    assert judging.actions(runs) == judging.Share(1, 2)
    assert judging.actions(runs, 1.1) == judging.Share(0, 2)
