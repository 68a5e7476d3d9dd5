"""The Sentience Layer of a session: made with the robot, fed by the bus, told to models when its mode changes.

Knows no formula; `autonomy.valence` does.
"""

from collections.abc import Callable

from llmos.autonomy.sentience import Mode
from llmos.autonomy.valence import Valence
from llmos.runtime.prompt import Prompts


def bulletins(valence: Valence | None, prompts: Prompts, template: str) -> Callable[[], str]:
    """What a model is told of the robot's state of mind: at first, and then whenever the mode is another.

    It joins the history, so what was said before stays as it was and prompt caches go on to hit.
    """
    told: list[tuple[Mode, bool]] = []

    def bulletin() -> str:
        if valence is None:
            return ""
        look = valence.look()
        if told[-1:] == [(look.mode, look.bored)]:
            return ""
        told.append((look.mode, look.bored))
        return prompts.render("sentience", template=template, look=look)

    return bulletin
