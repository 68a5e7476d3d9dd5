"""Folders that are whole or not there, and paths that stay inside a volume.

Does not know what stands in the files.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from llmos.disk import disk_said, make_folder
from llmos.errors import RefusedError


@contextmanager
def new_folder(final: Path, mode: int = 0o700) -> Iterator[Path]:
    """A folder to fill that becomes `final` in one step when the block ends well, and is gone when it does not.

    Raises FileExistsError when someone else made `final` in the meantime, StorageError when the disk refuses.
    """
    make_folder(final.parent)
    try:
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
    """`path` relative to `root`, or RefusedError when it leaves the folder, by dots or by a link, or enters `.git`.

    Each may be written through a link that leads to the folder, as a home in another place is.
    """
    whole = Path(os.path.normpath(root / path))
    try:
        real = (root / path).resolve()
        if whole.is_relative_to(os.path.normpath(root)):
            relative = whole.relative_to(os.path.normpath(root))
        else:
            relative = (whole.parent.resolve() / whole.name).relative_to(root.resolve())
    except (ValueError, OSError, RuntimeError):
        raise RefusedError(f"{path} does not lie inside {root}.") from None
    if not real.is_relative_to(root.resolve()):
        raise RefusedError(f"{path} does not lie inside {root}.")
    if any(part.casefold() == ".git" for part in relative.parts):
        raise RefusedError(f"{path} belongs to git; LLMos does not write there.")
    return relative
