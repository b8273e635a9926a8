"""A connection to an AMQP broker by pika: amqp_client.py HOST PORT [CAFILE], with a CA file by TLS."""
import ssl
import sys

import pika

host, port = sys.argv[1], int(sys.argv[2])
tls = pika.SSLOptions(ssl.create_default_context(cafile=sys.argv[3]), host) if len(sys.argv) > 3 else None
try:
    pika.BlockingConnection(pika.ConnectionParameters(host, port, ssl_options=tls, connection_attempts=1, socket_timeout=3, blocked_connection_timeout=3,
                                                      stack_timeout=4)).close()
except Exception as error:
    print(f"{type(error).__name__}: {error!r}")
