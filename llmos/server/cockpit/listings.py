"""What the pages list: agents, skills and volumes of the home, its runs, and what they cost.

Knows no page. Blocking, so routes call it in a worker thread.
"""

from collections import Counter
from typing import Final, Literal

from llmos.boot.why import why_of
from llmos.errors import LLMosError
from llmos.evolution.savings import savings_of
from llmos.evolution.savings import told as told_savings
from llmos.messages import JSON
from llmos.server.cockpit.beats import timeline
from llmos.server.service import Service
from llmos.traces.index import RunIndex, RunRow
from llmos.traces.reading import find_journal, read_journal
from llmos.traces.why import told
from llmos.volumes.state import Entry
from llmos.volumes.volume import Volume

Kind = Literal["agent", "skill"]
_LONGEST_LOG: Final = 12
_LONGEST_TEXT: Final = 100_000


class MissingDocumentError(LLMosError):
    """A document that is known has gone since it was read."""


def agents(service: Service) -> list[JSON]:
    """Every agent, with what it may use."""
    snapshot = service.system.library.registry.snapshot()
    listed: list[JSON] = []
    for entry in snapshot.agents():
        agent = snapshot.agent(entry.name)
        tools = None if agent.tools is None else list(agent.tools)
        listed.append({**_entry(entry), "tools": tools, "model": agent.model})
    return listed


def skills(service: Service) -> list[JSON]:
    """Every skill."""
    return [_entry(entry) for entry in service.system.library.registry.snapshot().skills()]


def text(service: Service, kind: Kind, name: str) -> str:
    """The document itself; DocumentError names the nearest, MissingDocumentError says that the file has gone."""
    entry = service.system.library.registry.snapshot().entry(kind, name)
    try:
        return entry.path.read_text("utf-8", "replace")[:_LONGEST_TEXT]
    except OSError as error:
        what = f"the file of the {kind} {name} cannot be read: {error.strerror or error}"
        raise MissingDocumentError(f"{what}; look at {entry.path}") from error


def volumes(service: Service) -> list[JSON]:
    """Every mounted volume, what it holds and its newest changes."""
    snapshot = service.system.library.registry.snapshot()
    entries = (*snapshot.agents(), *snapshot.skills(), *snapshot.commands(), *snapshot.robots(), *snapshot.scenes())
    held = Counter((entry.volume.name, f"{entry.kind}s") for entry in entries)
    return [_volume(service, volume, held) for volume in service.system.library.volumes]


def runs(service: Service, limit: int) -> dict[str, JSON]:
    """The newest runs, and what all runs of the home have come to."""
    with RunIndex.open(service.system.environment.home) as index:
        index.refresh()
        rows, usage = index.list(limit), index.usage()
    total: dict[str, JSON] = {
        "runs": sum(row.runs for row in usage),
        "tokens": sum(row.usage.total for row in usage),
        "cost_usd": sum(row.cost_usd for row in usage),
    }
    return {"runs": [_run(row) for row in rows], "usage": total}


def run(service: Service, run_id: str) -> list[JSON]:
    """What happened in a run, beat for beat; LLMosError names the nearest run."""
    beats: list[JSON] = [*timeline(read_journal(find_journal(service.system.environment.home, run_id)))]
    return beats


def why(service: Service, run_id: str) -> list[JSON]:
    """What each decision of a run rests on; LLMosError names the nearest run."""
    system = service.system
    return [told(each) for each in why_of(find_journal(system.environment.home, run_id), system.library)]


def savings(service: Service) -> dict[str, JSON]:
    """What replays of this home did not spend."""
    system = service.system
    found = savings_of(system.environment.home)
    return {**told_savings(found, f"{system.rules.models.prices_date:%Y-%m-%d}"), "replays": len(found.replays)}


def _entry(entry: Entry) -> dict[str, JSON]:
    return {
        "name": entry.name,
        "description": entry.description,
        "volume": entry.volume.name,
        "path": str(entry.path),
        "shadows": [str(path) for path in entry.shadowed],
    }


def _volume(service: Service, volume: Volume, held: Counter[tuple[str, str]]) -> dict[str, JSON]:
    try:
        history = service.system.library.history(volume)
        log = history.log(limit=_LONGEST_LOG) if history.exists and history.root == volume.root else ()
    except LLMosError:  # a volume whose git refuses is listed all the same
        log = ()
    commits: list[JSON] = [
        {"id": one.id, "subject": one.subject, "author": one.author, "at": one.at.isoformat(" ", "minutes")}
        for one in log
    ]
    return {
        "name": volume.name,
        "tier": volume.tier,
        "root": str(volume.root),
        "trusted": volume.trusted,
        "writable": volume.writable,
        "holds": {kind: count for (name, kind), count in sorted(held.items()) if name == volume.name},
        "log": commits,
    }


def _run(row: RunRow) -> dict[str, JSON]:
    tokens = row.input_tokens + row.output_tokens + row.cache_read_tokens + row.cache_write_tokens
    return {
        "run_id": row.run_id,
        "started": row.started,
        "agent": row.agent,
        "goal": row.goal,
        "model": row.model,
        "mode": row.mode,
        "outcome": row.outcome,
        "cost_usd": row.cost_usd,
        "tokens": tokens,
        "steps": row.steps,
        "duration_s": row.duration_s,
        "journal": row.journal,
    }
