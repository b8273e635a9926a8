/* TCP set-up and RSTs that neither peer sent: the part of step 3 that needs no TLS. */
#include "diagnose/rules.h"

static const struct flow_rare no_rare;

static const struct flow_rare *rare_of(const struct connection *c)
{
    return c->flow->rare ? c->flow->rare : &no_rare;
}

static void refused(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (c->flow->setup != FLOW_REFUSED)
        return;
    struct finding *f = finding_cause(d, FINDING_TCP_REFUSED, CERTAINTY_PROVEN, PARTY_SERVER);
    finding_summary(d, f, "%s refuses connections: the SYN was answered by RST.", say_server(d, s));
    finding_detail(d, f,
                   "Nothing listens on port %u there, or a firewall answers in its name, which looks the same. "
                   "The address was reached, so routing and name are not the reason.",
                   c->flow->port[side_of(c, ROLE_SERVER)]);
    finding_evidence(d, f, c->flow->first.place, "SYN");
    finding_evidence(d, f, rare_of(c)->rst[side_of(c, ROLE_SERVER)].place, "RST in answer");
}

static const struct {
    uint8_t ip_version, type, code;
    const char *text;
} icmp_reasons[] = {
    {4, 3, 0, "network unreachable"},
    {4, 3, 1, "host unreachable"},
    {4, 3, 2, "protocol unreachable"},
    {4, 3, 3, "port unreachable (a firewall's REJECT: a host without a listener sends RST)"},
    {4, 3, 9, "network administratively prohibited (a firewall's REJECT)"},
    {4, 3, 10, "host administratively prohibited (a firewall's REJECT)"},
    {4, 3, 13, "communication administratively prohibited (a firewall's REJECT)"},
    {6, 1, 0, "no route to destination"},
    {6, 1, 1, "administratively prohibited (a firewall's REJECT)"},
    {6, 1, 3, "address unreachable"},
    {6, 1, 4, "port unreachable (a firewall's REJECT: a host without a listener sends RST)"},
    {6, 1, 5, "source address failed policy"},
    {6, 1, 6, "reject route to destination"},
};

static bool is_port_unreachable(const struct flow *flow)
{
    const struct flow_rare *rare = flow->rare;
    return rare->icmp_ip_version == 4 ? rare->icmp_type == 3 && rare->icmp_code == 3
                                      : rare->icmp_type == 1 && rare->icmp_code == 4;
}

static const char *icmp_reason(struct diagnosis *d, const struct flow *flow)
{
    const struct flow_rare *rare = flow->rare;
    if (flow->is_datagram && is_port_unreachable(flow))
        return "port unreachable (nothing listens there)";
    for (size_t i = 0; i < sizeof icmp_reasons / sizeof *icmp_reasons; i++)
        if (icmp_reasons[i].ip_version == rare->icmp_ip_version && icmp_reasons[i].type == rare->icmp_type &&
            icmp_reasons[i].code == rare->icmp_code)
            return icmp_reasons[i].text;
    return finding_text(d, "type %u code %u", rare->icmp_type, rare->icmp_code);
}

/* The error of connect() that Linux makes of it. */
static enum seen_when error_of_icmp(const struct flow_rare *rare)
{
    static const enum seen_when ipv4[] = {
        [0] = SEEN_NO_NETWORK, [1] = SEEN_NO_HOST,  [3] = SEEN_NO_PORT,     [6] = SEEN_NO_NETWORK,
        [9] = SEEN_NO_NETWORK, [10] = SEEN_NO_HOST, [11] = SEEN_NO_NETWORK, [12] = SEEN_NO_HOST,
        [13] = SEEN_NO_HOST,   [14] = SEEN_NO_HOST, [15] = SEEN_NO_HOST,
    };
    static const enum seen_when ipv6[] = {
        SEEN_NO_NETWORK, SEEN_DENIED, SEEN_NO_HOST, SEEN_NO_HOST, SEEN_NO_PORT, SEEN_DENIED, SEEN_DENIED,
    };
    if (rare->icmp_ip_version == 4)
        return rare->icmp_code < sizeof ipv4 / sizeof *ipv4 ? ipv4[rare->icmp_code] : SEEN_ANY;
    return rare->icmp_code < sizeof ipv6 / sizeof *ipv6 ? ipv6[rare->icmp_code] : SEEN_ANY;
}

/* Errors that end an attempt: destination unreachable, not "fragmentation needed". */
static void unreachable(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    const struct flow_rare *rare = rare_of(c);
    if (c->flow->is_datagram && stream_of(c, ROLE_SERVER)->packets > 0)
        return;
    if (!rare->has_icmp || c->flow->setup == FLOW_COMPLETE || c->flow->setup == FLOW_SYN_ACKED)
        return;
    if (rare->icmp_ip_version == 4 ? rare->icmp_type != 3 || rare->icmp_code == 4 : rare->icmp_type != 1)
        return;
    const char *from = finding_address(d, rare->icmp_ip_version, rare->icmp_from);
    struct finding *f = finding_cause(d, FINDING_TCP_UNREACHABLE, CERTAINTY_PROVEN, PARTY_PATH);
    const char *what = c->flow->is_datagram ? "ClientHello" : "SYN";
    finding_summary(d, f, "%s cannot be reached: %s answered the %s with ICMP %s.", say_server(d, s), from, what,
                    icmp_reason(d, c->flow));
    f->about = error_of_icmp(rare);
    finding_evidence(d, f, c->flow->first.place, "%s", what);
    if (is_port_unreachable(c->flow) && c->flow->is_datagram)
        f->side = PARTY_SERVER;
    finding_evidence(d, f, rare->icmp.place, "ICMP%s type %u code %u from %s", rare->icmp_ip_version == 6 ? "v6" : "",
                     rare->icmp_type, rare->icmp_code, from);
}

static bool is_rst_proven_foreign(const struct flow_rare *rare, unsigned side)
{
    return rare->data_after_rst[side] || rare->rst_seqs_differ[side];
}

static bool is_rst_of_other_ttl(const struct connection *c, enum role role)
{
    const struct flow_rare *rare = rare_of(c);
    unsigned side = side_of(c, role);
    const struct stream *stream = stream_of(c, role);
    /* Unlike that of all other packets: captured before and behind a router, each packet has two. */
    return stream->packets > rare->num_rst[side] && !stream->has_other_ttl && rare->rst_ttl[side] != stream->ttl;
}

bool is_rst_strange(const struct connection *c, enum role role)
{
    return is_rst_proven_foreign(rare_of(c), side_of(c, role)) || is_rst_of_other_ttl(c, role);
}

/* The RST that ended the connection was not its sender's own. */
static void injected(const struct subject *s, struct diagnosis *d)
{
    const struct connection *c = s->c;
    if (!s->is_completed && s->end.kind != ENDING_RST)
        return;
    const struct flow_rare *rare = rare_of(c);
    for (unsigned i = 0; i < 2; i++) {
        enum role role = i == 0 ? s->end.role : other_role(s->end.role);
        unsigned side = side_of(c, role);
        const struct stream *stream = stream_of(c, role);
        bool is_proven = is_rst_proven_foreign(rare, side), is_other_ttl = is_rst_of_other_ttl(c, role);
        if (rare->num_rst[side] == 0 || (!is_proven && !is_other_ttl) || (s->is_completed && !is_proven))
            continue;
        enum certainty certainty = is_proven ? CERTAINTY_PROVEN : CERTAINTY_LIKELY;
        struct finding *f = s->is_completed ? finding_add(d, FINDING_RESET_INJECTED, certainty)
                                            : finding_cause(d, FINDING_RESET_INJECTED, certainty, PARTY_PATH);
        if (s->is_completed)
            f->severity = SEVERITY_WARNING;
        finding_summary(d, f, "Somebody on the path sent a RST in the name of the %s.", say_role(role));
        if (rare->rst_seqs_differ[side])
            finding_detail(d, f, "Its RSTs carry sequence numbers that a real host would not choose.");
        if (rare->data_after_rst[side])
            finding_detail(d, f, "The %s went on sending data after \"its\" RST.", say_role(role));
        if (is_other_ttl)
            finding_detail(d, f,
                           "The RST came with TTL %u, the %s's other packets with %u: it came from another "
                           "place.",
                           rare->rst_ttl[side], say_role(role), stream->ttl);
        if (!is_proven)
            finding_detail(d, f, "A capture at the %s would settle whether it sent the RST.", say_role(role));
        show_hello(d, f, c);
        finding_evidence(d, f, rare->rst[side].place, "RST in the name of the %s", say_role(role));
        return;
    }
}

static const struct rule path_rules[] = {
    {FINDING_TCP_REFUSED, refused, ON_FAILED},
    {FINDING_TCP_UNREACHABLE, unreachable, ON_FAILED},
    {FINDING_RESET_INJECTED, injected, ON_BOTH},
};
RULE_TABLE(path);
