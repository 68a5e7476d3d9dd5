"""The only witness: events, the journal of a run, and what is read from journals."""
