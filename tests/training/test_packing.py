"""Laws of packing prompts as trees of lines."""

from random import Random

import numpy as np

from training.packing import IGNORED, Leaf, Packed, pack

HEAD, GOAL, OTHER, CALL, POSE, LATER = (1, 2), (3, 4, 5), (6,), (7, 8), (9, 9), (9, 8)


def packed(*leaves: Leaf, length: int = 32) -> Packed:
    """The one sequence of these leaves."""
    too_long = Leaf(((0,) * length,), (0,))  # ends the sequence that the others have begun
    (sequence,) = pack([leaves, [too_long]], length)
    return sequence


def seen(sequence: Packed, token: int) -> list[int]:
    """The tokens that the token at this place sees, in order of position."""
    places = np.flatnonzero(sequence.mask[token])
    return [int(sequence.tokens[place]) for place in sorted(places, key=lambda place: sequence.positions[place])]


def test_a_reply_sees_its_own_prompt_and_nothing_else() -> None:
    """Each leaf sees what it will see when served: its path from the first line, at its own positions."""
    first, second = Leaf((HEAD, GOAL, POSE), (21, 22)), Leaf((HEAD, GOAL, CALL, LATER), (31,))
    third = Leaf((HEAD, OTHER, POSE), (41,))
    sequence = packed(first, second, third)
    for leaf in (first, second, third):
        plain = [token for line in leaf.lines for token in line] + list(leaf.reply)
        last = int(np.flatnonzero(sequence.tokens == leaf.reply[-1])[0])
        assert seen(sequence, last) == plain
        assert sequence.positions[last] == len(plain) - 1


def test_what_leaves_share_stands_once() -> None:
    """The tools and the goal are read once for all steps."""
    sequence = packed(Leaf((HEAD, GOAL, POSE), (21,)), Leaf((HEAD, GOAL, CALL, LATER), (31,)))
    assert [list(sequence.tokens).count(token) for token in (1, 3, 7)] == [1, 1, 1]


def test_only_replies_are_targets() -> None:
    """The token before each token of a reply has it as its target, no other has one."""
    sequence = packed(Leaf((HEAD, GOAL, POSE), (21, 22)), Leaf((HEAD, OTHER, POSE), (41,)))
    assert [int(target) for target in sequence.targets if target != IGNORED] == [21, 22, 41]
    before = np.flatnonzero(sequence.targets == 21)[0]
    assert sequence.tokens[before] == POSE[-1]


def test_told_lines_are_predicted_within_themselves() -> None:
    """A line that is worth it gives a target to each of its tokens but the last."""
    sequence = packed(Leaf((HEAD, GOAL, POSE), (21,), told=(False, True, False)))
    assert [int(target) for target in sequence.told if target != IGNORED] == list(GOAL[1:])


def test_what_does_not_fit_begins_the_next_sequence() -> None:
    """No leaf is left out because it is long, or late in its group, unless it is longer than a sequence."""
    leaves = [Leaf((HEAD, (50 + number,)), (60 + number,)) for number in range(8)]
    too_long = Leaf((HEAD, (0,) * 9), (0,))
    sequences = list(pack([[too_long, *leaves, too_long]], 10))
    replies = [int(target) for sequence in sequences for target in sequence.targets if target != IGNORED]
    assert replies == [leaf.reply[0] for leaf in leaves]
    assert all((sequence.tokens == 1).sum() == 1 for sequence in sequences)


def test_random_trees_keep_the_laws() -> None:
    """Whatever the tree, each reply sees exactly its prompt."""
    random = Random(3)
    for _ in range(30):
        lines = [tuple(random.randint(1, 9) for _ in range(random.randint(1, 3))) for _ in range(4)]
        leaves = [
            Leaf(tuple(random.choice(lines) for _ in range(random.randint(1, 4))), (100 + number,))
            for number in range(6)
        ]
        sequence = packed(*leaves, length=200)
        for leaf in leaves:
            last = int(np.flatnonzero(sequence.tokens == leaf.reply[0])[0])
            assert seen(sequence, last) == [token for line in leaf.lines for token in line] + list(leaf.reply)
