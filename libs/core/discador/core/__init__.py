"""The pure domain of Discador: no I/O, no clock, no randomness; those are arguments.

One folder per noun: `attempt`, `lead`, `campaign`, `compliance`, `numbering`, `pacing`.
"""
