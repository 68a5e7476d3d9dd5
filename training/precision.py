"""Which floating-point type the CPU multiplies fastest.

Knows no network.
"""

import torch


def has_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 itself; where that is emulated, float32 is the faster."""
    return any(able for name, able in torch.cpu.get_capabilities().items() if name.endswith("bf16"))


def fastest() -> torch.dtype:
    """The type for matrices that need no more than three digits."""
    return torch.bfloat16 if has_bfloat16() else torch.float32
