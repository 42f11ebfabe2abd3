"""Private, real servers for tests: Asterisk, a SIP carrier, MariaDB and Redis; each a context manager.

Plain synchronous Python without pytest, so a bench or a shell script can use it too. Servers listen on loopback,
on free ports, in directories of their own, and end with the process that started them.
"""
