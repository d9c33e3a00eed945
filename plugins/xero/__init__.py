"""Ledgertab and Xero."""
