"""Texts as vectors: how they are kept in few bytes, and which of many are nearest to one.

Knows no model and no table: whoever makes vectors is passed in. Needs numpy, which comes with what makes them.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[float32]"
Likeness: TypeAlias = Callable[[Sequence[str], str], Sequence[float]]
"""How near each of the texts is to the last one in meaning, from -1 to 1; raises ModelError."""

_LARGEST: Final = 127
_WORD_BITS: Final = 64
_LOOKED_AT: Final = 512
"""So many are compared exactly; the others differ from the text in the sign of more of their numbers."""


class Embedder(Protocol):
    """Makes vectors of texts."""

    @property
    def model(self) -> str:
        """By what vectors are comparable: those of one name were made by the same files. Raises ModelError."""
        ...

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has."""
        ...

    def embed(self, texts: Sequence[str]) -> Floats:
        """One row of length 1 for each text; blocks. Raises ModelError."""
        ...


def packed(vectors: Floats) -> list[bytes]:
    """Each vector as one signed byte for each number, the largest being 127; its length is not kept."""
    import numpy as np

    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return [row.tobytes() for row in np.rint(vectors / largest * _LARGEST).astype(np.int8)]


def cosines(kept: Sequence[bytes], vector: Floats) -> list[float]:
    """How near each packed vector is to one of length 1: the cosine of their angle."""
    import numpy as np

    if not kept:
        return []
    found: list[float] = _cosines(np.frombuffer(b"".join(kept), np.int8).reshape(len(kept), -1), vector).tolist()
    return found


def _cosines(rows: Any, vector: Floats) -> Any:  # noqa: ANN401 - arrays
    import numpy as np

    exact = rows.astype(np.float32)
    return exact @ vector / np.maximum(np.linalg.norm(exact, axis=1), 1.0)


class Many:
    """Many packed vectors, each with its number, held in memory: as they are, and the sign of each of their numbers.

    Of 100,000 the signs are compared in about 2 ms, a tenth of what comparing the vectors takes. Whether a vector is
    near shows in the signs already (Charikar 2002, doi:10.1145/509907.509965); which is nearest, its numbers tell.
    """

    def __init__(self, numbers: Sequence[int], kept: Sequence[bytes]) -> None:
        import numpy as np

        self._numbers = np.array(numbers, np.int64)
        self._rows = np.frombuffer(b"".join(kept), np.int8).reshape(len(kept), -1) if kept else np.empty((0, 1), "i1")
        self._signs = _signs(self._rows)

    def nearest(self, vector: Floats) -> list[tuple[int, float]]:
        """The numbers of some that are near, the nearest first, each with its cosine."""
        import numpy as np

        if not len(self._numbers):
            return []
        places = np.arange(len(self._numbers))
        if len(places) > _LOOKED_AT:
            unlike = np.bitwise_count(self._signs ^ _signs(vector[None])).sum(axis=1, dtype=np.uint16)
            places = np.argpartition(unlike, _LOOKED_AT)[:_LOOKED_AT]
        near = _cosines(self._rows[places], vector)
        order = np.argsort(-near, kind="stable")
        found: list[tuple[int, float]] = list(
            zip(self._numbers[places[order]].tolist(), near[order].tolist(), strict=True)
        )
        return found


def _signs(rows: Any) -> Any:  # noqa: ANN401 - arrays
    """One bit for each number, in words of 64."""
    import numpy as np

    missing = -rows.shape[1] % _WORD_BITS
    bits = np.packbits(np.pad(rows > 0, ((0, 0), (0, missing))), axis=1)
    return np.ascontiguousarray(bits).view(np.uint64)
