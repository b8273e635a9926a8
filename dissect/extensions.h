/*
 * TLS extensions: one struct holds what any message's extension block said. Each extension family has a file of its own
 * (dissect/ext_*.c) and one row in dissect/tables/extension_parsers.def; extensions_parse() walks the block, keeps the
 * order in `raw`, notes duplicates and hands each body to its row's parser. A body that is malformed sets `first_bad`
 * and does not stop the extensions after it. Of a type that comes twice the first counts.
 */
#ifndef TLSWHY_DISSECT_EXTENSIONS_H
#define TLSWHY_DISSECT_EXTENSIONS_H

#include "dissect/cursor.h"

/* Which message the block stands in: many extensions have another body in each (RFC 8446 section 4.2). */
enum ext_context {
    EXT_CLIENT_HELLO,
    EXT_SERVER_HELLO,
    EXT_HELLO_RETRY_REQUEST,
    EXT_ENCRYPTED_EXTENSIONS,
    EXT_CERTIFICATE,
    EXT_CERTIFICATE_REQUEST,
    EXT_NEW_SESSION_TICKET,
};

/* The extensions that have a parser, in the order of their numbers. */
enum extension_row {
#define EXTENSION_PARSER(code, name) EXTENSION_ROW_##name,
#include "dissect/tables/extension_parsers.def"
#undef EXTENSION_PARSER
    NUM_EXTENSION_ROWS,
};
enum { EXTENSION_ROW_WORDS = (NUM_EXTENSION_ROWS + 63) / 64 };

enum ech_type { ECH_NONE = 0, ECH_OUTER, ECH_INNER, ECH_RETRY_CONFIGS, ECH_HRR_CONFIRMATION };

/* All slices borrow the message. Every has_ flag says that the extension was present, its content may still be empty.
 */
struct extensions {
    bool has_block;         /* the message had an extension block at all */
    struct bytes raw;       /* the block without its length; iterate with ext_next() */
    uint16_t num;           /* extensions in the block; those that the capture cut do not count */
    bool has_duplicate;     /* one type twice (RFC 8446 section 4.2 forbids it) */
    bool has_bad;           /* some body did not parse */
    uint16_t first_bad;     /* its type */
    struct fault bad_fault; /* and how */
    /* A bit for each row whose extension was present; and of those, for each whose body was bad or cut by the capture:
     * its fields hold what was read before that. */
    uint64_t rows[EXTENSION_ROW_WORDS], partial_rows[EXTENSION_ROW_WORDS];

    bool has_server_name;
    struct bytes server_name; /* host_name; empty in a server's acknowledgement */
    bool has_max_fragment_length;
    uint8_t max_fragment_length;
    bool has_status_request;
    uint8_t status_request_type;     /* 1 = ocsp */
    struct bytes certificate_status; /* EXT_CERTIFICATE of TLS 1.3: the OCSPResponse */
    bool has_status_request_v2;
    struct bytes status_requests_v2; /* EXT_CLIENT_HELLO: without their length; iterate with status_request_next() */
    bool has_supported_groups;
    struct u16_list supported_groups;
    bool has_ec_point_formats;
    struct bytes ec_point_formats;
    bool has_signature_algorithms;
    struct u16_list signature_algorithms;
    bool has_signature_algorithms_cert;
    struct u16_list signature_algorithms_cert;
    bool has_use_srtp;
    struct u16_list srtp_profiles;
    struct bytes srtp_mki;
    bool has_heartbeat;
    uint8_t heartbeat_mode;
    bool has_alpn;
    struct bytes alpn; /* ProtocolNameList without its length; iterate with alpn_next() */
    bool has_npn;      /* next_protocol_negotiation */
    struct bytes npn;  /* EXT_SERVER_HELLO: the server's protocols; iterate with alpn_next() */
    bool has_signed_certificate_timestamp;
    struct bytes signed_certificate_timestamps; /* the list without its length; iterate with sct_next() */
    bool has_client_certificate_type, has_server_certificate_type;
    struct bytes client_certificate_types, server_certificate_types; /* the list, or the one chosen */
    bool has_cert_type;                                              /* RFC 6091 */
    struct bytes cert_types;                                         /* as above */
    bool has_padding;
    uint16_t padding_len;
    bool has_encrypt_then_mac;
    bool has_extended_master_secret;
    bool has_token_binding;
    uint16_t token_binding_version;
    struct bytes token_binding_parameters;
    bool has_compress_certificate;
    struct u16_list compress_certificate;
    bool has_record_size_limit;
    uint16_t record_size_limit;
    bool has_delegated_credential;
    struct u16_list delegated_credential; /* EXT_CLIENT_HELLO, EXT_CERTIFICATE_REQUEST: signature schemes */
    /* EXT_CERTIFICATE: the credential (RFC 9345 section 4) */
    uint32_t delegated_credential_valid_time;       /* seconds after the certificate's notBefore */
    uint16_t delegated_credential_verify_algorithm; /* of the CertificateVerify */
    uint16_t delegated_credential_algorithm;        /* of its own signature */
    struct bytes delegated_credential_spki;
    bool has_session_ticket;
    struct bytes session_ticket;
    bool has_pre_shared_key;
    struct bytes psk_identities; /* EXT_CLIENT_HELLO: without their length; iterate with psk_identity_next() */
    uint16_t num_psk_identities;
    struct bytes psk_binders; /* EXT_CLIENT_HELLO: without their length; iterate with psk_binder_next() */
    uint16_t num_psk_binders;
    bool is_psk_last;      /* the last extension of its block, as RFC 8446 section 4.2.11 demands */
    uint16_t psk_selected; /* EXT_SERVER_HELLO */
    bool has_psk_key_exchange_modes;
    struct bytes psk_key_exchange_modes;
    bool has_early_data;
    uint32_t max_early_data_size; /* EXT_NEW_SESSION_TICKET */
    bool has_supported_versions;
    struct u16_list supported_versions; /* EXT_CLIENT_HELLO */
    uint16_t selected_version;          /* EXT_SERVER_HELLO, EXT_HELLO_RETRY_REQUEST */
    bool has_cookie;
    struct bytes cookie;
    bool has_certificate_authorities;
    struct bytes certificate_authorities; /* list without its length; iterate with dn_next() */
    bool has_post_handshake_auth;
    bool has_key_share;
    bool is_key_share_draft;   /* extension 40 of drafts before 23 */
    struct bytes key_shares;   /* EXT_CLIENT_HELLO: entries without the list's length; iterate with key_share_next() */
    uint16_t key_share_group;  /* EXT_SERVER_HELLO, EXT_HELLO_RETRY_REQUEST */
    struct bytes key_exchange; /* EXT_SERVER_HELLO */
    bool has_renegotiation_info;
    struct bytes renegotiated_connection;
    bool has_application_settings;
    struct bytes application_settings; /* EXT_CLIENT_HELLO: protocol list, iterate with alpn_next() */
    bool has_quic_transport_parameters;
    bool is_quic_draft;                     /* by the drafts' number, of unknown encoding */
    struct bytes quic_transport_parameters; /* iterate with quic_parameter_next() */
    bool has_connection_id;
    struct bytes connection_id;
    bool has_ech;
    enum ech_type ech_type;
    uint16_t ech_kdf, ech_aead;
    uint8_t ech_config_id;
    struct bytes ech_enc, ech_payload;
    bool has_ech_outer_extensions;
    struct u16_list ech_outer_extensions;
    bool has_esni; /* encrypted_server_name, drafts */

    bool has_client_certificate_url;
    bool has_trusted_ca_keys;
    struct bytes trusted_ca_keys; /* without their length; iterate with trusted_authority_next() */
    bool has_truncated_hmac;
    bool has_user_mapping, has_client_authz, has_server_authz;
    struct bytes user_mapping_types, client_authz_formats, server_authz_formats;
    bool has_srp;
    struct bytes srp_identity;
    bool has_cached_info;
    struct bytes cached_info; /* without their length; iterate with cached_info_next() */
    bool has_pwd_protect, has_pwd_clear, has_password_salt;
    struct bytes pwd_protect, pwd_clear; /* the user's name, encrypted or not */
    struct bytes password_salt;
    bool has_ticket_pinning;
    struct bytes ticket_pinning; /* EXT_CLIENT_HELLO: the ticket, may be empty */
    bool has_extern_psk;         /* tls_cert_with_extern_psk */
    bool has_oid_filters;
    struct bytes oid_filters; /* without their length; iterate with oid_filter_next() */
    bool has_external_id_hash, has_external_session_id;
    struct bytes external_id_hash, external_session_id;
    bool has_supported_ekt_ciphers;
    struct bytes ekt_ciphers; /* the list, or the one chosen */
    bool has_ticket_request;
    uint8_t ticket_request_new, ticket_request_resumption; /* new: also EXT_ENCRYPTED_EXTENSIONS' expected_count */
    bool has_dnssec_chain;
    uint16_t dnssec_port;      /* EXT_CLIENT_HELLO */
    struct bytes dnssec_chain; /* EXT_CERTIFICATE: AuthenticationChain */
    bool has_rrc;              /* return routability check of DTLS */
    bool has_tls_flags;
    struct bytes tls_flags;
    bool has_transparency_info;
    struct bytes transparency_info; /* TransItems without their length; iterate with dn_next() */
    bool has_channel_id;
    bool has_trust_anchors;
    struct bytes trust_anchors; /* without their length; iterate with alpn_next() */
};

/* Reads `extensions<0..2^16-1>` with its length from c into *out, which is reset first. Nothing left in c: has_block is
 * false and there is no fault. Faults of the block's own structure go to c, those inside a body to out->first_bad; a
 * body that the capture cut is SHORT in c. */
void extensions_parse(struct cursor *c, enum ext_context context, struct extensions *out);

/* Iterators. `c` is made over the slice by the caller (cursor_init_whole); false at the end or at a fault. */
bool ext_next(struct cursor *c, uint16_t *type, struct bytes *body);
bool alpn_next(struct cursor *c, struct bytes *protocol);
bool key_share_next(struct cursor *c, uint16_t *group, struct bytes *key_exchange);
bool dn_next(struct cursor *c, struct bytes *der);
bool psk_identity_next(struct cursor *c, struct bytes *identity);
bool psk_binder_next(struct cursor *c, struct bytes *binder);
bool status_request_next(struct cursor *c, uint8_t *status_type);
bool cached_info_next(struct cursor *c, enum ext_context context, uint8_t *type);
bool oid_filter_next(struct cursor *c, struct bytes *oid, struct bytes *values);
bool quic_parameter_next(struct cursor *c, uint64_t *id, struct bytes *value);
/* A variable-length integer that fills the bytes (RFC 9000 section 16); false: they hold something else. */
bool quic_integer(struct bytes value, uint64_t *integer);

enum trusted_authority_type {
    TRUSTED_PRE_AGREED = 0,
    TRUSTED_KEY_SHA1_HASH = 1,
    TRUSTED_X509_NAME = 2,
    TRUSTED_CERT_SHA1_HASH = 3,
};
/* `identifier`: the hash, the DER of the name, or empty. */
bool trusted_authority_next(struct cursor *c, uint8_t *type, struct bytes *identifier);

/* RFC 6962 section 3.2. What is no SCT of version 1 has has_content false. */
struct sct {
    bool has_content;
    struct bytes log_id;
    uint64_t timestamp; /* milliseconds since 1970 */
    uint16_t signature_algorithm;
};
bool sct_next(struct cursor *c, struct sct *out);

#endif
