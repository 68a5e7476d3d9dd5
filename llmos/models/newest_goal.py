"""Where a conversation's newest goal begins: for a tiny model, what was said and done before it is done with.

Knows no template. Whoever shows a goal, holds numbers to it or judges it asks here, so that all mean the same one.
"""

from collections.abc import Sequence

from llmos.messages import Image, Message, Text


def since_goal(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The newest text of a person and what follows it; all messages where no person said anything.

    A run that was cut off leaves its goal or its last results in the message of the next goal: they are left out.
    """
    for at in reversed(range(len(messages))):
        parts = messages[at].parts
        texts = [place for place, part in enumerate(parts) if isinstance(part, Text)]
        if messages[at].role == "user" and texts:
            kept = tuple(part for place, part in enumerate(parts) if place >= texts[-1] or isinstance(part, Image))
            return (Message("user", kept), *messages[at + 1 :])
    return tuple(messages)


def goal_of(messages: Sequence[Message]) -> str:
    """The newest text of a person; empty where there is none."""
    return next((message.text for message in since_goal(messages)[:1] if message.role == "user"), "")
