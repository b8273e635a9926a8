/* Parts of TLS messages against the whole: see tls_subset.h. */
#include "support/tls_subset.h"

#include "support/cmocka_all.h"
#include "support/mutate.h"

#include <stdlib.h>
#include <string.h>

void assert_bytes_prefix(struct bytes part, struct bytes whole, const char *what)
{
    if (part.len > whole.len || (part.len > 0 && memcmp(part.at, whole.at, part.len) != 0))
        fail_msg("%s of a part is no prefix of the whole's", what);
}

void assert_list_prefix(struct u16_list part, struct u16_list whole, const char *what)
{
    assert_bytes_prefix((struct bytes){part.at, part.num * 2}, (struct bytes){whole.at, whole.num * 2}, what);
}

void assert_number_part(uint64_t part, uint64_t whole, const char *what)
{
    if (part != 0 && part != whole)
        fail_msg("%s of a part is %llu, of the whole %llu", what, (unsigned long long)part, (unsigned long long)whole);
}

/* Every field of struct extensions but the fault. */
#define FIELDS                                                                                                         \
    BYTES(raw)                                                                                                         \
    NUMBER(has_block)                                                                                                  \
    COUNT(num)                                                                                                         \
    NUMBER(has_duplicate)                                                                                              \
    NUMBER(has_bad)                                                                                                    \
    NUMBER(first_bad)                                                                                                  \
    NUMBER(has_server_name)                                                                                            \
    BYTES(server_name)                                                                                                 \
    NUMBER(has_max_fragment_length)                                                                                    \
    NUMBER(max_fragment_length)                                                                                        \
    NUMBER(has_status_request)                                                                                         \
    NUMBER(status_request_type)                                                                                        \
    BYTES(certificate_status)                                                                                          \
    NUMBER(has_status_request_v2)                                                                                      \
    BYTES(status_requests_v2)                                                                                          \
    NUMBER(has_supported_groups)                                                                                       \
    LIST(supported_groups)                                                                                             \
    NUMBER(has_ec_point_formats)                                                                                       \
    BYTES(ec_point_formats)                                                                                            \
    NUMBER(has_signature_algorithms)                                                                                   \
    LIST(signature_algorithms)                                                                                         \
    NUMBER(has_signature_algorithms_cert)                                                                              \
    LIST(signature_algorithms_cert)                                                                                    \
    NUMBER(has_use_srtp)                                                                                               \
    LIST(srtp_profiles)                                                                                                \
    BYTES(srtp_mki)                                                                                                    \
    NUMBER(has_heartbeat)                                                                                              \
    NUMBER(heartbeat_mode)                                                                                             \
    NUMBER(has_alpn)                                                                                                   \
    BYTES(alpn)                                                                                                        \
    NUMBER(has_npn)                                                                                                    \
    BYTES(npn)                                                                                                         \
    NUMBER(has_signed_certificate_timestamp)                                                                           \
    BYTES(signed_certificate_timestamps)                                                                               \
    NUMBER(has_client_certificate_type)                                                                                \
    NUMBER(has_server_certificate_type)                                                                                \
    BYTES(client_certificate_types)                                                                                    \
    BYTES(server_certificate_types)                                                                                    \
    NUMBER(has_cert_type)                                                                                              \
    BYTES(cert_types)                                                                                                  \
    NUMBER(has_padding)                                                                                                \
    NUMBER(padding_len)                                                                                                \
    NUMBER(has_encrypt_then_mac)                                                                                       \
    NUMBER(has_extended_master_secret)                                                                                 \
    NUMBER(has_token_binding)                                                                                          \
    NUMBER(token_binding_version)                                                                                      \
    BYTES(token_binding_parameters)                                                                                    \
    NUMBER(has_compress_certificate)                                                                                   \
    LIST(compress_certificate)                                                                                         \
    NUMBER(has_record_size_limit)                                                                                      \
    NUMBER(record_size_limit)                                                                                          \
    NUMBER(has_delegated_credential)                                                                                   \
    LIST(delegated_credential)                                                                                         \
    NUMBER(delegated_credential_valid_time)                                                                            \
    NUMBER(delegated_credential_verify_algorithm)                                                                      \
    NUMBER(delegated_credential_algorithm)                                                                             \
    BYTES(delegated_credential_spki)                                                                                   \
    NUMBER(has_session_ticket)                                                                                         \
    BYTES(session_ticket)                                                                                              \
    NUMBER(has_pre_shared_key)                                                                                         \
    BYTES(psk_identities)                                                                                              \
    COUNT(num_psk_identities)                                                                                          \
    BYTES(psk_binders)                                                                                                 \
    COUNT(num_psk_binders)                                                                                             \
    NUMBER(is_psk_last)                                                                                                \
    NUMBER(psk_selected)                                                                                               \
    NUMBER(has_psk_key_exchange_modes)                                                                                 \
    BYTES(psk_key_exchange_modes)                                                                                      \
    NUMBER(has_early_data)                                                                                             \
    NUMBER(max_early_data_size)                                                                                        \
    NUMBER(has_supported_versions)                                                                                     \
    LIST(supported_versions)                                                                                           \
    NUMBER(selected_version)                                                                                           \
    NUMBER(has_cookie)                                                                                                 \
    BYTES(cookie)                                                                                                      \
    NUMBER(has_certificate_authorities)                                                                                \
    BYTES(certificate_authorities)                                                                                     \
    NUMBER(has_post_handshake_auth)                                                                                    \
    NUMBER(has_key_share)                                                                                              \
    NUMBER(is_key_share_draft)                                                                                         \
    BYTES(key_shares)                                                                                                  \
    NUMBER(key_share_group)                                                                                            \
    BYTES(key_exchange)                                                                                                \
    NUMBER(has_renegotiation_info)                                                                                     \
    BYTES(renegotiated_connection)                                                                                     \
    NUMBER(has_application_settings)                                                                                   \
    BYTES(application_settings)                                                                                        \
    NUMBER(has_quic_transport_parameters)                                                                              \
    NUMBER(is_quic_draft)                                                                                              \
    BYTES(quic_transport_parameters)                                                                                   \
    NUMBER(has_connection_id)                                                                                          \
    BYTES(connection_id)                                                                                               \
    NUMBER(has_ech)                                                                                                    \
    NUMBER(ech_type)                                                                                                   \
    NUMBER(ech_kdf)                                                                                                    \
    NUMBER(ech_aead)                                                                                                   \
    NUMBER(ech_config_id)                                                                                              \
    BYTES(ech_enc)                                                                                                     \
    BYTES(ech_payload)                                                                                                 \
    NUMBER(has_ech_outer_extensions)                                                                                   \
    LIST(ech_outer_extensions)                                                                                         \
    NUMBER(has_esni)                                                                                                   \
    NUMBER(has_client_certificate_url)                                                                                 \
    NUMBER(has_trusted_ca_keys)                                                                                        \
    BYTES(trusted_ca_keys)                                                                                             \
    NUMBER(has_truncated_hmac)                                                                                         \
    NUMBER(has_user_mapping)                                                                                           \
    NUMBER(has_client_authz)                                                                                           \
    NUMBER(has_server_authz)                                                                                           \
    BYTES(user_mapping_types)                                                                                          \
    BYTES(client_authz_formats)                                                                                        \
    BYTES(server_authz_formats)                                                                                        \
    NUMBER(has_srp)                                                                                                    \
    BYTES(srp_identity)                                                                                                \
    NUMBER(has_cached_info)                                                                                            \
    BYTES(cached_info)                                                                                                 \
    NUMBER(has_pwd_protect)                                                                                            \
    BYTES(pwd_protect)                                                                                                 \
    NUMBER(has_pwd_clear)                                                                                              \
    BYTES(pwd_clear)                                                                                                   \
    NUMBER(has_password_salt)                                                                                          \
    BYTES(password_salt)                                                                                               \
    NUMBER(has_ticket_pinning)                                                                                         \
    BYTES(ticket_pinning)                                                                                              \
    NUMBER(has_extern_psk)                                                                                             \
    NUMBER(has_oid_filters)                                                                                            \
    BYTES(oid_filters)                                                                                                 \
    NUMBER(has_external_id_hash)                                                                                       \
    NUMBER(has_external_session_id)                                                                                    \
    BYTES(external_id_hash)                                                                                            \
    BYTES(external_session_id)                                                                                         \
    NUMBER(has_supported_ekt_ciphers)                                                                                  \
    BYTES(ekt_ciphers)                                                                                                 \
    NUMBER(has_ticket_request)                                                                                         \
    NUMBER(ticket_request_new)                                                                                         \
    NUMBER(ticket_request_resumption)                                                                                  \
    NUMBER(has_dnssec_chain)                                                                                           \
    NUMBER(dnssec_port)                                                                                                \
    BYTES(dnssec_chain)                                                                                                \
    NUMBER(has_tls_flags)                                                                                              \
    NUMBER(has_rrc)                                                                                                    \
    BYTES(tls_flags)                                                                                                   \
    NUMBER(has_transparency_info)                                                                                      \
    BYTES(transparency_info)                                                                                           \
    NUMBER(has_channel_id)                                                                                             \
    NUMBER(has_trust_anchors)                                                                                          \
    BYTES(trust_anchors)

void assert_extensions_part(const struct extensions *part, const struct extensions *whole)
{
    for (size_t i = 0; i < EXTENSION_ROW_WORDS; i++)
        assert_int_equal(part->rows[i] & ~whole->rows[i], 0);
#define BYTES(field)  assert_bytes_prefix(part->field, whole->field, #field);
#define LIST(field)   assert_list_prefix(part->field, whole->field, #field);
#define NUMBER(field) assert_number_part((uint64_t)part->field, (uint64_t)whole->field, #field);
#define COUNT(field)  assert_true(part->field <= whole->field);
    FIELDS
#undef BYTES
#undef LIST
#undef NUMBER
#undef COUNT
}

void assert_bytes_hex(struct bytes b, const char *hex)
{
    struct bytes want = bytes_from_hex(hex);
    assert_int_equal(b.len, want.len);
    if (want.len)
        assert_memory_equal(b.at, want.at, want.len);
    free((void *)(uintptr_t)want.at);
}

void assert_bytes_text(struct bytes b, const char *text)
{
    assert_int_equal(b.len, strlen(text));
    if (b.len)
        assert_memory_equal(b.at, text, b.len);
}
