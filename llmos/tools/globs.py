"""Matches paths against globs: `*` and `?` within one name, `**` for any number of folders, `{a,b}` for either.

Knows paths as sequences of names only; never looks at a disk. Linear in the path, whatever the pattern.
"""

import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from llmos.errors import LLMosError

_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_MOST_ALTERNATIVES = 64


def parts_match(wanted: Sequence[str], parts: Sequence[str], guarded: Callable[[str], bool] | None = None) -> bool:
    """Say whether the names match the wanted ones; a wildcard never stands for a guarded name, only the name does."""
    return len(wanted) in _states(wanted, parts, guarded)


def all_below_match(wanted: Sequence[str], parts: Sequence[str], guarded: Callable[[str], bool] | None = None) -> bool:
    """Say whether whatever follows these names is matched: what is left to match is `**`, at most with one `*`."""
    left = (list(wanted[at:]) for at in _states(wanted, parts, guarded))
    return any("**" in rest and rest.count("*") <= 1 and set(rest) <= {"**", "*"} for rest in left)


def bars(barred: Sequence[str], parts: Sequence[str]) -> bool:
    """Say whether the names match, or lie below what matches; also on a disk that ignores case."""
    return any(len(glob) in _states(glob, names, None) for glob, names in _spellings(barred, parts))


def bars_below(barred: Sequence[str], parts: Sequence[str]) -> bool:
    """Say whether something that lies below these names may be barred."""
    return any(_states(glob, names, None) for glob, names in _spellings(barred, parts))


def glob_parts(pattern: str) -> list[tuple[str, ...]]:
    """A glob as the sequences of names it stands for; without a `/` it is looked for in every folder.

    Raises LLMosError for one that leaves its folder, or stands for more than 64 patterns.
    """
    alternatives = []
    for each in _without_braces(pattern):
        parts = tuple(part for part in each.split("/") if part not in {"", "."})
        if not parts or ".." in parts or each.startswith(("/", "~")):
            raise LLMosError(f"the glob '{pattern}' must stay within its folder; give the folder as 'path'")
        alternatives.append(("**", *parts) if len(parts) == 1 else parts)
    return alternatives


def _without_braces(pattern: str) -> list[str]:
    waiting, done = [pattern], []
    while waiting:
        text = waiting.pop()
        found = _BRACES.search(text)
        if found is None:
            done.append(text)
        else:
            waiting += [text[: found.start()] + each + text[found.end() :] for each in found[1].split(",")]
        if len(waiting) + len(done) > _MOST_ALTERNATIVES:
            raise LLMosError(f"the glob '{pattern}' stands for more than {_MOST_ALTERNATIVES} patterns; shorten it")
    return done


def _spellings(barred: Sequence[str], parts: Sequence[str]) -> list[tuple[list[str], list[str]]]:
    """The glob with all that lies below it, and the names: as they are, and without upper case."""
    whole = [*barred, "**"]
    return [(whole, list(parts)), ([each.casefold() for each in whole], [each.casefold() for each in parts])]


def _states(wanted: Sequence[str], parts: Sequence[str], guarded: Callable[[str], bool] | None) -> set[int]:
    """Where in what is wanted matching may stand after these names."""
    states = _open(wanted, {0})
    for part in parts:
        hidden = guarded is not None and guarded(part)
        states = _open(wanted, {after for at in states for after in _step(wanted, at, part, hidden=hidden)})
    return states


def _step(wanted: Sequence[str], at: int, part: str, *, hidden: bool) -> Sequence[int]:
    """Where matching may stand after one more name."""
    if at == len(wanted):
        return ()
    if wanted[at] == "**":
        return () if hidden else (at,)
    same = wanted[at] == part if hidden else fnmatchcase(part, wanted[at])
    return (at + 1,) if same else ()


def _open(wanted: Sequence[str], states: set[int]) -> set[int]:
    """The states, and those reached by letting `**` stand for nothing."""
    reached = set(states)
    for at in states:
        after = at
        while after < len(wanted) and wanted[after] == "**":
            after += 1
            reached.add(after)
    return reached
