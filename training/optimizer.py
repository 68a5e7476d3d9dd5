"""Muon for the matrices of the network, AdamW for everything else, one schedule for both.

Knows no data. Muon: https://kellerjordan.github.io/posts/muon/ (momentum, then the nearest orthogonal matrix).
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from training.precision import fastest

_A, _B, _C = 3.4445, -4.7750, 2.0315
"""The quintic iteration of the Muon post: fast at pushing singular values to about one."""


def orthogonal(matrices: Tensor, steps: int = 5) -> Tensor:
    """Newton-Schulz towards U V^T of every matrix of a stack [count, rows, columns], as the post does: in bfloat16.

    In single precision where the CPU would have to emulate that.
    """
    is_tall = matrices.shape[1] > matrices.shape[2]
    value = (matrices.transpose(1, 2) if is_tall else matrices).to(fastest())
    value = value / (value.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = value @ value.transpose(1, 2)
        value = _A * value + (_B * gram + _C * gram @ gram) @ value
    return (value.transpose(1, 2) if is_tall else value).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """Matrices of one shape are orthogonalised together, which on a CPU is most of the speed."""

    def __init__(
        self, matrices: Iterable[Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        super().__init__(list(matrices), {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """One update of every matrix."""
        del closure
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[Tensor]] = {}
            for matrix in group["params"]:
                by_shape.setdefault(matrix.shape, []).append(matrix)
            for shape, matrices in by_shape.items():
                self._update(group, shape, matrices)

    def _update(self, group: dict[str, float], shape: torch.Size, matrices: list[Tensor]) -> None:
        pushes = []
        for matrix in matrices:
            assert matrix.grad is not None
            velocity = self.state[matrix].setdefault("velocity", torch.zeros_like(matrix))
            velocity.lerp_(matrix.grad, 1 - group["momentum"])
            pushes.append(matrix.grad.lerp(velocity, group["momentum"]))
        scale = max(1.0, shape[0] / shape[1]) ** 0.5
        for matrix, push in zip(matrices, orthogonal(torch.stack(pushes)), strict=True):
            matrix.mul_(1 - group["lr"] * group["weight_decay"]).add_(push, alpha=-group["lr"] * scale)


def optimizers(model: nn.Module, muon_lr: float, adam_lr: float) -> list[torch.optim.Optimizer]:
    """Muon for what is a matrix inside the blocks, AdamW for embedding and norms."""
    named = list(model.named_parameters())
    matrices = [one for name, one in named if one.ndim == 2 and "token_embd" not in name]
    rest = [one for name, one in named if one.ndim != 2 or "token_embd" in name]
    return [
        Muon(matrices, lr=muon_lr, weight_decay=0.01),
        torch.optim.AdamW(rest, lr=adam_lr, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def schedule(step: int, steps: int, warmup: int = 40) -> float:
    """The share of the learning rate: a short warm-up, a plateau, then straight down to zero over the last 40 %."""
    return min((step + 1) / warmup, 1.0, (steps - step) / (0.4 * steps))
