/* Capture filters in pcap-filter(7) syntax: compiled once for each link type, run on each packet. */
#ifndef TLSWHY_CAPTURE_FILTER_H
#define TLSWHY_CAPTURE_FILTER_H

#include "dissect/cursor.h"
#include "error.h"

#include <stdbool.h>

struct filter;

/* Checks `expression` for Ethernet (so that a typo is told at once). NULL and *error with libpcap's words when it is
 * wrong. */
struct filter *filter_new(const char *expression, struct error *error) MUST_CHECK;
void filter_free(struct filter *filter);

/* 1 the packet matches, 0 it does not, -1 the expression cannot be compiled for this link type (told once in *error,
 * then the same answer without a text). */
int filter_match(struct filter *filter, uint16_t link_type, struct bytes captured, uint32_t len, struct error *error);

/* "Ethernet", "Linux cooked v2", ... and "LINKTYPE 230" where libpcap has no name. Static or cached in the filter room.
 */
const char *link_type_name(uint16_t link_type);        /* short: "EN10MB" */
const char *link_type_description(uint16_t link_type); /* long: "Ethernet" */

#endif
