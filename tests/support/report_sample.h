/* A connection, a name record and a summary made by hand for tests of the report formats. */
#ifndef TLSWHY_TESTS_REPORT_SAMPLE_H
#define TLSWHY_TESTS_REPORT_SAMPLE_H

#include "report/report.h"

enum { SAMPLE_EVENTS = 10, SAMPLE_HELLO = 4096 };

/* What strangers can choose. */
struct sample_words {
    struct bytes sni, alpn;
    const char *subject, *san;    /* of the server's certificate: common name (UTF-8 or not) and a dNSName */
    const char *capture, *filter; /* file name and -f */
    const char *note, *name;      /* of the input; of the name record */
    const char *plain;            /* what the server said that is no TLS */
};

struct report_sample {
    struct sample_words words;
    struct flow flow;
    struct flow_rare rare;
    struct connection connection;
    struct diagnosis diagnosis;
    struct capture_input input;
    struct capture_note note;
    struct event events[SAMPLE_EVENTS];
    struct certificates *certificates;
    struct certificate *chain[2];
    const char *store_error;
    struct store_facts store;
    struct verify_step steps[2];
    struct verification verifications[2];
    struct ocsp_staple staple;
    uint8_t hello[SAMPLE_HELLO];
    char name[512];
    char directory[64], path[512];
    struct capture *capture; /* one empty file named words.capture */
    struct fingerprints *fingerprints;
    struct report_connection shown;
    struct report_name name_record;
    const struct report_pair *pair; /* NULL: none is written */
    struct report_summary summary;
};

/* Words that nobody has to fear. */
struct sample_words sample_words_tame(void);

/* A TLS 1.2 connection of 10.0.0.1:54321 with 192.0.2.7:443 that the client ended by an alert. Fails the cmocka test
 * when something is missing. */
void report_sample_init(struct report_sample *s, const struct sample_words *words);
/* Lets two results of a trust store and a stapled response stand beside the chain: error 20 with everything that can
 * differ, and a completed chain that verifies. */
void report_sample_trust(struct report_sample *s);
void report_sample_cleanup(struct report_sample *s);

/* Everything the sample holds as a report in `format`: connection, name, summary. The caller frees the text. */
char *report_sample_write(const struct report_sample *s, const char *format, const struct report_options *options);

#endif
