"""The door to git: every call is hardened, so that no repository can make it run a program or reach another folder.

Knows commands and refusals, nothing of volumes and of what a commit means.
"""

import contextlib
import itertools
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from llmos.clock import Clock, RealClock
from llmos.errors import RefusedError, StorageError

IDENTITY = ("LLMos", "llmos@localhost")

_NOWHERE = "/dev/null"  # git resolves this name itself, on Windows too
_TRANSPORTS = "file:git:http:https:ssh"

_OPTIONS = (
    # DECISIONS: a repository's own hooks, file monitor, transports and submodules never run.
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    # What else could start a program or a signature, or change the bytes of a document; `checks_of_signatures` goes on.
    "commit.gpgSign=false",
    "push.gpgSign=false",
    "log.showSignature=false",
    "merge.verifySignatures=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.recurseSubmodules=false",
    "push.recurseSubmodules=no",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.autocrlf=false",
    "core.quotePath=false",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    # A server that stops talking ends the call instead of hanging it (bytes per second, seconds).
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
)

_NAMES_A_PROGRAM = re.compile(
    r"core\.(sshcommand|gitproxy|askpass|alternaterefscommand)"
    r"|credential(\..*)?\.helper"
    r"|filter\..*\.(clean|smudge|process)"
    r"|diff\..*\.(textconv|command)"
    r"|merge\..*\.driver"
    r"|gpg(\..*)?\.program"
    r"|gpg\.ssh\.defaultkeycommand"
    r"|remote\..*\.(uploadpack|receivepack|vcs)"
    r"|url\..*\.(insteadof|pushinsteadof)"
    r"|extensions\.worktreeconfig"  # more settings, in a file of their own
)

_OWN = frozenset({"system", "global"})
"""The settings of the person and of the machine, which no repository brings along."""

_STRICT = ("gpg.minTrustLevel=marginal", "gpg.ssh.allowedSignersFile=/dev/null")
"""What git goes by where nobody has set these: it trusts who is trusted at least marginally, and by SSH no one."""

_HALF_DONE = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
}
"""What git keeps in its folder while a person's own merge and the like waits for them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a git command gave back; `text` decodes it so that any file name survives."""

    status: int
    output: bytes
    complaint: str

    @property
    def text(self) -> str:
        """The output as text."""
        return self.output.decode("utf-8", "surrogateescape")

    @property
    def reason(self) -> str:
        """What git complains of: its first error, with the files it lists, without prefix and final stop."""
        lines = [line for line in self.complaint.splitlines() if line.strip() and not line.startswith("hint:")]
        errors = [number for number, line in enumerate(lines) if line.startswith(("fatal:", "error:"))]
        if not lines:
            return "it gave no reason"
        first = errors[0] if errors else 0
        listed = itertools.takewhile(lambda line: line.startswith("\t"), lines[first + 1 :])
        said = re.sub(r"^(fatal|error): ", "", lines[first].strip())
        return without_password(" ".join([said, ", ".join(line.strip() for line in listed)]).strip().rstrip("."))


@dataclass(frozen=True, slots=True)
class Git:
    """Runs git on the repository at `root` and on no other, whatever GIT_* variables the process was started with."""

    root: Path
    clock: Clock = field(default_factory=RealClock)

    @property
    def folder(self) -> Path:
        """The repository's own folder: `.git`, or what a `.git` file of a linked work tree points to."""
        marker = self.root / ".git"
        return (self.root / _pointed(marker).removeprefix("gitdir:").strip()).resolve() if marker.is_file() else marker

    @property
    def common(self) -> Path:
        """The folder that linked work trees share; objects and branches live there."""
        folder = self.folder
        pointer = folder / "commondir"
        return (folder / _pointed(pointer).strip()).resolve() if pointer.is_file() else folder

    def run(self, *arguments: str, network: bool = False, stdin: bytes | None = None) -> Answer:
        """One git command; only `network` commands may reach another machine and see the person's own git settings."""
        options = [word for option in _OPTIONS for word in ("-c", option)]
        return _execute([*options, *arguments], self.root, self._variables(network=network), stdin)

    def must(self, doing: str, *arguments: str, network: bool = False, stdin: bytes | None = None) -> Answer:
        """Like `run`, but a failure becomes one sentence that begins with what was being done."""
        return self.check(doing, self.run(*arguments, network=network, stdin=stdin))

    def check(self, doing: str, answer: Answer) -> Answer:
        """The answer itself, or StorageError when it tells of a failure."""
        if answer.status != 0:
            raise StorageError(f"git could not {doing} in {self.root}: {answer.reason}.")
        return answer

    def checks_of_signatures(self) -> tuple[str, ...]:
        """Options before a merge that let it check signatures as the person's own settings have it; none unasked.

        Nothing loosens the wish: where it stands for all repositories, this one's settings name nobody to be trusted.
        """
        wish = ("--type=bool", "--get-all", "merge.verifySignatures")
        asked = self.must("read the settings", "config", "--show-scope", *wish, network=True).text
        scopes = {line.partition("\t")[0] for line in asked.splitlines() if line.endswith("true")}
        if not scopes:
            return ()
        found = self.run("config", "--show-scope", "-z", "--get-regexp", "^gpg[.]", network=True).text.split("\0")
        own = [
            each.replace("\n", "=", 1) for scope, each in zip(found[::2], found[1::2], strict=False) if scope in _OWN
        ]
        strict = _STRICT if scopes & _OWN else ()
        return tuple(word for option in ("merge.verifySignatures=true", *strict, *own) for word in ("-c", option))

    def refuse_programs(self) -> None:
        """Raise RefusedError if the repository's own settings name a program or another address.

        A filter that is merely switched off would commit wrong bytes, so such a repository is not used at all.
        """
        answer = self.must("read the settings", "config", "--local", "--includes", "--list", "--name-only", "-z")
        for key in answer.text.split("\0"):
            if _NAMES_A_PROGRAM.fullmatch(key):
                raise RefusedError(
                    f"The git settings of {self.root} hold '{key}', which can start a program; "
                    f"LLMos uses no such repository. Remove the line from {self.common / 'config'}."
                )

    def refuse_half_done(self) -> None:
        """Raise RefusedError while a merge, rebase, cherry-pick or revert of a person's waits for them to go on.

        What they have resolved so far stands in no commit, so nothing is begun that git could only end by resetting.
        """
        begun = next((what for name, what in _HALF_DONE.items() if (self.folder / name).exists()), "")
        if not begun and self.run("ls-files", "--unmerged", "-z").output:
            begun = "merge"
        if begun:
            raise RefusedError(
                f"A {begun} of yours is under way in {self.root}; end it with git, then try again. Nothing was changed."
            )

    def _variables(self, *, network: bool) -> dict[str, str]:
        """Each variable that could lead git elsewhere gets a fixed value (see `git rev-parse --local-env-vars`)."""
        folder, common = self.folder, self.common
        name, email = IDENTITY
        moment = self.clock.now().strftime("%Y-%m-%dT%H:%M:%S+00:00")
        own = {
            "GIT_DIR": str(folder),
            "GIT_COMMON_DIR": str(common),
            "GIT_WORK_TREE": str(self.root),
            "GIT_INDEX_FILE": str(folder / "index"),
            "GIT_OBJECT_DIRECTORY": str(common / "objects"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": "",
            "GIT_NAMESPACE": "",
            "GIT_CONFIG_PARAMETERS": "",
            "GIT_CONFIG_COUNT": "0",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_GLOB_PATHSPECS": "0",
            "GIT_NOGLOB_PATHSPECS": "0",
            "GIT_ICASE_PATHSPECS": "0",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_EDITOR": ":",
            "GIT_SEQUENCE_EDITOR": ":",
            "GIT_MERGE_AUTOEDIT": "no",
            "GIT_AUTHOR_NAME": name,
            "GIT_AUTHOR_EMAIL": email,
            "GIT_AUTHOR_DATE": moment,
            "GIT_COMMITTER_NAME": name,
            "GIT_COMMITTER_EMAIL": email,
            "GIT_COMMITTER_DATE": moment,
            "GIT_ALLOW_PROTOCOL": _TRANSPORTS if network else "none",
        }
        if not network:
            own |= {"GIT_CONFIG_GLOBAL": _NOWHERE, "GIT_CONFIG_SYSTEM": _NOWHERE, "GIT_CONFIG_NOSYSTEM": "1"}
        return own


def _pointed(file: Path) -> str:
    """What a file of git's says of where something lies: any bytes, as names have them, up to the first zero."""
    return os.fsdecode(file.read_bytes().partition(b"\0")[0])


def without_password(text: str) -> str:
    """The text without what stands before the `@` of an address: names, passwords, tokens."""
    return re.sub(r"(?<=://)[^/@\s]+@", "", text)


def _execute(arguments: Sequence[str], folder: Path, variables: dict[str, str], stdin: bytes | None) -> Answer:
    try:
        from git.cmd import Git as Command
    except ImportError as missing:
        raise StorageError("git was not found; install git (2.32 or newer) and try again.") from missing
    with contextlib.ExitStack() as opened:
        source = opened.enter_context(tempfile.TemporaryFile()) if stdin else None
        if source is not None:
            source.write(stdin or b"")
            source.seek(0)
        status, output, complaint = Command(str(folder)).execute(
            [Command.GIT_PYTHON_GIT_EXECUTABLE or "git", "--no-pager", *arguments],
            istream=source,
            env=variables,
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
        )
    return Answer(status, output, complaint)
