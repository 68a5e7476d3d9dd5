"""A home whose `kernel/` says one thing otherwise than the shipped rules."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llmos.documents.frontmatter import rewrite
from llmos.documents.kernel import KernelRules, load_kernel
from llmos.settings import system_root


def overlay(home: Path, changes: Mapping[str, Any]) -> KernelRules:
    """Write these dotted keys into the home's `kernel/`, and return the rules that hold then."""
    documents: dict[str, dict[str, Any]] = {}
    for key, value in changes.items():
        stem, *groups, last = key.split(".")
        here = documents.setdefault(stem, {})
        for group in groups:
            here = here.setdefault(group, {})
        here[last] = value
    (home / "kernel").mkdir(parents=True, exist_ok=True)
    for stem, keys in documents.items():
        (home / "kernel" / f"{stem}.md").write_text(rewrite("", keys), "utf-8")
    return load_kernel(system_root() / "kernel", home / "kernel")
