"""The sizes a pocket model is trained with.

Knows no torch: what it says can be read without the training environment.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Preset:
    """Network, tokenizer and run; `rows` x `length` tokens make one training step.

    `rounds` are the steps of the first round, which teaches words and copying, and of the second, in which goals of
    several steps, lists that lack a tool and texts that are no goal come up more often (`mixes.MIXES`). What goes on
    from a trained file, `own` and `polish`, has the third, with more of what the second leaves weak.
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
    """Whether to multiply in bfloat16 where the CPU can (`precision.has_bfloat16`)."""
    texts: int = 12_000
    """So many episodes are what the tokenizer is learned from."""
    domain_texts: int = 40_000
    """So many texts are what the classifier of goals and other texts is learned from."""
    compiled: bool = False
    """Whether to compile the network where there is a C++ compiler: a minute of work, then half as fast again."""

    @property
    def steps(self) -> int:
        """All steps."""
        return sum(self.rounds)


_SHIPPED = Preset(
    1536,
    192,
    5,
    4,
    2,
    32,
    512,
    rounds=(2600, 12400),
    rows=12,
    length=512,
    bfloat16=True,
    compiled=True,
    domain_texts=160_000,
)
PRESETS = {
    "own": replace(_SHIPPED, rounds=(400,), rows=6, muon_lr=0.005, adam_lr=0.002, compiled=False, domain_texts=40_000),
    "ablation": replace(_SHIPPED, rounds=(260, 220), rows=6, compiled=False, domain_texts=40_000),
    "smoke": Preset(400, 32, 2, 2, 1, 32, 64, rounds=(2, 2), rows=1, length=512, texts=300, domain_texts=500),
    "ci": replace(_SHIPPED, rounds=(500, 500), rows=6, domain_texts=40_000),
    "polish": replace(_SHIPPED, rounds=(5000,), muon_lr=0.01, adam_lr=0.002),
    "release": _SHIPPED,
}
