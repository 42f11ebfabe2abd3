"""Maintenance: the rescue of attempts in doubt, and of channels that nobody owns."""
