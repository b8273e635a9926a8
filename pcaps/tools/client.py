"""A TLS client on Python's ssl module: client.py HOST PORT [KEY=VALUE...]

ca, cert, key: files; name: server name if not HOST; minimum, maximum: TLSv1_2 ...; timeout: seconds;
alpn: a,b; ciphers: OpenSSL string; send: no to close at once after the handshake; half: yes to send FIN after the request and go on
reading.
"""
import socket
import ssl
import sys

host, port = sys.argv[1], int(sys.argv[2])
options = dict(arg.split("=", 1) for arg in sys.argv[3:])
context = ssl.create_default_context(cafile=options.get("ca"))
if "minimum" in options:
    context.minimum_version = ssl.TLSVersion[options["minimum"]]
if "maximum" in options:
    context.maximum_version = ssl.TLSVersion[options["maximum"]]
if "ciphers" in options:
    context.set_ciphers(options["ciphers"])
if "alpn" in options:
    context.set_alpn_protocols(options["alpn"].split(","))
if "cert" in options:
    context.load_cert_chain(options["cert"], options["key"])
with socket.create_connection((host, port), timeout=float(options.get("timeout", 8))) as plain:
    with context.wrap_socket(plain, server_hostname=options.get("name", host)) as tls:
        print(tls.version(), tls.cipher()[0])
        if options.get("send") != "no":
            tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
            if options.get("half") == "yes":
                # Past SSLSocket.shutdown, which would give up reading too.
                socket.socket.shutdown(tls, socket.SHUT_WR)
            while tls.recv(4096):
                pass
