"""Send one query to one DNS server and get the response.

dnspython could do it, but before 2.6.1 it lets a forged packet end the wait for the
true response (CVE-2023-29483), and it waits in vain where nobody listens.
"""

import asyncio
import socket
import time

import dns.exception
import dns.flags
import dns.message

_MAX_SIZE = 65535


async def exchange(query, server, end):
    """Send a query over UDP, then over TCP if the response is cut off.

    :param dns.message.Message query: what to ask
    :param server: (address, port, ...)
    :param float end: when to give up, of `time.monotonic()`
    :return: the response, a `dns.message.Message`
    :raise asyncio.TimeoutError: there was none in time
    :raise OSError: the server cannot be reached
    :raise dns.exception.DNSException: only what cannot be read or answers another query
    :raise EOFError: the connection broke off
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
        # Connected, it takes packets of that server only, and hears of a closed port
        sock.connect(place)
        sock.send(query.to_wire())
        problem = asyncio.TimeoutError()
        while (left := end - time.monotonic()) > 0:
            packet = asyncio.get_running_loop().sock_recv(sock, _MAX_SIZE)
            try:
                return _read(query, await asyncio.wait_for(packet, left))
            except dns.exception.DNSException as error:
                problem = error  # whoever sent that, the true one may follow
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
    """Read so many bytes, in however many pieces they come."""
    data = b""
    while len(data) < size:
        piece = await asyncio.get_running_loop().sock_recv(sock, size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


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
