"""The limits in force: what a profile's document says by now, and what a person has accepted of it."""
