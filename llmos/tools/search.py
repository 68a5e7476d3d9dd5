"""The tools Glob and Grep: find files by name, and lines by regular expression.

Knows no permission: the toolbox asks before it calls. Links are not followed, protected folders such as `.git` are not
entered unless the search starts in one, and those that no agent may read are never entered. What this agent may not
read is told to it as `barred`.
"""

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Annotated

from llmos.documents.kernel import SafetyRules
from llmos.errors import LLMosError
from llmos.messages import Effect
from llmos.settings import child_environment
from llmos.tools.base import Access, Tool, tool
from llmos.tools.globs import glob_parts, parts_match
from llmos.tools.output import REMARKS
from llmos.tools.processes import run_process
from llmos.tools.scan import MISTAKE, Mode, Search
from llmos.tools.schema import Named
from llmos.tools.threads import run_in_thread
from llmos.tools.walk import Walk, ignore
from llmos.tools.workspace import Workspace, closed_folders, plain_name

_MOST_FILES = 200
_MOST_AROUND = 100  # lines
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from llmos.tools.scan import main; raise SystemExit(main())"
_SUFFIXES = {"python": "py", "javascript": "js", "typescript": "ts", "rust": "rs", "markdown": "md"}


def search_tools(workspace: Workspace, rules: SafetyRules) -> list[Tool]:
    """Glob and Grep, for this workspace, within the kernel's limits."""
    return [_glob_tool(workspace, rules), _grep_tool(workspace, rules)]


def _glob_tool(workspace: Workspace, rules: SafetyRules, barred: Sequence[Sequence[str]] = ()) -> Tool:
    @tool(effect=Effect.PURE, name="Glob")
    async def glob(pattern: str, path: Annotated[str, Access.READ] = ".") -> str:
        """Find files by a glob such as `**/*.py` or `src/*.{ts,tsx}`; returns their paths in order of name.

        Args:
            pattern: The glob; without a `/` it is looked for in every folder.
            path: The folder to look in; the workspace if left out.

        """
        return await run_in_thread(partial(_glob, workspace, rules, pattern, workspace.root / path, barred))

    return replace(glob, without=partial(_glob_tool, workspace, rules))


def _grep_tool(workspace: Workspace, rules: SafetyRules, barred: Sequence[Sequence[str]] = ()) -> Tool:
    @tool(effect=Effect.PURE, name="Grep")
    async def grep(
        pattern: str,
        *,
        path: Annotated[str, Access.READ] = ".",
        glob: str | None = None,
        type: str | None = None,  # noqa: A002 - the argument's name in Claude Code
        output_mode: Mode = "files_with_matches",
        ignore_case: Annotated[bool, Named("-i")] = False,
        numbers: Annotated[bool, Named("-n")] = True,
        after: Annotated[int, Named("-A")] = 0,
        before: Annotated[int, Named("-B")] = 0,
        around: Annotated[int, Named("-C")] = 0,
        head_limit: int = 100,
        offset: int = 0,
        multiline: bool = False,
    ) -> str:
        """Search file contents with a regular expression (Python's `re`).

        Args:
            pattern: The regular expression.
            path: The folder or file to search in; the workspace if left out.
            glob: Search only files whose path matches, e.g. `*.js` or `src/**/*.ts`.
            type: Search only files with this suffix, e.g. `py`.
            output_mode: `content` shows lines, `files_with_matches` paths, `count` how many lines of each file.
            ignore_case: Upper and lower case are the same.
            numbers: Show line numbers (content only).
            after: Lines to show after each match (content only).
            before: Lines to show before each match (content only).
            around: Lines to show before and after each match (content only).
            head_limit: Show at most so many lines or files; 0 shows all that fit.
            offset: Skip so many lines or files first.
            multiline: A match may span lines, and `.` matches their ends.

        """
        where = workspace.root / path
        search = Search(
            pattern=pattern,
            path=str(where),
            shown=workspace.shown(where),
            glob=glob or (f"*.{_SUFFIXES.get(type, type)}" if type else None),
            mode=output_mode,
            before=min(max(before, around, 0), _MOST_AROUND),
            after=min(max(after, around, 0), _MOST_AROUND),
            numbers=numbers,
            ignore_case=ignore_case,
            multiline=multiline,
            limit=max(head_limit, 1) if head_limit else sys.maxsize,
            offset=max(offset, 0),
            protected=tuple(rules.protected_folders),
            closed=tuple(map(str, closed_folders(workspace.home))),
            barred=barred,
        )
        return await _scan(search, rules)

    return replace(grep, without=partial(_grep_tool, workspace, rules))


def _glob(workspace: Workspace, rules: SafetyRules, pattern: str, folder: Path, barred: Sequence[Sequence[str]]) -> str:
    globs = glob_parts(pattern)
    if not folder.is_dir():
        raise LLMosError(f"there is no folder {workspace.shown(folder)}")
    skipped = ignore(frozenset(map(plain_name, rules.protected_folders)))
    walk = Walk(folder, skipped, closed_folders(workspace.home), barred)
    found = [each for each in walk.paths() if any(parts_match(glob, each.split("/")) for glob in globs)]
    lines = [workspace.shown(folder / each) for each in sorted(found)[:_MOST_FILES]]
    if len(found) > _MOST_FILES:
        lines.append(f"({len(found) - _MOST_FILES} more; use a narrower glob)")
    if walk.stopped:
        lines.append(f"(only the first {walk.most} entries were looked at; look in a smaller folder)")
    return "\n".join(lines) or "(no file matches)"


async def _scan(search: Search, rules: SafetyRules) -> str:
    """Run the search as a program of its own, and end it when its time is up."""
    finished = await run_process(
        (sys.executable, "-I", "-S", "-W", "ignore", "-c", _PROGRAM, str(Path(__file__).parents[2])),
        folder=Path(Path(search.path).anchor),
        environment=child_environment(("SYSTEMROOT",)),  # without it, Windows starts nothing
        timeout_s=math.inf,  # the toolbox ends it
        max_output_bytes=rules.max_output_bytes - REMARKS,
        stdin=json.dumps(asdict(search)).encode(),
    )
    if finished.code == MISTAKE:
        raise LLMosError(finished.output)
    if finished.code:
        raise RuntimeError(f"the program that searches ended with {finished.code}: {finished.output}")
    return finished.output.rstrip("\n")
