"""`llmos program`: check a program, run it without a model, or show the Python function that it is."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmos.cli.completion import names
from llmos.cli.groups import Group
from llmos.cli.options import Place, as_json, led_options, print_json, robot
from llmos.cli.problems import show_problems
from llmos.cli.render import printable
from llmos.errors import counted

if TYPE_CHECKING:
    from llmos.boot import LLMOS
    from llmos.boot.commission import Commission
    from llmos.cli.progress import Progress
    from llmos.programs.form import ProgramError
    from llmos.programs.verified import Verified

_FILE = click.argument("file", type=Place(dir_okay=False))
_AGENT = click.option(
    "--agent",
    metavar="NAME",
    default="",
    help="In whose hands it is, with that one's tools; else operator for an arm, driver for a rover, coder without.",
    shell_complete=names("agents"),
)
_APPROVE = click.option(
    "--approve", multiple=True, metavar="ask|never|PATTERN", help="What needs no question; may be repeated."
)


@click.group(cls=Group)
def program() -> None:
    """Check, run and compile programs: a skill's, or those of a file of their own."""


@program.command("check")
@_FILE
@_AGENT
@robot
@_APPROVE
@as_json
def check(file: Path, agent: str, as_json: bool, **options: Any) -> int:  # noqa: FBT001, ANN401 - click's own
    """Verify the program in FILE for the tools of an agent, and say what it comes to at most."""
    from llmos.boot.commission import MisreadError, read_commission

    try:
        commission = read_commission(file, {}, options["approve"])
    except MisreadError as error:
        return _show([error.error], file, as_json=as_json)
    found = _verify(commission, agent, **options)
    if isinstance(found, tuple):
        return _show(found, file, as_json=as_json)
    _tell(commission, found, as_json=as_json)
    return 0


@program.command("compile")
@_FILE
@click.option("--to", type=click.Choice(["python"]), default="python", show_default=True, help="Into what.")
@_AGENT
@robot
@_APPROVE
@as_json
def compile_to(file: Path, to: str, agent: str, as_json: bool, **options: Any) -> int:  # noqa: FBT001, ANN401 - click's own
    """Print the program in FILE as one plain Python function; nothing is run."""
    from llmos.boot.commission import read_commission
    from llmos.programs.compiler import to_python

    commission = read_commission(file, {}, options["approve"])
    found = _verify(commission, agent, **options)
    if isinstance(found, tuple):
        raise commission.placed(found[0])
    text = to_python(found, _function_name(file))
    if as_json:
        print_json({"path": str(file), "to": to, "text": text})
    else:
        click.echo(text, nl=False)
    return 0


@program.command("run")
@_FILE
@click.argument("values", metavar="[NAME=VALUE]...", nargs=-1)
@_AGENT
@led_options
@as_json
def run(file: Path, values: Sequence[str], agent: str, as_json: bool, **options: Any) -> int:  # noqa: FBT001, ANN401
    """Run the program in FILE without a model: permissions, gate, budget and journal as in any run."""
    from llmos.boot.commission import read_commission
    from llmos.cli.running import run_begun

    commission = read_commission(file, _given(values), options["approve"])
    return run_begun(
        lambda system: (system.commissioned(commission, agent), commission.goal), as_json=as_json, **options
    )


def _given(values: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in values:
        name, sign, text = each.partition("=")
        if not sign or not name:
            raise click.UsageError(f"'{each}' is no NAME=VALUE.")
        if name in found:
            raise click.UsageError(f"'{name}' is given twice.")
        found[name] = text
    return found


def _verify(commission: "Commission", agent: str, **options: Any) -> "Verified | tuple[ProgramError, ...]":  # noqa: ANN401
    """The program for the agent's tools, or all that is wrong with it."""
    from llmos.cli.running import some_workspace, with_system

    async def work(system: "LLMOS", _: "Progress") -> "Verified | tuple[ProgramError, ...]":
        return commission.judged(await system.specs(agent or system.hands_for(commission)))

    with some_workspace() as folder:
        return with_system(work, ask=False, no_stream=True, workspace=folder, **options)


def _show(errors: "Sequence[ProgramError]", file: Path, *, as_json: bool) -> int:
    from llmos.documents.document import Problem

    problems = [Problem(str(file), each.line or 1, "error", each.sentence) for each in errors]
    return show_problems(problems, as_json=as_json)


def _function_name(file: Path) -> str:
    """The name of the skill, or of the file, as Python would write it."""
    stem = file.resolve().parent.name if file.name == "SKILL.md" else file.stem
    name = re.sub(r"\W", "_", stem, flags=re.ASCII)[:50]
    return name if re.match(r"[A-Za-z_]", name) else f"program_{name}"


def _tell(commission: "Commission", verified: "Verified", *, as_json: bool) -> None:
    """What the program takes, what it does, and the most that it comes to."""
    from llmos.programs.printer import show_expression, show_type

    parameters = [
        (each.name, show_type(each.type), None if each.default is None else show_expression(each.default))
        for each in verified.program.parameters
    ]
    cost = verified.cost
    if as_json:
        print_json(
            {
                "path": str(commission.path),
                "parameters": [dict(zip(("name", "type", "default"), each, strict=True)) for each in parameters],
                "tools": list(verified.tools),
                "effect": str(verified.effect),
                "calls": cost.calls,
                "waited_s": cost.waited_s,
                "problems": [],
            }
        )
        return
    for name, kind, default in parameters:
        click.echo(printable(f"given    {name}: {kind}{'' if default is None else f' = {default}'}"))
    tools = ", ".join(verified.tools) or "no tool"
    click.echo(printable(f"calls    at most {counted(cost.calls, 'time')}: {tools}"))
    click.echo(f"waits    at most {cost.waited_s:g} s")
    click.echo(f"effect   {verified.effect}")
