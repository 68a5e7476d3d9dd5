"""An agent as it is in force: its text, byte for byte."""

from pathlib import Path

from llmos.clock import SimulatedClock
from llmos.evolution.subject import Ground, subjects
from llmos.volumes.registry import Registry
from llmos.volumes.volume import open_volume
from tests.support.benches import RULES


def test_the_text_of_an_agent_keeps_its_line_ends(tmp_path: Path) -> None:
    """Else an edit of one section would rewrite every line of a page that was written on Windows."""
    page = tmp_path / "user" / "agents" / "worker.md"
    page.parent.mkdir(parents=True)
    page.write_bytes(b"---\r\nname: worker\r\ndescription: Works.\r\n---\r\n\r\nWork.\r\n")
    user = open_volume(tmp_path / "user", "user")
    ground = Ground(tmp_path, Registry([user]), user, RULES, frozenset(), SimulatedClock())
    (subject,) = subjects(ground, "worker")
    assert subject.text.encode() == page.read_bytes()
