"""Files that are whole or not there: writing through a new name, and the disk's refusals as sentences.

Does not know what stands in the files.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from llmos.errors import RefusedError, StorageError


def disk_said(doing: str, path: Path, error: OSError) -> StorageError:
    """The sentence for a write or read that the disk refused."""
    advice = {
        errno.ENOSPC: "the disk is full; free some space and try again",
        errno.EROFS: "the disk is read-only; set LLMOS_HOME to a folder that can be written",
        errno.EACCES: "permission denied; make it yours or set LLMOS_HOME to another folder",
    }
    reason = advice.get(error.errno or 0, error.strerror or str(error))
    return StorageError(f"Could not {doing} {path}: {reason}.")


def write_whole(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Replace or make the file at `path` in one step: a reader sees the old bytes or the new, never half.

    Raises StorageError; the old file is then untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise disk_said("write", path, error) from error
    new = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        new.chmod(mode)
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise disk_said("write", path, error) from error


@contextmanager
def new_folder(final: Path, mode: int = 0o700) -> Iterator[Path]:
    """A folder to fill that becomes `final` in one step when the block ends well, and is gone when it does not.

    Raises FileExistsError when someone else made `final` in the meantime, StorageError when the disk refuses.
    """
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".new-", dir=final.parent))
    except OSError as error:
        raise disk_said("make the folder", final, error) from error
    try:
        yield staging
        staging.chmod(mode)
        _become(staging, final)
    except OSError as error:
        raise error if isinstance(error, FileExistsError) else disk_said("make the folder", final, error) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _become(staging: Path, final: Path) -> None:
    try:
        staging.rename(final)
    except OSError as error:
        if final.exists():
            raise FileExistsError(f"{final} exists already") from error
        raise


def inside(root: Path, path: Path) -> Path:
    """`path` relative to `root`, or RefusedError when it leaves the folder, by dots or by a link, or enters `.git`."""
    whole = root / path
    try:
        real = whole.resolve()
        relative = Path(os.path.normpath(whole)).relative_to(os.path.normpath(root))
    except (ValueError, OSError, RuntimeError):
        raise RefusedError(f"{path} does not lie inside {root}.") from None
    if not real.is_relative_to(root.resolve()):
        raise RefusedError(f"{path} does not lie inside {root}.")
    if any(part.casefold() == ".git" for part in relative.parts):
        raise RefusedError(f"{path} belongs to git; LLMos does not write there.")
    return relative
