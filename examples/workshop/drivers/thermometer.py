"""A sensor of the workshop: one function that reads one value. This one is simulated, and says so."""

from llmos import sensor


@sensor("bench thermometer", unit="°C", low=-40, high=85, model="a made-up one", simulated=True)
def thermometer() -> float:
    """The temperature of the bench; a real driver would ask its hardware here."""
    return 21.5
