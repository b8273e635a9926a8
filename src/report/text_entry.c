/* The text format: what several connections have in common, drawn as one entry. */
#include "report/address.h"
#include "report/text_report.h"
#include "report/timestamp.h"

static unsigned long long ull(uint64_t n)
{
    return n;
}

static const char *plural(const struct text_group *group)
{
    if (group->is_look_up)
        return group->count == 1 ? "look-up" : "look-ups";
    return group->count == 1 ? "connection" : "connections";
}

static void how_many(struct text *t, const struct text_group *group)
{
    if (group->count == 1 && !group->is_look_up) {
        text_number(t, group->members[0].id);
        return;
    }
    text_count(t, group->count);
    text_printf(t, " %s", plural(group));
}

static void one_client(struct text *t, const struct text_client *client)
{
    char buf[ADDRESS_LEN];
    text_plain(t, address_write(buf, client->ip_version, client->address));
}

static void some_clients(struct text *t, const struct text_group *group)
{
    if (group->num_clients == 1 && !group->has_more_clients)
        one_client(t, &group->clients[0]);
    else
        text_printf(t, "%u%s clients", group->num_clients, group->has_more_clients ? " and more" : "");
}

static void server(struct text *t, const struct text_group *group)
{
    if (!group->is_look_up) {
        text_arrow(t);
        text_endpoint(t, group->ip_version, group->server_address, group->server_port);
    }
    text_server_name(t, group->name, group->name_from);
}

/* number: what references lead to; 0 none. */
static void title(struct text *t, const struct text_group *group, uint64_t number)
{
    text_title_begin(t, group->outcome, number);
    text_outcome(t, group->outcome, group->code);
    text_gap(t);
    how_many(t, group);
    if (!group->is_look_up) {
        text_gap(t);
        if (group->count == 1)
            text_endpoint(t, group->ip_version, group->clients[0].address, group->client_port);
        else
            some_clients(t, group);
    }
    server(t, group);
    text_title_end(t);
}

static void frames(struct text *t, const struct text_group *group)
{
    if (group->last.place.frame == group->first.place.frame)
        text_printf(t, "frame %llu of ", ull(group->first.place.frame));
    else
        text_printf(t, "frames %llu to %llu of ", ull(group->first.place.frame), ull(group->last.place.frame));
    text_input_name(t, group->input);
    if (group->last.place.file != group->first.place.file)
        text_plain(t, " (ends in a later file)");
}

static bool has_time(const struct text_group *group)
{
    return group->first_ns != 0 || group->last_ns != 0 || group->last.time_ns != 0;
}

static void lasting(struct text *t, const struct text_group *group)
{
    if (group->last.place.frame == group->first.place.frame && group->last.place.file == group->first.place.file)
        return;
    text_plain(t, "for ");
    text_duration(t, moment_since(&group->last, &group->first));
    text_plain(t, ", ");
}

static void when(struct text *t, const struct text_group *group)
{
    char buf[TIMESTAMP_LEN];
    text_label(t, "when");
    if (has_time(group))
        text_printf(t, "%s", timestamp_write_plain(buf, group->first_ns, group->time_digits));
    if (group->count == 1) {
        if (has_time(group)) {
            text_plain(t, " UTC, ");
            lasting(t, group);
        }
        frames(t, group);
    } else if (has_time(group)) {
        text_printf(t, " (the first) to %s UTC (the last)",
                    timestamp_write_plain(buf, group->last_ns, group->time_digits));
    } else {
        text_plain(t, "the capture has no times");
    }
    text_line_end(t);
}

void text_entry_clients(struct text *t, const struct text_group *group)
{
    for (unsigned i = 0; i < group->num_clients && i < LIMIT_SHOWN_CLIENTS; i++) {
        if (i > 0)
            text_plain(t, ", ");
        one_client(t, &group->clients[i]);
        if (group->count > 1 && (group->num_clients > 1 || group->has_more_clients))
            text_printf(t, " (%llu)", ull(group->clients[i].count));
    }
    if (group->has_more_clients)
        text_printf(t, " and more than %d others", LIMIT_TEXT_CLIENTS - LIMIT_SHOWN_CLIENTS);
    else if (group->num_clients > LIMIT_SHOWN_CLIENTS)
        text_printf(t, " and %u more", group->num_clients - LIMIT_SHOWN_CLIENTS);
}

static void clients(struct text *t, const struct text_group *group)
{
    bool is_told = group->count == 1 && !group->is_look_up; /* in the title */
    if (is_told && !*group->ja4)
        return;
    text_label(t, group->num_clients > 1 ? "clients" : "client");
    if (!is_told)
        text_entry_clients(t, group);
    if (*group->ja4) {
        text_plain(t, is_told ? "JA4 " : "; JA4 ");
        text_name(t, group->ja4);
    }
    text_line_end(t);
}

void text_entry_members(struct text *t, const struct text_group *group, const char *label)
{
    text_label(t, label);
    for (uint64_t i = 0; i < group->count && i < LIMIT_TEXT_MEMBERS; i++) {
        text_plain(t, i ? ", " : "");
        if (!group->is_look_up)
            text_number(t, group->members[i].id);
        text_printf(t, group->is_look_up ? "frame %llu" : " (frame %llu)", ull(group->members[i].frame));
    }
    if (group->count > LIMIT_TEXT_MEMBERS) {
        text_plain(t, " and ");
        text_count(t, group->count - LIMIT_TEXT_MEMBERS);
        text_plain(t, " more");
    }
    text_line_end(t);
}

static void part(struct text *t, const struct text_entries *entries, const struct text_part *part)
{
    text_part(t, entries->spool, part->from, part->len);
}

static void as_above(struct text *t, const char *label, uint64_t id)
{
    text_label(t, label);
    text_plain(t, "as ");
    if (id > 0) {
        text_plain(t, "for ");
        text_reference(t, id);
        text_plain(t, " ");
    }
    text_plain(t, "above");
    text_line_end(t);
}

static const struct text_group *seen_before(const struct text_entries *entries, const struct text_group *group)
{
    for (unsigned i = 0; i < entries->num_seen; i++) {
        if (text_key_is_equal(&entries->seen[i]->seen_key, &group->seen_key))
            return entries->seen[i];
    }
    return NULL;
}

static void remedy(struct text *t, struct text_entries *entries, const struct text_group *group)
{
    if (!group->has_finding)
        return;
    uint64_t told = entries->fixes[group->finding];
    const struct text_group *seen = seen_before(entries, group);
    if (told > 0 && seen && seen->members[0].id == told - 1) {
        as_above(t, "do, seen as", told - 1);
        return;
    }
    if (told > 0) {
        as_above(t, "do", told - 1);
    } else {
        part(t, entries, &group->fixes);
        entries->fixes[group->finding] = 1 + group->members[0].id;
    }
    if (seen) {
        as_above(t, "seen as", seen->members[0].id);
        return;
    }
    part(t, entries, &group->seen);
    if (entries->num_seen < LIMIT_SHOWN_FAILURES)
        entries->seen[entries->num_seen++] = group;
}

/* What of the connection stands for all of them. */
static void shown(struct text *t, const struct text_group *group)
{
    if (group->count == 1 || group->is_look_up)
        return;
    text_label(t, "shown");
    text_number(t, group->members[0].id);
    text_plain(t, ", ");
    text_endpoint(t, group->ip_version, group->clients[0].address, group->client_port);
    text_plain(t, ", ");
    lasting(t, group);
    frames(t, group);
    text_line_end(t);
}

static void overview(struct text *t, const struct text_group *group, uint64_t number)
{
    title(t, group, number);
    when(t, group);
    clients(t, group);
    if (group->count > 1)
        text_entry_members(t, group, group->is_look_up ? "look-ups" : "connections");
}

void text_entry_overview(struct text *t, const struct text_group *group)
{
    overview(t, group, 0);
}

/* A server shows its chain to one client after the other: once is enough. */
static void certificates(struct text *t, struct text_entries *entries, const struct text_group *group)
{
    const struct text_group *before = entries->with_chain;
    if (group->certificates.a == 0 && group->certificates.b == 0) {
        part(t, entries, &group->chain);
    } else if (before && text_key_is_equal(&before->certificates, &group->certificates)) {
        text_label(t, "certificates");
        text_plain(t, "the same as for ");
        text_reference(t, before->members[0].id);
        text_plain(t, " above");
        text_line_end(t);
    } else {
        part(t, entries, &group->chain);
        entries->with_chain = group;
    }
}

void text_entry(struct text *t, struct text_entries *entries, const struct text_group *group)
{
    overview(t, group, group->members[0].id);
    part(t, entries, &group->why);
    part(t, entries, &group->pictures);
    remedy(t, entries, group);
    shown(t, group);
    part(t, entries, &group->ladder);
    text_more_begin(t, "The connection: what was said, and certificates");
    part(t, entries, &group->facts);
    certificates(t, entries, group);
    part(t, entries, &group->filter);
    text_more_end(t);
    text_entry_end(t);
}

void text_entry_line(struct text *t, const struct text_group *group)
{
    text_outcome(t, group->outcome, group->code);
    text_gap(t);
    how_many(t, group);
    text_gap(t);
    some_clients(t, group);
    server(t, group);
    if (group->count > 1 && !group->is_look_up) {
        text_gap(t);
        text_plain(t, "(");
        text_number(t, group->members[0].id);
        text_plain(t, " ...)");
    }
    text_line_end(t);
}
