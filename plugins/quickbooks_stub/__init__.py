"""The QuickBooks stub."""
