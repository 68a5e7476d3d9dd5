"""Settings to a running system: the only place that chooses concrete models, robots, tools and volumes."""

from llmos.boot.system import LLMOS

__all__ = ["LLMOS"]
