"""`llmos skill stats | promote | demote | quarantine | revert`: what a person sees, is asked, and gets told."""

import json
from pathlib import Path

import msgspec
import pytest

from llmos.boot import LLMOS
from llmos.boot.options import Options
from llmos.traces.usage import append, read_usage
from tests.support.command_line import CommandLine
from tests.support.ladders import House
from tests.support.repositories import person
from tests.support.terminals import Terminal


@pytest.fixture
def house(at_home: CommandLine) -> House:
    """Skills in the home of the command line."""
    return House(at_home.place.home)


def test_stats_without_uses_say_so(at_home: CommandLine) -> None:
    """In a fresh home nothing was used."""
    said = at_home("skill", "stats")
    assert (said.code, said.out, said.err) == (0, "", "No skill has been used yet.\n")
    assert at_home("skill", "stats", "--json").json == {"skills": []}


def test_stats_list_what_was_used(at_home: CommandLine, house: House) -> None:
    """Real uses and scenarios apart, the rate, the evidence, and what is lacking."""
    house.write()
    house.use("++-++++")
    house.use("+++++", scenario="easel")
    house.write("stack")
    house.use("+++", "stack")
    lines = at_home("skill", "stats").out.splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "name tier real scenarios rate e value lately next",
        "draw user 6 of 7 5 of 5 91.7 % 52.4 ✓✓✗✓✓✓✓✓✓✓✓✓ team: ready",
        "stack user 3 of 3 0 of 0 100 % 3.75 ✓✓✓ team: lacks 2 more cases (3 of 5), more evidence",
    ]


def test_stats_of_one_skill_are_drawn(at_home: CommandLine, house: House) -> None:
    """Interval and evidence as small plots, then what is next in words."""
    house.write()
    house.use("++-++++")
    house.use("+++++", scenario="easel")
    page = house.place("user") / "SKILL.md"
    assert at_home("skill", "stats", "draw").out.splitlines() == [
        f"draw  {page} (user)",
        "  real uses  6 of 7",
        "  scenarios  5 of 5",
        "  rate       91.7 %, between 64.6 % and 98.5 % (95 %, Wilson)",
        "             0 % ─────────────────────────━━━━━━│━━━━●━━─ 100 %  (│ 80 %)",
        "  E-value    52.4 against 50 %; 20 is asked for",
        "             ▁▂▁▁▂▃▄▅▆▇██",
        "  lately     ✓✓✗✓✓✓✓✓✓✓✓✓",
        "  next       team: ready",
    ]


def test_plots_degrade_to_plain_letters(tmp_path: Path, house: House) -> None:
    """On a terminal that knows ASCII only, nothing breaks and nothing is lost."""
    house.write()
    house.use("++-++++")
    variables = {"LLMOS_HOME": str(house.home), "HOME": str(tmp_path), "PYTHONIOENCODING": "ascii"}
    with Terminal("skill", "stats", "draw", folder=tmp_path, environment=variables) as terminal:
        code, shown = terminal.ended()
    assert (code, shown.isascii()) == (0, True)
    assert "lately     ++-++++" in shown


def test_stats_as_json(at_home: CommandLine, house: House) -> None:
    """Everything that is shown, and each use."""
    house.write()
    house.use("+++++++")
    told = at_home("skill", "stats", "draw", "--json").json
    assert told["real"] == {"successes": 7, "cases": 7}
    assert told["scenarios"] == {"successes": 0, "cases": 0}
    assert told["e_value"] == pytest.approx(31.875)
    assert told["next"] == {"tier": "team", "ready": True, "by_hand": True, "lacks": [], "needs_person": False}
    assert [use["ok"] for use in told["uses"]] == [True] * 7
    listed = at_home("skill", "stats", "--json").json
    assert listed == {"skills": [told]}


def test_promote_demote_and_revert_tell_what_they_did(at_home: CommandLine, house: House) -> None:
    """Each with its commit; the evidence was strong, so nobody was asked."""
    house.write()
    house.use("+++++++")
    done = at_home("skill", "promote", "draw", "--json").json
    assert {key: done[key] for key in ("skill", "from", "to", "volume")} == {
        "skill": "draw", "from": "user", "to": "team", "volume": "team",
    }  # fmt: skip
    assert done["commit"] == house.log("team")[0].id
    demoted = at_home("skill", "demote", "draw", "-m", "It is slow.")
    assert demoted.out.startswith("Demote the skill draw to user  (user volume, ")
    assert demoted.err == "`llmos skill revert draw` takes it back.\n"
    assert house.log("user")[0].body.startswith("It is slow.")
    assert at_home("skill", "revert", "draw").out == "Taken back in the user volume: Demote the skill draw to user\n"
    assert house.where() == ["team"]


def test_weak_evidence_needs_a_persons_word(at_home: CommandLine, house: House) -> None:
    """Nobody can be asked here; with --yes it climbs, and the commit says by whose word."""
    house.write()
    house.use("++++-")
    said = at_home("skill", "promote", "draw")
    assert said.code == 2
    assert said.last == (
        "llmos: Promote draw (4 of 5 cases), which lacks an E-value of 20 against 50 % "
        "(it is 1.9; 6 successes more would do), to the team tier? Nobody can be asked here; say --yes."
    )
    assert house.where() == ["user"]
    assert at_home("skill", "promote", "draw", "--yes").code == 0
    assert house.trailers("team")["Approved-by"] == "a person at the command line"


def test_a_namesake_in_another_folder_needs_a_persons_word(at_home: CommandLine, house: House) -> None:
    """However strong the evidence: afterwards the team has two skills of one name."""
    other = house.place("team", "art") / "SKILL.md"
    other.parent.mkdir(parents=True)
    other.write_text("---\nname: draw\ndescription: Another.\n---\n\nDraw.\n")
    house.write()
    house.use("+++++++")
    asked = at_home("skill", "promote", "draw")
    assert asked.last.startswith(
        f"llmos: Promote draw (7 of 7 cases) to the team tier, beside its namesake {other.parent}?"
    )
    assert house.where() == ["user"]


def test_a_yes_does_not_help_below_the_rule(at_home: CommandLine, house: House) -> None:
    """Four uses are refused, and the exit code says so."""
    house.write()
    house.use("++++")
    said = at_home("skill", "promote", "draw", "--yes", "--json")
    assert said.code == 3
    assert json.loads(said.out)["error"].startswith(
        "The skill 'draw' does not climb to team: it lacks 1 more case (4 of 5)"
    )
    assert house.where() == ["user"]


def test_the_system_tier_shows_what_the_skill_can_do_and_asks(tmp_path: Path, house: House) -> None:
    """On a real terminal: its tools are listed; a no leaves it, a yes moves it."""
    page = house.write(rung="team")
    page.write_text(page.read_text().replace("---\n\n", "allowed-tools: Bash\n---\n\n", 1))
    house.history("team").commit([page], "May use Bash")
    house.use("+" * 13)
    variables = {"LLMOS_HOME": str(house.home), "HOME": str(tmp_path)}
    for answer, code, where in (("n", 2, "team"), ("y", 0, "system")):
        with Terminal("skill", "promote", "draw", folder=tmp_path, environment=variables) as terminal:
            assert "skills/draw/SKILL.md may use Bash." in terminal.until("to the system tier? [y/N]")
            terminal.type(f"{answer}\r")
            assert terminal.ended()[0] == code
        assert house.where() == [where]


def test_quarantine_hides_a_skill_and_says_why(at_home: CommandLine, house: House) -> None:
    """In the listing it is not offered; stats say why; a revert by hand is honoured as well."""
    house.write()
    assert at_home("skill", "quarantine", "draw", "-m", "It smells.").code == 0
    row = next(row for row in at_home("skill", "list", "--json").json["skills"] if row["name"] == "draw")
    assert row["offered"] is False
    assert "next       in quarantine: It smells" in at_home("skill", "stats", "draw").out
    person(house.home / "user", "revert", "--no-edit", "HEAD")
    assert at_home("skill", "stats", "draw", "--json").json["quarantine"] == ""


@pytest.mark.parametrize("command", ["quarantine", "demote"])
def test_a_reason_that_is_no_text_is_refused(at_home: CommandLine, house: House, command: str) -> None:
    """It could be kept in no page and no history; nothing is done."""
    house.write()
    said = at_home("skill", command, "draw", "-m", "a\udcffb")
    why = "It holds bytes that are not text at character 1; use UTF-8"
    how = f"see `llmos skill {command} --help`"
    assert (said.code, said.last) == (2, f"llmos: Invalid value for '-m' / '--message': {why}; {how}.")
    assert house.where() == ["user"]


def test_a_revert_by_hand_is_told_at_the_next_command(at_home: CommandLine, house: House) -> None:
    """The skill is back where it was before the command looks for it."""
    house.write()
    house.use("+++++++")
    house.ladder.promote(house.standing())
    person(house.home / "team", "revert", "--no-edit", "HEAD")
    said = at_home("skill", "quarantine", "draw")
    assert said.err.splitlines()[0] == "The skill 'draw' is back in the user volume."
    assert house.where() == ["user"]


def test_a_revert_by_hand_counts_for_listings_and_runs(at_home: CommandLine, house: House) -> None:
    """The first look after it puts the skill back; the next has nothing to do, and says nothing."""
    house.write()
    house.use("+++++++")
    house.ladder.promote(house.standing())
    person(house.home / "team", "revert", "--no-edit", "HEAD")
    listed = at_home("skill", "list")
    assert listed.err == "The skill 'draw' is back in the user volume.\n"
    assert house.where() == ["user"]
    assert at_home("skill", "show", "draw").err == ""
    person(house.home / "team", "revert", "--no-edit", "HEAD")
    LLMOS(house.home, options=Options(workspace=at_home.place.workspace)).library.close()
    assert house.where() == ["team"]
    person(house.home / "team", "revert", "--no-edit", "HEAD")
    LLMOS(house.home, options=Options(workspace=at_home.place.workspace)).library.close()
    assert house.where() == ["user"]


def test_a_name_that_is_none_is_one_sentence(at_home: CommandLine) -> None:
    """With the nearest right one."""
    for command in ("stats", "promote", "demote", "quarantine"):
        said = at_home("skill", command, "draw-squaer")
        assert (said.code, said.last) == (2, "llmos: There is no skill 'draw-squaer'; did you mean 'draw-square'?")
    assert at_home("skill", "revert", "draw-squaer").code == 2


def test_counts_travel_with_pull_and_push(at_home: CommandLine, house: House, tmp_path: Path) -> None:
    """Uses that no commit holds yet go along with a push, and stand in no pull's way; both sides' counts stay."""
    team, bare, other = house.home / "team", tmp_path / "origin", tmp_path / "other"
    house.write(rung="team")
    house.use("+")
    person(tmp_path, "clone", "--quiet", "--bare", str(team), str(bare))
    person(team, "remote", "add", "origin", str(bare))
    assert at_home("volume", "push", "team").code == 0
    person(tmp_path, "clone", "--quiet", str(bare), str(other))
    append(other, *(msgspec.structs.replace(use, run_id="theirs") for use in read_usage(other)))
    person(other, "commit", "--quiet", "--all", "--message", "Count uses")
    person(other, "push", "--quiet", "origin", "HEAD:main")
    house.use("++")
    assert at_home("volume", "pull", "team").out == "team: brought up to date\n"
    assert {use.run_id[-6:] for use in read_usage(team)} == {"000001", "theirs", "000002", "000003"}
    assert person(team, "status", "--porcelain") == ""
