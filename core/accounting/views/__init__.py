"""The pages of accounting."""
