"""Figures that follow what happens: one poller a process, one event stream a tab, a history for the charts."""
