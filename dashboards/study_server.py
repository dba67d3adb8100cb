"""Study server: Optuna's own dashboard on a study database, as ``dashboards.serve`` starts it.

The address comes through the environment: a PostgreSQL address has a password, and everybody on a machine can read command lines.
"""

import os
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

STORAGE = "LOSOTUNE_STUDY_STORAGE"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Nothing: a page asks every few seconds."""


def main(host: str, port: int) -> None:
    """Serve until somebody ends the process."""
    from optuna_dashboard import wsgi

    with make_server(host, port, wsgi(os.environ[STORAGE]), _Server, _Quiet) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
