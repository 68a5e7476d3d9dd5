"""Learning that can be trusted: from journals to tested, committed text."""
