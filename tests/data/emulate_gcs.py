"""Google Cloud Storage, as far as an object store is used: objects with
generations, conditions on them, ranges and listings (the XML interface).
Usage: emulate_gcs.py PORT BUCKET"""

import email.utils
import hashlib
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

port, bucket = int(sys.argv[1]), sys.argv[2]
objects = {}
generation = 0
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name == "content-length" for name, _ in headers):
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def place(self):
        parsed = urllib.parse.urlsplit(self.path)
        _, name, *key = urllib.parse.unquote(parsed.path).split("/", 2)
        return name, (key[0] if key else ""), dict(urllib.parse.parse_qsl(parsed.query, keep_blank_values=True))

    def do_PUT(self):
        global generation
        name, key, _ = self.place()
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        condition = self.headers.get("x-goog-if-generation-match")
        with lock:
            if name != bucket:
                return self.answer(404, b"NoSuchBucket: the specified bucket does not exist")
            there = objects.get(key)
            if condition is not None and int(condition) != (there[1] if there else 0):
                return self.answer(412, b"conditionNotMet")
            generation += 1
            objects[key] = (body, generation)
            headers = [("etag", f'"{hashlib.md5(body).hexdigest()}"'), ("x-goog-generation", str(generation))]
        self.answer(200, b"", headers)

    def do_DELETE(self):
        _, key, _ = self.place()
        with lock:
            gone = objects.pop(key, None)
        self.answer(204 if gone else 404)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        name, key, query = self.place()
        if name != bucket:
            return self.answer(404, b"NoSuchBucket: the specified bucket does not exist")
        if not key:
            return self.listing(query)
        there = objects.get(key)
        if there is None:
            return self.answer(404, b"NoSuchKey")
        body, number = there
        headers = [
            ("etag", f'"{hashlib.md5(body).hexdigest()}"'),
            ("x-goog-generation", str(number)),
            ("last-modified", email.utils.formatdate(usegmt=True)),
        ]
        asked = self.headers.get("range")
        if asked:
            first, last = asked.removeprefix("bytes=").split("-")
            start = int(first) if first else len(body) - int(last)
            end = min(int(last), len(body) - 1) if first and last else len(body) - 1
            headers.append(("content-range", f"bytes {start}-{end}/{len(body)}"))
            return self.answer(206, body[start : end + 1], headers)
        if self.command == "HEAD":
            headers.append(("content-length", str(len(body))))
        self.answer(200, body, headers)

    def listing(self, query):
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        found, folders = [], set()
        with lock:
            for key in sorted(key for key in objects if key.startswith(prefix)):
                rest = key[len(prefix) :]
                if delimiter and delimiter in rest:
                    folders.add(prefix + rest.split(delimiter)[0] + delimiter)
                else:
                    found.append((key, len(objects[key][0]), hashlib.md5(objects[key][0]).hexdigest()))
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2022-07-01T00:00:00.000Z</LastModified>"
            f"<ETag>&quot;{etag}&quot;</ETag><Size>{size}</Size></Contents>"
            for key, size, etag in found
        )
        common = "".join(f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in sorted(folders))
        self.answer(200, f"<ListBucketResult>{contents}{common}</ListBucketResult>".encode())


server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
print("READY", flush=True)
server.serve_forever()
