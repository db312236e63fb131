"""Post bodies to a URL over several connections, as fast as the server answers."""

import re
import socket
import time
from multiprocessing import Pipe, Process
from threading import Thread


def post_all(port, path, bodies, headers, connections=4):
    """Post all bodies from a separate process; return how many seconds each took.

    :raise RuntimeError: if a request fails or its status is not 200
    """
    ours, theirs = Pipe()
    process = Process(
        target=_post_all, args=(theirs, port, path, bodies, headers, connections)
    )
    process.start()
    latencies, problem = ours.recv()
    process.join()
    if problem:
        raise RuntimeError(problem)
    return latencies


def _post_all(pipe, port, path, bodies, headers, connections):
    """Post over plain sockets, to leave the CPU to the server on the same machine."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in headers.items()
    )
    requests = [
        f"{head}Content-Length: {len(body.encode())}\r\nConnection: close\r\n\r\n"
        f"{body}".encode()
        for body in bodies
    ]
    latencies, problems = [], []
    rest = iter(requests)

    def work():
        for request in rest:
            began = time.perf_counter()
            try:
                answer = _exchange(port, request)
            except OSError as error:
                problems.append(repr(error))
                return
            latencies.append(time.perf_counter() - began)
            if b" 200 " not in answer.partition(b"\r\n")[0]:
                problems.append(answer[:200].decode(errors="replace"))
                return

    threads = [Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pipe.send((latencies, problems and problems[0]))


def _exchange(port, request):
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request)
        answer = b""
        while not _is_complete(answer):
            chunk = connection.recv(65536)
            if not chunk:
                break
            answer += chunk
    return answer


def _is_complete(answer):
    head, _end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return bool(_end and length and len(body) >= int(length[1]))


def percentile(values, part):
    """Return the value below which this share of all values lies."""
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]
