"""Tells where the spelling of a goal matters after all: a text that was written because of one of its words.

Knows no trace and no program; it is given the texts that would be written again. "Write Hello into a.txt" and "write
hello into a.txt" are one goal by their signatures, which know no case, and two contents of a file.
"""

import re
from collections.abc import Iterable

from llmos.runtime.goals import Goal, parse_goal, respelled


def spelled_otherwise(learned: str, asked: Goal, texts: Iterable[str]) -> str:
    """Why texts that were written for a learned goal of the same skeleton may not be meant; empty when they may."""
    if learned == asked.text:
        return ""
    goal = parse_goal(learned)
    words = respelled(goal, asked)
    # What is a slot's value, and nothing else, follows the slot.
    slots = {item for slot in goal.slots for item in (slot.value if isinstance(slot.value, list) else [slot.value])}
    written = [text for text in texts if text not in slots] if words else []
    for word in sorted(words):
        # A mark is asked for where the text ends with it, a word where it stands alone.
        shape = re.compile(rf"\b{re.escape(word)}\b" if word[0].isalnum() else rf"{re.escape(word)}\s*$")
        if any(shape.search(text) for text in written):
            return f"it wrote {word!r} as its goal spells it, and this goal spells it otherwise"
    return ""
