"""The operator's pages: one file a noun, each with its routes; `routes.py` lists them all."""
