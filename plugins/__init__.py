"""The plugins that come with Ledgertab."""
