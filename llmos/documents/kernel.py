"""Reads the kernel's rules: the shipped `kernel/*.md`, and over them single keys of the home.

Knows that the home may only tighten safety; what a rule does, its reader knows.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from llmos.documents.document import BrokenDocumentError, Document
from llmos.documents.frontmatter import read_document
from llmos.documents.kernel_checks import check_budget, check_evolution, check_models, check_tighter
from llmos.documents.kernel_rules import (
    BudgetRules,
    DispatchRules,
    EvolutionRules,
    KernelRules,
    ModelAlias,
    ModelRules,
    Orchestration,
    Price,
    SafetyRules,
    ServiceRules,
    ValenceRules,
)
from llmos.documents.keys import KeyPath, Leaf, build, leaves, require_certain
from llmos.documents.memory_rules import MemoryRules
from llmos.documents.naming import not_empty
from llmos.documents.valence_checks import check_valence
from llmos.errors import DocumentError, nearest
from llmos.messages import JSON

__all__ = [
    "RULES",
    "BudgetRules",
    "DispatchRules",
    "EvolutionRules",
    "KernelRules",
    "MemoryRules",
    "ModelAlias",
    "ModelRules",
    "Orchestration",
    "Price",
    "SafetyRules",
    "ServiceRules",
    "Shown",
    "ValenceRules",
    "all_keys",
    "load_kernel",
    "show",
]

RULES: Mapping[str, type] = {
    "orchestration": Orchestration,
    "dispatch": DispatchRules,
    "budget": BudgetRules,
    "models": ModelRules,
    "safety": SafetyRules,
    "service": ServiceRules,
    "valence": ValenceRules,
    "evolution": EvolutionRules,
    "memory": MemoryRules,
}
"""The documents of the kernel, by file name without `.md`, and what each is read into."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One rule as a person sees it: its dotted key, its value, and the file and line that say so."""

    key: str
    value: JSON
    where: str


def load_kernel(shipped: Path, overlay: Path | None = None) -> KernelRules:
    """The rules of the folder `shipped` with the keys of the folder `overlay` over them.

    Raises DocumentError for the first key that is missing, unknown, mistyped, out of range, or loosens safety.
    """
    over = {} if overlay is None else _overlay_documents(overlay)
    own = {stem: read_document(shipped / f"{stem}.md") for stem in RULES}
    found = {stem: _found(stem, own[stem], over.get(stem)) for stem in RULES}
    models = build(ModelRules, found["models"], own["models"])
    budget = build(BudgetRules, found["budget"], own["budget"])
    check_models(models, found["models"], own["models"])
    check_budget(budget, found["budget"], own["budget"])
    valence = build(ValenceRules, found["valence"], own["valence"])
    check_valence(valence, found["valence"], own["valence"])
    evolution = build(EvolutionRules, found["evolution"], own["evolution"])
    check_evolution(evolution, found["evolution"], own["evolution"])
    return KernelRules(
        orchestration=build(Orchestration, found["orchestration"], own["orchestration"]),
        dispatch=build(DispatchRules, found["dispatch"], own["dispatch"]),
        budget=budget,
        models=models,
        safety=build(SafetyRules, found["safety"], own["safety"]),
        valence=valence,
        evolution=evolution,
        memory=build(MemoryRules, found["memory"], own["memory"]),
        service=build(ServiceRules, found["service"], own["service"]),
        prose={stem: document.prose for stem, document in own.items()},
        provenance={
            ".".join((stem, *path)): _place(stem, leaf, own[stem])
            for stem, parts in found.items()
            for path, leaf in parts.items()
        },
        documents=(*own.values(), *over.values()),
    )


def all_keys(rules: KernelRules) -> tuple[str, ...]:
    """The dotted name of every key that a document sets, sorted."""
    return tuple(sorted(rules.provenance))


def show(rules: KernelRules, key: str | None = None) -> tuple[Shown, ...]:
    """All rules, or those at and below `key`, in the order of the documents; DocumentError for a key that is none."""
    shown = tuple(
        Shown(dotted, value, rules.provenance[dotted])
        for stem in RULES
        for dotted, value in _values(stem, getattr(rules, stem))
        if dotted in rules.provenance
    )
    if key is None:
        return shown
    chosen = tuple(each for each in shown if each.key == key or each.key.startswith(f"{key}."))
    if not chosen:
        close = nearest(key, [*RULES, *rules.provenance])
        advice = close if close.endswith("?") else f"{nearest(key, RULES)}; `llmos kernel show` lists what is in them"
        raise DocumentError(f"there is no rule '{key}'; {advice}")
    return chosen


def _found(stem: str, own: Document, over: Document | None) -> dict[KeyPath, Leaf]:
    """The values of one rules document and of what overrides it."""
    kind = RULES[stem]
    found = {leaf.path: leaf for leaf in leaves(kind, own)}
    build(kind, found, own)
    for leaf in () if over is None else leaves(kind, over):
        check_tighter(leaf, found.get(leaf.path))
        found[leaf.path] = leaf
    return found


def _overlay_documents(folder: Path) -> dict[str, Document]:
    """The documents of the home's `kernel/`; a file that overrides nothing is a mistake, not a note."""
    documents: dict[str, Document] = {}
    names = [f"{stem}.md" for stem in RULES]
    try:
        paths = sorted(folder.iterdir()) if os.path.lexists(folder) else []
    except OSError as error:
        raise BrokenDocumentError(folder, 1, f"the folder cannot be read: {error.strerror}") from None
    for path in paths:
        if path.name.startswith(".") or path.name.endswith("~"):
            continue
        if path.name not in names:
            raise BrokenDocumentError(path, 1, f"overrides no rules document; {nearest(path.name, names)}")
        documents[path.stem] = _overlay(path)
    return documents


def _overlay(path: Path) -> Document:
    """A document that is nothing but keys, each of them certain."""
    document = read_document(path)
    not_empty(document)
    require_certain(document)
    if document.body.strip():
        fenced = "" if document.keys else "; keys stand between two lines '---'"
        sentence = f"a home overrides keys only; this text would not be read{fenced}"
        raise BrokenDocumentError(path, document.body_line, sentence)
    return document


def _place(stem: str, leaf: Leaf, own: Document) -> str:
    return f"{f'kernel/{stem}.md' if leaf.document is own else leaf.document.path}:{leaf.line}"


def _values(dotted: str, value: Any) -> Iterator[tuple[str, JSON]]:  # noqa: ANN401
    """The parts of a rule under their dotted names."""
    if is_dataclass(value):
        for field in fields(value):
            yield from _values(f"{dotted}.{field.name}", getattr(value, field.name))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _values(f"{dotted}.{name}", item)
    else:
        yield dotted, list(value) if isinstance(value, tuple) else value
