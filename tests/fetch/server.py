"""A server on loopback that gives files out as badly as the internet does."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BLOCK = 65536


@dataclass
class Site:
    """What the server gives out, and how badly.

    Attributes:
        content: of every path.
        drop_after: how many bytes of each answer come before the connection is cut; None is all.
        ranges: whether it knows how to go on in the middle.
        failures: status codes that it answers first, in this order.
        sent: called after every block of 64 KiB.
        asked: the ranges that were asked for, None for all.
    """

    content: dict[str, bytes] = field(default_factory=dict)
    drop_after: int | None = None
    ranges: bool = True
    failures: list[int] = field(default_factory=list)
    sent: Callable[[], object] = lambda: None
    asked: list[str | None] = field(default_factory=list)
    address: str = ""

    def url(self, path: str) -> str:
        """Return the address of a file."""
        return f"{self.address}/{path}"


@contextmanager
def serving() -> Iterator[Site]:
    """Serve a site, on a port that is free."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            site.asked.append(asked)
            content = site.content.get(self.path.lstrip("/"))
            if site.failures:
                self._answer(site.failures.pop(0), b"")
            elif content is None:
                self._answer(404, b"")
            elif asked is None or not site.ranges:
                self._answer(200, content)
            else:
                self._answer_range(content, int(re.fullmatch(r"bytes=(\d+)-", asked)[1]))

        def _answer_range(self, content: bytes, start: int) -> None:
            if start >= len(content):
                self._answer(416, b"", f"bytes */{len(content)}")
            else:
                self._answer(206, content[start:], f"bytes {start}-{len(content) - 1}/{len(content)}")

        def _answer(self, status: int, content: bytes, content_range: str | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if content_range:
                self.send_header("Content-Range", content_range)
            self.end_headers()
            sent = content if site.drop_after is None else content[: site.drop_after]
            try:
                for start in range(0, len(sent), BLOCK):
                    self.wfile.write(sent[start : start + BLOCK])
                    site.sent()
            except OSError:
                pass  # whoever asked was killed
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
