"""Adds a name resolution block to a pcapng file: names.py IN OUT ADDRESS=NAME..."""
import socket
import struct
import sys

data = open(sys.argv[1], "rb").read()
records = b""
for pair in sys.argv[3:]:
    address, name = pair.split("=")
    value = socket.inet_aton(address) + name.encode() + b"\0"
    records += struct.pack("<HH", 1, len(value)) + value + b"\0" * (-len(value) % 4)
records += struct.pack("<HH", 0, 0)
block = struct.pack("<II", 4, len(records) + 12) + records + struct.pack("<I", len(records) + 12)
# After the section header and the interface descriptions, before the first packet.
offset = 0
while struct.unpack_from("<I", data, offset)[0] in (0x0A0D0D0A, 1):
    offset += struct.unpack_from("<I", data, offset + 4)[0]
open(sys.argv[2], "wb").write(data[:offset] + block + data[offset:])
