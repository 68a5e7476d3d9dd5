"""`llmos doctor`: what is installed, what is missing, and how to get it."""

from dataclasses import asdict

import click

from llmos.cli.options import as_json, print_json
from llmos.cli.render import printable

_COLORS = {"ok": "green", "note": "yellow", "problem": "red"}


@click.command()
@as_json
def doctor(as_json: bool) -> int:  # noqa: FBT001 - click's flag
    """Say what is installed, what is missing, and how to get it; exit code 1 when something is wrong."""
    from llmos.boot.checkup import examine
    from llmos.settings import prepare_libraries, read_environment

    prepare_libraries()
    findings = list(examine(read_environment()))
    healthy = all(finding.state != "problem" for finding in findings)
    if as_json:
        print_json({"healthy": healthy, "findings": [asdict(finding) for finding in findings]})
        return 0 if healthy else 1
    for finding in findings:
        state = click.style(f"{finding.state:<8}", fg=_COLORS[finding.state])
        click.echo(f"{state}{finding.what:<10} {printable(finding.sentence)}")
        if finding.remedy:
            click.echo(f"{'':<19}-> {finding.remedy}")
    return 0 if healthy else 1
