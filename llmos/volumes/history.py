"""What LLMos writes to a volume, as git keeps it: one commit per change, limited to its paths, with a reason.

Does not know agents, skills or remotes, and never touches what a person has staged.
"""

import hashlib
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from llmos.clock import Clock, RealClock
from llmos.disk import make_folder
from llmos.errors import RefusedError
from llmos.volumes.files import inside
from llmos.volumes.git import Git
from llmos.volumes.locks import only_writer

_FIELD, _RECORD = "\x1f", "\x1e"
_LOG_FORMAT = "--format=%H%x1f%aI%x1f%an%x1f%s%x1f%b%x1e"

_PLAIN = ("--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=all")


@dataclass(frozen=True, slots=True)
class Commit:
    """One entry of a volume's log; `body` is the reason with its trailers."""

    id: str
    at: datetime
    author: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class History:
    """The git repository at `root`; blocking, so async code calls it in a worker thread.

    `remembered` keeps the answers of `head`; a caller that stores it between runs spares them the git process.
    """

    root: Path
    clock: Clock = field(default_factory=RealClock)
    remembered: MutableMapping[str, str] = field(default_factory=dict)

    @property
    def git(self) -> Git:
        """The hardened door to this repository."""
        return Git(self.root, self.clock)

    @property
    def exists(self) -> bool:
        """Whether `root` is a git repository at all."""
        return (self.root / ".git").exists()

    def init(self) -> None:
        """Make the folder a repository with the branch `main`; hooks of the machine's git template stay out."""
        make_folder(self.root)
        self.git.must("start a history", "init", "--quiet", "--template=", "--initial-branch=main")

    def commit(self, paths: Sequence[Path], message: str, trailers: Mapping[str, str] | None = None) -> str | None:
        """Commit these paths as they are on disk, and nothing else; the commit's id, or None when nothing changed.

        The first line of `message` is the subject, the rest the reason. Raises RefusedError where a person has staged
        one of the paths, StorageError where git or the disk refuses.
        """
        names = [inside(self.root, path).as_posix() for path in paths]
        self.git.refuse_programs()
        with only_writer(self.git.folder / "llmos.lock"):
            self._require_unstaged(names)
            changed = self._changes(names)
            touched = [name for name in names if any(_lies_in(name, change) for change in changed)]
            if not touched:
                return None
            text = _message(message, trailers or {}).encode()
            self._add(touched, changed)
            only = ["commit", "--quiet", "--only", "--no-verify", "--cleanup=verbatim", "--file=-", "--"]
            answer = self.git.run(*only, *touched, stdin=text)
            if answer.status != 0:
                self.git.run("reset", "--quiet", "--", *touched)
            self.git.check("commit", answer)
            return self.tip()

    def require_unstaged(self, paths: Sequence[Path]) -> None:
        """Raise RefusedError if a person has staged changes in one of these paths."""
        self._require_unstaged([inside(self.root, path).as_posix() for path in paths])

    def tip(self) -> str | None:
        """The commit that the volume stands at, None before the first; read from git's files where they are plain."""
        folder, common = self.git.folder, self.git.common
        try:
            pointer = (folder / "HEAD").read_text("utf-8").strip()
            branch = pointer.removeprefix("ref: ")
            if branch == pointer:
                return pointer
            loose = common / branch
            if loose.is_file():
                return loose.read_text("utf-8").strip()
        except OSError:
            return None
        answer = self.git.run("rev-parse", "--verify", "--quiet", "HEAD")
        return answer.text.strip() or None

    def head(self, path: Path) -> str | None:
        """The commit at which `path` reads as it does now: the tip, or None when it has changes that no commit holds.

        `git show COMMIT:PATH` gives back exactly these bytes.
        """
        tip = self.tip() if self.exists else None
        if tip is None:
            return None
        try:
            content = path.read_bytes()
            name = inside(self.root, path).as_posix()
        except (OSError, RefusedError):
            return None
        algorithm = "sha256" if len(tip) == 64 else "sha1"
        blob = hashlib.new(algorithm, b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()
        key = f"{tip} {blob} {name}"
        if key not in self.remembered:
            listed = self.git.run("ls-tree", "-z", tip, "--", name).text
            self.remembered[key] = tip if f" {blob}\t" in listed else ""
        return self.remembered[key] or None

    def show(self, commit: str, path: Path) -> bytes:
        """The bytes of `path` at `commit`."""
        name = inside(self.root, path).as_posix()
        return self.git.must(f"show {name}", "cat-file", "blob", f"{_revision(commit)}:{name}").output

    def log(self, path: Path | None = None, limit: int = 20) -> tuple[Commit, ...]:
        """The newest commits first, of the whole volume or of one path."""
        if self.tip() is None:
            return ()
        limited = ["--", inside(self.root, path).as_posix()] if path is not None else []
        listed = self.git.must("read the log", "log", f"--max-count={limit}", _LOG_FORMAT, *limited)
        return tuple(_commit(record) for record in listed.text.split(_RECORD) if record.strip())

    def changes(self) -> tuple[str, ...]:
        """The paths that differ from the last commit, new ones included, relative to the root."""
        self.git.refuse_programs()
        return tuple(self._changes(["."]))

    def diff(self) -> str:
        """The changes that no commit holds yet, as a unified diff of the files that git knows."""
        self.git.refuse_programs()
        return self.git.must("compare", "diff", *_PLAIN, "HEAD").text

    def revert(self, commit: str, reason: str) -> str:
        """Undo one commit by a new one; the new one's id. The volume stays as it was when the undoing conflicts."""
        self.git.refuse_programs()
        with only_writer(self.git.folder / "llmos.lock"):
            self._require_unstaged(["."])
            revision = self.git.must("find the commit", "rev-parse", "--verify", f"{_revision(commit)}^{{commit}}")
            whole = revision.text.strip()
            subject = self.git.must("read the commit", "log", "-1", "--format=%s", whole).text.strip()
            undone = self.git.run("revert", "--no-commit", whole)
            if undone.status != 0:
                self.git.run("revert", "--abort")
                self.git.check(f"revert {whole[:12]}", undone)
            text = _message(f"Revert: {subject}\n{reason}", {"Reverts": whole}).encode()
            self.git.must("commit", "commit", "--quiet", "--no-verify", "--cleanup=verbatim", "--file=-", stdin=text)
            return self.tip() or whole

    def _add(self, touched: Sequence[str], changed: Sequence[str]) -> None:
        """Tell git of new files; one that is named itself even where `.gitignore` leaves it out."""
        named = [name for name in touched if name in changed]
        folders = [name for name in touched if name not in changed]
        for flags, names in ((["--force"], named), ([], folders)):
            if names:
                self.git.must("take up the changes", "add", "--all", *flags, "--", *names)

    def _require_unstaged(self, names: Sequence[str]) -> None:
        compare = ["diff", "--cached", "--name-only", "--no-ext-diff", "--ignore-submodules=all", "-z", "--"]
        staged = self.git.must("look at the index", *compare, *names).text.split("\0")[0]
        if staged:
            raise RefusedError(
                f"{self.root / staged} has staged changes of yours; "
                "commit or unstage them, then try again. Nothing was written."
            )

    def _changes(self, names: Sequence[str]) -> list[str]:
        """The paths that differ from the index, new files included; an ignored one only where it is named itself."""
        look = ["status", "--porcelain", "-z", "--no-renames", "--ignored=matching", "--untracked-files=all"]
        listed = self.git.must("look for changes", *look, "--ignore-submodules=all", "--", *names)
        records = [record for record in listed.text.split("\0") if record]
        return [record[3:] for record in records if not record.startswith("!!") or record[3:] in names]


def _lies_in(name: str, change: str) -> bool:
    return name in {".", change} or change.startswith(f"{name}/")


def _message(message: str, trailers: Mapping[str, str]) -> str:
    """Subject, reason and trailers; a line break inside a trailer cannot make another."""
    subject, _, reason = message.strip().partition("\n")
    paragraphs = [subject.strip(), reason.strip()]
    paragraphs.append("\n".join(f"{key}: {' '.join(value.split())}" for key, value in trailers.items()))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


def _revision(commit: str) -> str:
    if not commit or not commit.isalnum():
        raise RefusedError(f"'{commit}' is not a commit id.")
    return commit


def _commit(record: str) -> Commit:
    id_, at, author, subject, body = record.strip("\n").split(_FIELD, 4)
    return Commit(id_, datetime.fromisoformat(at), author, subject, body.strip())
