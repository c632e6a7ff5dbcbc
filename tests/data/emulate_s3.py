"""Amazon S3 as moto emulates it, one request at a time: so that a write which
compares does it in one step, as the real one does. Prints a line for each
request. Usage: emulate_s3.py PORT BUCKET"""

import logging
import os
import sys

os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

port, bucket = int(sys.argv[1]), sys.argv[2]
application = DomainDispatcherApplication(create_backend_app)
logging.getLogger("werkzeug").setLevel(logging.ERROR)


def counted(environ, start_response):
    print(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", ""), flush=True)
    return application(environ, start_response)


server = make_server("127.0.0.1", port, counted, threaded=False)
from moto.s3.models import s3_backends

s3_backends["123456789012"]["aws"].create_bucket(bucket, "us-east-1")
print("READY", flush=True)
server.serve_forever()
