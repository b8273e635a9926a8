/* How a connection was closed, from the FINs and RSTs of its flow. */
#ifndef TLSWHY_REPORT_TCP_CLOSE_H
#define TLSWHY_REPORT_TCP_CLOSE_H

#include "session/connection.h"

struct tcp_close {
    const char *kind; /* "reset": a RST came before both sides had sent FIN; "fin"; "timeout": idle for too long;
                         "open": still open where the capture ends, or where it was given up */
    const char *by;   /* whose FIN or RST came first: "client" "server"; NULL when there was none */
    struct moment at; /* that packet */
};

struct tcp_close tcp_close_of(const struct connection *c);

#endif
