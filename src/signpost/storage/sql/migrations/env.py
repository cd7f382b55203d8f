"""Runs the migrations in the transaction that `schema.migrate` has opened."""

from alembic import context

from signpost.storage.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
