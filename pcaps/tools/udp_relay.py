"""A relay for UDP that changes the client's port with every datagram, as a broken NAT or a balancer does:
udp_relay.py LISTEN_PORT SERVER_IP SERVER_PORT. Answers go back to whoever spoke last."""
import select
import socket
import sys

listen_port, server = int(sys.argv[1]), (sys.argv[2], int(sys.argv[3]))
front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
front.bind(("", listen_port))
client, behind = None, []
while True:
    ready, _, _ = select.select([front] + behind, [], [])
    for s in ready:
        if s is front:
            data, client = front.recvfrom(65535)
            out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            out.sendto(data, server)
            behind = (behind + [out])[-8:]
        else:
            data, _ = s.recvfrom(65535)
            if client:
                front.sendto(data, client)
