"""Programs: the one declarative form of what a skill does: read, printed, verified, run, compiled.

Knows no tool but by its description, no model and no robot.
"""
