"""What plugins may rely on, and nothing else: standard library and pluggy only."""
