"""What LLMos writes to a volume, as git keeps it: one commit per change, limited to its paths, with a reason.

Does not know agents, skills or remotes, and never touches what a person has staged.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from llmos.clock import Clock, RealClock
from llmos.disk import make_folder
from llmos.documents.document import hash_of
from llmos.errors import RefusedError
from llmos.messages import valid_unicode
from llmos.volumes.files import inside
from llmos.volumes.git import Git
from llmos.volumes.locks import only_writer

_FIELDS = "--format=%H%x00%aI%x00%an%x00%s%x00%b"
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_COMMIT = ("--quiet", "--no-verify", "--cleanup=verbatim", "--file=-")
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
            changed = self._status(names)
            touched = [name for name in names if any(_lies_in(name, change) for _, change in changed)]
            if not touched:
                return None
            text = valid_unicode(_message(message, trailers or {})).encode()
            self._announce([name for kind, name in changed if kind in {"??", "!!"}])
            answer = self.git.run("commit", "--only", *_COMMIT, "--", *touched, stdin=text)
            # Git reads each file twice, for the index and for the commit: what grew in between would look staged.
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
            branch = pointer.removeprefix("ref: refs/")
            found = pointer if branch == pointer else (common / "refs" / branch).read_text("utf-8").strip()
            if _ID.fullmatch(found):
                return found
        except (OSError, UnicodeDecodeError):
            pass  # packed, or not there yet; git itself knows
        answer = self.git.run("rev-parse", "--verify", "--quiet", "HEAD")
        return answer.text.strip() or None

    def head(self, path: Path) -> str | None:
        """The commit at which `path` reads as it does now: the tip, or None when it has changes that no commit holds.

        `git show COMMIT:PATH` gives back exactly these bytes.
        """
        return self.heads({path: ""})[path]

    def heads(self, documents: Mapping[Path, str]) -> dict[Path, str | None]:
        """Like `head` for many files at once, by path and content hash: None also where a file reads otherwise by now.

        An empty hash stands for whatever the file holds.
        """
        answers: dict[Path, str | None] = dict.fromkeys(documents)
        tip = self.tip() if self.exists else None
        if tip is None:
            return answers
        named = {path: (name, blob) for path, name, blob in self._named(documents, tip)}
        keys = {path: f"{tip} {blob} {name}" for path, (name, blob) in named.items()}
        unknown = [path for path, key in keys.items() if key not in self.remembered]
        blobs = self._blobs(tip, [named[path][0] for path in unknown])
        for path in unknown:
            name, blob = named[path]
            self.remembered[keys[path]] = tip if blobs.get(name) == blob else ""
        return answers | {path: self.remembered[key] or None for path, key in keys.items()}

    def _named(self, documents: Mapping[Path, str], tip: str) -> Iterator[tuple[Path, str, str]]:
        """Path, name in git and name of the bytes, of the files that read as they should and lie in this repository."""
        for path, content_hash in documents.items():
            try:
                name, content = path.relative_to(self.root).as_posix(), path.read_bytes()
            except (OSError, ValueError):
                continue
            if content_hash in {"", hash_of(content)}:
                yield path, name, _blob_id(content, tip)

    def _blobs(self, tip: str, names: Sequence[str]) -> dict[str, str]:
        """The names of the bytes that these files have at the tip."""
        if not names:
            return {}
        lines = self.git.run("ls-tree", "-z", tip, "--", *names).text.split("\0")
        return {line.partition("\t")[2]: line.partition("\t")[0].rpartition(" ")[2] for line in lines}

    def show(self, commit: str, path: Path) -> bytes:
        """The bytes of `path` at `commit`."""
        name = inside(self.root, path).as_posix()
        return self.git.must(f"show {name}", "cat-file", "blob", f"{_revision(commit)}:{name}").output

    def log(self, path: Path | None = None, limit: int = 20) -> tuple[Commit, ...]:
        """The newest commits first, of the whole volume or of one path."""
        if self.tip() is None:
            return ()
        limited = ["--", inside(self.root, path).as_posix()] if path is not None else []
        listed = self.git.must("read the log", "log", "-z", f"--max-count={limit}", _FIELDS, *limited)
        fields = iter(listed.text.split("\0"))
        return tuple(_commit(*five) for five in zip(fields, fields, fields, fields, fields, strict=False))

    def files(self, folder: Path) -> tuple[str, ...]:
        """The files below a folder that git knows, relative to it; what `.gitignore` leaves out is not among them."""
        name = inside(self.root, folder).as_posix()
        listed = self.git.must("list the files", "ls-files", "-z", "--", name).text.split("\0")[:-1]
        return tuple(PurePosixPath(each).relative_to(name).as_posix() for each in listed)

    def changes(self) -> tuple[str, ...]:
        """The paths that differ from the last commit, new ones included, relative to the root."""
        self.git.refuse_programs()
        return tuple(self._changes(["."]))

    def new_files(self) -> tuple[str, ...]:
        """Those of `changes` that git does not know yet, so that no `diff` shows them."""
        self.git.refuse_programs()
        return tuple(name for kind, name in self._status(["."]) if kind == "??")

    def diff(self) -> str:
        """The changes that no commit holds yet, as a unified diff of the files that git knows."""
        self.git.refuse_programs()
        before = self.tip() or self.git.must("compare", "hash-object", "-t", "tree", "/dev/null").text.strip()
        return self.git.must("compare", "diff", *_PLAIN, before).text

    def revert(self, commit: str, reason: str) -> str:
        """Undo one commit by a new one; the new one's id. The volume stays as it was when the undoing conflicts.

        Raises RefusedError where nothing of the commit is left to undo.
        """
        self.git.refuse_programs()
        with only_writer(self.git.folder / "llmos.lock"):
            self.git.refuse_half_done()
            self._require_unstaged(["."])
            revision = self.git.must("find the commit", "rev-parse", "--verify", f"{_revision(commit)}^{{commit}}")
            whole = revision.text.strip()
            subject = self.git.must("read the commit", "log", "-1", "--format=%s", whole).text.strip()
            undone = self.git.run("revert", "--no-commit", whole)
            empty = undone.status == 0 and self.git.run("diff", "--cached", "--quiet", "--no-ext-diff").status == 0
            if undone.status == 0 and not empty:
                text = _message(f"Revert: {subject}\n{reason}", {"Reverts": whole}).encode()
                undone = self.git.run("commit", *_COMMIT, stdin=text)
            if undone.status != 0 or empty:
                self.git.run("reset", "--quiet", "--merge")  # the index was clean, so only the undoing is taken back
            if empty:
                raise RefusedError(f"Nothing of {whole[:12]} is left to take back in {self.root}.")
            self.git.check(f"revert {whole[:12]}", undone)
            return self.tip() or whole

    def _announce(self, new: Sequence[str]) -> None:
        """Tell git that there are new files, and nothing of what they hold; one that is named itself even if ignored.

        `commit --only` takes up the rest by itself. So a process that is killed in between leaves nothing staged, which
        from then on would look like a person's own doing.
        """
        if new:
            flags = ["--intent-to-add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul"]
            listed = "\0".join(new).encode("utf-8", "surrogateescape")
            self.git.must("take up the changes", "add", *flags, stdin=listed)

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
        return [name for _, name in self._status(names)]

    def _status(self, names: Sequence[str]) -> list[tuple[str, str]]:
        """The same, each with the two letters that git has for what became of it."""
        look = ["status", "--porcelain", "-z", "--no-renames", "--ignored=matching", "--untracked-files=all"]
        listed = self.git.must("look for changes", *look, "--ignore-submodules=all", "--", *names)
        records = [(record[:2], record[3:]) for record in listed.text.split("\0") if record]
        return [(kind, name) for kind, name in records if kind != "!!" or name in names]


def _lies_in(name: str, change: str) -> bool:
    return name in {".", change} or change.startswith(f"{name}/")


def _blob_id(content: bytes, tip: str) -> str:
    """The name that git gives to these bytes, by the algorithm that the names of the repository's commits show."""
    algorithm = "sha256" if len(tip) == 64 else "sha1"
    return hashlib.new(algorithm, b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()


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


def _commit(id_: str, at: str, author: str, subject: str, body: str) -> Commit:
    return Commit(id_, datetime.fromisoformat(at), author, subject, body.strip())
