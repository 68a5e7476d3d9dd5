"""The pocket model as it ships: its file, chat template and card."""
