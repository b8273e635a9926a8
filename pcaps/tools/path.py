"""A link between two TAP devices that misbehaves on demand.

path.py CLIENT_NS:DEVICE SERVER_NS:DEVICE [RULE...]

DIR is c2s or s2c; N counts frames with TCP payload in that direction, retransmissions included, from 1.
  drop:DIR:N          loses that frame
  forget:DIR:N        loses that frame, and every later one with the same TCP sequence number
  swap:DIR:N          lets the next frame of that direction overtake it
  twice:DIR:N         delivers it twice
  flip:DIR:N          inverts the last payload byte and makes the checksum right again (a broken middlebox)
  stop:DIR:N          from that frame on nothing of that connection goes through in that direction
  large:DIR:SIZE      loses IP packets longer than SIZE, silently
  toobig:DIR:SIZE     the same, but answers with ICMP "fragmentation needed"
  fragment:DIR:SIZE   splits IPv4 packets into fragments of at most SIZE payload bytes
  bare:DIR[:MS]       loses frames that are neither SYN nor RST (for MS from the first of them on)
  reset:DIR:N:TTL     after that frame sends a RST in its sender's name to its receiver, and one to its sender; TTL as given
  resettwice:DIR:N:TTL  the same, but each RST comes twice, with different sequence numbers
  late:DIR:MS         delays every frame
  mask:DIR:WORD:AS[:IP]  writes AS over WORD, which is as long, where TCP carries it (to or from that address)
"""
import ctypes
import fcntl
import heapq
import os
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x1002
libc = ctypes.CDLL(None, use_errno=True)


def tap(place):
    namespace, device = place.split(":")
    target = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if libc.setns(target, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(target)
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TAP_NO_PI))
    return descriptor


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Frame:
    """An Ethernet frame that carries IPv4; tcp is None for everything else."""

    def __init__(self, data):
        self.data = bytearray(data)
        self.ip = data[12:14] == b"\x08\x00"
        self.tcp = None
        self.payload = 0
        if self.ip:
            self.header = (data[14] & 15) * 4
            self.total = struct.unpack("!H", data[16:18])[0]
            if data[23] == 6:
                self.tcp = 14 + self.header
                offset = (data[self.tcp + 12] >> 4) * 4
                self.payload = self.total - self.header - offset
                self.flags = data[self.tcp + 13]
                self.sequence, self.acknowledged = struct.unpack("!II", data[self.tcp + 4:self.tcp + 12])

    def fix(self):
        self.data[24:26] = b"\0\0"
        self.data[24:26] = struct.pack("!H", checksum(bytes(self.data[14:14 + self.header])))
        if self.tcp:
            self.data[self.tcp + 16:self.tcp + 18] = b"\0\0"
            segment = bytes(self.data[self.tcp:14 + self.total])
            pseudo = bytes(self.data[26:34]) + struct.pack("!HH", 6, len(segment))
            self.data[self.tcp + 16:self.tcp + 18] = struct.pack("!H", checksum(pseudo + segment))

    def reply_mac(self):
        return bytes(self.data[6:12] + self.data[0:6])


def reset_frame(frame, ttl, forward, shift):
    """A RST in the name of the frame's sender (forward) or of its receiver."""
    data = frame.data
    addresses = bytes(data[26:34]) if forward else bytes(data[30:34] + data[26:30])
    ports = bytes(data[frame.tcp:frame.tcp + 4]) if forward else bytes(data[frame.tcp + 2:frame.tcp + 4] + data[frame.tcp:frame.tcp + 2])
    sequence = frame.sequence + frame.payload if forward else frame.acknowledged
    macs = bytes(data[0:12]) if forward else frame.reply_mac()
    header = struct.pack("!BBHHHBBH", 0x45, 0, 40, 0x1234, 0, ttl, 6, 0) + addresses
    segment = ports + struct.pack("!IIBBHHH", (sequence + shift) & 0xFFFFFFFF, 0, 0x50, 4, 0, 0, 0)
    made = Frame(macs + b"\x08\x00" + header + segment)
    made.fix()
    return bytes(made.data)


def too_big(frame, size):
    quoted = bytes(frame.data[14:14 + frame.header + 8])
    message = struct.pack("!BBHHH", 3, 4, 0, 0, size) + quoted
    message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
    router = bytes([10, 9, 0, 254])
    header = struct.pack("!BBHHHBBH", 0x45, 0xC0, 20 + len(message), 0x4321, 0, 64, 1, 0) + router + bytes(frame.data[26:30])
    made = Frame(frame.reply_mac() + b"\x08\x00" + header + message)
    made.fix()
    return bytes(made.data)


def fragments(frame, size):
    size &= ~7
    body = bytes(frame.data[14 + frame.header:14 + frame.total])
    made = []
    for start in range(0, len(body), size):
        piece = body[start:start + size]
        more = 0x2000 if start + size < len(body) else 0
        data = bytearray(frame.data[:14 + frame.header] + piece)
        struct.pack_into("!H", data, 16, frame.header + len(piece))
        struct.pack_into("!H", data, 20, more | start // 8)
        data[24:26] = b"\0\0"
        data[24:26] = struct.pack("!H", checksum(bytes(data[14:14 + frame.header])))
        made.append(bytes(data))
    return made


class Direction:
    def __init__(self, rules, back):
        self.rules = rules
        self.back = back
        self.count = 0
        self.held = None
        self.stopped = None
        self.since = None
        self.forgotten = set()

    def treat(self, data):
        """What is delivered: list of (backwards?, frame bytes)."""
        frame = Frame(data)
        delivered = [bytes(data)]
        extra = []
        if frame.payload > 0:
            self.count += 1
        for verb, *values in self.rules:
            at = int(values[0]) if values and verb != "mask" else 0
            hit = frame.payload > 0 and self.count == at
            if verb == "drop" and hit:
                return []
            if verb == "forget" and frame.payload > 0:
                if hit:
                    self.forgotten.add(frame.sequence)
                if frame.sequence in self.forgotten:
                    return []
            if verb == "swap" and hit:
                self.held = delivered[0]
                return []
            if verb == "twice" and hit:
                delivered *= 2
            if verb == "flip" and hit:
                frame.data[14 + frame.total - 1] ^= 0xFF
                frame.fix()
                delivered = [bytes(frame.data)]
            if verb == "mask" and frame.payload > 0 and values[0].encode() in data and (
                    len(values) < 3 or bytes(map(int, values[2].split("."))) in (data[26:30], data[30:34])):
                frame.data = frame.data.replace(values[0].encode(), values[1].encode())
                frame.fix()
                delivered = [bytes(frame.data)]
            if verb == "stop":
                if hit:
                    self.stopped = frame.data[frame.tcp:frame.tcp + 4]
                if frame.tcp and frame.data[frame.tcp:frame.tcp + 4] == self.stopped:
                    return []
            if verb in ("large", "toobig") and frame.ip and frame.total > at:
                return [(True, too_big(frame, at))] if verb == "toobig" else []
            if verb == "fragment" and frame.ip and frame.total - frame.header > at:
                delivered = fragments(frame, at)
            if verb == "bare" and frame.tcp and not frame.flags & 6:
                self.since = self.since or time.monotonic()
                if not at or time.monotonic() - self.since < at / 1000:
                    return []
            if verb in ("reset", "resettwice") and hit:
                for shift in (0, 1460) if verb == "resettwice" else (0,):
                    extra.append((False, reset_frame(frame, int(values[1]), True, shift)))
                    extra.append((True, reset_frame(frame, int(values[1]), False, shift)))
        if self.held:
            delivered.append(self.held)
            self.held = None
        return [(False, one) for one in delivered] + extra


def main():
    rules = {"c2s": [], "s2c": []}
    for rule in sys.argv[3:]:
        verb, direction, *values = rule.split(":")
        rules[direction].append((verb, *values))
    ends = [tap(sys.argv[1]), tap(sys.argv[2])]
    directions = {ends[0]: Direction(rules["c2s"], ends[0]), ends[1]: Direction(rules["s2c"], ends[1])}
    delays = {end: next((float(v[0]) / 1000 for verb, *v in d.rules if verb == "late"), 0) for end, d in directions.items()}
    queue = []
    number = 0
    print("ready", flush=True)
    while True:
        wait = max(0, queue[0][0] - time.monotonic()) if queue else 5
        for end in select.select(ends, [], [], wait)[0]:
            other = ends[1] if end == ends[0] else ends[0]
            for backwards, frame in directions[end].treat(os.read(end, 65536)):
                number += 1
                heapq.heappush(queue, (time.monotonic() + delays[end], number, end if backwards else other, frame))
        while queue and queue[0][0] <= time.monotonic():
            _, _, end, frame = heapq.heappop(queue)
            os.write(end, frame)


main()
