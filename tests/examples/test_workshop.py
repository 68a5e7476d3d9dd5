"""The commands of the example volume `examples/workshop` do what its page says, as they stand there."""

import re
import shlex
import shutil
from pathlib import Path

from tests.support.command_line import CommandLine, Said

WORKSHOP = Path(__file__).parents[2] / "examples" / "workshop"
TYPED = re.findall(r"^ {4}llmos (.+)$", (WORKSHOP / "VOLUME.md").read_text("utf-8"), re.MULTILINE)


def typed(llmos: CommandLine, line: str, place: Path) -> Said:
    """One line of the page with PATH filled in; where it asks a person, the answer is yes."""
    words = shlex.split(line.replace("PATH", str(place)))
    return llmos(*words, *(["--yes"] if "trust" in words else []))


def test_the_commands_of_the_page_greet_ada(llmos: CommandLine) -> None:
    """Offline, with a copy of any name; an edit counts at once, and half an edit is told with its line."""
    place = shutil.copytree(WORKSHOP, llmos.place.root / "ws")
    add, trust, run = TYPED
    assert typed(llmos, add, place).out == f"Added workshop: {llmos.place.home}/volumes/workshop\n"
    assert typed(llmos, trust, place).code == 0
    first = typed(llmos, run, place)
    assert (first.code, first.out.splitlines()[0]) == (0, "Ada has been greeted."), first.err
    assert "-> Hello, Ada!" in first.err
    tool = llmos.place.home / "volumes/workshop/tools/hello_world.py"
    tool.write_text(tool.read_text().replace('f"Hello, {name}!"', 'f"Welcome, {name}!"'))
    assert "-> Welcome, Ada!" in typed(llmos, run, place).err
    tool.write_text("def (\n")
    broken = typed(llmos, run, place)
    assert f"{tool}:1: the file cannot be loaded: SyntaxError" in broken.err
    assert "Ada!" not in broken.err
