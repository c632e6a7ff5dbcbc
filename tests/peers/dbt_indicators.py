"""The 49 numeric indicators as a dbt project on DuckDB, run after run.

The peer of Peil's next runs; README.md beside it says what is compared. Writes
a project of the queries of `duckdb_indicators.py` into a folder, where it also
keeps its database, and runs it: what was loaded before is not loaded again.
Needs `dbt-duckdb` and `python-calamine`.

    python dbt_indicators.py LANDING --project FOLDER --as-of 2022-07-31 --out values.csv
"""

import argparse
import datetime
import json
import sys
import time
from pathlib import Path

import duckdb
import duckdb_indicators as peer
from dbt.cli.main import dbtRunner
from peer import FACT_DAYS, FIRST_YEAR, KEYS, RULES, runs_of, table

# Of these only new deliveries are loaded, and of what rests on them only the
# months of new rows are computed again.
LARGE = {"portal/events": "occurred_on", "lb365/bus_messages": "occurred_on", "security/activity": "occurred_on"}

MACROS = """
{% macro unread(dataset, files) %}
    {% if not execute or not is_incremental() %}{{ return(files) }}{% endif %}
    {% set read = run_query("select file from loaded where dataset = '" ~ dataset ~ "'").columns[0].values() %}
    {{ return(files | reject('in', read) | list) }}
{% endmacro %}
"""

SPELLINGS = """
import sys
sys.path.insert(0, {here!r})
from peer import Resolver

def model(dbt, session):
    {refs}
    texts = {texts!r}
    resolver = Resolver(
        session.execute("select nis_code, name, kind, valid_from, valid_until from reference_authorities").fetchall(),
        session.execute("select alias, nis_code from reference_aliases").fetchall(),
    )
    found = session.execute(f"select authority from ({{texts}}) where authority is not null").fetchall()
    rows = [(text, *span) for (text,) in found for span in resolver.spans(text)]
    columns = [list(column) for column in zip(*rows)] or [[], [], [], []]
    return session.sql(
        "select unnest(?::varchar[]) as authority, unnest(?::varchar[]) as nis_code,"
        " unnest(?::date[]) as from_day, unnest(?::date[]) as until_day", params=columns)
"""

SHEETS = """
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
from peer import SOURCE_COLUMNS, sheet_rows

def model(dbt, session):
    names = SOURCE_COLUMNS[{dataset!r}]
    columns = ", ".join(f"unnest(?::varchar[]) as {{name}}" for name in names)
    session.execute("drop table if exists {sheet}")
    session.execute(f"create temp table {sheet} as select {{columns}}", sheet_rows({dataset!r}, [Path(file) for file in {files!r}]))
    return session.sql({select!r})
"""


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def model(project: Path, name: str, query: str, reads: list[str] = (), config: str = "materialized='table'") -> None:
    depends = "".join(f"-- depends_on: {{{{ ref('{read}') }}}}\n" for read in reads)
    write(project, f"models/{name}.sql", f"{{{{ config({config}) }}}}\n{depends}{query.strip().rstrip(';')}\n")


def raw(project: Path, landing: Path, dataset: str) -> None:
    columns = ", ".join(f"{expression} as {name}" for name, expression in peer.DATASETS[dataset].items())
    name, runs = f"raw_{table(dataset)}", runs_of(landing, dataset)
    if any(kind == "xlsx" for kind, _ in runs):
        files = [str(file) for _, files in runs for file in files]
        sheet = f"sheet_{table(dataset)}"
        text = SHEETS.format(
            here=str(Path(__file__).parent), dataset=dataset, sheet=sheet, files=files,
            select=f"select {columns} from {sheet}",
        )  # fmt: skip
        write(project, f"models/{name}.py", text)
        return
    if dataset not in LARGE:
        selects = [f"select {columns} from {peer.source(dataset, kind, files)}" for kind, files in runs]
        model(project, name, " union all ".join(selects))
        return
    blocks, every = [], []
    for kind, files in runs:
        paths = [str(file) for file in files]
        every += paths
        before, after = peer.source(dataset, kind, [Path("@")]).split("['@']")
        blocks.append(
            f"{{% set files = unread('{dataset}', {json.dumps(paths)}) %}}\n"
            f"{{% set select %}}select {columns}, {{{{ run_started_at.timestamp() | int }}}} as batch from {before}"
            f"['{{{{ files | join(\"', '\") }}}}']{after}{{% endset %}}\n"
            "{% if files %}{% do selects.append(select) %}{% endif %}"
        )
    insert = ", ".join(f"('{dataset}', '{path}')" for path in every)
    hook = f"delete from loaded where dataset = '{dataset}'; insert into loaded values {insert}"
    query = "{% set selects = [] %}\n" + "\n".join(blocks)
    query += "\n{{ selects | join(' union all ') if selects else 'select * from ' ~ this ~ ' where false' }}"
    model(project, name, query, config=f'materialized="incremental", incremental_strategy="append", post_hook="{hook}"')


def latest(project: Path, dataset: str) -> None:
    """The current rows, as `keep_latest` of the other peer has them."""
    name, key = table(dataset), KEYS[dataset]
    rows, resolved, code, reads = f"raw_{name}", "", "", [f"raw_{name}"]
    if dataset in FACT_DAYS:
        day = f"{rows}.{FACT_DAYS[dataset]}"
        resolved = (
            f"left join spellings on spellings.authority = {rows}.authority"
            f" and {day} >= spellings.from_day and {day} < spellings.until_day"
        )
        code = ", spellings.nis_code"
        reads.append("spellings")
    if "authority" in key.split(", "):
        key = key.replace("authority", f"coalesce(nis_code, {rows}.authority)")
        model(
            project, name,
            f"select {rows}.*, spellings.nis_code, {rows}.rowid as position from {rows} {resolved}"
            f" qualify row_number() over (partition by {key} order by {rows}.rowid desc) = 1", reads,
        )  # fmt: skip
        return
    only, config = "", "materialized='table'"
    if dataset in LARGE:
        # Only keys of new rows can occur twice that did not before.
        only = (
            "{% if is_incremental() %} where " + key + " in (select " + key + f" from {rows} where batch ="
            " {{ run_started_at.timestamp() | int }}){% endif %}"
        )
        config = "materialized='incremental', incremental_strategy='append'"
    model(
        project, f"superseded_{name}",
        f"with repeated as (select {key}, max(rowid) as latest from {rows}{only} group by {key} having count(*) > 1)"
        f" select {rows}.rowid as position from {rows} inner join repeated using ({key}) where {rows}.rowid < repeated.latest",
        [rows], config,
    )  # fmt: skip
    model(
        project, name,
        f"select {rows}.*{code} from {rows} {resolved}"
        f" anti join superseded_{name} on superseded_{name}.position = {rows}.rowid",
        [*reads, f"superseded_{name}"], "materialized='view'",
    )  # fmt: skip


def touched(rows: str, part: str) -> str:
    """A condition: of an incremental run only the parts that have new rows."""
    return (
        "{% if is_incremental() %} and " + part + " in (select distinct " + part + f" from {rows} where batch ="
        " {{ run_started_at.timestamp() | int }}){% endif %}"
    )


def project_of(options: argparse.Namespace) -> None:
    project, as_of = options.project, options.as_of
    write(project, "macros/unread.sql", MACROS)
    macros = [
        f"create or replace macro as_of() as date '{as_of}'",
        "create or replace macro filled(text) as nullif(trim(text, e' \\t\\r\\n'), '')",
        "create or replace macro day(text) as filled(text)::date",
        "create or replace macro brussels_day(moment) as moment::timestamptz::date",
        "create or replace macro segment(day) as least(last_day(day), as_of(),"
        " case when day <= (as_of() - interval 1 year)::date then (as_of() - interval 1 year)::date end)",
        "create table if not exists loaded (dataset varchar, file varchar)",
    ]
    settings = {"name": "indicators", "version": "1.0", "profile": "indicators", "flags": {"send_anonymous_usage_stats": False}}
    write(project, "dbt_project.yml", json.dumps({**settings, "on-run-start": macros}))
    database = {
        "type": "duckdb", "path": str(project / "warehouse.duckdb"), "threads": 1,
        "settings": {"threads": options.threads, "memory_limit": options.memory, "TimeZone": "Europe/Brussels"},
    }  # fmt: skip
    write(project, "profiles.yml", json.dumps({"indicators": {"target": "it", "outputs": {"it": database}}}))
    for dataset in peer.DATASETS:
        raw(project, options.landing, dataset)
        latest(project, dataset)
    raws = [f"raw_{table(dataset)}" for dataset in FACT_DAYS]
    texts = " union ".join(f"select authority from {name}" for name in raws)
    refs = "; ".join(f"dbt.ref('{name}')" for name in ("reference_authorities", "reference_aliases", *raws))
    write(project, "models/spellings.py", SPELLINGS.format(here=str(Path(__file__).parent), refs=refs, texts=texts))
    model(
        project, "latest_authorities",
        "select * from reference_authorities"
        " qualify row_number() over (partition by nis_code order by valid_from desc nulls last) = 1",
        ["reference_authorities"], "materialized='view'",
    )  # fmt: skip
    model(
        project, "activity",
        "select distinct module, user_id, nis_code, segment(occurred_on) as segment from portal_events"
        " where occurred_on <= as_of()" + touched("raw_portal_events", "segment(occurred_on)"),
        ["portal_events"], "materialized='incremental', incremental_strategy='delete+insert', unique_key='segment'",
    )  # fmt: skip
    for statement in peer.CALENDAR.format(first_year=FIRST_YEAR).split(";"):
        name, _, query = statement.strip().removeprefix("create table ").partition(" as\n")
        reads = {"periods": [], "peil_days": ["periods"], "composition": ["peil_days", "latest_authorities"]}[name]
        model(project, name, query, reads)
    currents = [table(dataset) for dataset in peer.DATASETS if not dataset.startswith("reference/")]
    currents = [name for name in currents if name not in ("portal_events", "lb365_bus_messages")]
    model(project, "facts", peer.FACTS.split(" as\n", 1)[1], ["activity", *currents])
    rules = ", ".join(
        f"({', '.join('null' if value is None else peer.literal(value) for value in rule)})" for rule in RULES
    )
    model(project, "rules", f"select * from (values {rules}) as rules(indicator_id, kind, fact_set, selector)")
    model(project, "counted", peer.VALUES.split(" as\n", 1)[1], ["rules", "facts", "periods", "peil_days", "composition"])
    model(
        project, "bus_traffic",
        peer.BUS_TRAFFIC.replace("order by all", "").replace(
            "where occurred_on <= as_of()",
            "where occurred_on <= as_of()" + touched("raw_lb365_bus_messages", "date_trunc('month', occurred_on)"),
        ),
        ["lb365_bus_messages"], "materialized='incremental', incremental_strategy='delete+insert', unique_key='month'",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("landing", type=Path, help="the folder with the deliveries")
    parser.add_argument("--project", type=Path, required=True, help="where the project and its database are kept")
    parser.add_argument("--as-of", type=datetime.date.fromisoformat, required=True, help="the last day that counts")
    parser.add_argument("--out", type=Path, required=True, help="where the values are written, as CSV")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="2GB", help="what DuckDB may use before it writes to disk")
    options = parser.parse_args()
    options.project, options.landing = options.project.resolve(), options.landing.resolve()

    started = time.perf_counter()
    project_of(options)
    place = ["--project-dir", str(options.project), "--profiles-dir", str(options.project)]
    done = dbtRunner().invoke(["--quiet", "run", *place])
    if not done.success:
        sys.exit(f"dbt did not come to its end: {done.exception or ''}")
    with duckdb.connect(str(options.project / "warehouse.duckdb")) as connection:
        query = "select indicator_id, period, value from counted order by all"
        connection.execute(f"copy ({query}) to {peer.literal(str(options.out))} (format csv, header)")
    print(f"{time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    main()
