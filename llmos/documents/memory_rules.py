"""The kernel's rules of memory as typed values: how much of what was learned is kept, and for how long.

Knows no file; the numbers stand in `kernel/memory.md`.
"""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from llmos.documents.note_rules import NoteRules


@dataclass(frozen=True, slots=True)
class MemoryRules(NoteRules):
    """Limits of each volume: of its traces, which are pruned, and of its notes, of which no more are taken."""

    max_traces: Annotated[int, Meta(ge=1, le=1_000_000)]
    max_traces_per_skeleton: Annotated[int, Meta(ge=1, le=10_000)]
    max_unused_days: Annotated[int, Meta(ge=1, le=36_500)]
    min_rating: Annotated[float, Meta(ge=0, le=1)]
    rated_after_uses: Annotated[int, Meta(ge=1, le=10_000)]
    max_notes: Annotated[int, Meta(ge=1, le=100_000)]
    max_note_bytes: Annotated[int, Meta(ge=100, le=1_000_000)]
