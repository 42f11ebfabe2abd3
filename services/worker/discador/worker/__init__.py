"""The worker: carries out dial jobs, and follows the events of the calls to their outcomes."""
