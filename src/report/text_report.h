/*
 * The text format, by concern: text.c keeps the blocks in order (problems first) and ends with header and totals before
 * them, text_summary.c draws header and totals, text_connection.c one connection's block,
 * text_findings.c why it failed and what to do, text_messages.c what was said
 * in it, text_chain.c certificates as `openssl s_client -showcerts` prints them, text_trust.c
 * whether they verify, text_offer.c the offers in full, text_extensions.c what extensions hold.
 */
#ifndef TLSWHY_REPORT_TEXT_REPORT_H
#define TLSWHY_REPORT_TEXT_REPORT_H

#include "report/report.h"
#include "report/text_writer.h"

/* Whether an earlier connection with the same addresses and ports was shown, so that a display filter needs the frames,
 * too. A small table that forgets nothing until it is full; then it says yes. */
enum { TEXT_REUSE_SLOTS = 4096 };
struct text_reuse {
    uint64_t keys[TEXT_REUSE_SLOTS];
    unsigned num;
};

struct text_block {
    const struct report_connection *shown;
    const struct connection *connection;
    struct text_reuse *reuse;
    struct fingerprints *fingerprints;
    bool is_verbose;
    const char *client_trust; /* the store that is the client's own; NULL unknown */
};

void text_summary(struct text *t, const struct report_summary *summary, uint64_t failed_names, bool is_verbose);
/* text_trust.c: what went wrong with trust stores, in the summary. */
void text_store_errors(struct text *t, const struct verifier *verifier);
void text_connection(struct text *t, const struct text_block *block);
void text_findings(struct text *t, const struct text_block *block);
void text_messages(struct text *t, const struct text_block *block);
void text_chains(struct text *t, const struct text_block *block);
void text_trust(struct text *t, const struct text_block *block);
/* Lines under the label "contents"; nothing when there is none. */
void text_extensions(struct text *t, const struct extensions *ext, enum ext_context context);
void text_offer(struct text *t, const struct text_block *block);

/* "client -> server": fixed width. */
const char *text_direction(enum role from);

#endif
