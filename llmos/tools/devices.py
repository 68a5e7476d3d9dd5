"""Attached devices as tools: which there are, and what one of them reads. Nothing here moves or sets anything.

Knows no driver; readings are checked before a model sees them.
"""

from collections.abc import Mapping

from llmos.messages import JSON, Effect
from llmos.robots.devices.device import Channel, Meta
from llmos.robots.devices.registry import Devices
from llmos.tools.base import Tool, tool


def device_tools(devices: Devices) -> list[Tool]:
    """The two tools for these devices; none where nothing is attached."""
    if not devices.metas:
        return []

    @tool(effect=Effect.PURE)
    async def list_devices() -> str:
        """Say which devices are attached and what each of them reads, with units and bounds."""
        return "\n".join(_line(meta) for meta in devices.metas)

    @tool(effect=Effect.PURE)
    async def read_device(name: str) -> Mapping[str, JSON]:
        """Read every value of a device, now.

        Args:
            name: as list_devices gives it

        """
        return await devices.read(name)

    return [list_devices, read_device]


def _line(meta: Meta) -> str:
    simulated = " (simulated)" if meta.simulated else ""
    return f"{meta.name}: {meta.kind}, {meta.model}{simulated}; reads {', '.join(map(_channel, meta.channels))}"


def _channel(channel: Channel) -> str:
    return f"{channel.name} in {channel.unit} ({channel.low:g} to {channel.high:g})"
