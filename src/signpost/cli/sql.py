"""`signpost sql`."""

from typing import Annotated

import typer

from signpost.cells import DIALECTS, describe_query, write_query
from signpost.cli.options import ACTOR, CommandError, ConfigFile, Data, Database, TenantName, opened_tenant
from signpost.usecases.experiment_lives import find_by_name
from signpost.usecases.results import ask_of


def sql(
    experiment: Annotated[str, typer.Argument(metavar="EXPERIMENT", help="The experiment's id or name.")],
    dialect: Annotated[str, typer.Option(help=f"One of {', '.join(DIALECTS)}.")] = DIALECTS[0],
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
) -> None:
    """Print the query that sums an experiment's metrics, to be run where exposures and events lie."""
    if dialect not in DIALECTS:
        raise CommandError(f"There is no dialect {dialect}; there are {', '.join(DIALECTS)}.")
    with opened_tenant(data, database, config, tenant) as (parts, found):
        call = parts.call(found, ACTOR)
        with call.reading() as workspace:
            named = find_by_name(workspace, experiment).id
        question = ask_of(call, named)
    for sentence in describe_query(question):
        typer.echo(f"-- {sentence}")
    typer.echo(f"{write_query(question, dialect)};")
