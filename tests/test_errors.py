"""What ends a group of tasks is told as what it is."""

import pytest

from llmos.errors import LLMosError, RefusedError, StorageError, ungrouped

FULL, NO = StorageError("the disk is full"), RefusedError("no")
BUG = TypeError("a bug")


@pytest.mark.parametrize(
    "raised",
    [
        FULL,
        ExceptionGroup("tasks", [FULL]),
        ExceptionGroup("tasks", [FULL, NO]),
        ExceptionGroup("tasks", [ExceptionGroup("more tasks", [ExceptionGroup("and more", [FULL])]), NO]),
    ],
)
def test_the_first_error_of_ours_comes_out_alone(raised: Exception) -> None:
    """However deep the groups lie."""
    with pytest.raises(LLMosError) as caught, ungrouped():
        raise raised
    assert caught.value is FULL


@pytest.mark.parametrize("raised", [BUG, KeyboardInterrupt()])
def test_what_is_none_of_ours_comes_out_as_it_is(raised: BaseException) -> None:
    """A bug, and what ends the program."""
    with pytest.raises(type(raised)) as caught, ungrouped():
        raise raised
    assert caught.value is raised


def test_a_group_with_none_of_ours_stays_a_group() -> None:
    """It is a bug, and is told with all that there is."""
    with pytest.raises(ExceptionGroup) as caught, ungrouped():
        raise ExceptionGroup("tasks", [BUG])
    assert caught.value.exceptions == (BUG,)


def test_a_bug_is_never_hidden_by_an_error_of_ours() -> None:
    """Both are told where both came."""
    with pytest.raises(ExceptionGroup) as caught, ungrouped():
        raise ExceptionGroup("tasks", [FULL, BUG])
    ours, bug = caught.value.split(LLMosError)
    assert ours is not None
    assert ours.exceptions == (FULL,)
    assert bug is not None
    assert bug.subgroup(TypeError) is not None


def test_without_an_error_nothing_happens() -> None:
    """What is within is done."""
    done = False
    with ungrouped():
        done = True
    assert done
