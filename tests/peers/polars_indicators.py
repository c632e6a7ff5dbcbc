"""The 49 numeric indicators from raw deliveries, in Polars alone.

The second peer against which Peil measures its speed; README.md beside it says
what is compared and what this leaves out. Needs `polars` and `python-calamine`.

    python polars_indicators.py LANDING --as-of 2022-07-31 --out values.csv
"""

import argparse
import calendar
import datetime
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from peer import FACT_DAYS, FIRST_YEAR, KEYS, RULES, SOURCE_COLUMNS, Resolver, runs_of, sheet_rows

# ---------------------------------------------------------------------------
# What is read. Of each dataset the members that an indicator needs: the name
# it gets here, the column of the source, and what is made of its text.
# ---------------------------------------------------------------------------

DATASETS = {
    "reference/authorities": {
        "nis_code": ("nis_code", "filled"),
        "name": ("naam", "filled"),
        "kind": ("soort", "lower"),
        "valid_from": ("geldig_van", "day"),
        "valid_until": ("geldig_tot", "day"),
        "successor": ("opvolger_nis", "filled"),
    },
    "reference/aliases": {"alias": ("alias", "filled"), "nis_code": ("nis_code", "filled")},
    "portal/events": {
        "event_id": ("gebeurtenis_id", "trim"),
        "occurred_on": ("tijdstip", "moment"),
        "user_id": ("gebruiker_id", "trim"),
        "authority": ("bestuur", "as_is"),
        "module": ("onderdeel", "lower"),
    },
    "portal/plates": {
        "plate_id": ("plaat_id", "filled"),
        "created_on": ("aangemaakt_op", "day"),
        "deleted_on": ("verwijderd_op", "day"),
    },
    "portal/data_ownership": {
        "authority": ("bestuur", "filled"),
        "department": ("dienst", "filled"),
        "since": ("sinds", "day"),
        "until": ("tot", "day"),
    },
    "portal/documents": {
        "document_id": ("document_id", "filled"),
        "published_on": ("gepubliceerd_op", "day"),
        "withdrawn_on": ("ingetrokken_op", "day"),
    },
    "portal/maturity": {
        "measurement_id": ("meting_id", "filled"),
        "authority": ("bestuur", "filled"),
        "submitted_on": ("ingediend_op", "moment"),
    },
    "portal/masterplans": {
        "masterplan_id": ("masterplan_id", "filled"),
        "authority": ("bestuur", "filled"),
        "started_on": ("gestart_op", "day"),
    },
    "portal/tender_domains": {
        "domain": ("domein", "filled"),
        "available_since": ("beschikbaar_sinds", "day"),
        "withdrawn_on": ("ingetrokken_op", "day"),
    },
    "catalogue/solutions": {
        "solution_id": ("oplossing_id", "filled"),
        "supplier_id": ("leverancier_id", "filled"),
        "published_on": ("gepubliceerd_op", "day"),
        "withdrawn_on": ("ingetrokken_op", "day"),
    },
    "catalogue/standards": {
        "standard_id": ("standaard_id", "filled"),
        "added_on": ("opgenomen_op", "day"),
        "removed_on": ("verwijderd_op", "day"),
    },
    "catalogue/couplings": {
        "coupling_id": ("koppeling_id", "filled"),
        "available_since": ("beschikbaar_sinds", "day"),
        "ended_on": ("beeindigd_op", "day"),
    },
    "catalogue/portfolio": {
        "authority": ("bestuur", "filled"),
        "solution_id": ("oplossing_id", "filled"),
        "status": ("status", "lower"),
        "since": ("sinds", "day"),
    },
    "catalogue/ratings": {
        "rating_id": ("waardering_id", "filled"),
        "given_on": ("gegeven_op", "day"),
        "withdrawn_on": ("ingetrokken_op", "day"),
    },
    "security/activity": {
        "activity_id": ("activiteit_id", "trim"),
        "occurred_on": ("tijdstip", "moment"),
        "member_id": ("lid_id", "trim"),
    },
    "security/members": {
        "member_id": ("lid_id", "filled"),
        "role": ("rol", "lower"),
        "since": ("sinds", "day"),
        "until": ("tot", "day"),
    },
    "security/plans": {"plan_id": ("plan_id", "filled"), "made_on": ("gemaakt_op", "day")},
    "security/actions": {
        "action_id": ("actiepunt_id", "filled"),
        "solution_offered_on": ("oplossing_aangereikt_op", "day"),
    },
    "security/gdpr_scores": {
        "authority": ("bestuur", "filled"),
        "measured_on": ("gemeten_op", "day"),
        "score": ("score", "number"),
    },
    "security/qrc_subscribers": {
        "subscriber_id": ("abonnee_id", "filled"),
        "channel": ("kanaal", "lower"),
        "since": ("sinds", "day"),
        "until": ("tot", "day"),
    },
    "security/qrc_sources": {"source": ("bron", "filled"), "since": ("sinds", "day"), "until": ("tot", "day")},
    "lb365/participants": {
        "authority": ("bestuur", "filled"),
        "joined_on": ("aangesloten_op", "day"),
        "left_on": ("uitgestapt_op", "day"),
    },
    "lb365/connections": {
        "authority": ("bestuur", "filled"),
        "building_block": ("bouwsteen", "lower"),
        "connected_on": ("aangesloten_op", "day"),
        "disconnected_on": ("afgesloten_op", "day"),
    },
    "lb365/third_party": {
        "coupling_id": ("koppeling_id", "filled"),
        "live_on": ("live_op", "day"),
        "stopped_on": ("gestopt_op", "day"),
    },
    "lb365/bus_messages": {
        "message_id": ("bericht_id", "as_is"),
        "occurred_on": ("tijdstip", "moment"),
        "service": ("dienst", "as_is"),
        "partner": ("partner", "as_is"),
        "status_code": ("status_code", "integer"),
        "duration_ms": ("duur_ms", "integer"),
        "bytes": ("bytes", "integer"),
    },
    "register/activities": {
        "activity_id": ("Nr", "filled"),
        "held_on": ("Datum", "day"),
        "programme": ("Programma", "lower"),
        "kind": ("Soort", "lower"),
    },
}

# Fact set: dataset, selector, entity, whether it is an authority, from, until.
# The sets over events and over the security activity are dated by segment.
SETS = {
    "activities": ("register/activities", ("programme", "kind"), "activity_id", False, "held_on", None),
    "data ownership": ("portal/data_ownership", (), "nis_code", True, "since", "until"),
    "plates": ("portal/plates", (), "plate_id", False, "created_on", "deleted_on"),
    "documents": ("portal/documents", (), "document_id", False, "published_on", "withdrawn_on"),
    "measurements": ("portal/maturity", (), "measurement_id", False, "submitted_on", None),
    "measured authorities": ("portal/maturity", (), "nis_code", True, "submitted_on", None),
    "masterplans": ("portal/masterplans", (), "nis_code", True, "started_on", None),
    "tender domains": ("portal/tender_domains", (), "domain", False, "available_since", "withdrawn_on"),
    "solutions": ("catalogue/solutions", (), "solution_id", False, "published_on", "withdrawn_on"),
    "suppliers": ("catalogue/solutions", (), "supplier_id", False, "published_on", "withdrawn_on"),
    "standards": ("catalogue/standards", (), "standard_id", False, "added_on", "removed_on"),
    "couplings": ("catalogue/couplings", (), "coupling_id", False, "available_since", "ended_on"),
    "portfolio": ("catalogue/portfolio", (), "nis_code", True, "since", None),
    "ratings": ("catalogue/ratings", (), "rating_id", False, "given_on", "withdrawn_on"),
    "members": ("security/members", ("role",), "member_id", False, "since", "until"),
    "plans": ("security/plans", (), "plan_id", False, "made_on", None),
    "actions": ("security/actions", (), "action_id", False, "solution_offered_on", None),
    "gdpr scores": ("security/gdpr_scores", (), "nis_code", True, "measured_on", None),
    "qrc subscribers": ("security/qrc_subscribers", (), "subscriber_id", False, "since", "until"),
    "qrc sources": ("security/qrc_sources", (), "source", False, "since", "until"),
    "participants": ("lb365/participants", (), "nis_code", True, "joined_on", "left_on"),
    "connections": ("lb365/connections", ("building_block",), "nis_code", True, "connected_on", "disconnected_on"),
    "third party": ("lb365/third_party", (), "coupling_id", False, "live_on", "stopped_on"),
}

LARGE = ("portal/events", "security/activity", "lb365/bus_messages")


# ---------------------------------------------------------------------------
# Reading
# ---------------------------------------------------------------------------


def made(column: str, how: str, typed: bool) -> "pl.Expr":
    text = pl.col(column)
    match how:
        case "as_is":
            return text
        case "trim":
            return text.str.strip_chars(" ")
        case "integer":
            return text.cast(pl.Int64)
        case "moment" if typed:
            return text.dt.convert_time_zone("Europe/Brussels").dt.date()
        case "moment":
            # Some give an offset or Z; the others are local time, whose day is the text's own.
            zone = text.str.extract(r"(Z|[+-]\d\d:\d\d)$")
            local = text.str.slice(0, 19).str.replace(" ", "T", literal=True)
            offset = pl.when(zone == "Z").then(pl.lit("+00:00")).otherwise(zone)
            instant = (local + offset).str.to_datetime("%Y-%m-%dT%H:%M:%S%:z", time_unit="us")
            day = instant.dt.convert_time_zone("Europe/Brussels").dt.date()
            return pl.when(zone.is_not_null()).then(day).otherwise(local.str.slice(0, 10).str.to_date("%Y-%m-%d"))
    filled = text.str.strip_chars(" \t\r\n")
    filled = pl.when(filled != "").then(filled)
    match how:
        case "lower":
            return filled.str.to_lowercase()
        case "day":
            return filled.str.to_date("%Y-%m-%d")
        case "number":
            return filled.str.replace(",", ".", literal=True).cast(pl.Float64)
    return filled


def scan(dataset: str, kind: str, files: list[Path]) -> "pl.LazyFrame":
    names = SOURCE_COLUMNS.get(dataset, [])
    texts = {name: pl.String for name in names}
    match kind:
        case "csv":
            # A later file may have more columns than an earlier one.
            scans = [pl.scan_csv(file, separator=";", infer_schema=False) for file in files]
            return pl.concat(scans, how="diagonal")
        case "ndjson":
            return pl.scan_ndjson(files, schema=texts)
        case "json":
            # An array of objects, or a page of which `items` is one.
            pages = []
            for file in files:
                page = pl.read_json(file, infer_schema_length=None)
                if "items" in page.columns:
                    page = page.select(pl.col("items").explode().struct.unnest())
                pages.append(page.select(pl.col(name).cast(pl.String) for name in names))
            return pl.concat(pages).lazy()
        case "parquet":
            return pl.scan_parquet(files, missing_columns="insert", extra_columns="ignore")
        case "xlsx":
            return pl.LazyFrame(dict(zip(names, sheet_rows(dataset, files))), schema=texts)
    sys.exit(f"{files[0]}: a format that is not read here")


def raw(landing: Path, dataset: str) -> "pl.LazyFrame":
    """All rows of a dataset, in the order of delivery."""
    parts = []
    for kind, files in runs_of(landing, dataset):
        columns = [made(*how, typed=kind == "parquet").alias(name) for name, how in DATASETS[dataset].items()]
        parts.append(scan(dataset, kind, files).select(columns))
    return pl.concat(parts)


# ---------------------------------------------------------------------------
# Authorities and the latest row of each key
# ---------------------------------------------------------------------------


class Spellings:
    """Who each distinct text stands for, by day."""

    def __init__(self, landing: Path) -> None:
        latest = raw(landing, "reference/authorities").unique(
            ["nis_code", "valid_from"], keep="last", maintain_order=True
        )
        aliases = raw(landing, "reference/aliases").unique("alias", keep="last", maintain_order=True)
        self.authorities, aliases = pl.collect_all([latest, aliases])
        self.resolver = Resolver(
            self.authorities.select("nis_code", "name", "kind", "valid_from", "valid_until").rows(), aliases.rows()
        )

    def resolved(self, rows: "pl.DataFrame", day: str) -> "pl.LazyFrame":
        """The rows with their NIS code; those that nobody is known for have none."""
        texts = rows.lazy().select(pl.col("authority").unique()).collect(engine="streaming")["authority"]
        spans = [(text, *span) for text in texts if text is not None for span in self.resolver.spans(text)]
        schema = {"authority": pl.String, "nis_code": pl.String, "from_day": pl.Date, "until_day": pl.Date}
        table = pl.LazyFrame(spans, schema=schema, orient="row").with_columns(
            several=pl.len().over("authority") > 1
        )
        joined = rows.lazy().join(table, on="authority", how="left", maintain_order="left")
        within = (pl.col(day) >= pl.col("from_day")) & (pl.col(day) < pl.col("until_day"))
        return joined.filter(pl.col("several").not_().fill_null(True) | within).drop("from_day", "until_day", "several")


def current(rows: "pl.LazyFrame", dataset: str) -> "pl.LazyFrame":
    """The latest row of each key, in the order of delivery."""
    key = KEYS[dataset].split(", ")
    if "authority" in key:
        rows = rows.with_columns(key_authority=pl.coalesce("nis_code", "authority"))
        key = ["key_authority" if name == "authority" else name for name in key]
    return rows.with_row_index("position").unique(key, keep="last", maintain_order=True)


def current_of_large(rows: "pl.DataFrame", key: str) -> "pl.DataFrame":
    """The same for a large dataset: few keys come twice, so only their rows are compared."""
    keys = rows.lazy().select(key).with_row_index("position")
    repeated = keys.group_by(key).agg(pl.len().alias("count"), pl.col("position").max().alias("latest"))
    repeated = repeated.filter(pl.col("count") > 1).collect(engine="streaming")
    if repeated.is_empty():
        return rows
    superseded = (
        keys.join(repeated.lazy(), on=key, how="inner")
        .filter(pl.col("position") < pl.col("latest"))
        .select("position")
        .collect(engine="streaming")
    )
    return rows.with_row_index("position").join(superseded, on="position", how="anti").drop("position")


# ---------------------------------------------------------------------------
# The calendar
# ---------------------------------------------------------------------------


def month_end(year: int, month: int) -> datetime.date:
    return datetime.date(year, month, calendar.monthrange(year, month)[1])


def a_year_before(day: datetime.date) -> datetime.date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def periods(as_of: datetime.date) -> "pl.DataFrame":
    rows = []
    for year in range(FIRST_YEAR, as_of.year + 1):
        spans = [(f"{year}Q{quarter}", 3 * quarter - 2, 3 * quarter) for quarter in range(1, 5)]
        spans += [(f"{year}S1", 1, 6), (f"{year}S2", 7, 12), (str(year), 1, 12)]
        for name, first, last in spans:
            end = month_end(year, last)
            months = [month_end(year, month) for month in range(first, last + 1)]
            months = [month for month in months if month <= as_of]
            rows.append((name, datetime.date(year, first, 1), end, min(end, as_of), months))
    schema = {
        "period": pl.String,
        "first_day": pl.Date,
        "last_day": pl.Date,
        "peil": pl.Date,
        "months": pl.List(pl.Date),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def composition(authorities: "pl.DataFrame", peil_days: list[datetime.date]) -> "pl.DataFrame":
    """What stands for each authority on each peildatum: successors are followed until one exists on the day."""
    latest = {
        row["nis_code"]: row
        for row in authorities.sort("valid_from", nulls_last=False, maintain_order=True).iter_rows(named=True)
    }
    rows = []
    for code in latest:
        for peil in peil_days:
            stands = code
            while True:
                row = latest[stands]
                over = row["valid_until"] is not None and peil >= row["valid_until"]
                if not over or row["successor"] not in latest:
                    break
                stands = row["successor"]
            rows.append((peil, code, stands))
    schema = {"peil": pl.Date, "nis_code": pl.String, "stands": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def segment(day: "pl.Expr", as_of: datetime.date) -> "pl.Expr":
    """The last day of the month, cut at the as-of day and a year before it: every window begins and ends on one."""
    before = pl.lit(a_year_before(as_of))
    cut = pl.when(day <= before).then(pl.min_horizontal(day.dt.month_end(), before)).otherwise(day.dt.month_end())
    return pl.min_horizontal(cut, pl.lit(as_of))


# ---------------------------------------------------------------------------
# Counting
# ---------------------------------------------------------------------------


def fact_sets(tables: dict[str, "pl.LazyFrame"]) -> list["pl.LazyFrame"]:
    sets = []
    for name, (dataset, selector, entity, is_authority, start, end) in SETS.items():
        columns = [
            pl.lit(name).alias("fact_set"),
            pl.concat_str(selector, separator=" ").alias("selector")
            if selector
            else pl.lit(None, pl.String).alias("selector"),
            pl.col(entity).alias("entity"),
            pl.lit(is_authority).alias("is_authority"),
            pl.col(start).alias("from_day"),
            (pl.col(end) if end else pl.lit(None, pl.Date)).alias("until_day"),
        ]
        sets.append(tables[dataset].select(columns))
    return sets


def segmented(rows: "pl.LazyFrame", name: str, selector: str | None, entity: str) -> "pl.LazyFrame":
    columns = [pl.col(column) for column in (selector, entity, "segment") if column]
    return rows.select(columns).unique().select(
        pl.lit(name).alias("fact_set"),
        (pl.col(selector) if selector else pl.lit(None, pl.String)).alias("selector"),
        pl.col(entity).alias("entity"),
        pl.lit(entity == "nis_code").alias("is_authority"),
        pl.col("segment").alias("from_day"),
        pl.lit(None, pl.Date).alias("until_day"),
    )


def by_rule(facts: "pl.LazyFrame") -> "pl.LazyFrame":
    """The facts of each indicator."""
    schema = ["indicator_id", "kind", "fact_set", "selector"]
    rules = pl.LazyFrame(RULES, schema={name: pl.String for name in schema}, orient="row")
    every = rules.filter(pl.col("selector").is_null()).drop("selector")
    some = rules.filter(pl.col("selector").is_not_null())
    parts = [
        facts.drop("selector").join(every, on="fact_set"),
        facts.join(some, on=["fact_set", "selector"]).drop("selector"),
    ]
    columns = ["indicator_id", "kind", "entity", "is_authority", "from_day", "until_day"]
    return pl.concat([part.select(columns) for part in parts])


def count(facts: "pl.LazyFrame", stands: "pl.LazyFrame", by: str) -> "pl.LazyFrame":
    """Distinct entities by indicator and `by`; an authority counts as what stands for it."""
    authorities = facts.filter("is_authority").join(
        stands, left_on=["entity", "peil"], right_on=["nis_code", "peil"], how="left"
    )
    authorities = authorities.select("indicator_id", by, entity=pl.coalesce("stands", "entity"))
    others = facts.filter(pl.col("is_authority").not_()).select("indicator_id", by, "entity")
    return (
        pl.concat([authorities, others])
        .unique()
        .group_by("indicator_id", by)
        .agg(pl.col("entity").count().cast(pl.Float64).alias("value"))
    )


def values(facts: "pl.DataFrame", tables: dict, authorities: "pl.DataFrame", as_of: datetime.date) -> "pl.DataFrame":
    calendar_rows = periods(as_of)
    begun = calendar_rows.filter(pl.col("first_day") <= as_of)
    peil_days = sorted(set(begun["peil"]))
    days = pl.LazyFrame(
        [(day, a_year_before(day)) for day in peil_days],
        schema={"peil": pl.Date, "year_before": pl.Date},
        orient="row",
    )
    stands = composition(authorities, peil_days).lazy()
    ruled = by_rule(facts.lazy())

    stocks = ruled.filter(pl.col("kind").is_in(["stock", "cumulative"])).join(days, how="cross")
    lasts = (pl.col("kind") == "cumulative") | pl.col("until_day").is_null() | (pl.col("until_day") > pl.col("peil"))
    stocks = stocks.filter((pl.col("from_day") <= pl.col("peil")) & lasts)

    # Few segments are in few windows: they are paired once, and the rows follow by equality.
    segments = facts.lazy().select("from_day").unique().join(days, how="cross")
    segments = segments.filter(
        (pl.col("from_day") > pl.col("year_before")) & (pl.col("from_day") <= pl.col("peil"))
    ).select("from_day", "peil")
    rollings = ruled.filter(pl.col("kind") == "rolling").join(segments, on="from_day")

    spans = begun.lazy().select("period", "first_day", "peil")
    windows = facts.lazy().select("from_day").unique().join(spans, how="cross")
    windows = windows.filter(pl.col("from_day").is_between("first_day", "peil")).select("from_day", "period", "peil")
    flows = ruled.filter(pl.col("kind").is_in(["flow", "distinct"])).join(windows, on="from_day")

    def latest_by_day(dataset: str, day: str, keys: list[str]) -> "pl.LazyFrame":
        rows = tables[dataset].join(days, how="cross").filter(pl.col(day) <= pl.col("peil"))
        rows = rows.join(stands, on=["nis_code", "peil"])
        # Of two of one day that came together, the later delivered.
        return rows.sort(day, "position").unique(["peil", "stands", *keys], keep="last", maintain_order=True)

    portfolio = (
        latest_by_day("catalogue/portfolio", "since", ["solution_id"])
        .filter(pl.col("status").is_in(["gekozen", "gepland"]))
        .group_by("peil")
        .agg(pl.col("stands").n_unique().cast(pl.Float64).alias("value"))
        .select(pl.lit("OC-02").alias("indicator_id"), "peil", "value")
    )
    scores = (
        latest_by_day("security/gdpr_scores", "measured_on", [])
        .group_by("peil")
        .agg(pl.col("score").mean().alias("value"))
        .select(pl.lit("IV-TL-10").alias("indicator_id"), "peil", "value")
    )
    on_a_day = pl.concat([count(stocks, stands, "peil"), count(rollings, stands, "peil"), portfolio, scores])
    within = count(flows, stands, "period")

    active = ruled.filter(pl.col("kind") == "monthly_active").group_by("indicator_id", "from_day")
    active = active.agg(pl.col("entity").n_unique().alias("members"))
    months = calendar_rows.lazy().select("period", pl.col("months").alias("from_day")).explode("from_day").drop_nulls()
    monthly_rules = [rule[0] for rule in RULES if rule[1] == "monthly_active"]
    monthly = months.join(pl.LazyFrame({"indicator_id": monthly_rules}), how="cross")
    monthly = monthly.join(active, on=["indicator_id", "from_day"], how="left").group_by("indicator_id", "period")
    monthly = monthly.agg(pl.col("members").fill_null(0).mean().alias("monthly"))

    first = facts.lazy().group_by("fact_set").agg(pl.col("from_day").min().alias("first_fact"))
    rules = pl.LazyFrame(
        [rule[:3] for rule in RULES], schema={"indicator_id": pl.String, "kind": pl.String, "fact_set": pl.String},
        orient="row",
    )  # fmt: skip
    every = rules.join(calendar_rows.lazy().drop("months"), how="cross").join(first, on="fact_set", how="left")
    every = every.join(on_a_day.rename({"value": "on_a_day"}), on=["indicator_id", "peil"], how="left")
    every = every.join(within.rename({"value": "within"}), on=["indicator_id", "period"], how="left")
    every = every.join(monthly, on=["indicator_id", "period"], how="left")
    not_yet = (pl.col("first_day") > as_of) | (pl.col("first_fact") > pl.col("peil")).fill_null(True)
    value = (
        pl.when(not_yet)
        .then(None)
        .when(pl.col("kind") == "monthly_active")
        .then("monthly")
        .when(pl.col("kind") == "average")
        .then("on_a_day")
        .otherwise(pl.coalesce("on_a_day", "within", 0.0))
    )
    return every.select("indicator_id", "period", value=value).sort("indicator_id", "period").collect(engine="streaming")


def bus_traffic(rows: "pl.DataFrame", as_of: datetime.date) -> "pl.DataFrame":
    errors = (pl.col("status_code") >= 400).sum()
    return (
        rows.lazy()
        .filter(pl.col("occurred_on") <= as_of)
        .group_by(pl.col("occurred_on").dt.truncate("1mo").alias("month"), "service", "partner")
        .agg(
            messages=pl.len(),
            errors=errors,
            error_rate=errors / pl.len(),
            p50_ms=pl.col("duration_ms").quantile(0.5, "linear"),
            p95_ms=pl.col("duration_ms").quantile(0.95, "linear"),
            bytes=pl.col("bytes").sum(),
        )
        .sort("month", "service", "partner")
        .with_columns(pl.col("month").dt.strftime("%Y-%m"))
        .collect(engine="streaming")
    )


# ---------------------------------------------------------------------------
# The run
# ---------------------------------------------------------------------------


def run(options: argparse.Namespace, done: Callable[[str], None]) -> None:
    landing, as_of = options.landing, options.as_of
    spellings = Spellings(landing)
    small = [name for name in DATASETS if name not in LARGE and not name.startswith("reference/")]
    frames = dict(zip(small, pl.collect_all([raw(landing, name) for name in small], engine="streaming")))
    tables = {}
    for dataset, rows in frames.items():
        resolved = spellings.resolved(rows, FACT_DAYS[dataset]) if dataset in FACT_DAYS else rows.lazy()
        tables[dataset] = current(resolved, dataset).collect().lazy()
    done("small datasets")

    # The events after one another: each is let go before the next is read.
    events = current_of_large(raw(landing, "portal/events").collect(engine="streaming"), "event_id")
    events = events.filter(pl.col("occurred_on") <= as_of).drop("event_id")
    events = spellings.resolved(events, "occurred_on").select(
        "module", "user_id", "nis_code", segment=segment(pl.col("occurred_on"), as_of)
    )
    events = events.unique().collect(engine="streaming")
    done("events")
    security = current_of_large(raw(landing, "security/activity").collect(engine="streaming"), "activity_id")
    security = security.lazy().filter(pl.col("occurred_on") <= as_of)
    security = security.select("member_id", segment=segment(pl.col("occurred_on"), as_of))
    sets = [
        segmented(events.lazy(), "events by authority", "module", "nis_code"),
        segmented(events.lazy(), "events by user", "module", "user_id"),
        segmented(security, "security activity", None, "member_id"),
        *fact_sets(tables),
    ]
    facts = pl.concat(sets).filter(pl.col("from_day").is_not_null()).collect(engine="streaming")
    del events, security
    values(facts, tables, spellings.authorities, as_of).write_csv(options.out)
    done("indicators")
    messages = current_of_large(raw(landing, "lb365/bus_messages").collect(engine="streaming"), "message_id")
    bus_traffic(messages, as_of).write_csv(options.bus)
    done("bus traffic")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("landing", type=Path, help="the folder with the deliveries")
    parser.add_argument("--as-of", type=datetime.date.fromisoformat, required=True, help="the last day that counts")
    parser.add_argument("--out", type=Path, required=True, help="where the values are written, as CSV")
    parser.add_argument("--bus", type=Path, help="where the bus traffic is written (default: beside the values)")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    options.bus = options.bus or options.out.with_name(f"{options.out.stem}_bus_traffic.csv")

    # Read when the library is loaded, so it is loaded after it is set.
    os.environ["POLARS_MAX_THREADS"] = str(options.threads)
    global pl
    import polars as pl

    wall, processor = time.perf_counter(), time.process_time()
    seconds: dict[str, float] = {}
    started = wall

    def done(step: str) -> None:
        nonlocal started
        now = time.perf_counter()
        seconds[step] = now - started
        started = now

    run(options, done)
    steps = ", ".join(f"{step} {spent:.2f}" for step, spent in seconds.items())
    print(f"{time.perf_counter() - wall:.2f} s, {time.process_time() - processor:.2f} s of processor time ({steps})")


if __name__ == "__main__":
    main()
