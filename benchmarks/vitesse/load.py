"""Ask one address again and again over a few connections that stay open."""

import socket
import threading
import time
from dataclasses import dataclass, field
from statistics import quantiles


@dataclass
class Load:
    """What a server answered: the seconds each answer took, how long it lasted, the cost of asking."""

    durations: list = field(default_factory=list)
    seconds: float = 0
    own_seconds: float = 0

    @property
    def rate(self):
        """Answers a second."""
        return len(self.durations) / self.seconds

    def centile(self, n):
        """Milliseconds that ``n`` answers in a hundred do not exceed."""
        return quantiles(self.durations, n=100)[n - 1] * 1000


def ask(port, host, path, cookie="", connections=8, seconds=2.0):
    """Ask ``path`` for so long, one question at a time on each connection. Any answer but 200 raises."""
    cookie = f"Cookie: {cookie}\r\n" if cookie else ""
    question = (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip\r\n{cookie}\r\n".encode()
    )
    load, failures, until = Load(), [], time.perf_counter() + seconds

    def go_on():
        durations = []
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                asked = time.perf_counter()
                while asked < until:
                    connection.sendall(question)
                    _answer(connection)
                    durations.append(time.perf_counter() - asked)
                    asked = time.perf_counter()
        except (OSError, ValueError) as failure:
            failures.append(failure)
        load.durations += durations

    began, cost = time.perf_counter(), time.process_time()
    threads = [threading.Thread(target=go_on) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds, load.own_seconds = time.perf_counter() - began, time.process_time() - cost
    if failures:
        raise ConnectionError(f"{path}: {failures[0]!r}")
    return load


def _answer(connection):
    received = connection.recv(262_144)
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise ValueError(head[:200])
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    missing = length - len(body)
    while missing > 0:
        missing -= len(_more(connection))


def _more(connection):
    more = connection.recv(262_144)
    if not more:
        raise ValueError("the server hung up")
    return more
