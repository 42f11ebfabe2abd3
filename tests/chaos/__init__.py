"""Faults against a whole Discador on real servers; the carrier's own count judges (docs/reliability.md)."""
