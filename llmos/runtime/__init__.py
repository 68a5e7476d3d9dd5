"""Where a goal becomes a run: prompt, session, the one loop."""
