"""Models behind one Protocol: Claude, OpenAI-compatible servers, llama.cpp in process, and recorded replies."""
