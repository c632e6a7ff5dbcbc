"""Sends a `peil serve` what the Flight SQL JDBC driver sends, step by step.

usage: flight_jdbc.py HOST PORT USER PASSWORD

The driver prepares every statement, tells queries from updates by the columns
that preparing gives, and reads its metadata from SqlInfo and GetTables
(`ArrowFlightSqlClientHandler`, `ArrowDatabaseMetadata` of Apache Arrow Java).
Its messages are few and small: they are written here field by field.
"""

import sys

import pyarrow as pa
import pyarrow.flight as flight

host, port, user, password = sys.argv[1:5]


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number: int, value) -> bytes:
    """A field of a protobuf message: a text, bytes, or a truth."""
    if isinstance(value, bool):
        return varint(number << 3) + varint(int(value))
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def wrapped(name: str, *fields: bytes) -> bytes:
    """A message of Flight SQL in an Any."""
    return field(1, f"type.googleapis.com/arrow.flight.protocol.sql.{name}") + field(2, b"".join(fields))


def fields(message: bytes) -> dict[int, bytes]:
    """The fields of a message that hold bytes."""
    found, at = {}, 0

    def number() -> int:
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        tag = number()
        length = number()
        if tag & 7 == 2:
            found[tag >> 3] = message[at : at + length]
            at += length
    return found


client = flight.FlightClient(f"grpc://{host}:{port}")
options = flight.FlightCallOptions(headers=[client.authenticate_basic_token(user, password)])


def rows(command: bytes) -> pa.Table:
    info = client.get_flight_info(flight.FlightDescriptor.for_command(command), options)
    tables = [client.do_get(endpoint.ticket, options).read_all() for endpoint in info.endpoints]
    return pa.concat_tables(tables)


def act(kind: str, body: bytes) -> list[bytes]:
    return [result.body.to_pybytes() for result in client.do_action(flight.Action(kind, body), options)]


def query(text: str) -> pa.Table:
    [answer] = act("CreatePreparedStatement", wrapped("ActionCreatePreparedStatementRequest", field(1, text)))
    made = fields(fields(answer)[2])
    schema = pa.ipc.read_schema(pa.BufferReader(made[2]))
    assert len(schema) > 0, f"the driver would take `{text}` for an update"
    found = rows(wrapped("CommandPreparedStatementQuery", field(1, made[1])))
    assert found.schema.names == schema.names, (found.schema, schema)
    act("ClosePreparedStatement", wrapped("ActionClosePreparedStatementRequest", field(1, made[1])))
    return found


# The connection: what the server is.
known = rows(wrapped("CommandGetSqlInfo")).to_pylist()
assert any(row["value"] == "Peil" for row in known), known

# A statement, and one whose text is asked again.
for _ in range(2):
    found = query("select indicator_id, value from marts.indicator_values where period = '2022Q2' order by 1")
    assert found.num_rows == 49 and found.column_names == ["indicator_id", "value"], found.schema

# What a tool shows on the left: catalogues, schemas, kinds, tables, columns.
assert rows(wrapped("CommandGetCatalogs")).num_rows == 1
schemas = rows(wrapped("CommandGetDbSchemas")).column("db_schema_name").to_pylist()
assert {"marts", "ops"} <= set(schemas), schemas
assert rows(wrapped("CommandGetTableTypes")).num_rows >= 1
tables = rows(wrapped("CommandGetTables", field(2, "marts"), field(3, "indicator%"), field(5, True)))
assert "indicator_values" in tables.column("table_name").to_pylist(), tables
columns = {
    row["table_name"]: pa.ipc.read_schema(pa.BufferReader(row["table_schema"])) for row in tables.to_pylist()
}
value = columns["indicator_values"].field("value")
assert value.metadata[b"ARROW:FLIGHT:SQL:SCHEMA_NAME"] == b"marts", value.metadata
assert value.metadata[b"ARROW:FLIGHT:SQL:REMARKS"], value.metadata
assert rows(wrapped("CommandGetPrimaryKeys", field(2, "marts"), field(3, "indicator_values"))).num_rows == 0
assert rows(wrapped("CommandGetXdbcTypeInfo")).num_rows >= 5

# What is wrong is told when it is prepared.
try:
    query("select valu from marts.indicator_values")
except (flight.FlightError, pa.ArrowInvalid) as error:
    assert '"value"' in str(error), error
else:
    raise AssertionError("a wrong column was prepared")
print("Flight SQL as JDBC: ok")
