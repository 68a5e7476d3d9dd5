"""How well a pocket model plans: what it is asked, its replies through real llama.cpp, and what they are worth.

Knows no torch and no figure of a document: benchmarks say what is good enough.
"""
