"""The examples in this package's docstrings."""

import doctest
import importlib
import pkgutil

import pytest

import llmos.documents

MODULES = sorted(module.name for module in pkgutil.iter_modules(llmos.documents.__path__))


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_true(name: str) -> None:
    """Whoever copies an example gets what it promises."""
    failed, _ = doctest.testmod(importlib.import_module(f"llmos.documents.{name}"))
    assert failed == 0
