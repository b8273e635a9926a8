/* Mailboxes: IMAP (RFC 9051 section 6.2.1), POP3 (RFC 2595 section 4), ManageSieve (RFC 5804 section 2.2). */
#include "dissect/starttls_lines.h"

static void cursors(const struct talk *talk, struct cursor c[2], struct fault faults[2])
{
    cursor_init_whole(&c[TALK_CLIENT], talk->said[TALK_CLIENT], &faults[TALK_CLIENT]);
    cursor_init_whole(&c[TALK_SERVER], talk->said[TALK_SERVER], &faults[TALK_SERVER]);
}

static void ask(struct starttls *out, const struct line *line)
{
    out->is_asked = true;
    out->asked = line->place;
    out->answer = STARTTLS_NO_ANSWER;
}

static void answer(struct starttls *out, const struct line *line, bool is_accepted)
{
    out->answer = is_accepted ? STARTTLS_ACCEPTED : STARTTLS_REFUSED;
    out->answered = line->place;
}

static void list(struct starttls *out, const struct line *line, bool is_offered)
{
    if (out->offer == STARTTLS_OFFERED)
        return;
    out->offer = is_offered ? STARTTLS_OFFERED : STARTTLS_NOT_OFFERED;
    out->listed = line->place;
}

bool starttls_imap_read(struct starttls *out, const struct talk *talk)
{
    static const char *const idle[] = {"STARTTLS", "CAPABILITY", "NOOP", "ID", "LOGOUT", NULL};
    struct fault faults[2];
    struct cursor c[2];
    struct line line;
    struct bytes tag = {NULL, 0};
    cursors(talk, c, faults);
    if (!text_begins(talk->said[TALK_SERVER], "* OK") && !text_begins(talk->said[TALK_SERVER], "* BYE") &&
        !text_begins(talk->said[TALK_SERVER], "* PREAUTH"))
        return false;
    out->protocol = STARTTLS_IMAP;
    while (line_next(&c[TALK_CLIENT], &line)) {
        struct bytes command = text_word(line.text, 1);
        out->is_in_clear |= !text_begins_with_any(command, idle);
        if (!text_is(command, "STARTTLS"))
            continue;
        ask(out, &line);
        tag = text_word(line.text, 0);
    }
    while (line_next(&c[TALK_SERVER], &line)) {
        if (text_begins(line.text, "* CAPABILITY") || text_begins(line.text, "* OK [CAPABILITY"))
            list(out, &line, text_has_word(line.text, "STARTTLS"));
        else if (tag.len > 0 && bytes_equal(text_word(line.text, 0), tag))
            answer(out, &line, text_is(text_word(line.text, 1), "OK"));
    }
    return true;
}

/* The lines of an answer that has several, up to the dot. */
static void pop3_list(struct starttls *out, struct cursor *server)
{
    struct line line;
    bool has_offer = false;
    while (line_next(server, &line)) {
        has_offer |= text_is(line.text, "STLS");
        if (text_is(line.text, "STLS") || (text_is(line.text, ".") && !has_offer))
            list(out, &line, has_offer);
        if (text_is(line.text, "."))
            return;
    }
}

bool starttls_pop3_read(struct starttls *out, const struct talk *talk)
{
    static const char *const idle[] = {"STLS", "CAPA", "NOOP", "QUIT", NULL};
    struct fault faults[2];
    struct cursor c[2];
    struct line command, reply;
    cursors(talk, c, faults);
    if (!text_begins(talk->said[TALK_SERVER], "+OK") || !line_next(&c[TALK_SERVER], &reply))
        return false;
    out->protocol = STARTTLS_POP3;
    while (out->answer != STARTTLS_ACCEPTED && line_next(&c[TALK_CLIENT], &command)) {
        bool is_ask = text_is(text_word(command.text, 0), "STLS");
        out->is_in_clear |= !text_begins_with_any(command.text, idle);
        if (is_ask)
            ask(out, &command);
        if (!line_next(&c[TALK_SERVER], &reply))
            continue;
        bool is_granted = text_begins(reply.text, "+OK");
        if (is_ask)
            answer(out, &reply, is_granted);
        else if (text_is(text_word(command.text, 0), "CAPA") && is_granted)
            pop3_list(out, &c[TALK_SERVER]);
        else if (text_is(text_word(command.text, 0), "CAPA"))
            list(out, &reply, false);
    }
    return true;
}

/* What the server can, then OK, NO or BYE. */
static bool sieve_reply(struct cursor *server, struct line *line, bool *has_offer, struct line *offer)
{
    static const char *const ends[] = {"OK", "NO", "BYE", NULL};
    while (line_next(server, line)) {
        if (text_begins(line->text, "\"STARTTLS\"")) {
            *has_offer = true;
            *offer = *line;
        }
        if (text_begins_with_any(line->text, ends))
            return true;
    }
    return false;
}

bool starttls_sieve_read(struct starttls *out, const struct talk *talk)
{
    static const char *const idle[] = {"STARTTLS", "CAPABILITY", "NOOP", "LOGOUT", NULL};
    struct fault faults[2];
    struct cursor c[2];
    struct line command, reply, offer;
    bool has_offer = false;
    cursors(talk, c, faults);
    if (!text_begins(talk->said[TALK_SERVER], "\"IMPLEMENTATION\""))
        return false;
    out->protocol = STARTTLS_SIEVE;
    if (!sieve_reply(&c[TALK_SERVER], &reply, &has_offer, &offer))
        return true;
    list(out, has_offer ? &offer : &reply, has_offer);
    while (out->answer != STARTTLS_ACCEPTED && line_next(&c[TALK_CLIENT], &command)) {
        bool is_ask = text_is(text_word(command.text, 0), "STARTTLS");
        out->is_in_clear |= !text_begins_with_any(command.text, idle);
        if (is_ask)
            ask(out, &command);
        if (sieve_reply(&c[TALK_SERVER], &reply, &has_offer, &offer) && is_ask)
            answer(out, &reply, text_begins(reply.text, "OK"));
    }
    return true;
}
