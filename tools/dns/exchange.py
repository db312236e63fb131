"""Send one query to one DNS server and get the response.

dnspython could do it, but leaves a file descriptor behind for each query until Python's
garbage collector comes by, waits in vain where nobody listens, and before 2.6.1 lets a
forged packet end the wait for the true response (CVE-2023-29483).
"""

import socket
import time

import dns.exception
import dns.flags
import dns.message

_MAX_SIZE = 65535


def exchange(query, server, end):
    """Send a query over UDP, then over TCP if the response is cut off.

    :param dns.message.Message query: what to ask
    :param server: (address, port, ...)
    :param float end: when to give up, of `time.monotonic()`
    :return: the response, a `dns.message.Message`
    :raise TimeoutError: there was none in time
    :raise OSError: the server cannot be reached
    :raise dns.exception.DNSException: only what cannot be read or answers another query
    :raise EOFError: the connection broke off
    """
    address, port, *_name = server
    response = _exchange_udp(query, (address, port), end)
    if response.flags & dns.flags.TC:
        return _exchange_tcp(query, (address, port), end)
    return response


def _exchange_udp(query, place, end):
    family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        # Connected, it takes packets of that server only, and hears of a closed port
        sock.connect(place)
        sock.send(query.to_wire())
        problem = TimeoutError()
        while (left := end - time.monotonic()) > 0:
            sock.settimeout(left)
            try:
                return _read(query, sock.recv(_MAX_SIZE))
            except dns.exception.DNSException as error:
                problem = error  # whoever sent that, the true one may follow
            except TimeoutError:
                break
        raise problem


def _exchange_tcp(query, place, end):
    with socket.create_connection(place, _left(end)) as sock:
        wire = query.to_wire()
        sock.sendall(len(wire).to_bytes(2, "big") + wire)
        size = int.from_bytes(_receive(sock, 2, end), "big")
        return _read(query, _receive(sock, size, end))


def _receive(sock, size, end):
    """Read so many bytes, however slowly they come."""
    data = b""
    while len(data) < size:
        sock.settimeout(_left(end))
        piece = sock.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def _left(end):
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _read(query, wire):
    """The message in `wire`, if it answers the query."""
    try:
        response = dns.message.from_wire(wire, raise_on_truncation=True)
    except dns.message.Truncated as cut:
        response = cut.message()
    except ValueError as error:  # older dnspython, for unknown operations
        raise dns.exception.FormError from error
    if not query.is_response(response):
        raise dns.exception.FormError("not a response to the query")
    return response
