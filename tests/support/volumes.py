"""Small volumes on disk for tests, and a repository as a hostile person would prepare it."""

from pathlib import Path

from llmos.volumes.volume import Tier, Volume, open_volume


def write_agent(root: Path, name: str, description: str = "Does things.", *, body: str = "You do things.") -> Path:
    """An agent file below `root/agents`."""
    return _write(root / "agents" / f"{name}.md", f"---\nname: {name}\ndescription: {description}\n---\n{body}\n")


def write_skill(root: Path, name: str, description: str = "Shows how.", *, body: str = "Do it so.") -> Path:
    """A skill folder below `root/skills`."""
    return _write(root / "skills" / name / "SKILL.md", f"---\nname: {name}\ndescription: {description}\n---\n{body}\n")


def volume(root: Path, tier: Tier = "user", *, trusted: bool = True, name: str = "") -> Volume:
    """The volume at a folder, which is made if need be."""
    root.mkdir(parents=True, exist_ok=True)
    return open_volume(root, tier, trusted=trusted, name=name or tier)


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path
