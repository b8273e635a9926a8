/* What extensions hold on keys: shares, pre-shared keys, Encrypted ClientHello, SRTP, token binding (RFC 8446, RFC
 * 9849, RFC 5764, RFC 8472). */
#include "report/extension_tree.h"

#include <stdio.h>

CONTENT_NAMES(token_binding_name, {0, "rsa2048_pkcs1.5"}, {1, "rsa2048_pss"}, {2, "ecdsap256"})

static void share(struct content *c, uint16_t group, size_t len)
{
    content_open(c, '{');
    CONTENT_KEY(c, "group");
    content_code(c, group_name(group), group);
    CONTENT_KEY(c, "length");
    content_number(c, len);
    content_close(c, '}');
}

static void shares(struct content *c, bool is_draft)
{
    const struct extensions *ext = c->ext;
    struct fault fault;
    struct cursor list;
    uint16_t group;
    struct bytes key;
    cursor_init_whole(&list, ext->key_shares, &fault);
    bool has_share = key_share_next(&list, &group, &key);
    if (ext->is_key_share_draft != is_draft || (!has_share && ext->key_exchange.len == 0))
        return;
    content_begin_with(c, '[');
    if (ext->key_exchange.len > 0)
        share(c, ext->key_share_group, ext->key_exchange.len);
    for (; has_share; has_share = key_share_next(&list, &group, &key))
        share(c, group, key.len);
    content_close(c, ']');
}

void content_key_share(struct content *c)
{
    shares(c, false);
}

void content_key_share_draft(struct content *c)
{
    shares(c, true);
}

static void lengths(struct content *c, struct bytes list, bool (*next)(struct cursor *list, struct bytes *item))
{
    struct fault fault;
    struct cursor items;
    struct bytes item;
    content_open(c, '[');
    cursor_init_whole(&items, list, &fault);
    while (next(&items, &item))
        content_number(c, item.len);
    content_close(c, ']');
}

void content_pre_shared_key(struct content *c)
{
    const struct extensions *ext = c->ext;
    bool is_answer = c->context == EXT_SERVER_HELLO;
    if (is_answer ? !c->is_whole : ext->num_psk_identities == 0)
        return;
    content_begin_with(c, '{');
    if (is_answer) {
        CONTENT_KEY(c, "selected_identity");
        content_number(c, ext->psk_selected);
    } else {
        if (c->is_whole) {
            CONTENT_KEY(c, "identities");
            content_number(c, ext->num_psk_identities);
        }
        CONTENT_KEY(c, "identity_lengths");
        lengths(c, ext->psk_identities, psk_identity_next);
        if (ext->num_psk_binders > 0) {
            CONTENT_KEY(c, "binder_lengths");
            lengths(c, ext->psk_binders, psk_binder_next);
        }
    }
    content_close(c, '}');
}

void content_encrypted_client_hello(struct content *c)
{
    static const char *const types[] = {[ECH_OUTER] = "outer",
                                        [ECH_INNER] = "inner",
                                        [ECH_RETRY_CONFIGS] = "retry_configs",
                                        [ECH_HRR_CONFIRMATION] = "confirmation"};
    const struct extensions *ext = c->ext;
    if (ext->ech_type == ECH_NONE)
        return;
    content_begin_with(c, '{');
    CONTENT_KEY(c, "type");
    c->format->name(c->to, types[ext->ech_type]);
    if (ext->ech_type == ECH_OUTER && c->is_whole) {
        CONTENT_KEY(c, "config_id");
        content_number(c, ext->ech_config_id);
        CONTENT_KEY(c, "kdf");
        content_code(c, hpke_kdf_name(ext->ech_kdf), ext->ech_kdf);
        CONTENT_KEY(c, "aead");
        content_code(c, hpke_aead_name(ext->ech_aead), ext->ech_aead);
        CONTENT_KEY(c, "enc_length");
        content_number(c, ext->ech_enc.len);
        CONTENT_KEY(c, "payload_length");
        content_number(c, ext->ech_payload.len);
    }
    content_close(c, '}');
}

void content_use_srtp(struct content *c)
{
    const struct extensions *ext = c->ext;
    if (ext->srtp_profiles.num == 0)
        return;
    content_begin_with(c, '{');
    CONTENT_KEY(c, "profiles");
    content_open(c, '[');
    for (size_t i = 0; i < ext->srtp_profiles.num; i++) {
        uint16_t profile = u16_list_at(ext->srtp_profiles, i);
        content_code(c, srtp_profile_name(profile), profile);
    }
    content_close(c, ']');
    if (ext->srtp_mki.len > 0) {
        CONTENT_KEY(c, "mki_length");
        content_number(c, ext->srtp_mki.len);
    }
    content_close(c, '}');
}

void content_token_binding(struct content *c)
{
    const struct extensions *ext = c->ext;
    char version[8];
    if (ext->token_binding_parameters.len == 0)
        return;
    snprintf(version, sizeof version, "%u.%u", ext->token_binding_version >> 8, ext->token_binding_version & 0xFFu);
    content_begin_with(c, '{');
    CONTENT_KEY(c, "version");
    c->format->name(c->to, version);
    CONTENT_KEY(c, "key_parameters");
    content_open(c, '[');
    for (size_t i = 0; i < ext->token_binding_parameters.len; i++) {
        uint8_t parameters = ext->token_binding_parameters.at[i];
        content_code(c, token_binding_name(parameters), parameters);
    }
    content_close(c, ']');
    content_close(c, '}');
}
