"""The master: campaigns and leads, their import, reservation for dialling, and all public RPCs."""
