"""What the peers share: which files are read in which order, the keys, the
rules of the indicators, and who a spelling of an authority stands for.

No row of a large dataset passes through here.
"""

import calendar
import datetime
import re
import sys
import unicodedata
from pathlib import Path

from python_calamine import CalamineWorkbook

FIRST_YEAR = 2018

# The members that are read of the sources that do not name them in a header.
SOURCE_COLUMNS = {
    "reference/authorities": ["nis_code", "naam", "soort", "geldig_van", "geldig_tot", "opvolger_nis"],
    "portal/events": ["gebeurtenis_id", "tijdstip", "gebruiker_id", "bestuur", "onderdeel"],
    "portal/maturity": ["meting_id", "bestuur", "ingediend_op"],
    "catalogue/solutions": ["oplossing_id", "leverancier_id", "gepubliceerd_op", "ingetrokken_op"],
    "catalogue/standards": ["standaard_id", "opgenomen_op", "verwijderd_op"],
    "catalogue/couplings": ["koppeling_id", "beschikbaar_sinds", "beeindigd_op"],
    "security/activity": ["activiteit_id", "tijdstip", "lid_id"],
    "lb365/bus_messages": [
        "bericht_id", "tijdstip", "dienst", "partner", "status_code", "duur_ms", "bytes",
    ],
    "register/activities": ["Nr", "Datum", "Programma", "Soort"],
}  # fmt: skip

SHEETS = {"register/activities": "Activiteiten"}

# The key of each dataset. An authority in a key is compared by its NIS code,
# and the day of the fact is the one by which it resolves.
KEYS = {
    "portal/events": "event_id",
    "portal/plates": "plate_id",
    "portal/data_ownership": "authority, department, since",
    "portal/documents": "document_id",
    "portal/maturity": "measurement_id",
    "portal/masterplans": "masterplan_id",
    "portal/tender_domains": "domain",
    "catalogue/solutions": "solution_id",
    "catalogue/standards": "standard_id",
    "catalogue/couplings": "coupling_id",
    "catalogue/portfolio": "authority, solution_id, since",
    "catalogue/ratings": "rating_id",
    "security/activity": "activity_id",
    "security/members": "member_id, role, since",
    "security/plans": "plan_id",
    "security/actions": "action_id",
    "security/gdpr_scores": "authority, measured_on",
    "security/qrc_subscribers": "subscriber_id, channel, since",
    "security/qrc_sources": "source",
    "lb365/participants": "authority, joined_on",
    "lb365/connections": "authority, building_block, connected_on",
    "lb365/third_party": "coupling_id",
    "lb365/bus_messages": "message_id",
    "register/activities": "activity_id",
    "reference/authorities": "nis_code, valid_from",
    "reference/aliases": "alias",
}

FACT_DAYS = {
    "portal/data_ownership": "since",
    "portal/maturity": "submitted_on",
    "portal/masterplans": "started_on",
    "portal/events": "occurred_on",
    "catalogue/portfolio": "since",
    "security/gdpr_scores": "measured_on",
    "lb365/participants": "joined_on",
    "lb365/connections": "connected_on",
}

RULES = [
    ("VVG-TK-01", "rolling", "events by authority", None),
    ("VVG-TK-02", "flow", "activities", "vlavirgem opleiding"),
    ("VVG-TK-03", "flow", "activities", "vlavirgem communicatie"),
    ("VVG-RA-02", "rolling", "events by user", "referentiearchitectuur"),
    ("VVG-RA-03", "stock", "data ownership", None),
    ("VVG-RA-04", "stock", "plates", None),
    ("VVG-BS-02", "rolling", "events by user", "bouwstenen"),
    ("VVG-LN-02", "stock", "documents", None),
    ("VVG-LN-03", "rolling", "events by user", "leernetwerk"),
    ("VVG-MM-02", "cumulative", "measurements", None),
    ("VVG-MM-03", "distinct", "events by authority", "maturiteitsmeting"),
    ("VVG-MM-04", "cumulative", "measured authorities", None),
    ("VVG-MP-02", "cumulative", "masterplans", None),
    ("VVG-AK-01", "stock", "tender domains", None),
    ("VVG-AK-04", "rolling", "events by user", "bestekgenerator"),
    ("OC-01", "stock", "solutions", None),
    ("OC-02", "portfolio", "portfolio", None),
    ("OC-03", "stock", "suppliers", None),
    ("OC-04", "stock", "standards", None),
    ("OC-05", "stock", "couplings", None),
    ("OC-06", "stock", "ratings", None),
    ("IV-PF-02", "monthly_active", "security activity", None),
    ("IV-KE-01", "stock", "members", "expert"),
    ("IV-KE-02", "stock", "members", "dienstverlener"),
    ("IV-KE-03", "flow", "activities", "informatieveiligheid communicatie"),
    ("IV-KE-04", "flow", "activities", "informatieveiligheid workshop"),
    ("IV-CO-02", "stock", "members", "lid"),
    ("IV-TL-07", "stock", "members", "gebruikersgroep"),
    ("IV-TL-08", "cumulative", "plans", None),
    ("IV-TL-09", "cumulative", "actions", None),
    ("IV-TL-10", "average", "gdpr scores", None),
    ("IV-TL-11", "flow", "activities", "informatieveiligheid opleiding"),
    ("IV-QR-04", "stock", "qrc subscribers", None),
    ("IV-QR-05", "stock", "qrc sources", None),
    ("LB-LB-01", "stock", "participants", None),
    ("LB-LB-02", "flow", "activities", "lb365 demonstratie"),
    ("LB-LB-03", "flow", "activities", "lb365 opleiding"),
    ("LB-LB-04", "flow", "activities", "lb365 werkgroep"),
    ("LB-LB-05", "flow", "activities", "lb365 overlegmoment"),
    ("LB-VB-01", "stock", "connections", "oslo"),
    ("LB-VB-02", "stock", "connections", "magda"),
    ("LB-VB-03", "stock", "connections", "dosis"),
    ("LB-VB-04", "stock", "connections", "mbp"),
    ("LB-VB-05", "stock", "connections", "dav"),
    ("LB-VB-06", "stock", "connections", "lblod"),
    ("LB-VB-07", "stock", "connections", "dtp"),
    ("LB-VB-08", "stock", "connections", "eloket"),
    ("LB-VB-09", "stock", "connections", "magdadoc"),
    ("LB-VB-21", "stock", "third party", None),
]


def delivery_date(name: str) -> str:
    """The first `YYYY-MM-DD` of a file name, or the last day of its first `YYYY-MM`."""
    if found := re.search(r"\d{4}-\d{2}-\d{2}", name):
        return found[0]
    if found := re.search(r"(\d{4})-(\d{2})", name):
        year, month = int(found[1]), int(found[2])
        return datetime.date(year, month, calendar.monthrange(year, month)[1]).isoformat()
    sys.exit(f"{name}: no date in the file name")


def deliveries(landing: Path, dataset: str) -> list[Path]:
    """The files of a dataset in the order in which a later row wins."""
    folder = landing / dataset
    files = [file for file in folder.glob("*") if file.is_file() and not file.name.startswith(".")]
    return sorted(files, key=lambda file: (delivery_date(file.name), file.name))


def shape(file: Path) -> str:
    suffixes = [suffix for suffix in file.suffixes if suffix not in (".gz", ".zst")]
    return suffixes[-1].removeprefix(".") if suffixes else ""


def runs_of(landing: Path, dataset: str) -> list[tuple[str, list[Path]]]:
    """The deliveries of a dataset in order, those of one format that follow on each other together."""
    runs: list[tuple[str, list[Path]]] = []
    for file in deliveries(landing, dataset):
        kind = shape(file)
        if runs and runs[-1][0] == kind:
            runs[-1][1].append(file)
        else:
            runs.append((kind, [file]))
    if not runs:
        sys.exit(f"{landing / dataset}: no delivery")
    return runs


def table(dataset: str) -> str:
    return dataset.replace("/", "_")


def sheet_rows(dataset: str, files: list[Path]) -> list[list[str | None]]:
    """The columns of the dataset's sheet, all as text: a small table."""
    names = SOURCE_COLUMNS[dataset]
    columns: list[list[str | None]] = [[] for _ in names]
    for file in files:
        rows = CalamineWorkbook.from_path(str(file)).get_sheet_by_name(SHEETS[dataset]).to_python()
        header = [str(cell).strip().lower() for cell in rows[0]]
        places = [header.index(name.lower()) for name in names]
        for row in rows[1:]:
            if any(cell != "" for cell in row):
                for column, place in zip(columns, places):
                    column.append(cell_text(row[place]))
    return columns


def cell_text(cell) -> str | None:
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return None if cell == "" else str(cell)


LEADING_WORDS = [
    "gemeentebestuur", "gemeenteenocmw", "lokaalbestuur", "stadsbestuur", "gemeentevan",
    "stadenocmw", "gemeente", "stadvan", "ocmw", "stad",
]  # fmt: skip
PROVINCE_WORDS = ["provinciebestuur", "provincie", "prov"]
IGNORED = re.compile(r"[\s.\-\u00ad\u2010-\u2015\u2212]+")

Holder = tuple[str, datetime.date | None, datetime.date | None]


def normalise(text: str) -> str:
    """The form in which spellings are equal."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return IGNORED.sub("", plain).replace("sint", "st")


class Resolver:
    """Who a text may stand for, by validity."""

    def __init__(self, authorities: list[tuple], aliases: list[tuple[str, str]]) -> None:
        self.codes: dict[str, list[Holder]] = {}
        self.municipalities: dict[str, list[Holder]] = {}
        self.provinces: dict[str, list[Holder]] = {}
        for code, name, kind, valid_from, valid_until in authorities:
            self.codes[code] = [(code, None, None)]
            names = self.municipalities if kind == "gemeente" else self.provinces
            names.setdefault(normalise(name), []).append((code, valid_from, valid_until))
        for holders in (*self.municipalities.values(), *self.provinces.values()):
            holders.sort(key=lambda holder: (holder[1] or datetime.date.min, holder[0]))
        self.aliases = {normalise(alias): self.codes.get(code, []) for alias, code in aliases}

    def holders(self, text: str) -> list[Holder]:
        plain = normalise(text)
        if found := self.whole(plain):
            return found
        for word in LEADING_WORDS:
            if plain.startswith(word) and (found := self.whole(plain.removeprefix(word))):
                return found
        return []

    def whole(self, plain: str) -> list[Holder]:
        for names in (self.codes, self.municipalities, self.provinces, self.aliases):
            if found := names.get(plain):
                return found
        for word in PROVINCE_WORDS:
            if plain.startswith(word) and (found := self.provinces.get(plain.removeprefix(word))):
                return found
        return []

    def spans(self, text: str) -> list[tuple[str, datetime.date, datetime.date]]:
        """Who it is from a day until a day: the one valid then, else the latest."""
        holders = self.holders(text)
        if not holders:
            return []
        if len({code for code, _, _ in holders}) == 1:
            return [(holders[0][0], datetime.date.min, datetime.date.max)]
        days = {day for _, *validity in holders for day in validity if day}
        bounds = [datetime.date.min, *sorted(days), datetime.date.max]
        found = []
        for start, end in zip(bounds, bounds[1:]):
            valid = [
                code
                for code, valid_from, valid_until in holders
                if (not valid_from or valid_from <= start) and (not valid_until or valid_until > start)
            ]
            found.append((valid[-1] if valid else holders[-1][0], start, end))
        return found
