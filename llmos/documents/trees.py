"""Reads the keys of a document's text: valid YAML as YAML, anything else line by line, and says what was odd.

Knows the two readers and when to trust which; no key's meaning.
"""

from pathlib import Path

import yaml

from llmos.documents.document import NEVER_CLOSED, BrokenDocumentError, Problem
from llmos.documents.line_keys import read_lines
from llmos.documents.source import Source, split
from llmos.documents.yaml_tree import TooLargeError, Tree, read_yaml

_NEVER_CLOSED = ("while scanning a simple key", "while scanning a quoted scalar", "while parsing a flow")


def read_tree(text: str, path: Path, problems: list[Problem]) -> tuple[Source, Tree]:
    """The parts of a text and its keys; what is odd about them joins `problems`.

    Raises DocumentError for a frontmatter that is too large or too deep.
    """
    source = split(text)
    tree = _tree(source, path, problems)
    return (source.without_frontmatter(), Tree(())) if tree is None else (source, tree)


def _tree(source: Source, path: Path, problems: list[Problem]) -> Tree | None:
    """The keys of the frontmatter; None when what stands between the fences has none."""

    def warn(line: int, sentence: str) -> None:
        problems.append(Problem(str(path), line, "warning", sentence))

    first = source.line_at(source.keys_start)
    if first > 2:
        warn(first - 1, "the frontmatter begins below empty lines; other programs look for it in the first line")
    if not source.closed:
        last = source.line_at(source.keys_end) - 1
        warn(first - 1, f"{NEVER_CLOSED}; it was read up to line {last}")
    try:
        tree = read_yaml(source.keys)
    except TooLargeError as error:
        raise BrokenDocumentError(path, first, f"the frontmatter {error}") from None
    except yaml.YAMLError as error:
        entries = read_lines(source.keys)
        tree = Tree(entries) if entries else None
        if tree:
            line, reason = _told(error)
            line = first + min(line, source.keys.rstrip().count("\n"))
            warn(line, f"the frontmatter is not valid YAML ({reason}); its keys were read line by line")
    if tree is None:
        warn(first, "what stands between the first two '---' has no keys; the whole file was taken as its body")
    return tree


def _told(error: yaml.YAMLError) -> tuple[int, str]:
    """The line of an error, counted from 0, and its reason on one line.

    What is never closed is told where it was opened.
    """
    mark = getattr(error, "problem_mark", None)
    if str(getattr(error, "context", "")).startswith(_NEVER_CLOSED):
        mark = getattr(error, "context_mark", None) or mark
    reason = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return (0 if mark is None else int(mark.line)), reason
