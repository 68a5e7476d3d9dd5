"""Learning, from the first run to a skill and back, on the pocket model and a simulated arm: no key, no network.

`python examples/learning/run.py [--part skill|agent] [--home FOLDER]`. Each line after a `$` is a command that you can
type as it stands; below it is what it printed. The home is a temporary one, unless you name an empty folder.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

HERE = Path(__file__).resolve().parent
WIDTH = 92
LLMOS = (sys.executable, "-m", "llmos.cli")
RUN = ("agent", "run", "operator", "--model", "pocket", "--robot", "arm", "--scene", "pick-and-place")
PORTER = ("agent", "run", "porter", "--scene", "pick-and-place")
FIRST = "(-1.0, -1.0, 0.7)"
SHELF = "(-1.5, 1.0, 1.2)"
OTHERS = ("(-1.05, -1.0, 0.7)", "(-1.0, -1.05, 0.7)")
NEW = "(0.6, 0.8, 0.05)"


def goal(place: str) -> str:
    """What is asked of the arm."""
    return f"Pick up the object at (1.5, 1.0, 0.5) and place it at {place}"


class Stage:
    """Says what comes, runs real commands, and shows what they print."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self._chapters = 0
        self.went_well = True
        you = {"GIT_AUTHOR_NAME": "You", "GIT_COMMITTER_NAME": "You"}
        mail = {"GIT_AUTHOR_EMAIL": "you@localhost", "GIT_COMMITTER_EMAIL": "you@localhost"}
        self._environment = {**you, **mail, **os.environ, "LLMOS_HOME": str(home), "GIT_PAGER": "cat"}

    def begin(self) -> None:
        """A home of its own."""
        print(self._in("1", f"$ cd {shlex.quote(str(HERE))}\n$ export LLMOS_HOME={shlex.quote(str(self.home))}"))
        self._run(["llmos", "init"], [*LLMOS, "init"], hidden=" >/dev/null")

    def end(self, *, kept: bool) -> None:
        """Where all of it is now."""
        where = f"The home is {self.home}; look around." if kept else "The home was temporary: --home FOLDER keeps it."
        print(f"\n{where}")

    def chapter(self, title: str, text: str) -> None:
        """A heading, and what to look at."""
        self._chapters += 1
        print(f"\n{self._in('1;36', f'{self._chapters} · {title}')}\n{fill(text, WIDTH)}", flush=True)

    def llmos(self, *words: str, brief: bool = False, fails: bool = False) -> None:
        """Run an `llmos` command, which may be there to fail; `brief` leaves out what it tells on the way."""
        self._run(["llmos", *words], [*LLMOS, *words], hidden=" 2>/dev/null" if brief else "", fails=fails)

    def git(self, *words: str) -> None:
        """Run git in the user volume."""
        volume = str(self.home / "user")
        self._run(["git", "-C", volume, *words], ["git", "-C", volume, *words])

    def copy(self, folder: str) -> None:
        """Put a folder of this example into the user volume."""
        words = ["cp", "-r", f"{folder}/.", str(self.home / "user")]
        self._run(words, words)

    def ask(self, *words: str) -> dict[str, Any]:
        """What an `llmos` command says as JSON, without showing it: for names that only this run has."""
        command = [*LLMOS, *words, "--json"]
        done = subprocess.run(command, env=self._environment, stdout=subprocess.PIPE, check=True)
        return dict(json.loads(done.stdout))

    def _run(self, shown: Sequence[str], command: Sequence[str], *, hidden: str = "", fails: bool = False) -> None:
        line = " ".join(_quoted(word, self.home) for word in shown) + hidden
        print(f"\n{self._in('1', f'$ {line}')}", flush=True)
        out = subprocess.DEVNULL if hidden == " >/dev/null" else None
        told = subprocess.DEVNULL if hidden == " 2>/dev/null" else None if self._colour else subprocess.STDOUT
        done = subprocess.run(
            command, cwd=HERE, env=self._environment, stdin=subprocess.DEVNULL, stdout=out, stderr=told, check=False
        )
        self.went_well = self.went_well and bool(done.returncode) == fails

    def _in(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colour else text


def _quoted(word: str, home: Path) -> str:
    """A word as one types it, the home by its variable."""
    if word.startswith(str(home)):
        return f"$LLMOS_HOME{word.removeprefix(str(home))}"
    return f'"{word}"' if " " in word and '"' not in word else shlex.quote(word)


def a_skill(stage: Stage) -> None:
    """What was done once is done again without a model, becomes a skill, and is taken back."""
    stage.chapter("The first time, a model plans", "It chooses each tool call: mode LEARNER, and tokens at the end.")
    stage.llmos(*RUN, goal(FIRST))

    stage.chapter(
        "The second time, none is asked",
        "Mode FOLLOWER, 0 tokens. The calls of the first run are made again, each through permissions and gate, and "
        "each answer is held against what was answered then. What was achieved is measured anew.",
    )
    stage.llmos(*RUN, goal(FIRST))

    stage.chapter(
        "Other places, still none is asked",
        "The goal has other numbers. Each argument that came from the goal comes from the new goal.",
    )
    stage.llmos(*RUN, goal(SHELF))
    for place in OTHERS:
        stage.llmos(*RUN, goal(place), brief=True)

    stage.chapter(
        "Five uses later it is a skill",
        "A program is made of these runs. Before it counts, goals are held out and must be reached without having been "
        "learned from; and with the cube elsewhere it must not say that it is done, so there `failed` is right.",
    )
    stage.llmos("evolve", "--model", "pocket", "--no-stream")
    stage.llmos(*RUN, goal(NEW))

    name = next(each["name"] for each in stage.ask("skill", "list")["skills"] if each["volume"] == "user")
    page = f"skills/{name}/SKILL.md"
    stage.chapter(
        "What was learned is a page", "You can read it, edit it and pass it on; LLMos reads no other copy of it."
    )
    stage.llmos("skill", "show", name)

    stage.chapter(
        "The same as a Python function",
        "Made of the verified program, for people. LLMos itself never runs it; it interprets the program.",
    )
    stage.llmos("program", "compile", f"{stage.home}/user/{page}")

    stage.chapter("Why did it do that?", "Each decision of the last run, with the line and commit that it rests on.")
    stage.llmos("why", stage.ask("trace", "list")["runs"][0]["run_id"])

    stage.chapter(
        "What it has saved, and how it fares",
        "Held against the run that a model planned here. The pocket model costs nothing, so the dollars are none.",
    )
    stage.llmos("skill", "stats", name)
    stage.llmos("skill", "stats", "--savings")

    stage.chapter("The volume tells the story", "Each step of learning is a commit, with what it rests on.")
    stage.git("log", "--reverse", "--format=%h %an: %s%n%w(0,10,10)%(trailers)")

    stage.chapter("Take it back", "The next run follows the trace again, and the skill is not made anew.")
    stage.llmos("skill", "revert", name)
    stage.git("log", "-1", "--stat", "--format=%h %an: %s")
    stage.llmos(*RUN, goal(NEW), brief=True)
    stage.llmos("evolve", "--model", "pocket", "--no-stream")


def an_agent(stage: Stage) -> None:
    """An agent with a fault is repaired by an edit that had to show that it is better."""
    stage.chapter(
        "An agent with a fault",
        "The porter's page never tells it to open the gripper; its scenarios say what must hold afterwards. They go "
        "into your volume.",
    )
    stage.copy("porter")
    stage.git("add", "--all")
    stage.git("commit", "--quiet", "--message", "Hire a porter")
    stage.git("show", "HEAD:agents/porter.md")

    stage.chapter(
        "It fails",
        "No model runs here: a cassette plays the part of one that does to the letter what the page tells it, and "
        "where the page reads otherwise it refuses to play. The arm is simulated, and the cube is measured.",
    )
    for _ in range(2):
        stage.llmos(*PORTER, "--model", "cassette:cassettes/before.jsonl", goal(FIRST), brief=True, fails=True)

    stage.chapter(
        "llmos evolve proposes an edit and tries it",
        "The old page and the new one run the same cases: practice, safety, then held-out scenarios that no proposer "
        "saw. The proposal is the cassette's, too.",
    )
    stage.llmos("evolve", "--agent", "porter", "--model", "cassette:cassettes/repair.jsonl", "--no-stream")

    stage.chapter("The commit shows why", "Which runs it rests on, what was won and lost, how likely chance is.")
    stage.git("show", "--format=%h %an: %s%n%n%b", "HEAD")

    stage.chapter("It succeeds", "The same goal, the new page.")
    stage.llmos(*PORTER, "--model", "cassette:cassettes/after.jsonl", goal(FIRST))
    stage.llmos("evolve", "log")


PARTS = {"skill": a_skill, "agent": an_agent}


def main() -> int:
    """Show both parts, or the one that was asked for; 1 when a command did not do what it is there to show."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--part", choices=PARTS)
    options.add_argument("--home", type=Path, help="an empty folder that is kept, to look around in")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="llmos-learning-") as folder:
        stage = Stage((chosen.home or Path(folder) / "home").resolve())
        stage.begin()
        for part, show in PARTS.items():
            if chosen.part in (None, part):
                show(stage)
        stage.end(kept=chosen.home is not None)
        return int(not stage.went_well)


if __name__ == "__main__":
    sys.exit(main())
