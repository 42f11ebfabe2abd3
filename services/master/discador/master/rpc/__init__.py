"""The public RPCs, one file a noun. Each request is checked as a whole before anything is done."""
