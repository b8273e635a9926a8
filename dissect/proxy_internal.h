/* Shared by the recognisers of proxies. Each reads from where its cursors stand, and leaves them behind its part. */
#ifndef TLSWHY_DISSECT_PROXY_INTERNAL_H
#define TLSWHY_DISSECT_PROXY_INTERNAL_H

#include "dissect/proxy.h"

bool proxy_connect_read(struct proxy *out, struct cursor c[2]);
bool proxy_socks4_read(struct proxy *out, struct cursor c[2]);
bool proxy_socks5_read(struct proxy *out, struct cursor c[2]);
/* The header alone, in front of all else that the client says. */
bool proxy_protocol_read(struct proxy *out, struct cursor c[2]);

/* An IPv4 or IPv6 address in text. */
bool proxy_address_parse(struct bytes text, struct proxy_address *out);
/* Decimal, up to 65535; false when it is no number. */
bool proxy_port_parse(struct bytes text, uint16_t *port);

#endif
