/* Protocols whose replies are numbers: SMTP and LMTP (RFC 3207, 2033), FTP (RFC 4217), NNTP (RFC 4642). */
#include "dissect/starttls_lines.h"

enum { MAX_WORDS = 12 };

static const struct numeric {
    enum starttls_protocol protocol;
    const char *title;                /* a word of the greeting that only this protocol has */
    uint16_t greetings[5];            /* the greeting's reply codes */
    const char *marks[MAX_WORDS + 1]; /* commands that only this protocol has */
    const char *lists[3];             /* commands that are answered by what the server can do */
    const char *offer;                /* the word for TLS in that answer */
    const char *asks[5];              /* the commands for TLS */
    uint16_t accepts;                 /* the reply code that grants it */
    const char *idle[MAX_WORDS + 1];  /* commands that do not go on without TLS */
} numerics[] = {
    {STARTTLS_LMTP,
     "LMTP",
     {220, 421},
     {"LHLO"},
     {"LHLO"},
     "STARTTLS",
     {"STARTTLS"},
     220,
     {"LHLO", "STARTTLS", "NOOP", "RSET", "QUIT"}},
    {STARTTLS_SMTP,
     "SMTP",
     {220, 421, 554},
     {"EHLO", "HELO"},
     {"EHLO"},
     "STARTTLS",
     {"STARTTLS"},
     220,
     {"EHLO", "HELO", "STARTTLS", "NOOP", "RSET", "QUIT", "HELP"}},
    {STARTTLS_SMTP,
     "ESMTP",
     {220, 421, 554},
     {"STARTTLS"},
     {"EHLO"},
     "STARTTLS",
     {"STARTTLS"},
     220,
     {"EHLO", "HELO", "STARTTLS", "NOOP", "RSET", "QUIT", "HELP"}},
    {STARTTLS_FTP,
     "FTP",
     {220, 421, 120},
     {"AUTH", "USER", "FEAT", "SYST", "PBSZ", "PROT", "CLNT"},
     {"FEAT"},
     "AUTH",
     {"AUTH TLS", "AUTH SSL", "AUTH TLS-C", "AUTH TLS-P"},
     234,
     {"AUTH", "FEAT", "SYST", "NOOP", "QUIT", "CLNT", "HELP"}},
    {STARTTLS_NNTP,
     "NNTP",
     {200, 201, 400, 502},
     {"CAPABILITIES", "MODE READER", "LIST", "GROUP", "STARTTLS", "AUTHINFO"},
     {"CAPABILITIES"},
     "STARTTLS",
     {"STARTTLS"},
     382,
     {"CAPABILITIES", "MODE", "STARTTLS", "QUIT", "HELP"}},
};

/* What a firewall makes of a command that it does not let pass, STARTTLS among them. */
static bool text_is_mask(struct bytes command)
{
    return text_has_mask(text_word(command, 0));
}

struct reply {
    unsigned code;
    bool has_offer;
    struct line line;        /* the one with the offer, else the last */
    struct talk_text masked; /* the first one with a word that was written over; len 0: none */
};

/* Three digits, then a space, a hyphen or the end. */
static unsigned reply_code(struct bytes text)
{
    unsigned code = 0;
    for (size_t i = 0; i < 3; i++) {
        if (i >= text.len || text.at[i] < '0' || text.at[i] > '9')
            return 0;
        code = code * 10 + (text.at[i] - '0');
    }
    return text.len == 3 || text.at[3] == ' ' || text.at[3] == '-' ? code : 0;
}

static bool is_last_line(const struct numeric *n, unsigned code, const struct line *line, bool is_first)
{
    if (n->protocol == STARTTLS_NNTP) /* 100 and 101 carry a block that a dot ends */
        return code == 100 || code == 101 ? text_is(line->text, ".") : is_first;
    return reply_code(line->text) == code && (line->text.len == 3 || line->text.at[3] == ' ');
}

static bool has_offer(const struct numeric *n, struct bytes text)
{
    return text_has_word(text, n->offer) &&
           (n->protocol != STARTTLS_FTP || text_has_word(text, "TLS") || text_has_word(text, "SSL"));
}

/* A whole reply; false when none is left, or what comes is none. */
static bool reply_next(struct cursor *c, const struct numeric *n, struct reply *reply)
{
    struct line line;
    *reply = (struct reply){.code = 0};
    if (!line_next(c, &line))
        return false;
    reply->code = reply_code(line.text);
    for (bool is_first = true;; is_first = false) {
        if (!reply->has_offer)
            reply->line = line;
        if (reply->masked.len == 0 && text_has_mask(line.text))
            reply->masked = line.place;
        reply->has_offer |= has_offer(n, line.text);
        if (reply->code == 0 || is_last_line(n, reply->code, &line, is_first))
            return reply->code != 0;
        if (!line_next(c, &line))
            return false;
    }
}

static bool is_one_of(const uint16_t codes[5], unsigned code)
{
    for (unsigned i = 0; i < 5 && codes[i]; i++)
        if (codes[i] == code)
            return true;
    return false;
}

static bool is_protocol(const struct numeric *n, struct bytes greeting, const struct talk *talk)
{
    struct fault fault;
    struct cursor c;
    struct line line;
    if (!is_one_of(n->greetings, reply_code(greeting)))
        return false;
    cursor_init_whole(&c, talk->said[TALK_CLIENT], &fault);
    while (line_next(&c, &line))
        if (text_begins_with_any(line.text, n->marks))
            return true;
    return text_has_word(greeting, n->title);
}

static void take_reply(struct starttls *out, const struct numeric *n, const struct line *command,
                       const struct reply *reply)
{
    if (text_begins_with_any(command->text, n->asks) || text_is_mask(command->text)) {
        out->answer = reply->code == n->accepts ? STARTTLS_ACCEPTED : STARTTLS_REFUSED;
        out->answered = reply->line.place;
    } else if (text_begins_with_any(command->text, n->lists)) {
        out->offer = reply->has_offer ? STARTTLS_OFFERED : STARTTLS_NOT_OFFERED;
        out->listed = reply->line.place;
        if (!reply->has_offer)
            out->masked[TALK_SERVER] = reply->masked;
    }
}

static void read_dialogue(struct starttls *out, const struct numeric *n, const struct talk *talk)
{
    struct fault faults[2];
    struct cursor client, server;
    struct line command;
    struct reply reply;
    cursor_init_whole(&client, talk->said[TALK_CLIENT], &faults[0]);
    cursor_init_whole(&server, talk->said[TALK_SERVER], &faults[1]);
    bool has_reply = reply_next(&server, n, &reply);
    while (has_reply && n->protocol == STARTTLS_FTP && reply.code == 120) /* "ready in a moment" comes first */
        has_reply = reply_next(&server, n, &reply);
    while (out->answer != STARTTLS_ACCEPTED && line_next(&client, &command)) {
        bool is_masked = text_is_mask(command.text);
        if (is_masked || text_begins_with_any(command.text, n->asks)) {
            out->is_asked = true;
            out->asked = command.place;
            out->answer = STARTTLS_NO_ANSWER;
        }
        if (is_masked)
            out->masked[TALK_CLIENT] = command.place;
        out->is_in_clear |= !is_masked && !text_begins_with_any(command.text, n->idle);
        has_reply = has_reply && reply_next(&server, n, &reply);
        if (has_reply)
            take_reply(out, n, &command, &reply);
    }
}

bool starttls_numeric_read(struct starttls *out, const struct talk *talk)
{
    struct fault fault;
    struct cursor c;
    struct line greeting;
    cursor_init_whole(&c, talk->said[TALK_SERVER], &fault);
    if (!line_next(&c, &greeting))
        return false;
    for (size_t i = 0; i < sizeof numerics / sizeof *numerics; i++)
        if (is_protocol(&numerics[i], greeting.text, talk)) {
            out->protocol = numerics[i].protocol;
            read_dialogue(out, &numerics[i], talk);
            return true;
        }
    return false;
}
