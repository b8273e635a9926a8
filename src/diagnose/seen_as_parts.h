/* The parts of a line that say something: private to seen_as.c. */
#ifndef TLSWHY_DIAGNOSE_SEEN_AS_PARTS_H
#define TLSWHY_DIAGNOSE_SEEN_AS_PARTS_H

#include "diagnose/seen_as.h"
#include "diagnose/seen_as_words.h"

enum { SEEN_AS_PARTS = 64 }; /* more of them in one line are not looked at */
struct seen_as_parts {
    struct words words;
    struct seen_as_meaning found[SEEN_AS_PARTS];
    unsigned num;
};

void seen_as_add_signal(struct seen_as_parts *parts, enum seen_as_signal signal, struct words_span span);
void seen_as_add_alert(struct seen_as_parts *parts, uint32_t alert, struct words_span span);

/* Words that programs print; numbers: OpenSSL's error codes, errors of verification, alerts. */
void seen_as_find_texts(struct seen_as_parts *parts);
void seen_as_find_numbers(struct seen_as_parts *parts);

#endif
