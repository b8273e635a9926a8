"""A TLS server on Python's ssl module that closes without close_notify: server.py PORT CHAIN KEY [MAXIMUM_VERSION]"""
import socket
import ssl
import sys

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
if len(sys.argv) > 4:
    context.maximum_version = ssl.TLSVersion[sys.argv[4]]
listener = socket.create_server(("0.0.0.0", int(sys.argv[1])))
while True:
    plain, _ = listener.accept()
    try:
        with context.wrap_socket(plain, server_side=True) as tls:
            tls.recv(4096)
            tls.sendall(b"HTTP/1.0 200 OK\r\n\r\nok\n")
    except OSError as error:
        print(error)
