"""Whether what led a run ended at a call that was not let through: then nothing is known of how good the lead is.

Reads journals only. A goal that leads into a zone is refused whoever asks for it, so no trace and no skill is to blame.
"""

from llmos.traces.events import (
    Entries,
    GateVerdict,
    LeadEnded,
    ModelReplied,
    MotionMeasured,
    PermissionDecided,
    ToolReturned,
)


def was_forbidden(entries: Entries) -> bool:
    """Whether the lead's last call was refused by the gate or by a permission, and had no effect."""
    refused = moved = failed = False
    for event in (entry.event for entry in entries):
        match event:
            case ModelReplied():
                refused = moved = failed = False
            case GateVerdict() | PermissionDecided():
                refused |= not event.allowed
                moved |= isinstance(event, GateVerdict) and event.allowed
            case MotionMeasured():
                moved = True
            case ToolReturned():
                failed |= not event.ok
            case LeadEnded():
                return refused and failed and not moved
    return False
