"""Small games, each around one adapter: run by test_adapters, not collected by pytest."""
