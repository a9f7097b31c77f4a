"""A book shown in a browser on this machine, and told to reload whenever it is written anew.

Only this machine can ask, only for the book, and only under this machine's own names: a page from elsewhere that has
its name point here (DNS rebinding) is turned away by the Host header.
"""

from __future__ import annotations

import json
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import novel
from novel.errors import FileError

_TEMPLATES = Path(novel.__file__).parent / "data" / "templates"
_STILL_THERE = 15.0
"""Seconds between signs of life on the stream of events, by which a closed browser is noticed."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)


class _Server(ThreadingHTTPServer):
    """Leaves no trace of a browser that went away in the middle of an answer, as every reload lets it."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Only what is a fault of ours is told."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class BookServer:
    """Serves one HTML book on 127.0.0.1. ``port`` 0 takes any free one. Raises FileError where the port is taken."""

    def __init__(self, book: Path, port: int = 0) -> None:
        self._book = book
        self._news = threading.Condition()
        # A book from before is shown until it is written anew, also where the story has a mistake just now.
        self._build, self._problem, self._closed = int(book.is_file()), "", False
        try:
            self._server = _Server(("127.0.0.1", port), self._handler())
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise FileError(f"Port {port} can't be used: {reason}.", "Take another, or leave --port out.") from error
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where the book is shown."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def written(self) -> None:
        """Tell every browser that the book was written anew, and that all is well."""
        self._tell(self._build + 1, "")

    def problem(self, text: str) -> None:
        """Show a problem beside the last good book."""
        self._tell(self._build, text)

    def close(self) -> None:
        """Stop serving."""
        with self._news:
            self._closed = True
            self._news.notify_all()
        self._server.shutdown()
        self._server.server_close()

    def _tell(self, build: int, problem: str) -> None:
        with self._news:
            self._build, self._problem = build, problem
            self._news.notify_all()

    def _state(self) -> bytes:
        return f"data: {json.dumps({'build': self._build, 'problem': self._problem})}\n\n".encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            server_version, sys_version, protocol_version = "novel", "", "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(body=True)

            def do_HEAD(self) -> None:
                self._answer(body=False)

            def log_message(self, format: str, *args: object) -> None:
                pass  # The terminal is for the story.

            def _answer(self, *, body: bool) -> None:
                port = server._server.server_port
                if self.headers.get("Host") not in (f"127.0.0.1:{port}", f"localhost:{port}"):
                    self._send(HTTPStatus.FORBIDDEN, "text/plain", b"Not under this name.\n", body)
                    return
                path = self.path.partition("?")[0]
                if path == "/":
                    self._send(HTTPStatus.OK, "text/html", (_TEMPLATES / "watch.html").read_bytes(), body, _POLICY)
                elif path == "/watch.js":
                    self._send(HTTPStatus.OK, "text/javascript", (_TEMPLATES / "watch.js").read_bytes(), body)
                elif path == "/book":
                    try:
                        self._send(HTTPStatus.OK, "text/html", server._book.read_bytes(), body)
                    except OSError:
                        self._send(HTTPStatus.NOT_FOUND, "text/plain", b"The book isn't written yet.\n", body)
                elif path == "/events" and body:
                    self._events()
                else:
                    self._send(HTTPStatus.NOT_FOUND, "text/plain", b"There is only the book.\n", body)

            def _send(self, status: HTTPStatus, kind: str, data: bytes, body: bool, policy: str = "") -> None:
                self.send_response(status)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("X-Content-Type-Options", "nosniff")
                self.send_header("Cross-Origin-Resource-Policy", "same-origin")
                if policy:
                    self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                if body:
                    self.wfile.write(data)

            def _events(self) -> None:
                self.close_connection = True
                self.send_response(HTTPStatus.OK)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                told: bytes | None = None
                try:
                    while not server._closed:
                        with server._news:
                            if server._state() == told:
                                server._news.wait(_STILL_THERE)
                            now, closed = server._state(), server._closed
                        if not closed:
                            self.wfile.write(b": still there\n\n" if now == told else now)
                            self.wfile.flush()
                            told = now
                except OSError:
                    pass  # The browser has gone.

        return Handler
