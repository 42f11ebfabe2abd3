"""What every Discador service needs, and no word about dialling.

Import the module you need (`from discador.runtime import settings`); nothing is re-exported here so
that a program pays only for what it uses.
"""
