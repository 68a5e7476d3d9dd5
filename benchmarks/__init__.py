"""Each figure that README and docs claim, one command each."""
