"""Post bodies to an address over several connections, as fast as it answers."""

import http.client
import sys
import time
from multiprocessing import Pipe, Process
from threading import Thread


def post_all(port, path, bodies, headers, connections=4):
    """Post all bodies, in a process of its own; return the seconds each took.

    :raise RuntimeError: if an answer is not 200
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
    latencies, problems = [], []
    rest = iter(bodies)

    def work():
        for body in rest:
            began = time.perf_counter()
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                connection.request("POST", path, body, headers)
                answer = connection.getresponse()
                answer.read()
                connection.close()
            except OSError as error:
                problems.append(repr(error))
                return
            latencies.append(time.perf_counter() - began)
            if answer.status != 200:
                problems.append(f"answer {answer.status}")
                return

    threads = [Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pipe.send((latencies, problems and problems[0]))
    sys.exit()


def percentile(values, part):
    """Return the value below which that part of all lies."""
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]
