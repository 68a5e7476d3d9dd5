"""The Python API in ten lines: one goal in, one outcome out. No key is needed; a simulated arm moves."""

import asyncio

from llmos import LLMOS


async def main() -> None:
    """Move the arm, and say what was measured."""
    async with LLMOS(budget_usd=0.10) as system:
        outcome = await system.execute("Move 20cm to the right", agent="operator")
    print(outcome.outcome, outcome.reason)
    print(outcome.mode, outcome.model, f"${outcome.cost_usd}", outcome.journal)


if __name__ == "__main__":
    asyncio.run(main())
