"""The rules by which notes are recalled, put aside and digested; the numbers stand in `kernel/memory.md`.

Knows no file. `MemoryRules` has these keys among its own.
"""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from msgspec import Meta

Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRules:
    """What `llmos evolve` does with the notes of the user volume, and in which order notes are recalled.

    The strength of a note is 1 when it is new or was just recalled, and is halved in `note_half_life_days`, times one
    more than how often it was recalled.
    """

    notes_kept: Annotated[int, Meta(ge=1, le=100_000)]
    notes_archived: Annotated[int, Meta(ge=1, le=1_000_000)]
    note_half_life_days: Annotated[float, Meta(ge=1, le=36_500)]
    note_faded: Share
    note_alike: Share
    note_recency: Share
    note_near: Share
    digest_notes: Annotated[int, Meta(ge=2, le=1_000)]
