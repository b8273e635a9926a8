"""One end of a tunnel: a TAP or TUN device whose frames travel over another device in some wrapping.

tunnel.py MODE DEVICE UNDERLAY LOCAL REMOTE
Modes on Ethernet: vlan, qinq, mpls, pseudowire, pppoe. Over IPv4: gre, gretap, geneve, gtpu, ipip, sit, erspan2.
"""
import fcntl
import os
import select
import socket
import struct
import sys

mode, device, underlay, local, remote = sys.argv[1:]
TUNSETIFF = 0x400454CA
ethernet_inside = mode in ("vlan", "qinq", "pseudowire", "gretap", "geneve", "erspan2")
ENDS = {"10.99.0.1": bytes.fromhex("02000a090001"), "10.99.0.2": bytes.fromhex("02000a090002")}
sequence = 0


def ether_type(packet):
    return b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"


def wrap(inner):
    global sequence
    sequence += 1
    outer = ENDS[remote] + ENDS[local]
    if mode == "vlan":
        return inner[:12] + struct.pack("!HH", 0x8100, 100) + inner[12:]
    if mode == "qinq":
        return inner[:12] + struct.pack("!HHHH", 0x88A8, 200, 0x8100, 100) + inner[12:]
    if mode == "mpls":
        return outer + b"\x88\x47" + struct.pack("!II", 16 << 12 | 64, 17 << 12 | 0x100 | 64) + inner
    if mode == "pseudowire":
        return outer + b"\x88\x47" + struct.pack("!II", 18 << 12 | 0x100 | 64, 0) + inner
    if mode == "pppoe":
        return outer + b"\x88\x64" + struct.pack("!BBHHH", 0x11, 0, 7, len(inner) + 2, 0x57 if inner[0] >> 4 == 6 else 0x21) + inner
    if mode == "gre":
        return struct.pack("!H", 0x2000) + ether_type(inner) + struct.pack("!I", 4242) + inner
    if mode == "gretap":
        return struct.pack("!HH", 0, 0x6558) + inner
    if mode == "erspan2":
        return struct.pack("!HHI", 0x1000, 0x88BE, sequence) + struct.pack("!HHI", 0x1000 | 100, 21, 5) + inner
    if mode == "geneve":
        return struct.pack("!BBHI", 0, 0, 0x6558, 77 << 8) + inner
    if mode == "gtpu":
        return struct.pack("!BBHI", 0x30, 255, len(inner), 0x1001) + inner
    return inner


HEADERS = {"vlan": 4, "qinq": 8, "mpls": 22, "pseudowire": 22, "pppoe": 22, "gre": 8, "gretap": 4, "erspan2": 16, "geneve": 8, "gtpu": 8}


def unwrap(packet):
    if mode in ("vlan", "qinq"):
        return packet[:12] + packet[12 + HEADERS[mode]:]
    if mode == "pppoe":
        return packet[HEADERS[mode]:HEADERS[mode] + struct.unpack("!H", packet[18:20])[0] - 2]
    return packet[HEADERS.get(mode, 0):]


tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), 0x1000 | (2 if ethernet_inside else 1)))
PROTOCOLS = {"gre": 47, "gretap": 47, "erspan2": 47, "ipip": 4, "sit": 41}
TYPES = {"vlan": 0x8100, "qinq": 0x88A8, "mpls": 0x8847, "pseudowire": 0x8847, "pppoe": 0x8864}
if mode in TYPES:
    under = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    under.bind((underlay, 3))
    # The kernel takes the outer tag off frames that come in (PACKET_AUXDATA would tell it).
    receive = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    receive.setsockopt(263, 8, 1)
    receive.bind((underlay, 3))
    under.close()
    under = receive
elif mode in PROTOCOLS:
    under = socket.socket(socket.AF_INET, socket.SOCK_RAW, PROTOCOLS[mode])
    under.bind((local, 0))
    under.connect((remote, 0))
else:
    under = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    port = {"geneve": 6081, "gtpu": 2152}[mode]
    under.bind((local, port))
    under.connect((remote, port))


def received():
    if mode not in TYPES:
        packet = under.recv(65536)
        if mode in PROTOCOLS:
            packet = packet[(packet[0] & 15) * 4:]
        return unwrap(packet)
    packet, ancillary, _, address = under.recvmsg(65536, 256)
    if address[2] == 4:  # PACKET_OUTGOING
        return None
    for level, kind, data in ancillary:
        if level == 263 and kind == 8:
            status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", data[:20])
            if status & 0x10 and tci:
                packet = packet[:12] + struct.pack("!HH", tpid if status & 0x40 else 0x8100, tci) + packet[12:]
    if packet[12:14] != struct.pack("!H", TYPES[mode]):
        return None
    return unwrap(packet)


print("ready", flush=True)
while True:
    for source in select.select([tun, under], [], [])[0]:
        if source is tun:
            data = wrap(os.read(tun, 65536))
            try:
                under.send(data)
            except OSError as error:
                print(error, flush=True)
        else:
            data = received()
            if data:
                try:
                    os.write(tun, data)
                except OSError as error:
                    print(error, flush=True)
