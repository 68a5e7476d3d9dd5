"""`llmos robot stop` and `rearm`: past every process that may be busy, and by a person's hand alone.

Knows no driver. A robot's host is asked first; where there is none, or it does not answer, the latch on disk decides.
"""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmos.cli.asking import confirm
from llmos.cli.completion import names
from llmos.cli.options import as_json, print_json, run_async, yes
from llmos.cli.render import printable
from llmos.cli.robot_home import PERSON, body_of, known_robots, require_robot, robots_at_hand
from llmos.cli.system import environment, make_home, notice
from llmos.errors import LLMosError, StorageError

if TYPE_CHECKING:
    from llmos.robots.host.stopping import Stopped
    from llmos.robots.latch import Mark, Stop, StopLatch


@click.command("stop")
@click.argument("name", required=False, shell_complete=names("robots"))
@click.option("--reason", default="stopped by a person", show_default=True, help="Why, for whoever rearms.")
@as_json
def stop(name: str | None, reason: str, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Stop the robot NAME, or every robot of this home, until a person rearms it.

    This takes effect in every process that drives the robot, and lasts through restarts. A NAME that is none stops
    them all.
    """
    stops = _Stops(environment().home, reason)  # which waits for no page of it, for that might be broken
    try:
        _tell(stops, name, _stop_all(stops, name), as_json=as_json)
    finally:  # whatever kept the others from being known, or anybody from being told
        stops.book()
    make_home()


def _tell(stops: "_Stops", name: str | None, unknown: LLMosError | None, *, as_json: bool) -> None:
    """Say who is stopped, before anything that may wait; LLMosError where that is not who was meant."""
    chosen = sorted(stops.asked)
    if stops.refused or unknown is not None:
        raise _not_all(name, chosen, stops.refused, unknown)
    if name is not None and name not in chosen:
        raise LLMosError(f"There is no robot '{name}', so every robot was stopped: {', '.join(chosen)}.")
    if as_json:
        print_json({"stopped": chosen})
        return
    which = printable(chosen[0]) if len(chosen) == 1 else "NAME"
    click.echo(f"Stopped: {', '.join(map(printable, chosen))}. Nothing moves until `llmos robot rearm {which}`.")


def _stop_all(stops: "_Stops", name: str | None) -> LLMosError | None:
    """Stop whom NAME means, first those at hand, who wait for no document; why not every robot is known, if so."""
    at_hand = robots_at_hand(stops.home)
    if name in at_hand:
        stops.stop({name})
        return None
    try:
        stops.stop(at_hand if name is None else ())
    finally:
        unknown = _stop_known(stops, name, at_hand)
    return unknown


def _stop_known(stops: "_Stops", name: str | None, at_hand: set[str]) -> LLMosError | None:
    """Stop whom the documents tell of; where they cannot be read, who is at hand or named, whatever the failure is."""
    meant = at_hand | ({name} if name and Path(name).name == name else set())
    try:
        known = set(known_robots(stops.home))
        meant = {name} if name in known else known
    except LLMosError as error:
        return error
    finally:
        stops.stop(meant)
    return None


class _Stops:
    """The robots of a home that were asked to stop, each once, and what kept any from it.

    Whatever one of them raises, the others are asked, or written down, before it passes.
    """

    def __init__(self, home: Path, reason: str) -> None:
        from llmos.clock import RealClock

        self.home = home
        self.asked: set[str] = set()
        self.refused: dict[str, LLMosError] = {}
        self._reason = reason
        self._clock = RealClock()
        self._stopped: dict[str, Stopped] = {}

    def stop(self, robots: Iterable[str]) -> None:
        """Stop those of them that were not asked yet; nothing is written down that could wait for others."""
        with ExitStack() as each:
            for robot in sorted(set(robots) - self.asked, reverse=True):  # the last one pushed is called first
                each.callback(self._stop, robot)

    def book(self) -> None:
        """Say which stop may not last, and write down those that no host did, which may wait for others."""
        with ExitStack() as each:
            for robot in reversed(self._stopped):
                each.callback(self._book, robot)
            for robot, stopped in self._stopped.items():
                if stopped.warning:
                    notice(f"{robot}: {stopped.warning}.")

    def _stop(self, robot: str) -> None:
        from llmos.robots.host.stopping import stop_robot

        self.asked.add(robot)
        try:
            self._stopped[robot] = stop_robot(self.home, robot, PERSON, self._reason, self._clock)
        except LLMosError as error:
            self.refused[robot] = error

    def _book(self, robot: str) -> None:
        from llmos.robots.host.stopping import book_stop
        from llmos.robots.latch import Stop

        stopped = self._stopped[robot]
        if stopped.by_host:  # a host writes down its own
            return
        unbooked = book_stop(self.home, robot, Stop(stopped.stop.since, PERSON, self._reason), self._clock)
        if unbooked:
            notice(f"{robot}: the stop is in force, but {unbooked}.")


def _not_all(
    name: str | None, chosen: list[str], refused: Mapping[str, LLMosError], unknown: LLMosError | None
) -> LLMosError:
    """One sentence on which robots are not stopped, as far as they are known; of the kind of the first mistake."""
    parts = []
    if unknown is not None:
        parts.append(f"Not every robot is known: {str(unknown).rstrip('.')}")
    elif name is not None and name not in chosen:
        parts.append(f"There is no robot '{name}', and not every robot could be stopped instead")
    parts += [f"{robot} could not be stopped: {str(error).rstrip('.')}" for robot, error in refused.items()]
    stopped = [robot for robot in chosen if robot not in refused]
    mistakes = [*refused.values(), *([unknown] if unknown else [])]
    return type(mistakes[0])(f"{'; '.join(parts)}; stopped: {', '.join(stopped) or 'none'}.")


@click.command("rearm")
@click.argument("name", required=False, shell_complete=names("robots"))
@click.option("--profile", metavar="HASH", default="", help="Also let the looser limits of this profile count.")
@yes
@as_json
def rearm(name: str | None, profile: str, yes: bool, as_json: bool) -> int:  # noqa: FBT001 - click's flags
    """Let the robot NAME, or the one that is stopped, move again; it stays where it is.

    Only a person may do this: it asks, unless told --yes.
    """
    from llmos.robots.host.stopping import latch_of

    home = environment().home
    chosen = (_the_stopped(home) if name is None else require_robot(name, home)) or None
    latch = latch_of(chosen, home) if chosen else None
    mark, held = (latch.mark, latch.stop) if latch else (None, None)
    wanted = chosen is not None and (held is not None or bool(profile))
    rearmed = wanted and confirm(f"Rearm {chosen}? {_why(held, profile)}", yes=yes)
    if rearmed and latch and mark:
        _rearm(home, latch, mark, profile)
    if as_json:
        print_json({"robot": chosen, "rearmed": rearmed})
    elif not wanted:
        click.echo(f"{chosen} is not stopped." if chosen else "No robot is stopped.")
    else:
        click.echo(f"{chosen} may move again; it is where it was." if rearmed else f"{chosen} stays stopped.")
    return 0 if rearmed or not wanted else 1


def _rearm(home: Path, latch: "StopLatch", mark: "Mark", profile: str) -> None:
    """Through the gate where there is a host, or limits to accept; else the latch alone, whose profile may be gone.

    RefusedError for a stop that came since the latch had this mark: nobody was shown it.
    """
    from llmos.boot.gates import safety_log_of
    from llmos.clock import RealClock
    from llmos.robots.host.doors import HostFiles
    from llmos.robots.host.ownership import host_of
    from llmos.robots.latch import Rearm

    robot = latch.path.stem
    if profile or host_of(HostFiles(home, robot)) is not None:
        with body_of(robot, None) as body:
            latch.check(mark)
            run_async(lambda: body.rearm(PERSON, profile))
        return
    latch.check(mark)
    log, said = safety_log_of(home), {"by": PERSON, "profile": ""}
    log.append("rearm", robot, said)
    try:
        Rearm(latch, RealClock().now)(PERSON, mark)
    except LLMosError as error:
        with suppress(StorageError):  # what kept the robot stopped is the news
            log.append("rearm", robot, {**said, "refused": str(error)})
        raise


def _why(stop: "Stop | None", profile: str) -> str:
    limits = f" The looser limits of {profile} will count." if profile else ""
    if stop is None:
        return f"It is not stopped.{limits}"
    since = f" since {stop.since_second}" if stop.since else ""
    by = f" by {stop.by}" if stop.by else ""
    return f"It is stopped{by}{since}: {stop.reason}.{limits}"


def _the_stopped(home: Path) -> str:
    """The one robot that is stopped; empty when none is."""
    from llmos.robots.host.stopping import latch_of

    stopped = [name for name in known_robots(home) if latch_of(name, home).stop]
    if len(stopped) > 1:
        raise LLMosError(f"Several robots are stopped, so say which: {', '.join(stopped)}.")
    return stopped[0] if stopped else ""
