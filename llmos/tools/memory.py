"""The tools Remember and Recall, over the notes of a volume.

Knows neither files nor ranking; see `llmos.memory`.
"""

from collections.abc import Callable
from functools import partial

from llmos.memory.notes import Notes
from llmos.memory.recall import MOST_FOUND, Meaning, Recency, recall
from llmos.messages import Effect
from llmos.tools.base import Tool, tool
from llmos.tools.threads import run_in_thread
from llmos.traces.scrub import Scrubber


def memory_tools(
    notes: Notes,
    run_id: str = "",
    recency: Callable[[], Recency] | None = None,
    meaning: Callable[[], Meaning | None] = lambda: None,
) -> list[Tool]:
    """Remember and Recall; what is remembered names the run as its source.

    `recency` says how much newer notes come first when something is recalled, `meaning` how near they are in meaning.
    """

    @tool(effect=Effect.REVERSIBLE, name="Remember")
    async def remember(text: str, tags: list[str] | None = None) -> str:
        """Keep a fact beyond this run: a sentence that is true on its own. Never passwords, keys or private matters.

        Args:
            text: The fact, with where it was seen.
            tags: A few words under which it will be looked for.

        """
        note = await run_in_thread(partial(notes.remember, text, tuple(tags or ()), run_id))
        return f"remembered as {note.id}"

    @tool(effect=Effect.PURE, name="Recall")
    async def find(query: str, limit: int = 5) -> str:
        """Find what was remembered in this and earlier runs, best match first.

        Args:
            query: Words that the note may hold.
            limit: At most so many notes.

        """
        most = min(max(limit, 1), MOST_FOUND)
        found = await run_in_thread(lambda: recall(notes.all(), query, most, recency() if recency else None, meaning()))
        if not found:
            return "nothing that was remembered shares a word with this"
        return "\n\n".join(f"[{each.note.id}] {each.note.text}" for each in found)

    return [remember, find]


def looks_secret(text: str) -> bool:
    """Whether the text holds what the journal, too, would keep out of itself."""
    return Scrubber().scrub(raw := text.encode("utf-8", "replace")) != raw
