"""What a model may do: declared tools, and the toolbox that checks, calls and journals them."""
