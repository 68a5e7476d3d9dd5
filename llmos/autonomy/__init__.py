"""What a robot's brain does by itself, without a person or a model: how careful it is."""
