"""Robots that exist only in this process; each says so in its name."""
