"""The discador command."""
