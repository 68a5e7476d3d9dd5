"""What the service counts for Prometheus: requests, listeners, commands, refusals, runs.

Knows no endpoint. Each service has counters of its own, so that two in one process do not add up.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from llmos.documents.verbs import VERBS
from llmos.robots.controls import Snapshot
from llmos.traces.bus import Bus
from llmos.traces.events import Event, GateVerdict, MotionMeasured, RunFinished


class Counts:
    """The counters; those of the robot and of runs are fed by the events of journals."""

    def __init__(self, bus: Bus) -> None:
        self._registry = registry = CollectorRegistry()
        self.requests = Counter("llmos_requests", "Requests answered", ["method", "path", "status"], registry=registry)
        self.seconds = Histogram("llmos_request_seconds", "Seconds until answered", ["path"], registry=registry)
        self.listeners = Gauge("llmos_listeners", "WebSockets that are told the state", registry=registry)
        self.dropped = Counter("llmos_listeners_dropped", "WebSockets let go of", ["why"], registry=registry)
        self._verdicts = Counter("llmos_verdicts", "Verdicts of the gate", ["verb", "rule"], registry=registry)
        self._motions = Counter("llmos_motions", "Motions that ended", ["verb", "reached"], registry=registry)
        self._runs = Counter("llmos_runs", "Runs that ended", ["outcome"], registry=registry)
        self._dollars = Counter("llmos_cost_usd", "Dollars that runs cost", registry=registry)
        self._stopped = Gauge("llmos_emergency_stop", "1 while the emergency stop is latched", registry=registry)
        self._speed = Gauge("llmos_speed_mps", "Measured speed of the tool", registry=registry)
        self._age = Gauge("llmos_control_period_p99_seconds", "The newest control ticks: p99", registry=registry)
        self.close = bus.subscribe(self._hear)

    def page(self, snapshot: Snapshot) -> bytes:
        """Everything in Prometheus's text format."""
        self._stopped.set(snapshot.stop is not None)
        self._speed.set(snapshot.measured.velocity.speed_mps)
        periods = sorted(snapshot.period_s)
        self._age.set(periods[int(0.99 * (len(periods) - 1))] if periods else 0.0)
        return generate_latest(self._registry)

    def _hear(self, event: Event, _: str) -> None:
        if isinstance(event, GateVerdict):
            self._verdicts.labels(_verb(event.command), event.rule or "allowed").inc()
        elif isinstance(event, MotionMeasured):
            self._motions.labels(_verb(event.command), str(event.reached).lower()).inc()
        elif isinstance(event, RunFinished):
            self._runs.labels(event.outcome).inc()
            self._dollars.inc(event.cost_usd)


def _verb(command: object) -> str:
    """A verb that the robot has; what a caller made up is no label of its own."""
    verb = str(command.get("verb", "")) if isinstance(command, dict) else ""
    return verb if any(verb in verbs for verbs in VERBS.values()) else "other"
