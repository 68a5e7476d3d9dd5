"""Sensors and robots that drivers of trusted volumes add, and what is attached of them."""
