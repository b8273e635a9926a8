/* What extensions hold on records, versions and what runs above: RFC 6066, RFC 8449, RFC 6520, RFC 9149,
 * draft-ietf-tls-tlsflags, RFC 9000. */
#include "report/extension_tree.h"

#include <stdio.h>

CONTENT_NAMES(heartbeat_mode_name, {1, "peer_allowed_to_send"}, {2, "peer_not_allowed_to_send"})

void content_max_fragment_length(struct content *c)
{
    if (!c->is_whole)
        return;
    content_begin(c);
    content_number(c, (uint64_t)256 << c->ext->max_fragment_length);
}

void content_record_size_limit(struct content *c)
{
    if (!c->is_whole)
        return;
    content_begin(c);
    content_number(c, c->ext->record_size_limit);
}

void content_heartbeat(struct content *c)
{
    if (!c->is_whole)
        return;
    content_begin(c);
    content_code(c, heartbeat_mode_name(c->ext->heartbeat_mode), c->ext->heartbeat_mode);
}

void content_padding(struct content *c)
{
    content_length_of(c, c->ext->padding_len);
}

void content_ticket_request(struct content *c)
{
    if (!c->is_whole)
        return;
    content_begin_with(c, '{');
    CONTENT_KEY(c, "new_session_count");
    content_number(c, c->ext->ticket_request_new);
    CONTENT_KEY(c, "resumption_count");
    content_number(c, c->ext->ticket_request_resumption);
    content_close(c, '}');
}

void content_supported_versions(struct content *c)
{
    if (!c->is_whole)
        return;
    content_begin_with(c, '[');
    content_code(c, version_name(c->ext->selected_version), c->ext->selected_version);
    content_close(c, ']');
}

/* Numbers of the flags that are set, from the lowest bit of the first byte on. */
void content_tls_flags(struct content *c)
{
    struct bytes flags = c->ext->tls_flags;
    if (flags.len == 0)
        return;
    content_begin_with(c, '[');
    for (size_t i = 0; i < flags.len * 8; i++)
        if (flags.at[i / 8] >> i % 8 & 1)
            content_number(c, i);
    content_close(c, ']');
}

static void quic_parameter(struct content *c, uint64_t id, struct bytes value)
{
    const struct quic_parameter *known = quic_parameter_find(id);
    uint64_t integer;
    char buf[24];
    snprintf(buf, sizeof buf, "0x%04llX", (unsigned long long)id);
    content_open(c, '{');
    CONTENT_KEY(c, "name");
    c->format->name(c->to, known ? known->name : buf);
    if (known && known->is_integer && quic_integer(value, &integer)) {
        CONTENT_KEY(c, "value");
        content_number(c, integer);
    } else {
        CONTENT_KEY(c, "length");
        content_number(c, value.len);
    }
    content_close(c, '}');
}

void content_quic_transport_parameters(struct content *c)
{
    struct fault fault;
    struct cursor list;
    uint64_t id;
    struct bytes value;
    if (c->ext->is_quic_draft)
        return;
    cursor_init_whole(&list, c->ext->quic_transport_parameters, &fault);
    bool has_item = quic_parameter_next(&list, &id, &value);
    if (!has_item)
        return;
    content_begin_with(c, '[');
    for (; has_item; has_item = quic_parameter_next(&list, &id, &value))
        quic_parameter(c, id, value);
    content_close(c, ']');
}

void content_quic_transport_parameters_draft(struct content *c)
{
    if (c->ext->is_quic_draft)
        content_length_of(c, c->ext->quic_transport_parameters.len);
}
