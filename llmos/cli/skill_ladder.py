"""`llmos skill promote | demote | quarantine | revert`: skills move between volumes, each time by one commit.

Knows no bar and no evidence; asks the person where the ladder needs one.
"""

from typing import TYPE_CHECKING

import click

from llmos.cli.asking import confirm
from llmos.cli.completion import names
from llmos.cli.options import Reason, as_json, print_json, yes
from llmos.cli.render import printable
from llmos.cli.robot_home import PERSON
from llmos.cli.system import environment, library, make_home, notice, rules
from llmos.errors import LLMosError

if TYPE_CHECKING:
    from llmos.boot.library import Library
    from llmos.evolution.promotion import Ladder
    from llmos.evolution.standing import Record, Standing
    from llmos.evolution.transitions import Transition


def ladder_of(opened: "Library") -> "Ladder":
    """The ladder of this home."""
    from llmos.boot.ladder import make_ladder
    from llmos.clock import RealClock

    return make_ladder(opened.home, rules().evolution, RealClock(), opened.registry.code_folders("tools"))


def catch_up() -> None:
    """Put right what somebody's commits left half moved, and say so."""
    from llmos.boot.catching_up import catch_up
    from llmos.clock import RealClock

    for sentence in catch_up(environment().home, RealClock()):
        notice(printable(sentence))


def _standing(opened: "Library", name: str) -> "Standing":
    from llmos.evolution.standing import standing_of

    return standing_of(opened.registry.snapshot().entry("skill", name))


@click.command("promote")
@click.argument("name", shell_complete=names("skills"))
@yes
@as_json
def promote(name: str, yes: bool, as_json: bool) -> None:  # noqa: FBT001 - click's flags
    """Let the skill NAME climb by one tier: from your volume to the team's, from there to the System tier.

    Strong evidence carries it to the team's volume. Where it is weaker, and always to the System tier, you are asked;
    fewer uses, a lower rate or a failed check cannot be approved.
    """
    make_home()
    with library() as opened:
        ladder = ladder_of(opened)
        _settle(ladder)
        standing = _standing(opened, name)
        record = ladder.record(standing)
        approved = ""
        if _may_ask(ladder, record):
            _tell_what_it_can_do(record)
            if not confirm(_question(ladder, record), yes=yes):
                raise LLMosError(f"The skill '{standing.name}' was not promoted.")
            approved = PERSON
        _tell(ladder.promote(standing, approved), as_json=as_json)


def _may_ask(ladder: "Ladder", record: "Record") -> bool:
    """Whether a person's word is what is lacking, and would be enough."""
    if record.standing.above is None or record.floor or record.quarantine or ladder.regressions(record):
        return False
    in_the_way = ladder.in_the_way(record.standing)
    return record.standing.above == "system" or bool(record.proof) or in_the_way is not None


def _question(ladder: "Ladder", record: "Record") -> str:
    from llmos.evolution.standing import of_all

    standing = record.standing
    assert standing.above is not None
    weak = f", which lacks {record.proof}," if record.proof else ""
    there = ladder.in_the_way(standing)
    how = "in place of" if there == ladder.place(standing.above, standing) else "beside its namesake"
    instead = f", {how} {there}" if there is not None else ""
    worked = of_all(record.tally.total)
    return f"Promote {standing.name} ({worked} cases){weak} to the {standing.above} tier{instead}?"


def _tell_what_it_can_do(record: "Record") -> None:
    from llmos.volumes.capabilities import of_tree

    page = record.standing.page
    for capability in sorted(of_tree(page.parents[2], (f"skills/{page.parent.name}",))):
        notice(f"  {printable(str(capability))}.")


@click.command("demote")
@click.argument("name", shell_complete=names("skills"))
@click.option("-m", "--message", default="A person said so.", type=Reason(), help="Why; it stands in the history.")
@as_json
def demote(name: str, message: str, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Let the skill NAME fall by one tier: from the System tier to the team's volume, from there to yours."""
    make_home()
    with library() as opened:
        ladder = ladder_of(opened)
        _settle(ladder)
        _tell(ladder.demote(_standing(opened, name), message), as_json=as_json)


@click.command("quarantine")
@click.argument("name", shell_complete=names("skills"))
@click.option("-m", "--message", default="a person said so", type=Reason(), help="Why; whoever asks for it is told.")
@as_json
def quarantine(name: str, message: str, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Let nobody be offered the skill NAME until `llmos skill revert NAME`."""
    make_home()
    with library() as opened:
        ladder = ladder_of(opened)
        _settle(ladder)
        _tell(ladder.quarantine(_standing(opened, name), message.rstrip(".")), as_json=as_json)


@click.command("revert")
@click.argument("name")
@as_json
def revert(name: str, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Take back the last thing that happened to the skill NAME: a climb, a fall, a quarantine, its making."""
    make_home()
    with library() as opened:
        undone = ladder_of(opened).revert(name)
    if as_json:
        print_json({"skill": undone.skill, "undone": undone.commit.id, "volume": undone.volume, "was": undone.to})
    else:
        click.echo(f"Taken back in the {undone.volume} volume: {printable(undone.commit.subject)}")


def _settle(ladder: "Ladder") -> None:
    for sentence in ladder.settle():
        notice(printable(sentence))


def _tell(done: "Transition", *, as_json: bool) -> None:
    commit = done.commit
    if as_json:
        print_json(
            {"skill": done.skill, "from": done.came_from, "to": done.to, "volume": done.volume, "commit": commit.id}
        )
        return
    click.echo(f"{printable(commit.subject)}  ({done.volume} volume, {commit.id[:12]})")
    notice(f"`llmos skill revert {done.skill}` takes it back.")


COMMANDS = (promote, demote, quarantine, revert)
