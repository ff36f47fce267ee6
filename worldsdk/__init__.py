"""worldsdk: an interactive world-model runtime."""
