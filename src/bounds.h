/*
 * Every limit on growth, with its reason. Hitting one is counted and reported, never silent.
 */

#ifndef TLSWHY_BOUNDS_H
#define TLSWHY_BOUNDS_H

enum {
    LIMIT_READ_BLOCK = 256 * 1024,          /* bytes asked from read() at once */
    LIMIT_PACKET = 16 * 1024 * 1024,        /* a captured packet longer than this is damage, not a packet */
    LIMIT_BATCH = 64,                       /* packets that go through the stages together */
    LIMIT_FILES = 1 << 19,                  /* inputs of one run (struct place holds 20 bits) */
    LIMIT_INTERFACES = 65536,               /* interfaces of one pcapng section */
    LIMIT_FILE_NOTES = 64,                  /* notes (damage and the like) kept for one input */
    LIMIT_COMMENTS = 10000,                 /* pcapng comments and name resolution records kept for one input */
    LIMIT_COMMENT_BYTES = 16 * 1024 * 1024, /* and the bytes they hold */
    LIMIT_SECRETS = 64 * 1024 * 1024,       /* bytes of decryption secrets blocks kept for one input */

    LIMIT_FRAGMENT_DATAGRAMS = 4096,         /* IP datagrams waiting for fragments */
    LIMIT_FRAGMENT_BYTES = 16 * 1024 * 1024, /* and the bytes they hold */
    LIMIT_FRAGMENT_SECONDS = 30,             /* how long one waits: RFC 791 and RFC 8200 suggest 15 to 60 */

    LIMIT_FLOWS = 4 * 1024 * 1024,          /* connections tracked at once; the idlest goes first */
    LIMIT_FLOWS_LEAST = 64 * 1024,          /* of several captures read side by side, each tracks at least this many */
    LIMIT_STREAM_QUEUE_BYTES = 1024 * 1024, /* out-of-order bytes held for one direction */
    LIMIT_STREAM_QUEUE_SEGMENTS = 1024,     /* and segments */
    LIMIT_ALL_QUEUE_BYTES = 128 * 1024 * 1024, /* out-of-order bytes held altogether */
    LIMIT_IDLE_HANDSHAKE_SECONDS =
        300, /* a connection without progress is given up after this on the capture's clock */
    LIMIT_IDLE_ESTABLISHED_SECONDS = 7200, /* an established one: keep-alives come every two hours by default */
    LIMIT_IDLE_DATAGRAM_SECONDS = 300, /* datagrams have no close: as long as middleboxes keep a mapping (RFC 4787) */
    LIMIT_CLOSED_SECONDS = 60,         /* both directions closed: how long late packets are still taken in */

    LIMIT_HANDSHAKE_MESSAGE = 1024 * 1024, /* one handshake message; chains of real servers stay under 100 kB */
    LIMIT_DATAGRAM_PIECES = 256,       /* fragments of messages of one direction that wait for others (DTLS, QUIC) */
    LIMIT_DATAGRAM_BYTES = 128 * 1024, /* and the bytes they hold */
    LIMIT_DATAGRAM_MESSAGES = 16,      /* messages of one direction that wait for their turn (DTLS) */
    LIMIT_QUIC_IDS = 32,               /* connection IDs and addresses under which one connection is followed */
    LIMIT_QUIC_PATHS = 8,              /* other addresses that are told of it */
    LIMIT_ALL_QUIC_IDS = 256 * 1024,   /* and IDs and addresses of all connections: some 25 MB */
    LIMIT_QUIC_ID_LEN = 4,             /* shorter IDs are too common to follow anybody by them */
    LIMIT_SESSION_ARENA = 2 * 1024 * 1024, /* all facts kept of one connection */
    LIMIT_SESSION_EVENTS = 512,            /* messages, alerts, gaps noted for one connection */
    LIMIT_DIALOGUE = 4096,                 /* bytes of each side before TLS that are read for STARTTLS and proxies */
    LIMIT_WRAPPED_PACKETS = 128,           /* packets of another protocol that carry one side's handshake (MS-TDS) */
    LIMIT_CHAIN = 64,                      /* certificates kept of one Certificate message */

    LIMIT_KEYS = 1024 * 1024,          /* secrets of key logs: some 100 MB */
    LIMIT_KEYLOG_LINE = 4096,          /* bytes of one line of a key log; ECH_CONFIG has the longest, some 400 */
    LIMIT_KEY_FILE = 1024 * 1024,      /* bytes of one file with servers' private keys: real ones have some kB */
    LIMIT_SERVER_KEYS = 256,           /* and the keys of all of them */
    LIMIT_RESUMABLE = 16384,           /* sessions kept for being resumed, when there are private keys */
    LIMIT_TRANSCRIPT = 256 * 1024,     /* bytes of each side's handshake messages kept until its keys are known */
    LIMIT_INFLATED = 64 * 1024 * 1024, /* bytes that one side's compressed records may become */
    LIMIT_PENDING_BYTES = 64 * 1024,   /* protected records of one connection that wait for keys */
    LIMIT_PENDING_RECORDS = 256,       /* and their number */
    LIMIT_ALL_PENDING_BYTES = 256 * 1024 * 1024, /* and of all connections */
    LIMIT_OPENED_RECORD = 2048, /* after a TLS 1.3 handshake larger records are taken for application data, unread */
    LIMIT_SEQUENCE_TRIALS = 64, /* record numbers tried after a gap */
    LIMIT_OPENED_PACKETS =
        64, /* 1-RTT packets of one side (QUIC) that are opened whatever their size; and behind them: */
    LIMIT_OPENED_PACKET = 512,   /* larger ones are taken for application data, unread */
    LIMIT_NUMBERS_AHEAD = 65536, /* of packets: further away are those that nothing authenticates */
    LIMIT_EARLY_RECORDS = 64,    /* of early data without its secret that may precede the client's handshake records */

    LIMIT_CERTIFICATE = 64 * 1024,              /* bytes of one certificate */
    LIMIT_CERTIFICATE_NAMES = 10000,            /* subject alternative names kept of one certificate */
    LIMIT_CERTIFICATE_CACHE = 32 * 1024 * 1024, /* bytes of certificates not in use by any connection */
    LIMIT_HELD = 4 * 1024 * 1024,          /* connections that did not complete, waiting for the end of the capture */
    LIMIT_HELD_BYTES = 1024 * 1024 * 1024, /* facts of all connections: beyond it those that end are reported at once */
    LIMIT_ATTEMPTS = 200000,  /* attempts without TLS kept until it is known whether their server speaks it */
    LIMIT_ALTERNATIVES = 256, /* the latest connections that stood: what a client may have turned to instead */
    LIMIT_NAMES = 100000,     /* addresses whose DNS names are remembered */
    LIMIT_SERVERS = 100000,   /* servers known to speak TLS */

    LIMIT_STORE_CERTIFICATES = 100000,     /* certificates of one trust store */
    LIMIT_STORE_BYTES = 256 * 1024 * 1024, /* bytes read for one trust store */
    LIMIT_STORE_ERRORS = 32,               /* what went wrong with one trust store: kept, then counted */
    LIMIT_VERIFICATIONS = 8192,            /* distinct chains and names whose verification is remembered */
    LIMIT_STAPLES = 4096,                  /* distinct stapled OCSP responses remembered */
    LIMIT_AUTHORITIES = 10000,             /* issuers seen in the capture that are tried for other chains */
    LIMIT_BORROWED = 32,                   /* of these, tried for one chain */

    LIMIT_SIGHTINGS = 200000, /* connections of both captures that --compare keeps a summary of */

    LIMIT_FINDINGS = 32,            /* findings of one connection; real ones have a handful */
    LIMIT_FINDING_TEXT = 32 * 1024, /* and the bytes of their sentences */

    LIMIT_ALIASES = 1024 * 1024,              /* names that stand for others in a report without them */
    LIMIT_STAND_INS = 65536,                  /* certificates that stand for others there */
    LIMIT_EVIDENCE_BYTES = 256 * 1024 * 1024, /* packets of inputs that cannot be read twice, kept for --evidence */
    LIMIT_EVIDENCE_PLANS = 200000,            /* connections that may become evidence; those that completed go first */
    LIMIT_EVIDENCE_WINDOW = 4096,             /* the latest packets, kept whole until it is known what they carry */
    LIMIT_EVIDENCE_FRAGMENTS = 64,    /* packets that are fragments of a datagram, waiting for the others of it */
    LIMIT_EVIDENCE_STORY = 48 * 1024, /* bytes of the comment that tells the findings */
    LIMIT_REFILLED_RECORDS = 16 * 1024 * 1024, /* blank records put in for those that evidence left out */
    LIMIT_EXTRACTED = 10000,                   /* files that --extract-certs makes, unless told otherwise */

    LIMIT_SEEN_AS = 128 * 1024, /* bytes of a line given with --seen-as: what Linux takes as one argument */

    LIMIT_OUTPUT_BLOCK = 256 * 1024,      /* bytes of a report written at once */
    LIMIT_RENDERED = 1024,                /* texts rendered from equal bytes that are kept */
    LIMIT_RENDERED_BYTES = 16 * 1024,     /* and the bytes of one, with those that it was rendered from */
    LIMIT_SPOOL_MEMORY = 4 * 1024 * 1024, /* report text held back in memory; more goes to a temporary file */
    LIMIT_SHOWN_NAME = 256,               /* bytes of one name from the network shown in text, then its length */
    LIMIT_SUMMARY_LINE = 250,             /* bytes of --summary-line: trackers take titles of 255 */
    LIMIT_ZEEK_CERTIFICATES = 1 << 21,    /* places for certificates that x509.log has, half of them used */
    LIMIT_CSV_CELL = 32000,               /* bytes of one cell: spreadsheets take 32767 characters */
    LIMIT_CSV_TEXT = 4096,                /* bytes of one name in it, then its length */
    LIMIT_SHOWN_COMMENT = 4096,           /* bytes of one comment of a capture shown in JSON, then its length */
    LIMIT_SHOWN_COMMENTS = 1000,          /* comments of one input shown */
    LIMIT_SHOWN_EVENTS = 40,              /* messages listed for one connection in text without -v */
    LIMIT_TEXT_GROUPS = 4096,             /* entries of connections that tell the same, of each kind, in text */
    LIMIT_TEXT_MEMBERS = 8,               /* connections named in one of them */
    LIMIT_TEXT_CLIENTS = 32,              /* clients told apart in one of them */
    LIMIT_SHOWN_CLIENTS = 6,              /* and shown */
    LIMIT_SHOWN_FAILURES = 100,           /* entries shown in full without -v, then a line for each */
    LIMIT_SHOWN_ALIKE = 12,               /* of these with the same verdict */
    LIMIT_SHOWN_INCOMPLETE = 5,           /* the same of connections of which the capture does not show enough */
    LIMIT_SHOWN_COMPLETED = 10,           /* the same of connections that completed */
    LIMIT_SHOWN_LINES = 100,              /* lines of the latter two kinds */
    LIMIT_SHOWN_WARNINGS = 200,           /* warnings of servers shown in text */
    LIMIT_SHOWN_SERVERS = 50,             /* servers shown in text */
    LIMIT_PAGE_ROWS = 3000,               /* connections listed one by one in HTML: some 1 MB */
    LIMIT_PAGE_TOLD = 4000000,            /* bytes of HTML that -v takes for connections of one outcome */
    LIMIT_MARKDOWN_TOLD = 220000,         /* and in Markdown: GitLab takes 1 MB */
    LIMIT_MARKDOWN_ROWS = 30,             /* and in Markdown, whose readers (GitHub) take 64 kB */
    LIMIT_MARKDOWN_FAILURES = 6,          /* entries in full there, then a line for each */
    LIMIT_MARKDOWN_ALIKE = 2,             /* of these with the same verdict */
    LIMIT_MARKDOWN_LINES = 20,            /* lines of each kind */
    LIMIT_SHOWN_HASHES = 20,              /* input files whose SHA-256 is told */
};

#endif
