"""A man in the middle who does not let TLS 1.3 pass: downgrade.py PORT SERVER_PORT [drop]

The supported_versions extension of the ClientHello gets an unknown number, so that the server answers TLS 1.2;
with drop the connection is closed instead when TLS 1.3 is offered.
"""
import select
import socket
import sys
import threading


def serve(client):
    server = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    hello = bytearray(client.recv(65536))
    offer = hello.find(bytes.fromhex("002b"), 60)
    while offer >= 0 and hello[offer + 3] != hello[offer + 4] + 1:
        offer = hello.find(bytes.fromhex("002b"), offer + 1)
    if offer >= 0:
        if len(sys.argv) > 3:
            client.close()
            server.close()
            return
        hello[offer:offer + 2] = b"\x5a\x5b"
    server.sendall(hello)
    while True:
        for source in select.select([client, server], [], [])[0]:
            data = source.recv(65536)
            if not data:
                client.close()
                server.close()
                return
            (server if source is client else client).sendall(data)


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("0.0.0.0", int(sys.argv[1])))
listener.listen()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
