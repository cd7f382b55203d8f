"""Connections to warehouses, by URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from signpost.cells import Engine
from signpost.ports.measurements import MeasurementUnavailableError
from signpost.warehouses.clickhouse import ClickHouseEngine
from signpost.warehouses.postgres import PostgresEngine

CLICKHOUSE = ("clickhouse", "clickhouses")
POSTGRES = ("postgresql", "postgres")


class WarehouseUrlError(Exception):
    """The URL names no warehouse that is known, or its client is not installed."""


@contextmanager
def open_warehouse(url: str) -> Iterator[Engine]:
    """Connect to `postgresql://…` or `clickhouse://…`.

    Raises:
        WarehouseUrlError: it is neither, or its client is not installed.
        MeasurementUnavailableError: it does not answer, or can't do what it is asked.
    """
    scheme = urlsplit(url).scheme
    if scheme in POSTGRES:
        with _open_postgres(url) as engine:
            yield engine
    elif scheme in CLICKHOUSE:
        with _open_clickhouse(url) as engine:
            yield engine
    else:
        raise WarehouseUrlError(
            "A warehouse is postgresql://user:password@host/name or clickhouse://user:password@host/name."
        )


@contextmanager
def _open_postgres(url: str) -> Iterator[Engine]:
    try:
        import psycopg  # noqa: PLC0415 an extra
    except ImportError as error:
        raise WarehouseUrlError("PostgreSQL needs its client: pip install 'signpost[postgres]'.") from error
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            yield PostgresEngine(connection)
            connection.rollback()
    except psycopg.Error as error:
        raise MeasurementUnavailableError(_first_line(error)) from error


@contextmanager
def _open_clickhouse(url: str) -> Iterator[Engine]:
    try:
        import clickhouse_connect  # noqa: PLC0415 an extra
        from clickhouse_connect.driver.exceptions import Error  # noqa: PLC0415
    except ImportError as error:
        raise WarehouseUrlError("ClickHouse needs its client: pip install 'signpost[clickhouse]'.") from error
    try:
        client = clickhouse_connect.get_client(dsn=url)
        try:
            yield ClickHouseEngine(client)
        finally:
            client.close()
    except Error as error:
        raise MeasurementUnavailableError(_first_line(error)) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
