"""The serial ports of this machine.

Knows no device; the one door to pyserial's listing.
"""

from llmos.robots.devices.device import SerialPort


def serial_ports() -> tuple[SerialPort, ...]:
    """Every serial port, by its path."""
    from serial.tools.list_ports import comports

    return tuple(
        SerialPort(
            port.device,
            None if port.vid is None or port.pid is None else (port.vid, port.pid),
            port.description or "",
        )
        for port in sorted(comports(), key=lambda port: str(port.device))
    )
