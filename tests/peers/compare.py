"""Peil and its peers on the same deliveries, in turn: time, memory, equality.

    python compare.py LANDING --peil target/release/peil --as-of 2022-07-31

Runs each of Peil, DuckDB and Polars `--rounds` times, one after the other in
every round, checks after each that the 49 indicators are equal, and prints the
medians with the ratio to Peil. Then run after run, with nothing new and where a
day of events comes late: Peil, and with `--dbt` a dbt project on DuckDB. Needs
what the peers need.
"""

import argparse
import csv
import gzip
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
KEY = "a key for measuring only, not for data"
VALUES = "select indicator_id, period, value from marts.indicator_values where value is not null and period >= '2018'"
EVENTS = "portal/events"


@dataclass
class Measured:
    """What one process took."""

    wall: float
    processor: float
    megabytes: float


def measure(command: list[str], quiet_codes: tuple[int, ...] = (0,)) -> Measured:
    """Runs a command to its end; its own words are shown only when it fails."""
    with tempfile.TemporaryFile() as words:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=words, stderr=words, env=os.environ | {"PEIL_PSEUDONYM_KEY": KEY})
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in quiet_codes:
            words.seek(0)
            sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{words.read().decode()}")
    return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def values(rows) -> dict[tuple[str, str], float]:
    return {(row["indicator_id"], row["period"]): float(row["value"]) for row in csv.DictReader(rows) if row["value"]}


def values_of_peil(peil: str, warehouse: Path) -> dict[tuple[str, str], float]:
    command = [peil, "--warehouse", str(warehouse), "sql", VALUES, "--format", "csv"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return values(answer.stdout.splitlines())


def must_be_equal(name: str, found: dict, expected: dict) -> None:
    differing = [
        f"  {indicator} {period}: {found.get((indicator, period))} instead of {expected.get((indicator, period))}"
        for indicator, period in sorted(found.keys() | expected.keys())
        if abs(found.get((indicator, period), float("nan")) - expected.get((indicator, period), float("nan"))) > 1e-9
        or (indicator, period) not in found
        or (indicator, period) not in expected
    ]
    if differing:
        sys.exit(f"{name} differs from Peil in {len(differing)} figures:\n" + "\n".join(differing[:20]))


def landing_without(landing: Path, copy: Path, left_out: Path) -> None:
    """The same deliveries by hard links, where they can be, without one of them."""
    shutil.copytree(landing, copy, copy_function=link_or_copy)
    (copy / left_out).unlink()


def link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def last_day_of(file: Path) -> bytes:
    """The rows of a delivery of events whose text names its last day."""
    packed = file.suffix == ".gz"
    text = (gzip.decompress(file.read_bytes()) if packed else file.read_bytes()).decode()
    day = max(re.findall(r'"tijdstip":\s*"(\d{4}-\d\d-\d\d)', text))
    rows = "".join(line for line in text.splitlines(keepends=True) if re.search(rf'"tijdstip":\s*"{day}', line))
    return gzip.compress(rows.encode()) if packed else rows.encode()


def table(title: str, measured: dict[str, list[Measured]], base: str) -> None:
    def middle(name: str, what: str) -> float:
        return statistics.median(getattr(one, what) for one in measured[name])

    print(f"\n{title}\n| | wall s | processor s | peak MB | wall ratio | processor ratio |\n| --- | --- | --- | --- | --- | --- |")
    for name in measured:
        wall, processor, memory = (middle(name, what) for what in ("wall", "processor", "megabytes"))
        ratios = f"{wall / middle(base, 'wall'):.3f} | {processor / middle(base, 'processor'):.3f}"
        print(f"| {name} | {wall:.2f} | {processor:.2f} | {memory:.0f} | {ratios} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("landing", type=Path, help="the folder with the deliveries")
    parser.add_argument("--peil", required=True, help="the program, built with --release")
    parser.add_argument("--as-of", required=True, help="the last day that counts")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2, help="threads of the peers")
    parser.add_argument("--memory", default="2GB", help="what DuckDB may use before it writes to disk")
    parser.add_argument("--dbt", help="a Python with dbt-duckdb, to compare next runs with it too")
    options = parser.parse_args()

    full: dict[str, list[Measured]] = {"Peil": [], "DuckDB": [], "Polars": []}
    names = ["Peil", "dbt"] if options.dbt else ["Peil"]
    again = {name: {run: [] for run in ("a full run", "nothing new", "a day of events comes late")} for name in names}
    newest = max((options.landing / EVENTS).iterdir(), key=lambda file: file.name).relative_to(options.landing)
    with tempfile.TemporaryDirectory() as scratch_name:
        scratch = Path(scratch_name)
        for number in range(options.rounds):
            warehouse = scratch / f"warehouse-{number}"
            run = ["--warehouse", str(warehouse), "run", "--as-of", options.as_of]
            full["Peil"].append(measure([options.peil, "--landing", str(options.landing), *run]))
            expected = values_of_peil(options.peil, warehouse)
            for name, more in (("DuckDB", ["--memory", options.memory]), ("Polars", [])):
                out = scratch / f"{name}.csv"
                command = [sys.executable, str(HERE / f"{name.lower()}_indicators.py"), str(options.landing)]
                command += ["--as-of", options.as_of, "--out", str(out), "--threads", str(options.threads), *more]
                full[name].append(measure(command))
                with out.open() as rows:
                    must_be_equal(name, values(rows), expected)
            shutil.rmtree(warehouse)

            for name in names:
                landing, project = scratch / f"landing-{number}", scratch / f"dbt-{number}"
                landing_without(options.landing, landing, newest)
                run = [options.peil, "--landing", str(landing), "--warehouse", str(warehouse), "run"]
                if name == "dbt":
                    run = [options.dbt, str(HERE / "dbt_indicators.py"), str(landing), "--project", str(project)]
                    run += ["--out", str(scratch / "dbt.csv"), "--threads", str(options.threads), "--memory", options.memory]
                run += ["--as-of", options.as_of]
                again[name]["a full run"].append(measure(run))
                again[name]["nothing new"].append(measure(run))
                (landing / newest).write_bytes(last_day_of(options.landing / newest))
                again[name]["a day of events comes late"].append(measure(run))
                shutil.rmtree(landing)
                if name == "Peil":
                    expected = values_of_peil(options.peil, warehouse)
                    shutil.rmtree(warehouse)
                    continue
                with (scratch / "dbt.csv").open() as rows:
                    must_be_equal(name, values(rows), expected)
                shutil.rmtree(project)
    table("From raw deliveries to the indicators", full, "Peil")
    for name in names:
        table(f"{name}, run after run", again[name], "a full run")


if __name__ == "__main__":
    main()
