/* Lines of text for the recognisers of line protocols, and words in them. ASCII letters compare without case. */
#ifndef TLSWHY_DISSECT_STARTTLS_LINES_H
#define TLSWHY_DISSECT_STARTTLS_LINES_H

#include "dissect/starttls.h"

struct line {
    struct bytes text; /* without CR and LF */
    struct talk_text place;
};

/* The next whole line; false when none is left. */
bool line_next(struct cursor *c, struct line *line);

bool text_begins(struct bytes text, const char *with);
/* `word` stands in it, not inside of a longer word. */
bool text_has_word(struct bytes text, const char *word);
/* A word of at least six letters X, of which the last may be another letter: what some firewalls write over words that
 * they do not let pass. */
bool text_has_mask(struct bytes text);
/* Word `n` from 0, between spaces; empty when there are fewer. */
struct bytes text_word(struct bytes text, unsigned n);
bool text_is(struct bytes text, const char *same);
/* One of a list that ends with NULL begins the text, as a whole word. */
bool text_begins_with_any(struct bytes text, const char *const *words);

/* The recognisers: see starttls.c. */
bool starttls_numeric_read(struct starttls *out, const struct talk *talk); /* SMTP, LMTP, FTP, NNTP */
bool starttls_imap_read(struct starttls *out, const struct talk *talk);
bool starttls_pop3_read(struct starttls *out, const struct talk *talk);
bool starttls_sieve_read(struct starttls *out, const struct talk *talk);
bool starttls_irc_read(struct starttls *out, const struct talk *talk);
bool starttls_xmpp_read(struct starttls *out, const struct talk *talk);
bool starttls_ldap_read(struct starttls *out, const struct talk *talk);
bool starttls_postgres_read(struct starttls *out, const struct talk *talk);
bool starttls_mysql_read(struct starttls *out, const struct talk *talk);
bool starttls_tds_read(struct starttls *out, const struct talk *talk);
bool starttls_rdp_read(struct starttls *out, const struct talk *talk);

#endif
