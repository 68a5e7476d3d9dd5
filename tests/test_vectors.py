"""Packed vectors are a quarter as large and as near to each other as before; the nearest of many are found."""

import numpy as np
import pytest

from llmos.vectors import Floats, Many, cosines, packed


def drawn(count: int, dimensions: int, seed: int = 1) -> Floats:
    """Random rows of length 1."""
    rows = np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)
    unit: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


@pytest.mark.parametrize("dimensions", [8, 100, 384])
def test_a_byte_for_each_number_keeps_the_cosine(dimensions: int) -> None:
    """Within a hundredth, for any number of dimensions."""
    rows = drawn(50, dimensions)
    kept = packed(rows)
    assert {len(each) for each in kept} == {dimensions}
    assert np.abs(np.array(cosines(kept, rows[3])) - rows @ rows[3]).max() < 0.01


def test_a_vector_of_nothing_is_near_to_nothing() -> None:
    """No number is divided by zero."""
    nothing = np.zeros((1, 8), np.float32)
    assert packed(nothing) == [bytes(8)]
    assert cosines(packed(nothing), drawn(1, 8)[0]) == [0.0]
    assert cosines([], drawn(1, 8)[0]) == []


@pytest.mark.parametrize("dimensions", [40, 384])
def test_the_nearest_of_many_come_first(dimensions: int) -> None:
    """Also where their signs are compared first: a row with a little noise finds the row."""
    rows = drawn(5_000, dimensions)
    many = Many(range(100, 5_100), packed(rows))
    noisy = rows[::250] + 0.3 * drawn(20, dimensions, seed=2)
    for place, one in zip(range(0, 5_000, 250), noisy, strict=True):
        found = many.nearest((one / np.linalg.norm(one)).astype(np.float32))
        assert found[0][0] == 100 + place
        assert len(found) == 512
        assert [near for _, near in found] == sorted((near for _, near in found), reverse=True)


def test_of_none_none_is_nearest() -> None:
    """An index without vectors has no answer."""
    assert Many([], []).nearest(drawn(1, 384)[0]) == []
