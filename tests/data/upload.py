"""Copies a folder into the bucket `lake` of an emulated object store, under
`landing/`; makes the container first where that is Azure's. The account and
key are those that all emulators of Azure have.
Usage: upload.py s3|az|gs PORT [FOLDER]"""

import base64
import email.utils
import hashlib
import hmac
import http.client
import pathlib
import sys
import urllib.parse

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

kind, port = sys.argv[1], int(sys.argv[2])
connection = http.client.HTTPConnection("127.0.0.1", port)


def put(path, body, headers):
    connection.request("PUT", path, body=body, headers=headers)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status not in (200, 201):
        sys.exit(f"{path}: {answer.status}: {said.decode()}")


def azure(path, body, resource="", extra=""):
    date = email.utils.formatdate(usegmt=True)
    kept = {"x-ms-date": date, "x-ms-version": "2021-08-06"}
    if extra:
        kept["x-ms-blob-type"] = extra
    canonical = "".join(f"{name}:{kept[name]}\n" for name in sorted(kept))
    length = str(len(body)) if body else ""
    text = f"PUT\n\n\n{length}\n" + "\n" * 8 + canonical + f"/{ACCOUNT}/{ACCOUNT}/{path}" + resource
    signature = base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()
    query = "?restype=container" if resource else ""
    put(
        f"/{ACCOUNT}/{path}{query}",
        body,
        {**kept, "authorization": f"SharedKey {ACCOUNT}:{signature}", "content-length": str(len(body))},
    )


if kind == "az" and len(sys.argv) == 3:
    azure("lake", b"", resource="\nrestype:container")
if kind == "s3":
    import boto3

    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id="tests",
        aws_secret_access_key="tests",
    )
if len(sys.argv) == 4:
    folder = pathlib.Path(sys.argv[3])
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        key, body = f"landing/{file.relative_to(folder)}", file.read_bytes()
        if kind == "s3":
            client.put_object(Bucket="lake", Key=key, Body=body)
        elif kind == "az":
            azure(f"lake/{urllib.parse.quote(key)}", body, extra="BlockBlob")
        else:
            put(f"/lake/{urllib.parse.quote(key)}", body, {})
