/* Which programs use a trust store, by where it lies and what it is called: for "it works in the browser". */
#ifndef TLSWHY_TRUST_STORE_PROGRAMS_H
#define TLSWHY_TRUST_STORE_PROGRAMS_H

#include "trust/store.h"

/* As a list for a sentence: "pip, requests and other Python packages with certifi"; NULL where nothing tells. */
const char *store_programs(const struct store_facts *store);

#endif
