"""The stand-in Mailjet in a process of its own, for benchmarks and tests.

A test can build the same data in its own process to compare: with the same `end`, the
history is the same to the last row, as long as the key is the store's first.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .control import ControlClient


class StandinProcess:
    """Starts the program beside this file; a context manager.

    `delay` is how many seconds each answer of REST takes; `arguments` are further ones
    of the program, such as "--ca-file" or "--smtp-delay". `history` has
    fields of `reporting.fill.Fill`, its moments as Unix seconds. Once it has started,
    which takes some 10 s for a million events, `rest_url`, `starttls_port`, `tls_port`
    and `pid` are known, and `control` steers it.
    """

    def __init__(
        self,
        api_key: str,
        secret_key: str,
        *,
        delay: float = 0.0,
        arguments: Sequence[str] = (),
        **history: Any,
    ) -> None:
        self.rest_url = ""
        self.starttls_port = self.tls_port = 0
        self._command = [
            *(sys.executable, str(Path(__file__).parent)),
            *("--smtp-port", "0", "--smtps-port", "0", "--rest-port", "0"),
            *("--api-key", api_key, "--secret-key", secret_key),
            *("--rest-delay", str(delay), "--history", json.dumps(history)),
            *arguments,
        ]
        self._process: subprocess.Popen | None = None

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def control(self) -> ControlClient:
        return ControlClient(self.rest_url)

    def __enter__(self) -> "StandinProcess":
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, text=True
        )
        words = dict(
            word.split("=") for word in self._process.stdout.readline().split()[1:]
        )
        if "rest" not in words:
            self.__exit__()
            raise RuntimeError("the stand-in did not start")
        self.rest_url = f"http://{words['rest']}"
        self.starttls_port = int(words["smtp"].rpartition(":")[2])
        self.tls_port = int(words["smtps"].rpartition(":")[2])
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._process.stdout.close()
