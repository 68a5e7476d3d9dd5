"""Why a run did what it did, with the texts that its documents had then: journal, volumes and robots put together.

Knows no decision; `llmos.traces.why` finds them.
"""

from pathlib import Path

from llmos.boot.library import Library
from llmos.robots.judgement.rule_keys import rule_keys
from llmos.traces.events import RunFinished, RunStarted
from llmos.traces.reading import Notice, nobody, read_journal
from llmos.traces.sources import read_sources
from llmos.traces.why import Decision, decisions


def why_of(journal: Path, library: Library, on_notice: Notice = nobody) -> list[Decision]:
    """The decisions of the run in this journal; blocks. Raises StorageError for a journal that is damaged.

    One without an end says so: nobody decided how it ended.
    """
    entries = read_journal(journal, on_notice)
    refs = [ref for entry in entries if isinstance(entry.event, RunStarted) for ref in entry.event.documents]
    made = decisions(entries, read_sources(refs, library.text_at), rule_keys)
    if made and not any(isinstance(entry.event, RunFinished) for entry in entries):
        last = entries[-1]
        made.append(Decision(last.seq, last.at, "end", "none", "the run is still at work, or was cut off here"))
    return made
