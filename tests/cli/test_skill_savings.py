"""`llmos skill stats --savings` says what replays did not spend, and how that was measured."""

from llmos.clock import SimulatedClock
from llmos.evolution.savings import METHOD
from llmos.messages import Reply, Text, Usage
from llmos.traces.events import ModelReplied
from tests.support.command_line import CommandLine
from tests.support.journals import finished, started, write_run


def a_home_with_replays(llmos: CommandLine) -> None:
    """A run that a model planned, two replays of its goal, and one of another."""
    clock, home = SimulatedClock(), llmos.place.home
    reply = ModelReplied.of(1, Reply((Text("ready"),), "end", Usage(900, 100), "m"), 0.5, 1.0)
    write_run(home, [started("r", "Go to 1"), reply, finished(duration_s=9.0)], clock)
    for goal, mode in (("Go to 2", "FOLLOWER"), ("Go to 3", "CRYSTALLIZED"), ("Go home", "FOLLOWER")):
        clock.advance(1.0)
        write_run(home, [started("r", goal, mode=mode), finished(duration_s=11.0)], clock)


def test_savings_are_told_by_goal_and_in_all(llmos: CommandLine) -> None:
    """With a minus where replays took longer, and with the method and the day of the prices."""
    a_home_with_replays(llmos)
    assert llmos("skill", "stats", "--savings").out.splitlines() == [
        "agent     replays  tokens  dollars  seconds  baseline  goal",
        "operator  2        2,000   $1.00    -4.0     1 run     go to {number}",
        "operator  1        0       $0       0.0      none      go home",
        "",
        "3 replays (1 CRYSTALLIZED, 2 FOLLOWER) saved 2,000 tokens, $1.00 and -4.0 s.",
        "1 replay had nothing to be held against.",
        f"{METHOD} The prices of kernel/models.md are of 2026-11-20.",
    ]


def test_a_program_gets_every_replay(llmos: CommandLine) -> None:
    """With the runs that it was held against."""
    a_home_with_replays(llmos)
    told = llmos("skill", "stats", "--savings", "--json").json["savings"]
    assert (told["runs"], told["tokens"], told["cost_usd"], told["seconds"]) == (3, 2000.0, 1.0, -4.0)
    assert [len(each["baseline"]) for each in told["replays"]] == [1, 1, 0]


def test_without_replays_there_is_nothing_to_say(llmos: CommandLine) -> None:
    """And no skill is asked for: all replays count."""
    said = llmos("skill", "stats", "--savings")
    assert (said.out, said.last) == ("", "No run has been replayed in this home yet.")
    said = llmos("skill", "stats", "draw-square", "--savings")
    assert said.code == 2
    assert said.last.startswith("llmos: --savings counts all replays, of skills and of traces; leave NAME out")
