"""A merchant's server that hears notifications and says what a test wants it to say."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl


class Ear:
    """`heard` holds the forms as they arrived; `says` is the next answers, of which the last one stays."""

    def __init__(self) -> None:
        self.heard: list[dict[str, str]] = []
        self.types: list[str] = []
        self.says: list[tuple[int, bytes]] = [(200, b"success")]
        self._something = threading.Condition()
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
                ear.types.append(self.headers["Content-Type"])
                with ear._something:
                    ear.heard.append(dict(parse_qsl(form, strict_parsing=True)))
                    ear._something.notify_all()
                status, body = ear.says.pop(0) if len(ear.says) > 1 else ear.says[0]
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.pair = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.pair}/notify/tok_1/"

    def wait_for(self, count: int, seconds: float = 20) -> None:
        """Until `count` notifications have arrived."""
        with self._something:
            assert self._something.wait_for(lambda: len(self.heard) >= count, seconds), self.heard

    def __enter__(self) -> "Ear":
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
