"""The sizes a pocket model is trained with.

Knows no torch: what it says can be read without the training environment.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """Network, tokenizer and run; `rows` x `length` tokens make one training step.

    `rounds` are the steps of the first round, which teaches words and copying, and of the later ones, each with a
    mix of its own (`mixes.MIXES`), in which goals of several numbers and steps come up more often.
    """

    vocabulary: int
    width: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    hidden: int
    rounds: tuple[int, ...]
    rows: int
    length: int
    muon_lr: float = 0.02
    adam_lr: float = 0.004
    told_weight: float = 0.2
    bfloat16: bool = False

    @property
    def steps(self) -> int:
        """All steps."""
        return sum(self.rounds)


PRESETS = {
    "smoke": Preset(400, 32, 2, 2, 1, 32, 64, rounds=(2, 2), rows=1, length=512),
    "ci": Preset(1024, 192, 5, 4, 2, 32, 512, rounds=(600, 300), rows=12, length=512, bfloat16=True),
    "release": Preset(
        1024, 192, 5, 4, 2, 32, 512, rounds=(1800, 1200, 250, 250, 250, 250), rows=12, length=512, bfloat16=True
    ),
}
