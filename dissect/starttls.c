/* One row for each protocol with STARTTLS, and the recognisers in the order in which they are asked: see starttls.h. */
#include "dissect/starttls.h"

#include "dissect/starttls_lines.h"

static const struct starttls_row {
    const char *name, *label, *verb;
} rows[NUM_STARTTLS_PROTOCOLS] = {
    [STARTTLS_NONE] = {NULL, NULL, NULL},
    [STARTTLS_SMTP] = {"smtp", "SMTP", "STARTTLS"},
    [STARTTLS_LMTP] = {"lmtp", "LMTP", "STARTTLS"},
    [STARTTLS_IMAP] = {"imap", "IMAP", "STARTTLS"},
    [STARTTLS_POP3] = {"pop3", "POP3", "STLS"},
    [STARTTLS_FTP] = {"ftp", "FTP", "AUTH TLS"},
    [STARTTLS_NNTP] = {"nntp", "NNTP", "STARTTLS"},
    [STARTTLS_SIEVE] = {"sieve", "ManageSieve", "STARTTLS"},
    [STARTTLS_IRC] = {"irc", "IRC", "STARTTLS"},
    [STARTTLS_XMPP] = {"xmpp", "XMPP", "<starttls>"},
    [STARTTLS_LDAP] = {"ldap", "LDAP", "the extended operation StartTLS"},
    [STARTTLS_POSTGRES] = {"postgres", "PostgreSQL", "SSLRequest"},
    [STARTTLS_MYSQL] = {"mysql", "MySQL", "the SSL flag"},
    [STARTTLS_TDS] = {"tds", "MS-TDS", "encryption in PRELOGIN"},
    [STARTTLS_RDP] = {"rdp", "RDP", "the negotiation request"},
};

/* What tells the protocol by its very form comes first; words that several may say come last. */
static bool (*const readers[])(struct starttls *out, const struct talk *talk) = {
    starttls_rdp_read,   starttls_tds_read,     starttls_postgres_read, starttls_mysql_read,
    starttls_ldap_read,  starttls_xmpp_read,    starttls_imap_read,     starttls_pop3_read,
    starttls_sieve_read, starttls_numeric_read, starttls_irc_read,
};

const char *starttls_name(enum starttls_protocol protocol)
{
    return rows[protocol].name;
}

const char *starttls_label(enum starttls_protocol protocol)
{
    return rows[protocol].label;
}

const char *starttls_verb(enum starttls_protocol protocol)
{
    return rows[protocol].verb;
}

const char *starttls_mode_name(enum starttls_mode mode)
{
    static const char *const names[NUM_STARTTLS_MODES] = {
        [STARTTLS_LOGIN_ONLY] = "login-only",
        [STARTTLS_CREDSSP] = "credssp",
    };
    return names[mode];
}

bool starttls_read(struct starttls *out, const struct talk *talk)
{
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        *out = (struct starttls){.protocol = STARTTLS_NONE};
        if (readers[i](out, talk))
            return true;
    }
    *out = (struct starttls){.protocol = STARTTLS_NONE};
    return false;
}
