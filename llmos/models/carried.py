"""Brings an exception through native code that calls back into Python and cannot raise.

Knows no library.
"""


class Carried:
    """Within `with carried:` an exception is kept instead of raised; `release` raises it on the other side."""

    error: BaseException | None = None

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        self.error = self.error or error
        return True

    def release(self) -> None:
        """Raise what was kept, and forget it."""
        error, self.error = self.error, None
        if error is not None:
            raise error
