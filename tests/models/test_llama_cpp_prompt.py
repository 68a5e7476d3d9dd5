"""What a prompt shares with the one before it, and in which portions the rest is read."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.llama import need_backend

if TYPE_CHECKING:
    from llmos.models.llama_cpp_prompt import Unit

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def prompts() -> Any:
    """The module, where its package is installed."""
    need_backend("llama-cpp-python")
    from llmos.models import llama_cpp_prompt

    return llama_cpp_prompt


UNITS = st.lists(st.integers(0, 2) | st.sampled_from([b"a", b"b"]), max_size=12)


def units(prompts: Any, written: Sequence[int | bytes]) -> "list[Unit]":
    """Tokens as they are, bytes as pictures of six cells and three positions."""
    return [one if isinstance(one, int) else prompts.Picture(one, 6, 3, chunk=object()) for one in written]


@given(first=UNITS, second=UNITS)
def test_the_shared_start_is_as_long_as_it_can_be(
    prompts: Any, first: list[int | bytes], second: list[int | bytes]
) -> None:
    """Pictures are equal when their bytes are, whatever mtmd made of them."""
    size = prompts.shared_start(units(prompts, first), units(prompts, second))
    assert first[:size] == second[:size]
    assert size == min(len(first), len(second)) or first[size] != second[size]


@given(written=UNITS, size=st.integers(1, 5))
def test_batches_hold_everything_in_order(prompts: Any, written: list[int | bytes], size: int) -> None:
    """At most so many tokens at once, and each picture by itself."""
    whole = units(prompts, written)
    batches = list(prompts.in_batches(whole, size))
    assert all(1 <= len(batch) <= size for batch in batches if isinstance(batch, list))
    assert [unit for batch in batches for unit in (batch if isinstance(batch, list) else [batch])] == whole


def test_a_picture_fills_more_cells_than_it_takes_positions(prompts: Any) -> None:
    """The context is full by the former, what follows stands behind the latter."""
    mixed = units(prompts, [1, b"a", 2])
    assert prompts.token_count(mixed) == 8
    assert prompts.position_count(mixed) == 5
