"""A login to an MS-TDS server by python-tds: tds_client.py HOST PORT CAFILE [login-only]."""
import sys

import pytds

try:
    pytds.connect(sys.argv[1], port=int(sys.argv[2]), user="lab", password="secret", cafile=sys.argv[3], validate_host=True, login_timeout=3,
                  enc_login_only="login-only" in sys.argv, autocommit=True).close()
except Exception as error:
    print(f"{type(error).__name__}: {error}")
