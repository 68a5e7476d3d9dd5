"""A person at plain git, and repositories as a hostile one would prepare them."""

import os
import subprocess
from pathlib import Path


def person(root: Path, *arguments: str, check: bool = True) -> str:
    """Plain git in `root`, as somebody types it, with a name and nothing of this machine's own settings."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    identity = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in _ANN.items()}
    nowhere = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_ALLOW_PROTOCOL": "file:ext"}
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=clean | identity | nowhere, capture_output=True, text=True, check=False
    )
    if check and done.returncode:
        raise AssertionError(f"git {' '.join(arguments)}: {done.stderr}")
    return done.stdout.strip()


def repository(root: Path, files: dict[str, str]) -> Path:
    """A repository with these files in one commit of the person."""
    root.mkdir(parents=True)
    person(root, "init", "--quiet", "--initial-branch=main", "--template=")
    write(root, files)
    person(root, "add", "--all")
    person(root, "commit", "--quiet", "--message", "Begin")
    return root


def write(root: Path, files: dict[str, str]) -> None:
    """Files with their text, folders made as needed."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")


def trap(root: Path, kind: str) -> Path:
    """Prepare the repository so that git, used plainly, would run a program; the file that it would make."""
    stem = f"{root.name}-{kind.replace(' ', '-')}"
    marker, program = root.parent / f"{stem}-ran", root.parent / f"{stem}-program"
    program.write_text(f"#!/bin/sh\ntouch '{marker}'\ncat\n")
    program.chmod(0o755)
    if kind == "hooks in .git":
        _hooks(root / ".git/hooks", program)
    elif kind == "hooks elsewhere":
        _hooks(root.parent / "hooks", program)
        person(root, "config", "core.hooksPath", str(root.parent / "hooks"))
    elif kind == "included":
        other = root.parent / "other-config"
        other.write_text(f'[filter "x"]\n\tclean = {program}\n')
        person(root, "config", "include.path", str(other))
    else:
        for key, value in TRAPS[kind].items():
            person(root, "config", key, value.format(program=program))
    (root / ".git/info").mkdir(exist_ok=True)
    (root / ".git/info/attributes").write_text("* filter=x diff=x merge=x\n")
    return marker


def _hooks(folder: Path, program: Path) -> None:
    folder.mkdir(exist_ok=True)
    names = "pre-commit prepare-commit-msg commit-msg post-commit post-checkout post-merge pre-push post-rewrite"
    for name in [*names.split(), "pre-merge-commit", "reference-transaction", "post-index-change", "pre-auto-gc"]:
        (folder / name).symlink_to(program)


_ANN = {"NAME": "Ann", "EMAIL": "ann@example.org"}

TRAPS: dict[str, dict[str, str]] = {
    "file monitor": {"core.fsmonitor": "{program}"},
    "clean filter": {"filter.x.clean": "{program}"},
    "smudge filter": {"filter.x.smudge": "{program}"},
    "process filter": {"filter.x.process": "{program}", "filter.x.required": "true"},
    "text conversion": {"diff.x.textconv": "{program}"},
    "diff command": {"diff.x.command": "{program}"},
    "external diff": {"diff.external": "{program}"},
    "merge driver": {"merge.x.driver": "{program}"},
    "signing": {"gpg.program": "{program}", "commit.gpgSign": "true", "log.showSignature": "true"},
    "verifying": {"gpg.program": "{program}", "merge.verifySignatures": "true"},
    "pager": {"core.pager": "{program}", "pager.log": "{program}"},
    "editor": {"core.editor": "{program}", "sequence.editor": "{program}"},
    "ssh command": {"core.sshCommand": "{program}", "remote.origin.url": "ssh://localhost/nowhere"},
    "ext transport": {"remote.origin.url": "ext::{program} x", "protocol.ext.allow": "always"},
    "upload pack": {"remote.origin.uploadpack": "{program}", "remote.origin.receivepack": "{program}"},
    "another address": {"url.ext::{program} .insteadOf": "file://", "protocol.ext.allow": "always"},
    "credentials": {"credential.helper": "!{program}"},
    "alternate refs": {"core.alternateRefsCommand": "{program}"},
}
KINDS = ("hooks in .git", "hooks elsewhere", "included", *TRAPS)
