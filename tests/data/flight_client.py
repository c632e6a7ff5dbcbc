"""Asks a `peil serve` what ADBC's driver of Flight SQL asks.

usage: flight_client.py HOST PORT USER PASSWORD
"""

import sys
import warnings

import adbc_driver_flightsql.dbapi as flight
from adbc_driver_flightsql import ConnectionOptions  # noqa: F401  (the driver is whole)

host, port, user, password = sys.argv[1:5]
warnings.simplefilter("ignore")


def connect(secret):
    return flight.connect(f"grpc://{host}:{port}", db_kwargs={"username": user, "password": secret})


def refused(cursor, text, word):
    try:
        cursor.execute(text)
    except Exception as error:  # each kind of the driver
        assert word in str(error), error
    else:
        raise AssertionError(f"{text} was answered")


with connect(password) as connection:
    with connection.cursor() as cursor:
        cursor.execute("select indicator_id, period, value from marts.indicator_values order by 1, 2")
        table = cursor.fetch_arrow_table()
        assert table.num_rows > 1000 and table.schema.names == ["indicator_id", "period", "value"], table.schema
        cursor.execute("select count(*) from marts.indicator_values where period = $1 and value > $2", ("2022Q2", 10))
        assert cursor.fetchone()[0] > 5
        cursor.execute("select n from generate_series(1, 300000) as n")
        assert sum(batch.num_rows for batch in cursor.fetch_record_batch()) == 300000
    for text, word in [
        ("select valu from marts.indicator_values", '"value"'),
        ("select * from marts.indicator_valeus", "marts.indicator_values"),
        ("drop table marts.indicator_values", "25006"),
        ("select * from '/etc/passwd'", "SQLSTATE"),
        ("select 1; select 2", "one statement"),
    ]:
        with connection.cursor() as cursor:
            refused(cursor, text, word)
    objects = connection.adbc_get_objects(depth="tables").read_all().to_pylist()
    schemas = {
        schema["db_schema_name"]: {table["table_name"] for table in schema["db_schema_tables"]}
        for catalog in objects
        for schema in catalog["catalog_db_schemas"]
    }
    assert "indicator_values" in schemas["marts"] and "runs" in schemas["ops"], schemas.keys()
    columns = connection.adbc_get_table_schema("indicator_values", db_schema_filter="marts")
    assert all(column.metadata[b"ARROW:FLIGHT:SQL:REMARKS"] for column in columns), columns
    budget = connection.adbc_get_table_schema("budget", db_schema_filter="marts")
    assert budget.names[:2] == ["year", "budget"], budget
    assert connection.adbc_get_info()["vendor_name"] == "Peil"

try:
    with connect("not the password") as connection, connection.cursor() as cursor:
        cursor.execute("select 1")
except Exception as error:
    assert "28P01" in str(error), error
else:
    raise AssertionError("a wrong password was taken")
print("Flight SQL: ok")
