"""Answers a ClientHello with a HelloRetryRequest for one group and closes when the next bytes are there: retry.py PORT GROUP"""
import socket
import struct
import sys

RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("0.0.0.0", int(sys.argv[1])))
server.listen()
while True:
    peer, _ = server.accept()
    hello = peer.recv(65536)
    session = hello[44:44 + hello[43]]
    extensions = bytes.fromhex("002b00020304") + bytes.fromhex("00330002" + sys.argv[2])
    body = b"\x03\x03" + RETRY + bytes([len(session)]) + session + bytes.fromhex("1301") + b"\0" + struct.pack("!H", len(extensions)) + extensions
    message = b"\x02" + struct.pack("!I", len(body))[1:] + body
    peer.sendall(b"\x16\x03\x03" + struct.pack("!H", len(message)) + message)
    peer.recv(65536)
    peer.close()
