"""`llmos agent new | edit` and `llmos skill new`: documents in the user volume, each change one commit."""

import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmos.cli.completion import names
from llmos.cli.options import Reason, as_json, print_json
from llmos.cli.render import printable
from llmos.cli.system import environment, library, make_home, notice
from llmos.errors import DocumentError, LLMosError

if TYPE_CHECKING:
    from llmos.boot import LLMOS
    from llmos.boot.authoring import Author, Draft, Written
    from llmos.cli.progress import Progress
    from llmos.runtime.outcome import RunOutcome

_WRITER = "skill-writer"


@contextmanager
def _author() -> "Iterator[Author]":
    from llmos.boot.authoring import Author

    make_home()
    with library() as opened:
        yield Author(opened)


@click.command("new")
@click.argument("name")
@click.option("--from", "wish", metavar="WORDS", help="What it is to do, in plain English; a model writes it then.")
@click.option("--model", metavar="M", help="Which model writes it; the usual one by default.")
@click.option("--budget-usd", type=click.FloatRange(min=0), metavar="X", help="The most that writing it may cost.")
@click.option("--no-stream", is_flag=True, help="Plain lines instead of a live view.")
@as_json
def new_agent(name: str, wish: str | None, as_json: bool, **options: Any) -> int:  # noqa: ANN401, FBT001 - click's own
    """Write a new agent NAME into your volume: from a template, or by a model from your own words."""
    with _author() as author:
        if wish is None:
            return _tell(author.new("agent", name), as_json=as_json, hint=f"`llmos agent edit {name}` opens it.")
        path = author.place("agent", name)
        with _draft(author, path) as draft:
            outcome = _let_write(author.goal(name, wish), author.user.root, as_json=as_json, **options)
            if outcome.outcome != "done":
                return _tell_failure(outcome, as_json=as_json)
            written = author.keep_agent(draft, wish, outcome.run_id)
    hint = f"`llmos agent run {name}` runs it; `llmos agent edit {name}` changes it."
    return _tell(written, as_json=as_json, hint=hint, more={"run": outcome.as_json()})


@contextmanager
def _draft(author: "Author", path: Path) -> "Iterator[Draft]":
    """The agent that a run is to write; in the end it is told what else the run did, and what of it is gone again."""
    before = author.changes()
    draft = None
    try:
        with author.drafting(path) as draft:
            yield draft
    finally:
        for stray in draft.removed if draft else ():
            notice(f"Written and taken away again: {printable(stray)}")
        for stray in sorted(author.changes() - before):
            notice(f"Also changed and not committed: {printable(stray)}")


def _let_write(
    goal: str, workspace: Path, *, as_json: bool, model: str | None, budget_usd: float | None, no_stream: bool
) -> "RunOutcome":
    """One run of the agent that writes documents, with the user volume as its workspace."""
    from llmos.cli.running import answer, with_system

    async def work(system: "LLMOS", progress: "Progress") -> "RunOutcome":
        return await answer(system, progress, system.conversation(_WRITER), goal)

    wanted = {"model": model, "budget_usd": budget_usd, "workspace": workspace}
    return with_system(work, ask=not as_json, no_stream=no_stream, **wanted)


def _tell_failure(outcome: "RunOutcome", *, as_json: bool) -> int:
    from llmos.cli.running import show

    show(outcome, as_json=as_json)
    return outcome.exit_code


@click.command("edit")
@click.argument("name", shell_complete=names("agents"))
@click.option("-m", "--message", default="", type=Reason(), help="Why; it stands in the volume's history.")
@as_json
def edit_agent(name: str, message: str, as_json: bool) -> int:  # noqa: FBT001 - click's flag
    """Open the agent NAME in your editor ($VISUAL, $EDITOR), then check and commit it.

    An agent that is not in your own volume is copied there first, and your copy counts from then on. Without an editor
    the path of the file is printed.
    """
    from llmos.boot.authoring import Written

    editor = environment().editor
    with _author() as author:
        path, original = author.open(name)
        if editor is None:
            written = author.keep("agent", path, f"Copy the agent {name}\n{message}")
            hint = "Neither VISUAL nor EDITOR is set, so this is the file to edit."
        elif _edit(editor, path, original):
            written, hint = _keep(author, path, name, message), ""
        else:
            written, hint = Written(original, None), "Nothing was changed."
        return _tell(written, as_json=as_json, hint=hint)


def _edit(editor: str, path: Path, original: Path) -> bool:
    """Whether the editor changed anything; a copy that nobody changed is taken away again."""
    before = path.read_bytes()
    try:
        _run_editor(editor, path)
    finally:
        changed = not path.is_file() or path.read_bytes() != before
        if not changed and path != original:
            path.unlink()
    return changed


def _keep(author: "Author", path: Path, name: str, message: str) -> "Written":
    try:
        return author.keep("agent", path, f"Edit the agent {name}\n{message}")
    except DocumentError:
        notice(f"Nothing was committed; `llmos agent edit {name}` opens it again.")
        raise


def _run_editor(editor: str, path: Path) -> None:
    try:
        code = subprocess.run([*shlex.split(editor), str(path)], check=False).returncode
    except (OSError, ValueError) as error:
        raise LLMosError(f"The editor '{editor}' cannot be started: {error}; set VISUAL or EDITOR.") from error
    if code != 0:
        raise LLMosError(f"The editor '{editor}' ended with {code}; nothing was committed.")


@click.command("new")
@click.argument("name")
@as_json
def new_skill(name: str, as_json: bool) -> int:  # noqa: FBT001 - click's flag
    """Write a new skill NAME into your volume, from a template."""
    with _author() as author:
        return _tell(author.new("skill", name), as_json=as_json, hint="Edit this file; it counts from the next run on.")


def _tell(written: "Written", *, as_json: bool, hint: str = "", more: Mapping[str, Any] | None = None) -> int:
    """Where the document is, and what is odd about it."""
    odd = [str(problem) for problem in written.warnings]
    if as_json:
        print_json({"path": str(written.path), "commit": written.commit, "warnings": odd, **(more or {})})
        return 0
    click.echo(printable(str(written.path)))
    for line in odd:
        click.secho(printable(line), fg="yellow", err=True)
    if hint:
        notice(hint)
    return 0
