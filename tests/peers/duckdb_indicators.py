"""The 49 numeric indicators from raw deliveries, in DuckDB alone.

The peer against which Peil measures its speed; README.md beside it says what
is compared and what this leaves out. Needs `duckdb` and `python-calamine`.

    python duckdb_indicators.py LANDING --as-of 2022-07-31 --out values.csv
"""

import argparse
import datetime
import sys
import tempfile
import time
from pathlib import Path

import duckdb
from peer import FACT_DAYS, FIRST_YEAR, KEYS, RULES, SOURCE_COLUMNS, Resolver, runs_of, sheet_rows, table


# ---------------------------------------------------------------------------
# What is read. Of each dataset the members that an indicator needs: the name
# it gets here, and an expression over the texts of the source. `day(...)` and
# `filled(...)` are macros (see `prepare`).
# ---------------------------------------------------------------------------

DATASETS = {
    "reference/authorities": {
        "nis_code": "filled(nis_code)",
        "name": "filled(naam)",
        "kind": "lower(filled(soort))",
        "valid_from": "day(geldig_van)",
        "valid_until": "day(geldig_tot)",
        "successor": "filled(opvolger_nis)",
    },
    "reference/aliases": {"alias": "filled(alias)", "nis_code": "filled(nis_code)"},
    "portal/events": {
        "event_id": "trim(gebeurtenis_id)",
        "occurred_on": "brussels_day(tijdstip)",
        "user_id": "trim(gebruiker_id)",
        "authority": "bestuur",
        "module": "lower(trim(onderdeel))",
    },
    "portal/plates": {
        "plate_id": "filled(plaat_id)",
        "created_on": "day(aangemaakt_op)",
        "deleted_on": "day(verwijderd_op)",
    },
    "portal/data_ownership": {
        "authority": "filled(bestuur)",
        "department": "filled(dienst)",
        "since": "day(sinds)",
        "until": "day(tot)",
    },
    "portal/documents": {
        "document_id": "filled(document_id)",
        "published_on": "day(gepubliceerd_op)",
        "withdrawn_on": "day(ingetrokken_op)",
    },
    "portal/maturity": {
        "measurement_id": "filled(meting_id)",
        "authority": "filled(bestuur)",
        "submitted_on": "brussels_day(ingediend_op)",
    },
    "portal/masterplans": {
        "masterplan_id": "filled(masterplan_id)",
        "authority": "filled(bestuur)",
        "started_on": "day(gestart_op)",
    },
    "portal/tender_domains": {
        "domain": "filled(domein)",
        "available_since": "day(beschikbaar_sinds)",
        "withdrawn_on": "day(ingetrokken_op)",
    },
    "catalogue/solutions": {
        "solution_id": "filled(oplossing_id)",
        "supplier_id": "filled(leverancier_id)",
        "published_on": "day(gepubliceerd_op)",
        "withdrawn_on": "day(ingetrokken_op)",
    },
    "catalogue/standards": {
        "standard_id": "filled(standaard_id)",
        "added_on": "day(opgenomen_op)",
        "removed_on": "day(verwijderd_op)",
    },
    "catalogue/couplings": {
        "coupling_id": "filled(koppeling_id)",
        "available_since": "day(beschikbaar_sinds)",
        "ended_on": "day(beeindigd_op)",
    },
    "catalogue/portfolio": {
        "authority": "filled(bestuur)",
        "solution_id": "filled(oplossing_id)",
        "status": "lower(filled(status))",
        "since": "day(sinds)",
    },
    "catalogue/ratings": {
        "rating_id": "filled(waardering_id)",
        "given_on": "day(gegeven_op)",
        "withdrawn_on": "day(ingetrokken_op)",
    },
    "security/activity": {
        "activity_id": "trim(activiteit_id)",
        "occurred_on": "brussels_day(tijdstip)",
        "member_id": "trim(lid_id)",
    },
    "security/members": {
        "member_id": "filled(lid_id)",
        "role": "lower(filled(rol))",
        "since": "day(sinds)",
        "until": "day(tot)",
    },
    "security/plans": {"plan_id": "filled(plan_id)", "made_on": "day(gemaakt_op)"},
    "security/actions": {
        "action_id": "filled(actiepunt_id)",
        "solution_offered_on": "day(oplossing_aangereikt_op)",
    },
    "security/gdpr_scores": {
        "authority": "filled(bestuur)",
        "measured_on": "day(gemeten_op)",
        "score": "replace(filled(score), ',', '.')::decimal(18, 6)",
    },
    "security/qrc_subscribers": {
        "subscriber_id": "filled(abonnee_id)",
        "channel": "lower(filled(kanaal))",
        "since": "day(sinds)",
        "until": "day(tot)",
    },
    "security/qrc_sources": {"source": "filled(bron)", "since": "day(sinds)", "until": "day(tot)"},
    "lb365/participants": {
        "authority": "filled(bestuur)",
        "joined_on": "day(aangesloten_op)",
        "left_on": "day(uitgestapt_op)",
    },
    "lb365/connections": {
        "authority": "filled(bestuur)",
        "building_block": "lower(filled(bouwsteen))",
        "connected_on": "day(aangesloten_op)",
        "disconnected_on": "day(afgesloten_op)",
    },
    "lb365/third_party": {
        "coupling_id": "filled(koppeling_id)",
        "live_on": "day(live_op)",
        "stopped_on": "day(gestopt_op)",
    },
    "lb365/bus_messages": {
        "message_id": "bericht_id",
        "occurred_on": "brussels_day(tijdstip)",
        "service": "dienst",
        "partner": "partner",
        "status_code": "status_code::integer",
        "duration_ms": "duur_ms::bigint",
        "bytes": "bytes::bigint",
    },
    "register/activities": {
        "activity_id": "filled(Nr)",
        "held_on": "day(Datum)",
        "programme": "lower(filled(Programma))",
        "kind": "lower(filled(Soort))",
    },
}


# Every set gives: selector, entity, whether the entity is an authority, from
# and until. The rows of `activity` are dated by the segment they fall in.
FACTS = """
create table facts as
with sets(fact_set, selector, entity, is_authority, from_day, until_day) as (
    select 'events by authority', module, nis_code, true, segment, null
    from (select distinct module, nis_code, segment from activity)
    union all
    select 'events by user', module, user_id, false, segment, null
    from (select distinct module, user_id, segment from activity)
    union all
    select 'activities', programme || ' ' || kind, activity_id, false, held_on, null from register_activities
    union all
    select 'data ownership', null, nis_code, true, since, until from portal_data_ownership
    union all
    select 'plates', null, plate_id, false, created_on, deleted_on from portal_plates
    union all
    select 'documents', null, document_id, false, published_on, withdrawn_on from portal_documents
    union all
    select 'measurements', null, measurement_id, false, submitted_on, null from portal_maturity
    union all
    select 'measured authorities', null, nis_code, true, submitted_on, null from portal_maturity
    union all
    select 'masterplans', null, nis_code, true, started_on, null from portal_masterplans
    union all
    select 'tender domains', null, domain, false, available_since, withdrawn_on from portal_tender_domains
    union all
    select 'solutions', null, solution_id, false, published_on, withdrawn_on from catalogue_solutions
    union all
    select 'suppliers', null, supplier_id, false, published_on, withdrawn_on from catalogue_solutions
    union all
    select 'standards', null, standard_id, false, added_on, removed_on from catalogue_standards
    union all
    select 'couplings', null, coupling_id, false, available_since, ended_on from catalogue_couplings
    union all
    select 'portfolio', null, nis_code, true, since, null from catalogue_portfolio
    union all
    select 'ratings', null, rating_id, false, given_on, withdrawn_on from catalogue_ratings
    union all
    select 'security activity', null, member_id, false, segment, null
    from (
        select distinct member_id, segment(occurred_on) as segment
        from security_activity
        where occurred_on <= as_of()
    )
    union all
    select 'members', role, member_id, false, since, until from security_members
    union all
    select 'plans', null, plan_id, false, made_on, null from security_plans
    union all
    select 'actions', null, action_id, false, solution_offered_on, null from security_actions
    union all
    select 'gdpr scores', null, nis_code, true, measured_on, null from security_gdpr_scores
    union all
    select 'qrc subscribers', null, subscriber_id, false, since, until from security_qrc_subscribers
    union all
    select 'qrc sources', null, source, false, since, until from security_qrc_sources
    union all
    select 'participants', null, nis_code, true, joined_on, left_on from lb365_participants
    union all
    select 'connections', building_block, nis_code, true, connected_on, disconnected_on from lb365_connections
    union all
    select 'third party', null, coupling_id, false, live_on, stopped_on from lb365_third_party
)
select fact_set, selector, entity, is_authority, from_day, until_day::date as until_day
from sets
where from_day is not null
"""

# The periods, and what stands for each authority on each of their peildatums:
# successors are followed until one exists on the day.
CALENDAR = """
create table periods as
with quarters as (
    select year, quarter, make_date(year, 3 * quarter - 2, 1) as first_day
    from range({first_year}, year(as_of()) + 1) as years(year), range(1, 5) as quarters(quarter)
),
named as (
    select year || 'Q' || quarter as period, first_day, last_day(first_day + interval 2 month) as last_day
    from quarters
    union all
    select year || 'S' || (quarter + 1) // 2, first_day, last_day(first_day + interval 5 month)
    from quarters
    where quarter in (1, 3)
    union all
    select year::varchar, first_day, last_day(first_day + interval 11 month)
    from quarters
    where quarter = 1
)
select period, first_day, last_day, least(last_day, as_of()) as peil
from named;

create table peil_days as
select distinct peil, (peil - interval 1 year)::date as year_before
from periods
where first_day <= as_of();

create table composition as
with recursive chain as (
    select nis_code, nis_code as stands, '-infinity'::date as from_day, valid_until as until_day, successor
    from latest_authorities
    union all
    select
        chain.nis_code,
        heir.nis_code,
        greatest(chain.from_day, chain.until_day),
        heir.valid_until,
        heir.successor
    from chain
    inner join latest_authorities as heir on heir.nis_code = chain.successor
    where chain.until_day is not null
)
select peil_days.peil, chain.nis_code, chain.stands
from chain
inner join peil_days
    on peil_days.peil >= chain.from_day
    and (peil_days.peil < chain.until_day or chain.until_day is null or chain.successor is null)
"""

VALUES = """
create table counted as
with stocks as (
    select
        rules.indicator_id,
        peil_days.peil,
        count(distinct coalesce(composition.stands, facts.entity)) as value
    from rules
    inner join facts
        on facts.fact_set = rules.fact_set
        and (rules.selector is null or facts.selector = rules.selector)
    inner join peil_days on facts.from_day <= peil_days.peil
    left join composition
        on facts.is_authority
        and composition.nis_code = facts.entity
        and composition.peil = peil_days.peil
    where rules.kind in ('stock', 'cumulative')
        and (rules.kind = 'cumulative' or facts.until_day is null or facts.until_day > peil_days.peil)
    group by all
),
rollings as (
    select
        rules.indicator_id,
        peil_days.peil,
        count(distinct coalesce(composition.stands, facts.entity)) as value
    from rules
    inner join facts
        on facts.fact_set = rules.fact_set
        and (rules.selector is null or facts.selector = rules.selector)
    inner join peil_days
        on facts.from_day > peil_days.year_before
        and facts.from_day <= peil_days.peil
    left join composition
        on facts.is_authority
        and composition.nis_code = facts.entity
        and composition.peil = peil_days.peil
    where rules.kind = 'rolling'
    group by all
),
-- of two lines or measurements of one day that came together, the later delivered
lines as (
    select peil_days.peil, composition.stands, portfolio.status
    from catalogue_portfolio as portfolio
    inner join peil_days on portfolio.since <= peil_days.peil
    inner join composition
        on composition.nis_code = portfolio.nis_code
        and composition.peil = peil_days.peil
    qualify row_number() over (
        partition by peil_days.peil, composition.stands, portfolio.solution_id
        order by portfolio.since desc, portfolio.position desc
    ) = 1
),
scores as (
    select peil_days.peil, composition.stands, scores.score
    from security_gdpr_scores as scores
    inner join peil_days on scores.measured_on <= peil_days.peil
    inner join composition
        on composition.nis_code = scores.nis_code
        and composition.peil = peil_days.peil
    qualify row_number() over (
        partition by peil_days.peil, composition.stands
        order by scores.measured_on desc, scores.position desc
    ) = 1
),
on_a_day as (
    select indicator_id, peil, value::double as value from stocks
    union all
    select indicator_id, peil, value::double from rollings
    union all
    select 'OC-02', peil, count(distinct stands)::double
    from lines
    where status in ('gekozen', 'gepland')
    group by peil
    union all
    select 'IV-TL-10', peil, avg(score::double) from scores group by peil
),
within as (
    select
        rules.indicator_id,
        periods.period,
        count(distinct coalesce(composition.stands, facts.entity))::double as value
    from rules
    inner join facts
        on facts.fact_set = rules.fact_set
        and (rules.selector is null or facts.selector = rules.selector)
    inner join periods on facts.from_day between periods.first_day and periods.peil
    left join composition
        on facts.is_authority
        and composition.nis_code = facts.entity
        and composition.peil = periods.peil
    where rules.kind in ('flow', 'distinct')
    group by all
),
months as (
    select periods.period, month.last_day
    from periods
    inner join periods as quarter on quarter.period like '%Q%'
        and quarter.first_day between periods.first_day and periods.last_day
    cross join lateral (
        select last_day(quarter.first_day + to_months(offset_months)) as last_day
        from (values (0), (1), (2)) as offsets(offset_months)
    ) as month
    where month.last_day <= as_of()
),
active as (
    select rules.indicator_id, facts.from_day as last_day, count(distinct facts.entity) as members
    from rules
    inner join facts on facts.fact_set = rules.fact_set
    where rules.kind = 'monthly_active'
    group by all
),
monthly as (
    select rules.indicator_id, months.period, avg(coalesce(active.members, 0)) as value
    from rules
    cross join months
    left join active on active.indicator_id = rules.indicator_id and active.last_day = months.last_day
    where rules.kind = 'monthly_active'
    group by all
),
first_facts as (
    select fact_set, min(from_day) as first_day from facts group by fact_set
)
select
    rules.indicator_id,
    periods.period,
    case
        when periods.first_day > as_of() or coalesce(first_facts.first_day > periods.peil, true) then null
        when rules.kind = 'monthly_active' then monthly.value
        when rules.kind = 'average' then on_a_day.value
        else coalesce(on_a_day.value, within.value, 0)
    end as value
from rules
cross join periods
left join first_facts on first_facts.fact_set = rules.fact_set
left join on_a_day on on_a_day.indicator_id = rules.indicator_id and on_a_day.peil = periods.peil
left join within on within.indicator_id = rules.indicator_id and within.period = periods.period
left join monthly on monthly.indicator_id = rules.indicator_id and monthly.period = periods.period
"""

BUS_TRAFFIC = """
select
    strftime(month, '%Y-%m') as month,
    service,
    partner,
    messages,
    errors,
    errors / messages as error_rate,
    quantiles[1] as p50_ms,
    quantiles[2] as p95_ms,
    bytes
from (
    select
        date_trunc('month', occurred_on) as month,
        service,
        partner,
        count(*) as messages,
        count(*) filter (where status_code >= 400) as errors,
        quantile_cont(duration_ms, [0.5, 0.95]) as quantiles,
        coalesce(sum(bytes), 0) as bytes
    from lb365_bus_messages
    where occurred_on <= as_of()
    group by all
)
order by all
"""


# ---------------------------------------------------------------------------
# Reading
# ---------------------------------------------------------------------------


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def source(dataset: str, kind: str, files: list[Path]) -> str:
    """The SQL that reads files of one format."""
    paths = "[" + ", ".join(literal(str(file)) for file in files) + "]"
    names = SOURCE_COLUMNS.get(dataset, [])
    texts = ", ".join(f"{name}: 'varchar'" for name in names)
    match kind:
        case "csv":
            return (
                f"read_csv({paths}, delim = ';', quote = '\"', escape = '\"', header = true,"
                " all_varchar = true, union_by_name = true)"
            )
        case "ndjson":
            return f"read_ndjson({paths}, columns = {{{texts}}})"
        case "json":
            # An array of objects, or a page of which `items` is one.
            members = ", ".join(f"{name} varchar" for name in names)
            itself = ", ".join(f"{name}: {name}" for name in names)
            return (
                f"(select unnest(coalesce(items, [{{{itself}}}]), recursive := true)"
                f" from read_json({paths}, columns = {{{texts}, items: 'struct({members})[]'}}))"
            )
        case "parquet":
            return f"read_parquet({paths}, union_by_name = true)"
    sys.exit(f"{files[0]}: a format that is not read here")


def read_sheets(connection: duckdb.DuckDBPyConnection, dataset: str, files: list[Path]) -> str:
    names = SOURCE_COLUMNS[dataset]
    sheet = f"sheet_{table(dataset)}"
    connection.execute(f"create table {sheet} ({', '.join(f'{name} varchar' for name in names)})")
    rows = sheet_rows(dataset, files)
    connection.execute(f"insert into {sheet} select {', '.join('unnest(?::varchar[])' for _ in names)}", rows)
    return sheet


def read(connection: duckdb.DuckDBPyConnection, landing: Path, dataset: str) -> None:
    """All rows of a dataset, in the order of delivery: of two rows the one with the higher rowid is the later."""
    columns = ", ".join(f"{expression} as {name}" for name, expression in DATASETS[dataset].items())
    selects = []
    for kind, files in runs_of(landing, dataset):
        rows = read_sheets(connection, dataset, files) if kind == "xlsx" else source(dataset, kind, files)
        selects.append(f"select {columns} from {rows}")
    connection.execute(f"create table raw_{table(dataset)} as {' union all '.join(selects)}")


# ---------------------------------------------------------------------------
# Authorities
# ---------------------------------------------------------------------------


def resolve_spellings(connection: duckdb.DuckDBPyConnection) -> None:
    """The table `spellings`: for each distinct text who it stands for, by day."""
    texts = " union ".join(f"select authority from raw_{table(dataset)}" for dataset in FACT_DAYS)
    authorities = connection.execute(
        "select nis_code, name, kind, valid_from, valid_until from reference_authorities"
    ).fetchall()
    aliases = connection.execute("select alias, nis_code from reference_aliases").fetchall()
    resolver = Resolver(authorities, aliases)
    rows = [
        (text, *span)
        for (text,) in connection.execute(f"select authority from ({texts}) where authority is not null").fetchall()
        for span in resolver.spans(text)
    ]
    columns = [list(column) for column in zip(*rows)] or [[], [], [], []]
    connection.execute(
        "create table spellings as"
        " select unnest(?::varchar[]) as authority, unnest(?::varchar[]) as nis_code,"
        " unnest(?::date[]) as from_day, unnest(?::date[]) as until_day",
        columns,
    )


# ---------------------------------------------------------------------------
# The latest row of each key
# ---------------------------------------------------------------------------


def keep_latest(connection: duckdb.DuckDBPyConnection, dataset: str) -> None:
    """The current rows of a dataset. Few keys come twice, so only their rows are compared."""
    name, key = table(dataset), KEYS[dataset]
    rows, resolved = f"raw_{name}", ""
    if dataset in FACT_DAYS:
        resolved = (
            f"left join spellings on spellings.authority = {rows}.authority"
            f" and {rows}.{FACT_DAYS[dataset]} >= spellings.from_day"
            f" and {rows}.{FACT_DAYS[dataset]} < spellings.until_day"
        )
    if "authority" in key:
        key = key.replace("authority", f"coalesce(nis_code, {rows}.authority)")
        connection.execute(
            f"create table {name} as"
            f" select {rows}.*, spellings.nis_code, {rows}.rowid as position from {rows} {resolved}"
            f" qualify row_number() over (partition by {key} order by {rows}.rowid desc) = 1"
        )
        return
    code = ", spellings.nis_code" if resolved else ""
    connection.execute(
        f"create table superseded_{name} as"
        f" with repeated as (select {key}, max(rowid) as latest from {rows} group by {key} having count(*) > 1)"
        f" select {rows}.rowid as position from {rows} inner join repeated using ({key})"
        f" where {rows}.rowid < repeated.latest"
    )
    connection.execute(
        f"create view {name} as"
        f" select {rows}.*{code} from {rows}"
        f" {resolved} anti join superseded_{name} on superseded_{name}.position = {rows}.rowid"
    )


# ---------------------------------------------------------------------------
# The run
# ---------------------------------------------------------------------------


def prepare(connection: duckdb.DuckDBPyConnection, as_of: datetime.date) -> None:
    # A text without an offset is then local time, and a cast to a day is a Brussels day.
    connection.execute("set TimeZone = 'Europe/Brussels'")
    connection.execute(f"create macro as_of() as date '{as_of}'")
    connection.execute("create macro filled(text) as nullif(trim(text, e' \\t\\r\\n'), '')")
    connection.execute("create macro day(text) as filled(text)::date")
    connection.execute("create macro brussels_day(moment) as moment::timestamptz::date")
    # All windows begin and end at the end of a month, on the as-of day or a
    # year before it; between two of those days it does not matter which it was.
    connection.execute(
        "create macro segment(day) as least(last_day(day), as_of(),"
        " case when day <= (as_of() - interval 1 year)::date then (as_of() - interval 1 year)::date end)"
    )


def run(connection: duckdb.DuckDBPyConnection, options: argparse.Namespace) -> dict[str, float]:
    seconds: dict[str, float] = {}
    started = time.perf_counter()

    def done(step: str) -> None:
        nonlocal started
        now = time.perf_counter()
        seconds[step] = now - started
        started = now

    prepare(connection, options.as_of)
    for dataset in DATASETS:
        read(connection, options.landing, dataset)
    done("read")
    for dataset in ("reference/authorities", "reference/aliases"):
        keep_latest(connection, dataset)
    resolve_spellings(connection)
    for dataset in DATASETS:
        if not dataset.startswith("reference/"):
            keep_latest(connection, dataset)
    connection.execute(
        "create view latest_authorities as select * from reference_authorities"
        " qualify row_number() over (partition by nis_code order by valid_from desc nulls last) = 1"
    )
    connection.execute(
        "create table activity as"
        " select distinct module, user_id, nis_code, segment(occurred_on) as segment"
        " from portal_events where occurred_on <= as_of()"
    )
    done("resolve")
    for statement in CALENDAR.format(first_year=FIRST_YEAR).split(";"):
        connection.execute(statement)
    connection.execute(FACTS)
    rules = ", ".join(
        f"({', '.join('null' if value is None else literal(value) for value in rule)})" for rule in RULES
    )
    connection.execute(
        f"create table rules as select * from (values {rules}) as rules(indicator_id, kind, fact_set, selector)"
    )
    connection.execute(VALUES)
    connection.execute(
        "copy (select indicator_id, period, value from counted order by all)"
        f" to {literal(str(options.out))} (format csv, header)"
    )
    done("indicators")
    connection.execute(f"copy ({BUS_TRAFFIC}) to {literal(str(options.bus))} (format csv, header)")
    done("bus traffic")
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("landing", type=Path, help="the folder with the deliveries")
    parser.add_argument("--as-of", type=datetime.date.fromisoformat, required=True, help="the last day that counts")
    parser.add_argument("--out", type=Path, required=True, help="where the values are written, as CSV")
    parser.add_argument("--bus", type=Path, help="where the bus traffic is written (default: beside the values)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="2GB", help="what DuckDB may use before it writes to disk")
    options = parser.parse_args()
    options.bus = options.bus or options.out.with_name(f"{options.out.stem}_bus_traffic.csv")

    wall, processor = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as spill:
        settings = {"threads": options.threads, "memory_limit": options.memory, "temp_directory": spill}
        with duckdb.connect(config=settings) as connection:
            seconds = run(connection, options)
    steps = ", ".join(f"{step} {spent:.2f}" for step, spent in seconds.items())
    print(f"{time.perf_counter() - wall:.2f} s, {time.process_time() - processor:.2f} s of processor time ({steps})")


if __name__ == "__main__":
    main()
