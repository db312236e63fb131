"""Send one query to one DNS server and return the response.

dnspython does not do it: before 2.6.1, a forged packet ends its wait for the true
response (CVE-2023-29483), and it does not notice that a port is closed.
"""

import asyncio
import socket
import time

import dns.exception
import dns.flags
import dns.message

_MAX_SIZE = 65535


async def exchange(query, server, end):
    """Send a query over UDP, and again over TCP if the response is truncated.

    :param dns.message.Message query: what to ask
    :param server: (address, port, ...)
    :param float end: when to give up, in `time.monotonic()`
    :return: the response, a `dns.message.Message`
    :raise asyncio.TimeoutError: no response in time
    :raise OSError: the server cannot be reached
    :raise dns.exception.DNSException: only unreadable or unrelated responses
    :raise EOFError: the server closed the connection early
    """
    address, port, *_name = server
    response = await _exchange_udp(query, (address, port), end)
    if response.flags & dns.flags.TC:
        left = end - time.monotonic()
        return await asyncio.wait_for(_exchange_tcp(query, (address, port)), left)
    return response


def _socket(place, kind):
    family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
    sock = socket.socket(family, kind)
    sock.setblocking(False)
    return sock


async def _exchange_udp(query, place, end):
    with _socket(place, socket.SOCK_DGRAM) as sock:
        # A connected socket only takes packets from that server and sees a closed port
        sock.connect(place)
        sock.send(query.to_wire())
        problem = asyncio.TimeoutError()
        while (left := end - time.monotonic()) > 0:
            packet = asyncio.get_running_loop().sock_recv(sock, _MAX_SIZE)
            try:
                return _read(query, await asyncio.wait_for(packet, left))
            except dns.exception.DNSException as error:
                problem = error  # the true response may still follow
            except asyncio.TimeoutError:
                break
        raise problem


async def _exchange_tcp(query, place):
    loop = asyncio.get_running_loop()
    with _socket(place, socket.SOCK_STREAM) as sock:
        await loop.sock_connect(sock, place)
        wire = query.to_wire()
        await loop.sock_sendall(sock, len(wire).to_bytes(2, "big") + wire)
        size = int.from_bytes(await _receive(sock, 2), "big")
        return _read(query, await _receive(sock, size))


async def _receive(sock, size):
    """Read exactly `size` bytes."""
    data = b""
    while len(data) < size:
        piece = await asyncio.get_running_loop().sock_recv(sock, size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def _read(query, wire):
    """Return the message in `wire`, if it answers the query."""
    try:
        response = dns.message.from_wire(wire, raise_on_truncation=True)
    except dns.message.Truncated as cut:
        response = cut.message()
    except ValueError as error:  # older dnspython, for unknown operations
        raise dns.exception.FormError from error
    if not query.is_response(response):
        raise dns.exception.FormError("not a response to the query")
    return response
