"""Laws of the floating-point type: bfloat16 where the CPU has instructions for it, single precision elsewhere."""

from types import MappingProxyType

import pytest

torch = pytest.importorskip("torch")

from training.optimizer import orthogonal  # noqa: E402
from training.precision import fastest, has_bfloat16  # noqa: E402


@pytest.mark.parametrize(
    ("able", "is_fast"),
    [
        ({"architecture": "x86_64", "avx2": True, "avx512_bf16": False, "amx_bf16": False}, False),
        ({"architecture": "x86_64", "avx512_bf16": True, "amx_bf16": False}, True),
        ({"architecture": "x86_64", "avx512_bf16": False, "amx_bf16": True}, True),
        ({"architecture": "arm64", "neon": True, "bf16": True}, True),
        ({"architecture": "arm64", "neon": True, "fp16_arith": True, "bf16": False}, False),
        ({}, False),
    ],
)
def test_bfloat16_is_taken_where_the_cpu_multiplies_it(
    able: dict[str, object], is_fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the kind of CPU, and in single precision where it would be emulated."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: MappingProxyType(able))
    assert has_bfloat16() is is_fast
    assert fastest() is (torch.bfloat16 if is_fast else torch.float32)


@pytest.mark.parametrize("able", [True, False])
def test_an_update_is_orthogonal_in_both(able: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Muon gives is of the type of the weights, and its singular values lie about one, on every CPU."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": able})
    torch.manual_seed(0)
    found = orthogonal(torch.randn(3, 8, 20))
    assert found.dtype == torch.float32
    values = torch.linalg.svdvals(found)
    assert values.min() > 0.6
    assert values.max() < 1.3
