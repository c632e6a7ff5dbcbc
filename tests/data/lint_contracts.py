"""Every contract, by the validator of the Open Data Contract Standard."""

import sys
from pathlib import Path

from datacontract.data_contract import DataContract

failed = 0
contracts = sorted(Path("ingest/contracts").rglob("*.odcs.yaml"))
for contract in contracts:
    run = DataContract(data_contract_file=str(contract)).lint()
    if not run.has_passed():
        failed += 1
        print(contract, *(f"{check.name}: {check.reason}" for check in run.checks), sep="\n  ")
print(f"{len(contracts)} contracts, {failed} refused by datacontract lint")
sys.exit(1 if failed or not contracts else 0)
