"""An SMTP server (aiosmtpd) on the given port; with a certificate and key it offers STARTTLS."""
import ssl
import sys
import time

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

context = None
if len(sys.argv) > 2:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
controller = Controller(Sink(), hostname="0.0.0.0", port=int(sys.argv[1]), tls_context=context, server_hostname="mail.example.test")
controller.start()
time.sleep(60)
