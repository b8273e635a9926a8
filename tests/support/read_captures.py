"""Captures with keys in them, as the laws read them."""
import struct

ETHERNET = 1
ENHANCED_PACKET, DECRYPTION_SECRETS = 6, 10


def read_pcapng(path):
    """Of a little-endian pcapng of one interface of Ethernet, in microseconds: a header as of a pcap, packets as (seconds,
    microseconds, bytes, length on the wire), and the key log in it."""
    with open(path, "rb") as f:
        data = f.read()
    packets, keys, at = [], b"", 0
    while at + 12 <= len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == DECRYPTION_SECRETS:
            keys += data[at + 16:at + 16 + struct.unpack_from("<I", data, at + 12)[0]]
        elif kind == ENHANCED_PACKET:
            high, low, caplen, wire = struct.unpack_from("<IIII", data, at + 12)
            packets.append((*divmod(high << 32 | low, 1000000), data[at + 28:at + 28 + caplen], wire))
        at += length
    return struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, ETHERNET), packets, keys
