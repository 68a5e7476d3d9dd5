"""Physical robots behind one gate: profiles become limits, commands become verdicts, motion is measured."""
