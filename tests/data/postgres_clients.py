"""Asks a `peil serve` what its clients ask: psycopg, SQLAlchemy, pandas, ADBC,
psqlODBC with cursors. Prints a line for each that answers, and one with
`skipped` for each that is not installed.

usage: postgres_clients.py HOST PORT USER PASSWORD
"""

import importlib
import sys
from urllib.parse import quote

host, port, user, password = sys.argv[1:5]
url = f"postgresql://{user}:{quote(password)}@{host}:{port}/peil"


def client(name, *modules):
    """Runs a function where the modules that it needs are there."""

    def decorate(function):
        try:
            for module in modules:
                importlib.import_module(module)
        except ImportError as missing:
            print(f"{name}: skipped, {missing}")
            return
        function()
        print(f"{name}: ok")

    return decorate


@client("psycopg", "psycopg")
def _():
    import psycopg

    with psycopg.connect(url) as connection:
        values = connection.execute(
            "select indicator_id, value from indicator_values where period = %s and value > %s order by 1",
            ("2022Q1", 1.5),
        ).fetchall()
        assert values and isinstance(values[0][1], float), values[:2]
        with connection.cursor(name="named") as cursor:
            cursor.itersize = 50
            cursor.execute("select * from generate_series(1, 120) as n")
            assert [row[0] for row in cursor] == list(range(1, 121))
        with connection.cursor(binary=True) as cursor:
            cursor.execute("select as_of, started_at, run_id from ops.runs limit 1")
            assert cursor.fetchone()[0].year >= 2022
        with connection.cursor() as cursor:
            with cursor.copy("copy (select period, value from indicator_values order by 1, 2) to stdout") as copy:
                rows = list(copy.rows())
            assert len(rows) > 100 and len(rows[0]) == 2
            with cursor.copy("copy indicators to stdout (format binary)") as copy:
                copy.set_types(["text"])
                assert b"".join(copy).startswith(b"PGCOPY\n\xff\r\n\0")
        connection.rollback()
        for text, state in [
            ("drop table indicator_values", "25006"),
            ("copy indicators to '/tmp/there'", "42501"),
            ("select 1 into there", "25006"),
            ("select valu from indicator_values", "42703"),
            ("select * from indicator_value", "42P01"),
            ("selec 1", "42601"),
        ]:
            try:
                connection.execute(text)
            except psycopg.Error as error:
                assert error.sqlstate == state, (text, error.sqlstate, str(error))
                assert state == "25006" or state == "42501" or error.diag.statement_position, (text, str(error))
            else:
                raise AssertionError(text)
            connection.rollback()
        # Prepared after five times, then read in binary.
        for number in range(8):
            row = connection.execute("select %s::int + 1, %b::text", (number, "x")).fetchone()
            assert row == (number + 1, "x"), row


@client("psycopg, cancelling", "psycopg")
def _():
    import threading
    import time

    import psycopg

    endless = "select sum(a * b) from generate_series(1, 10000000) a, generate_series(1, 10000000) b"
    streaming = "copy (select n from generate_series(1, 50000000) n) to stdout"
    with psycopg.connect(url, autocommit=True) as connection:
        for text in (endless, streaming):
            timer = threading.Timer(0.7, connection.cancel)
            timer.start()
            began = time.monotonic()
            try:
                if text == streaming:
                    with connection.cursor().copy(text) as copy:
                        for _ in copy:
                            pass
                else:
                    connection.execute(text)
            except psycopg.errors.QueryCanceled as error:
                assert "user request" in str(error), error
            else:
                raise AssertionError(f"{text} came to its end")
            timer.join()
            assert time.monotonic() - began < 60, "the limit on time ended it"
            assert connection.execute("select count(*) from marts.indicators").fetchone() == (87,)


@client("psycopg2", "psycopg2")
def _():
    import psycopg2

    connection = psycopg2.connect(url)
    cursor = connection.cursor("server_side")
    cursor.itersize = 10
    cursor.execute("select indicator_id, period, value from marts.indicator_values")
    assert sum(1 for _ in cursor) > 100
    connection.close()


@client("SQLAlchemy", "sqlalchemy", "psycopg")
def _():
    import sqlalchemy

    engine = sqlalchemy.create_engine(url.replace("postgresql", "postgresql+psycopg"))
    inspector = sqlalchemy.inspect(engine)
    assert "marts" in inspector.get_schema_names()
    assert "indicator_values" in inspector.get_table_names(schema="marts")
    columns = {column["name"]: column for column in inspector.get_columns("indicator_values", schema="marts")}
    assert str(columns["value"]["type"]).startswith("DOUBLE"), columns["value"]
    assert columns["value"]["comment"], columns["value"]
    assert inspector.get_table_comment("indicator_values", schema="marts")["text"]
    assert inspector.get_pk_constraint("indicator_values", schema="marts")["constrained_columns"] == []
    assert inspector.get_foreign_keys("indicator_values", schema="marts") == []
    assert inspector.get_indexes("indicator_values", schema="marts") == []
    table = sqlalchemy.Table("indicator_values", sqlalchemy.MetaData(), schema="marts", autoload_with=engine)
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.select(sqlalchemy.func.count()).select_from(table)).scalar() > 100
        with connection.begin_nested():
            assert connection.execute(sqlalchemy.text("select 1")).scalar() == 1


@client("pandas", "pandas", "sqlalchemy", "psycopg")
def _():
    import pandas
    import sqlalchemy

    engine = sqlalchemy.create_engine(url.replace("postgresql", "postgresql+psycopg"))
    frame = pandas.read_sql("select period, count(*) as n from indicator_values group by period order by 1", engine)
    assert frame["n"].sum() > 100
    assert len(pandas.read_sql_table("indicators", engine, schema="marts")) == 87


@client("ADBC", "adbc_driver_postgresql", "pyarrow")
def _():
    import adbc_driver_postgresql.dbapi as adbc

    with adbc.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("select indicator_id, period, value, peildatum, provisional from marts.indicator_values")
        table = cursor.fetch_arrow_table()
        assert table.num_rows > 100 and str(table.schema.field("value").type) == "double", table.schema
        cursor.execute("select period from marts.indicator_values where period = 'no such'")
        assert cursor.fetch_arrow_table().num_rows == 0
        names = [table["table_name"]
                 for catalog in connection.adbc_get_objects(depth="tables").read_all().to_pylist()
                 for schema in catalog["catalog_db_schemas"]
                 for table in schema["db_schema_tables"] or []]
        assert "indicator_values" in names, names
        assert connection.adbc_get_table_schema("indicator_values", db_schema_filter="marts").names[0] == "indicator_id"


@client("psqlODBC", "pyodbc")
def _():
    import pyodbc

    drivers = [name for name in pyodbc.drivers() if "PostgreSQL Unicode" in name]
    if not drivers:
        print("psqlODBC: skipped, no driver")
        return
    for options in ["UseDeclareFetch=1;Fetch=20", "UseServerSidePrepare=1", "Protocol=7.4-2;UseDeclareFetch=1"]:
        connection = pyodbc.connect(
            f"Driver={{{drivers[0]}}};Server={host};Port={port};Database=peil;Uid={user};Pwd={password};{options}"
        )
        cursor = connection.cursor()
        rows = cursor.execute("select indicator_id, period, value from marts.indicator_values").fetchall()
        assert len(rows) > 100 and isinstance(rows[0][2], (float, type(None)))
        rows = cursor.execute("select value from indicator_values where period = ?", "2022Q1").fetchall()
        assert rows
        assert any(row.table_name == "indicator_values" for row in cursor.tables(schema="marts"))
        assert any(row.column_name == "value" for row in cursor.columns(table="indicator_values", schema="marts"))
        assert cursor.primaryKeys(table="indicator_values", schema="marts").fetchall() == []
        connection.commit()
        connection.close()
