"""A proxy that knows CONNECT and passes bytes on; proxy.py PORT [flip:DIR:N] [hold:DIR:N] [close:DIR:N] [tcp:HOST:PORT]

With flip:DIR:N the N-th piece read in that direction (c2s or s2c, from 1) has its last byte inverted; with hold:DIR:N it
and all after it are swallowed, with close:DIR:N the connection is closed instead; with tcp:HOST:PORT there is no CONNECT: everything goes to that place.
"""
import select
import socket
import sys
import threading

flips = {}
holds = {}
closes = {}
target = None
for argument in sys.argv[2:]:
    kind, *values = argument.split(":")
    if kind == "flip":
        flips[values[0]] = int(values[1])
    elif kind == "hold":
        holds[values[0]] = int(values[1])
    elif kind == "close":
        closes[values[0]] = int(values[1])
    elif kind == "tcp":
        target = (values[0], int(values[1]))


def serve(client):
    place = target
    if not place:
        request = b""
        while b"\r\n\r\n" not in request:
            request += client.recv(4096)
        host, port = request.split()[1].decode().rsplit(":", 1)
        place = ("127.0.0.1" if host.endswith(".test") else host, int(port))
    server = socket.create_connection(place)
    if not target:
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    counts = {"c2s": 0, "s2c": 0}
    while True:
        for source in select.select([client, server], [], [])[0]:
            direction = "c2s" if source is client else "s2c"
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            if not data:
                client.close()
                server.close()
                return
            counts[direction] += 1
            if counts[direction] == flips.get(direction):
                data = data[:-1] + bytes([data[-1] ^ 0xFF])
            if counts[direction] == closes.get(direction):
                client.close()
                server.close()
                return
            if counts[direction] >= holds.get(direction, 1 << 30):
                continue
            (server if source is client else client).sendall(data)


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("0.0.0.0", int(sys.argv[1])))
listener.listen()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
