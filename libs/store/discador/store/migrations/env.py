"""Alembic's entry: runs the revisions on the connection that `discador.store.schema` holds."""

from __future__ import annotations

from alembic import context

from discador.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
