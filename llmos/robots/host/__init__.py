"""The process that owns a robot on a real clock, and its clients: doors, wire, guests, and the way of a stop."""
