"""What a claim is worth."""

from dataclasses import dataclass, field
from typing import Literal

import pytest

from llmos.messages import Claim
from llmos.runtime.judge import ClaimJudge


@dataclass
class Measured:
    """What the measurements of a run say."""

    outcome: Literal["done", "failed", "refused"]
    sentence: str = "measured"
    evidence: dict[str, object] = field(default_factory=lambda: {"commands": 1})


@pytest.mark.parametrize(
    ("claim", "physical", "outcome"),
    [
        ("done", None, "done"),
        ("failed", None, "failed"),
        ("abstained", None, "failed"),
        ("done", "done", "done"),
        ("done", "failed", "failed"),
        ("done", "refused", "refused"),
        ("failed", "done", "failed"),
        ("failed", "refused", "refused"),
        ("abstained", "done", "failed"),
    ],
)
def test_a_claim_can_only_make_it_worse(
    claim: Claim, physical: Literal["done", "failed", "refused"] | None, outcome: str
) -> None:
    """Done is decided: by what was measured where something moved, by the claim where nothing did."""
    measured = None if physical is None else Measured(physical)
    assert ClaimJudge(lambda: measured).decide(claim, "answer").outcome == outcome


def test_a_physical_outcome_brings_its_evidence() -> None:
    """The sentence and the measured values are kept."""
    ending = ClaimJudge(lambda: Measured("done", "At home.")).decide("done", "I did it.")
    assert (ending.answer, ending.reason, ending.evidence) == ("I did it.", "At home.", {"commands": 1})
