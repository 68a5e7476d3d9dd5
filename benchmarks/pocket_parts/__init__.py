"""The parts of the pocket benchmark: what is asked, what is judged, what it costs, and what is drawn of it."""
