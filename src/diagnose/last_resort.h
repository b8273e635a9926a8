/* The finding of last resort for a readable alert: every code, from either sender. */
#ifndef TLSWHY_DIAGNOSE_LAST_RESORT_H
#define TLSWHY_DIAGNOSE_LAST_RESORT_H

#include "diagnose/finding.h"
#include "session/connection.h"

/* Who has to change something when this code comes with this alert. */
enum blame { BLAME_UNKNOWN, BLAME_SENDER, BLAME_PEER, BLAME_PATH, BLAME_CLIENT, BLAME_SERVER };

struct last_resort {
    enum finding_id id;
    enum blame blame;
};
struct last_resort last_resort_of(uint8_t alert, enum role sender);

#endif
