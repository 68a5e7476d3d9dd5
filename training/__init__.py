"""How the pocket model is made: data grammar, tokenizer, model, training, export to GGUF, evaluation.

Knows no robot and no runtime; torch, gguf and tokenizers are imported only where they are used.
"""
