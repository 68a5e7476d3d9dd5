"""What an emergency stop through the service is answered with, alike from the service and from its front.

Loads nothing that the front process should wait for.
"""

from llmos.messages import JSON
from llmos.robots.host.stopping import Stopped

USUAL_REASON = "stopped through the service"
_LONGEST = 200


def reason_of(text: str) -> str:
    """A reason as it can be kept: one line, not long, never empty."""
    return " ".join(text.split())[:_LONGEST] or USUAL_REASON


def stopped_body(stopped: Stopped, timestamp: str) -> dict[str, JSON]:
    """The answer to an emergency stop."""
    stop = stopped.stop
    return {
        "success": True,
        "emergency_stop": True,
        "message": "The robot is stopped; nothing moves until a person rearms it (POST /reset)",
        "reason": stop.reason,
        "by": stop.by,
        "since": stop.since,
        "timestamp": timestamp,
        **({"warning": stopped.warning} if stopped.warning else {}),
    }
