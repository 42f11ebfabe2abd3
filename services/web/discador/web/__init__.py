"""The web service: REST for every public RPC, without a proxy between."""
