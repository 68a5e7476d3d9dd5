"""A pocket file that has learned nothing: the same bytes, with every weight zero.

Knows no model. What is measured on it must be chance, or the measure gives the answers away.
"""

import shutil
from pathlib import Path


def zeroed(path: Path, folder: Path) -> Path:
    """A copy of `path` in `folder`, all of its tensors zero."""
    from gguf import GGUFReader

    copy = Path(shutil.copy(path, folder / f"zeroed-{path.name}"))
    reader = GGUFReader(copy, "r+")
    for tensor in reader.tensors:
        tensor.data[:] = 0
    reader.data.flush()
    return copy
