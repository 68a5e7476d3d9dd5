"""A volume's exchange with the repository it came from: clone, fetch, merge, push.

Does not know what the documents mean and who may decide on them; `sources` asks before it merges.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from llmos.errors import LLMosError, RefusedError, StorageError
from llmos.volumes.files import new_folder
from llmos.volumes.git import without_password
from llmos.volumes.history import History
from llmos.volumes.locks import only_writer

_EXECUTABLE = "100755"
_ALL_BRANCHES = "+refs/heads/*:refs/remotes/origin/*"
_ANOTHER_TRANSPORT = re.compile(r"-|[A-Za-z0-9+.-]*::")


@dataclass(frozen=True, slots=True)
class Change:
    """One file that differs between two commits; None stands for a file that is not there.

    A link reads as the path it points to, a submodule as nothing.
    """

    path: str
    before: bytes | None
    after: bytes | None
    was_executable: bool
    is_executable: bool


@dataclass(frozen=True, slots=True)
class Remote:
    """The repository `origin` of a volume."""

    history: History

    def fetch(self) -> str | None:
        """Ask the origin for what is new, without touching the volume; the commit its branch stands at now."""
        git = self.history.git
        git.refuse_programs()
        git.refuse_half_done()
        self._require()
        git.must("fetch", "fetch", "--quiet", "--no-tags", "origin", _ALL_BRANCHES, network=True)
        return git.run("rev-parse", "--verify", "--quiet", f"refs/remotes/origin/{self._branch()}").text.strip() or None

    def incoming(self, commit: str) -> tuple[Change, ...]:
        """What the origin's commit would change since both sides last agreed."""
        git = self.history.git
        base = git.must("find the common commit", "merge-base", "HEAD", commit).text.strip()
        compare = ["diff", "--raw", "-z", "--no-renames", "--no-abbrev", "--no-ext-diff", base, commit]
        fields = git.must("compare", *compare).text.split("\0")
        rows = [(meta[1:].split(" "), path) for meta, path in zip(fields[::2], fields[1::2], strict=False)]
        blobs = self._blobs({blob for row, _ in rows for blob in row[2:4]})
        return tuple(
            Change(path, blobs.get(old), blobs.get(new), old_mode == _EXECUTABLE, new_mode == _EXECUTABLE)
            for (old_mode, new_mode, old, new, _), path in rows
        )

    def merge(self, commit: str) -> bool:
        """Take the origin's commit into the volume; False when it holds it already.

        Appends of both sides to a usage sidecar survive (`merge=union`). A conflict leaves the volume as it was and
        raises StorageError; so do changes of the person, staged ones and a merge that waits for them with RefusedError,
        and a commit without a good signature, where a git setting of theirs asks for one.
        """
        git = self.history.git
        git.refuse_programs()
        with only_writer(git.folder / "llmos.lock"):
            git.refuse_half_done()
            if git.run("merge-base", "--is-ancestor", commit, "HEAD").status == 0:
                return False
            checks = git.checks_of_signatures()
            how = ("--quiet", "--no-edit", "--no-verify", "-m", "Merge what the origin has")
            answer = git.run(*checks, "merge", *how, commit)
            if answer.status == 0:
                return True
            if checks and "signature" in answer.reason:
                raise RefusedError(
                    f"{self.history.root} takes up no commit without a good signature, as your git setting "
                    f"merge.verifySignatures asks: {answer.reason}. Nothing was merged."
                )
            unmerged = git.run("diff", "--name-only", "--diff-filter=U", "-z").text.split("\0")[:-1]
            if not unmerged:
                self.history.require_unstaged([self.history.root])
                git.check("merge", answer)
            git.must("take back the merge", "merge", "--abort")
            raise StorageError(
                f"{self.history.root} and its origin changed the same lines of {', '.join(unmerged)}; "
                "nothing was merged. Merge by hand with git, then pull again."
            )

    def push(self) -> None:
        """Send the volume's commits to the origin."""
        git = self.history.git
        git.refuse_programs()
        self._require()
        target = f"HEAD:refs/heads/{self._branch()}"
        answer = git.run("push", "--quiet", "--no-verify", "origin", target, network=True)
        if "fetch first" in answer.complaint or "non-fast-forward" in answer.complaint:
            raise StorageError(
                f"The origin of {self.history.root} has commits that are not here; pull first, then push."
            )
        git.check("push", answer)

    def _require(self) -> None:
        root = self.history.root
        if self.history.git.run("config", "remote.origin.url").status != 0:
            raise LLMosError(f"{root} has no origin to exchange with; add one: git -C {root} remote add origin URL.")

    def _branch(self) -> str:
        branch = self.history.git.run("symbolic-ref", "--quiet", "--short", "HEAD").text.strip()
        if not branch:
            raise StorageError(f"{self.history.root} stands on no branch; check one out with git, then try again.")
        return branch

    def _blobs(self, names: Iterable[str]) -> dict[str, bytes]:
        """The content of these blobs, in one git process; names that are no blob of this repository are left out."""
        asked = "".join(f"{name}\n" for name in sorted(names))
        output = self.history.git.must("read the files", "cat-file", "--batch", stdin=asked.encode()).output
        blobs: dict[str, bytes] = {}
        at = 0
        while at < len(output):
            end = output.index(b"\n", at)
            name, *kind = output[at:end].decode().split(" ")
            at = end + 1
            if kind[0] != "missing":
                size = int(kind[1])
                blobs[name] = output[at : at + size]
                at += size + 1
        return blobs


def clone(source: str, history: History) -> None:
    """Clone a path or an address into the folder of `history`, which must not exist; nothing of the source runs.

    Links of the source become plain files, so that none can point out of the volume.
    """
    if _ANOTHER_TRANSPORT.match(source):
        raise RefusedError(f"'{source}' is no path or address of a git repository.")
    with new_folder(history.root) as staging:
        _fill(source, History(staging, history.clock))


def _fill(source: str, history: History) -> None:
    history.init()
    git = history.git
    git.must("set up the clone", "config", "core.symlinks", "false")
    git.must("set up the clone", "remote", "add", "origin", source)
    answer = git.run("ls-remote", "--symref", "origin", "HEAD", network=True)
    if answer.status != 0:
        raise StorageError(f"git could not clone {without_password(source)}: {answer.reason}.")
    named = re.match(r"ref: refs/heads/(\S+)\tHEAD", answer.text)
    if named is None:
        why = "it stands on no branch; check one out there" if answer.text.strip() else "it has no branch with commits"
        raise StorageError(f"git could not clone {without_password(source)}: {why}.")
    branch = named[1]
    git.must("fetch the clone", "fetch", "--quiet", "--no-tags", "origin", _ALL_BRANCHES, network=True)
    git.must("check out the clone", "symbolic-ref", "HEAD", f"refs/heads/{branch}")
    git.must("check out the clone", "reset", "--quiet", "--hard", f"refs/remotes/origin/{branch}")
    git.must("set up the clone", "branch", "--quiet", f"--set-upstream-to=origin/{branch}")
