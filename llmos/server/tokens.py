"""The tokens of the service: read from a file of the owner's alone, or made and put there the first time.

Knows no request. One line per role: `admin TOKEN`.
"""

import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from llmos.disk import read_file, write_whole
from llmos.errors import LLMosError
from llmos.server.access import Role

_LEAST: Final = 16  # characters; what we make has 43
_LINE: Final = re.compile(r"(viewer|operator|admin)[ \t]+([A-Za-z0-9._~+/=-]+)")


def usual_file(home: Path) -> Path:
    """Where the tokens of a home stand."""
    return home / "secrets" / "service"


def read_tokens(path: Path) -> Mapping[Role, str]:
    """The tokens of a file; LLMosError when it is open to others or says something else."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = read_file(path, 10_000).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise LLMosError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    if os.name != "nt" and mode & 0o077:
        raise LLMosError(f"{path} is open to others (mode {mode:04o}), so its tokens are none; chmod 600 {path}")
    tokens: dict[Role, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None or len(found[2]) < _LEAST:
            how = f"write `admin TOKEN`, with viewer, operator or admin and at least {_LEAST} letters"
            raise LLMosError(f"{path}:{number}: this is no role and token; {how}.")
        tokens[Role[found[1].upper()]] = found[2]
    if Role.ADMIN not in tokens:
        raise LLMosError(f"{path} has no token for admin, so nobody could change anything; add one.")
    return tokens


def make_tokens(path: Path) -> Mapping[Role, str]:
    """New tokens for every role, put into a file that only its owner can read; StorageError."""
    tokens = {role: secrets.token_urlsafe(32) for role in Role}
    text = "".join(f"{role.label} {token}\n" for role, token in tokens.items())
    write_whole(path, text.encode(), doing="write the tokens to")
    return tokens
