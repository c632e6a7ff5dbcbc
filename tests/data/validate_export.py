"""An export, by the public validators of its formats: frictionless (Data
Package), csvw (CSV on the Web), pyshacl (DCAT-AP Vlaanderen, by dcat_ap_vl.ttl
beside this file), sdmx1 (SDMX). Prints what is wrong."""

import csv
import json
import sys
from pathlib import Path

import csvw
import frictionless
import pyshacl
import rdflib
import sdmx
from sdmx.reader.csv import Reader

folder = Path(sys.argv[1])
wrong = []

package = frictionless.validate(str(folder / "datapackage.json"))
wrong += [f"frictionless: {error.type}: {error.note}" for error in package.errors]
wrong += [f"frictionless: {task.name}: {error.type}: {error.note}" for task in package.tasks for error in task.errors]

tables = csvw.CSVW(str(folder / "csv-metadata.json"), validate=True)
wrong += [f"csvw: {warning.message}" for warning in tables.warnings]
if not tables.is_valid:
    wrong.append("csvw: the tables are not valid")

graph = rdflib.Graph().parse(folder / "dcat.jsonld", format="json-ld", publicID="https://example.org/peil/")
shapes = rdflib.Graph().parse(Path(__file__).with_name("dcat_ap_vl.ttl"))
conforms, _, report = pyshacl.validate(graph, shacl_graph=shapes)
if not conforms:
    wrong.append(f"pyshacl: {report}")
# Every address of the description is a file of the export.
for address in graph.objects(None, rdflib.DCAT.downloadURL):
    if not (folder / str(address).removeprefix("https://example.org/peil/")).is_file():
        wrong.append(f"dcat: {address} is not there")

structure = sdmx.read_sdmx(folder / "sdmx/structure.xml")
definition = structure.structure["PEIL_INDICATORS"]
with open(folder / "sdmx/indicators.csv", "rb") as file:
    data = Reader().convert(file, structure=structure.dataflow["PEIL_INDICATORS"])
observations = [one for dataset in data.data for one in dataset.obs]
coded = {
    component.id: set(component.local_representation.enumerated.items)
    for component in [*definition.dimensions.components, *definition.attributes.components]
    if component.local_representation.enumerated is not None
}
seen = set()
for one in observations:
    key = tuple(str(value.value) for value in one.dimension.values.values())
    if key in seen:
        wrong.append(f"sdmx: {key} stands twice")
    seen.add(key)
    values = {name: value.value for name, value in one.dimension.values.items()}
    values |= {name: value.value for name, value in one.attached_attribute.items()}
    for name, codes in coded.items():
        if str(values[name]) not in codes:
            wrong.append(f"sdmx: {name} {values[name]} is no code of its list")
    if (values["OBS_STATUS"] == "Q") != (one.value in (None, "")):
        wrong.append(f"sdmx: {key} is suppressed and has a value, or neither")

# The figures are those of the table.
with open(folder / "data/indicator_values.csv", newline="") as file:
    table = list(csv.DictReader(file))
wanted = sum(1 for row in table for column in ("value", "target") if row[column] != "")
whole = [one for one in observations if str(one.dimension["REF_AREA"].value) == "BE2"]
if len(whole) != wanted:
    wrong.append(f"sdmx: {len(whole)} figures of the programme, and {wanted} in the table")

print(*wrong[:20], sep="\n")
print(json.dumps({"resources": len(package.tasks), "triples": len(graph), "observations": len(observations)}), file=sys.stderr)
sys.exit(1 if wrong else 0)
