"""What agents remember between runs, as markdown notes."""
