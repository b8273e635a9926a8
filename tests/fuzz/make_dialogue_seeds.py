#!/usr/bin/env python3
"""Seeds for fuzz_dialogue out of real dialogues: make_dialogue_seeds.py CAPTURE.pcap ... writes
tests/fuzz/corpus/dialogue/NAME: what the first connection's client and server said before TLS, at most a kilobyte each."""
import os
import sys

from make_session_seeds import HERE, segments

LIMIT = 1000


def main():
    out = os.path.join(HERE, "corpus", "dialogue")
    os.makedirs(out, exist_ok=True)
    for path in sys.argv[1:]:
        said, over = [b"", b""], [False, False]
        for is_server, _, payload in segments(path):
            over[is_server] |= payload[:2] == b"\x16\x03"
            if not over[is_server]:
                said[is_server] = (said[is_server] + payload)[:LIMIT]
        client, server = said
        split = -(-255 * len(client) // max(1, len(client) + len(server)))
        while split and (len(client) + len(server)) * split // 255 > len(client):
            split -= 1
        missing = (len(client) + len(server)) * split // 255
        with open(os.path.join(out, os.path.basename(path).split(".")[0]), "wb") as f:
            f.write(bytes([split, 255]) + client[:missing] + server)


main()
