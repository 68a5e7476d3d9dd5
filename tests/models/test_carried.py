"""An exception that native code cannot carry comes out on the other side, once."""

import pytest

from llmos.models.carried import Carried


def test_the_first_exception_is_kept_and_raised_once() -> None:
    """What follows it in the same call is its consequence."""
    carried = Carried()
    for error in (KeyError("first"), ValueError("second")):
        with carried:
            raise error
    with pytest.raises(KeyError, match="first"):
        carried.release()
    carried.release()


def test_without_an_exception_nothing_is_raised() -> None:
    """Most calls end well."""
    carried = Carried()
    with carried:
        pass
    carried.release()
    assert carried.error is None
