/* LINKTYPE_ values, as files hold them, against DLT_ values, as libpcap's functions take them. */
#ifndef TLSWHY_CAPTURE_LINK_TYPE_H
#define TLSWHY_CAPTURE_LINK_TYPE_H

#include <stdint.h>

int link_type_to_dlt(uint16_t link_type);

#endif
