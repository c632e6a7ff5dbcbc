"""OpenLineage events, a line each, by the classes of openlineage-python, which
are generated from the specification: each event and facet must have what its
class requires and nothing that it does not know. Prints what is wrong."""

import importlib
import json
import pkgutil
import sys
import uuid
from pathlib import Path

import attr
from openlineage.client import generated
from openlineage.client.generated import base

classes = {}
for module in pkgutil.iter_modules(generated.__path__):
    for name, value in vars(importlib.import_module(f"openlineage.client.generated.{module.name}")).items():
        if isinstance(value, type) and attr.has(value):
            classes[name] = value
wrong = []


def facets(place, group):
    for key, facet in group.items():
        cls = classes[facet["_schemaURL"].rsplit("/", 1)[-1]]
        known = {field.name: field for field in attr.fields(cls)}
        given = {name for name in facet if not name.startswith("_")}
        missing = {name for name, field in known.items() if field.init and field.default is attr.NOTHING} - given
        unknown = given - set(known)
        if missing or unknown:
            wrong.append(f"{place}: {key}: missing {sorted(missing)}, unknown {sorted(unknown)}")
        elif facet["_schemaURL"] != cls._get_schema():
            wrong.append(f"{place}: {key}: {facet['_schemaURL']} is not {cls._get_schema()}")
        else:
            cls(**{name: facet[name] for name in given})


told = []
for number, line in enumerate(Path(sys.argv[1]).read_text().splitlines(), 1):
    event = json.loads(line)
    run, job = event["run"], event["job"]
    uuid.UUID(run["runId"])
    base.RunEvent(
        eventTime=event["eventTime"],
        producer=event["producer"],
        eventType=base.EventType[event["eventType"]],
        run=base.Run(runId=run["runId"]),
        job=base.Job(namespace=job["namespace"], name=job["name"]),
        inputs=[base.InputDataset(namespace=one["namespace"], name=one["name"]) for one in event["inputs"]],
        outputs=[base.OutputDataset(namespace=one["namespace"], name=one["name"]) for one in event["outputs"]],
    )
    if event["schemaURL"] != base.RunEvent._get_schema():
        wrong.append(f"line {number}: {event['schemaURL']}")
    facets(f"line {number}: run", run["facets"])
    facets(f"line {number}: job", job["facets"])
    for dataset in event["inputs"] + event["outputs"]:
        for group in ("facets", "inputFacets", "outputFacets"):
            facets(f"line {number}: {dataset['name']}", dataset.get(group, {}))
        columns = {field["name"] for field in dataset.get("facets", {}).get("schema", {}).get("fields", [])}
        lineage = dataset.get("facets", {}).get("columnLineage", {}).get("fields", {})
        if set(lineage) - columns:
            wrong.append(f"line {number}: {dataset['name']}: lineage of {sorted(set(lineage) - columns)}")
    told.append(f"{event['eventType']} {job['name']}")

print(*wrong[:20], sep="\n")
print(*told, sep="\n", file=sys.stderr)
sys.exit(1 if wrong else 0)
