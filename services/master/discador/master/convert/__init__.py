"""Wire messages ↔ records of the store and the core. Wire types stop here and in `rpc`."""
