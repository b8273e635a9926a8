"""Plain sockets that do by hand what no ordinary program does.

raw.py listen PORT ACTION...    accepts connections one after the other, each gets all the actions
raw.py connect HOST PORT ACTION...
Actions: read (once), read:N (N bytes), wait:SECONDS, send:HEX, text:STRING (with C escapes), file:PATH (hex text),
fin (shutdown of the sending side), rst (close with SO_LINGER 0), close.
"""
import codecs
import socket
import struct
import sys
import time


def act(sock, actions):
    sock.settimeout(30)
    for action in actions:
        verb, _, value = action.partition(":")
        if verb == "read":
            wanted = int(value or 1)
            got = 0
            while got < wanted:
                data = sock.recv(65536)
                if not data:
                    break
                got += len(data)
        elif verb == "wait":
            time.sleep(float(value))
        elif verb == "send":
            sock.sendall(bytes.fromhex(value))
        elif verb == "text":
            sock.sendall(codecs.decode(value, "unicode_escape").encode("latin-1"))
        elif verb == "file":
            with open(value) as source:
                sock.sendall(bytes.fromhex(source.read()))
        elif verb == "fin":
            sock.shutdown(socket.SHUT_WR)
        elif verb == "rst":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
            return
        elif verb == "close":
            sock.close()
            return
        else:
            sys.exit(f"unknown action {action}")
    sock.close()


if sys.argv[1] == "listen":
    server = socket.socket(socket.AF_INET6)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    server.bind(("::", int(sys.argv[2])))
    server.listen()
    while True:
        peer, _ = server.accept()
        try:
            act(peer, sys.argv[3:])
        except OSError as error:
            print(error)
else:
    try:
        act(socket.create_connection((sys.argv[2], int(sys.argv[3])), timeout=10), sys.argv[4:])
    except OSError as error:
        print(error)
