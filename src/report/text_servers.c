/* The text format: what the capture taught about servers, as a scanner would list it. */
#include "report/text_report.h"

#include <stdio.h>

enum { SERVER_COLUMN = 48, MAX_CODES = 12, SIGNATURES = 7 /* the column of pages that -v adds */ };

static bool is_more_important(const struct server_profile *a, const struct server_profile *b)
{
    if (a->failed != b->failed)
        return a->failed > b->failed;
    return a->connections > b->connections;
}

/* Findings of connections stand with these already. */
static void keep_together(struct text_server *server, const struct diagnosis *d)
{
    unsigned num = 0;
    memset(server->together, 0, sizeof server->together);
    for (unsigned i = server->profile.num_notes; d && i < d->num && num < TOGETHER; i++)
        snprintf(server->together[num++], TOGETHER_LEN, "%s: %s", finding_code(d->findings[i].id)->code,
                 d->findings[i].summary);
}

void text_servers_push(struct text_servers *servers, const struct server_profile *profile, const struct text_key *key,
                       const struct diagnosis *diagnosis)
{
    unsigned at = servers->num;
    if (profile->versions.num == 0) {
        servers->num_silent++;
        return;
    }
    servers->num_all++;
    while (at > 0 && is_more_important(profile, &servers->at[at - 1].profile))
        at--;
    if (at == LIMIT_SHOWN_SERVERS)
        return;
    unsigned moved = (servers->num < LIMIT_SHOWN_SERVERS ? servers->num : LIMIT_SHOWN_SERVERS - 1) - at;
    memmove(&servers->at[at + 1], &servers->at[at], moved * sizeof servers->at[0]);
    struct text_server *server = &servers->at[at];
    server->profile = *profile;
    server->key = *key;
    snprintf(server->name, sizeof server->name, "%s", profile->name);
    keep_together(server, diagnosis);
    servers->num += servers->num < LIMIT_SHOWN_SERVERS;
}

static const char *cipher_name(uint16_t code)
{
    const struct cipher_suite *suite = cipher_suite_find(code);
    return !suite ? NULL : *suite->openssl ? suite->openssl : suite->iana;
}

/* On pages servers are lines of a table, what they chose its cells; on a terminal each of these is a row. */
static bool begin(struct text *t, const char *label, bool has_any)
{
    if (text_is_page(t))
        text_cell(t);
    else if (has_any)
        text_label(t, label);
    return has_any;
}

static void end(struct text *t)
{
    if (!text_is_page(t))
        text_line_end(t);
}

static void codes(struct text *t, const char *label, const struct code_set *set, const char *(*name_of)(uint16_t))
{
    if (text_is_page(t))
        text_cell(t);
    if (set->num == 0)
        return;
    struct text_list list = text_list_begin(t, text_is_page(t) ? NULL : label);
    for (unsigned i = 0; i < set->num; i++)
        text_list_code(&list, name_of(set->at[i]), set->at[i]);
    text_list_end(&list);
}

static void protocols(struct text *t, const struct server_profile *p)
{
    if (!begin(t, "ALPN", p->num_alpn > 0))
        return;
    for (unsigned i = 0; i < p->num_alpn; i++) {
        text_plain(t, i ? ", " : "");
        text_bytes_of(t, p->alpn[i]);
    }
    end(t);
}

static void certificates(struct text *t, const struct server_profile *p)
{
    const char *between = "";
    if (!begin(t, "certificates", p->key_kinds != 0))
        return;
    for (unsigned kind = KEY_RSA; kind <= KEY_OTHER; kind <<= 1) {
        if (!(p->key_kinds & kind))
            continue;
        text_printf(t, "%s%s", between, key_kind_name(kind));
        between = ", ";
    }
    if (p->num_leaves > 1)
        text_printf(t, " (%s%u different ones)", p->num_leaves == PROFILE_LEAVES ? "at least " : "", p->num_leaves);
    end(t);
}

struct found {
    const char *code;
    uint64_t count;
};

static void count_found(struct found found[MAX_CODES], const struct text_group *group)
{
    for (unsigned i = 0; i < MAX_CODES; i++) {
        if (found[i].code && strcmp(found[i].code, group->code) != 0)
            continue;
        found[i].code = group->code;
        found[i].count += group->count;
        return;
    }
}

static void findings(struct text *t, const struct text_server *server, const struct text_groups *const *groups,
                     size_t num_groups)
{
    struct found found[MAX_CODES] = {{NULL, 0}};
    for (size_t table = 0; table < num_groups; table++) {
        for (size_t i = 0; i < groups[table]->num; i++) {
            const struct text_group *group = &groups[table]->at[i];
            if (!group->is_look_up && text_key_is_equal(&group->server, &server->key))
                count_found(found, group);
        }
    }
    if (text_is_page(t))
        text_cell(t);
    if (!found[0].code)
        return;
    struct text_list list = text_list_begin(t, text_is_page(t) ? NULL : "findings");
    for (unsigned i = 0; i < MAX_CODES && found[i].code; i++) {
        char item[96];
        snprintf(item, sizeof item, "%s (%llu)", found[i].code, (unsigned long long)found[i].count);
        text_list_item(&list, item);
    }
    text_list_end(&list);
}

static void title(struct text *t, const struct text_server *server)
{
    const struct server_profile *p = &server->profile;
    uint64_t start = output_at(t->out);
    text_endpoint(t, p->ip_version, p->address, p->port);
    text_server_name(t, server->name, "sni");
    uint64_t len = t->use_color ? SERVER_COLUMN : output_at(t->out) - start;
    text_printf(t, "%*s", len < SERVER_COLUMN ? (int)(SERVER_COLUMN - len) : 2, "");
    text_plural(t, p->connections, "connection", "connections");
    if (p->failed > 0) {
        text_plain(t, ", ");
        text_plural(t, p->failed, "failed", "failed");
    }
    text_line_end(t);
}

static void row_begin(struct text *t, const struct text_server *server)
{
    const struct server_profile *p = &server->profile;
    text_cell(t);
    text_endpoint(t, p->ip_version, p->address, p->port);
    text_cell(t);
    text_bytes_of(t, server->name);
    text_cell_number(t, p->connections);
    text_count(t, p->connections);
    text_cell_number(t, p->failed);
    text_count(t, p->failed);
}

static void chosen(struct text *t, const struct server_profile *p, bool is_verbose)
{
    codes(t, "versions", &p->versions, version_name);
    codes(t, "suites", &p->ciphers, cipher_name);
    codes(t, "groups", &p->groups, group_name);
    if (is_verbose)
        codes(t, "signatures", &p->signature_algorithms, signature_scheme_name);
    certificates(t, p);
    protocols(t, p);
}

static void together(struct text *t, const struct text_server *server)
{
    for (unsigned k = 0; k < TOGETHER && server->together[k][0]; k++)
        text_paragraph(t, k ? "" : "together", server->together[k]);
}

/* What several connections show together is no cell: it is a sentence. */
static void draw_table(struct text *t, const struct text_servers *servers, const struct text_groups *const *groups,
                       size_t num_groups, bool is_verbose)
{
    const char *columns[12], *const whats[] = {"Server", "Name",       "Connections",  "Failed", "Versions", "Suites",
                                               "Groups", "Signatures", "Certificates", "ALPN",   "Findings", NULL};
    for (unsigned i = 0, num = 0; i < sizeof whats / sizeof *whats; i++)
        if (is_verbose || i != SIGNATURES)
            columns[num++] = whats[i];
    text_table_begin(t, "Servers, by failures", columns);
    for (unsigned i = 0; i < servers->num; i++) {
        row_begin(t, &servers->at[i]);
        chosen(t, &servers->at[i].profile, is_verbose);
        findings(t, &servers->at[i], groups, num_groups);
        text_table_row_end(t);
    }
    text_table_end(t);
    for (unsigned i = 0; i < servers->num; i++)
        together(t, &servers->at[i]);
}

static void draw_rows(struct text *t, const struct text_servers *servers, const struct text_groups *const *groups,
                      size_t num_groups, bool is_verbose)
{
    for (unsigned i = 0; i < servers->num; i++) {
        const struct text_server *server = &servers->at[i];
        title(t, server);
        chosen(t, &server->profile, is_verbose);
        findings(t, server, groups, num_groups);
        together(t, server);
    }
}

void text_servers_draw(struct text *t, const struct text_servers *servers, const struct text_groups *const *groups,
                       size_t num_groups, bool is_verbose)
{
    if (servers->num == 0)
        return;
    text_section(t, "Servers: what they chose in this capture, and what went wrong with them");
    if (text_is_page(t))
        draw_table(t, servers, groups, num_groups, is_verbose);
    else
        draw_rows(t, servers, groups, num_groups, is_verbose);
    if (servers->num_all > servers->num) {
        text_plain(t, "and ");
        text_plural(t, servers->num_all - servers->num, "more server", "more servers");
        text_plain(t, ", listed by --format json");
        text_line_end(t);
    }
    if (servers->num_silent > 0) {
        text_plain(t, "and ");
        text_plural(t, servers->num_silent, "server whose answer", "servers whose answers");
        text_plain(t, " the capture does not hold, if there was one");
        text_line_end(t);
    }
    text_line_end(t);
}
