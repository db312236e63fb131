"""Ask a web server at an address that was checked before.

The name is not looked up again, as it could lead elsewhere by then. How long it takes
is up to the caller.
"""

import asyncio
import io
import ssl
from functools import cache
from http.client import HTTPResponse


async def exchange(address, port, request, most, *, tls_name="", context=None, end=b""):
    """Send a request; return what the server answers, at most one byte over `most`.

    :param str address: IP address, to which it connects, whatever the name says
    :param bytes request: with all its headers
    :param int most: number of bytes after which it stops reading
    :param str tls_name: what the certificate must name; without it, there is no TLS
    :param context: `ssl.SSLContext` in the place of the system's authorities
    :param bytes end: what it stops reading at; by default the end of the connection
    :raise OSError: without a connection; `ssl.SSLCertVerificationError` is one
    """
    reader, writer = await asyncio.open_connection(
        address,
        port,
        ssl=(context or _trust()) if tls_name else None,
        server_hostname=tls_name or None,
    )
    try:
        writer.write(request)
        answer = b""
        while len(answer) <= most and not (end and end in answer):
            piece = await reader.read(most + 1 - len(answer))
            if not piece:
                break
            answer += piece
        return answer
    finally:
        writer.transport.abort()


def read_response(answer):
    """Return the `HTTPResponse` in the bytes that a server sent.

    :raise http.client.HTTPException: if it is none
    """
    response = HTTPResponse(_Received(answer))
    response.begin()
    return response


@cache
def _trust():
    """Return the authorities that the system trusts, read once: that takes a while."""
    return ssl.create_default_context()


class _Received:
    """The part of a socket that `HTTPResponse` uses."""

    def __init__(self, answer):
        self._answer = answer

    def makefile(self, *_args, **_options):
        """Return a file with all that was received."""
        return io.BytesIO(self._answer)
