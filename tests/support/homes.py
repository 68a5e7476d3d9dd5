"""A home and a workspace in a folder of a test, and a system on them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmos.boot import LLMOS
from llmos.boot.options import Options
from llmos.settings import Environment


@dataclass(frozen=True)
class Place:
    """Where a test's system lives."""

    root: Path

    @property
    def home(self) -> Path:
        """LLMOS_HOME."""
        return self.root / "home"

    @property
    def workspace(self) -> Path:
        """Where its tools work."""
        return self.root / "work"

    def write(self, name: str, text: str) -> Path:
        """A file below the home, e.g. `user/agents/x.md`."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def system(
        self,
        *,
        api: str | None = None,
        bus: Any = None,
        clock: Any = None,
        approver: Any = None,
        passphrase: str | None = None,
        **options: Any,
    ) -> LLMOS:
        """A system; with the address of a Messages API it has a key for it."""
        key = None if api is None else "sk-test-0123456789"
        environment = Environment(
            home=self.home, anthropic_api_key=key, anthropic_base_url=api, trace_passphrase=passphrase
        )
        chosen = Options(workspace=self.workspace, **options)
        return LLMOS(environment=environment, options=chosen, bus=bus, clock=clock, approver=approver)


def make_place(root: Path) -> Place:
    """A place with an empty home and an empty workspace."""
    place = Place(root)
    place.home.mkdir()
    place.workspace.mkdir()
    return place
