/* JA3 and JA3S (Salesforce, 2017), JA4 (FoxIO's technical description), Community ID 1.0: see fingerprint.h. */
#include "session/fingerprint.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

enum { MAX_CODES = 65536 / 2, JA4_PART_LEN = 12, SHA1_LEN = 20 };

static const char hex_digits[] = "0123456789abcdef";

struct fingerprints {
    EVP_MD_CTX *context;
    EVP_MD *md5, *sha1, *sha256;
    uint16_t codes[MAX_CODES]; /* being sorted */
};

struct fingerprints *fingerprints_new(void)
{
    struct fingerprints *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->context = EVP_MD_CTX_new();
    f->md5 = EVP_MD_fetch(NULL, "MD5", NULL);
    f->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    f->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    ERR_clear_error();
    if (f->context && f->md5 && f->sha1 && f->sha256)
        return f;
    fingerprints_free(f);
    return NULL;
}

void fingerprints_free(struct fingerprints *f)
{
    if (!f)
        return;
    EVP_MD_CTX_free(f->context);
    EVP_MD_free(f->md5);
    EVP_MD_free(f->sha1);
    EVP_MD_free(f->sha256);
    free(f);
}

/* The first `len` hex digits of what is in the context so far, and a NUL. */
static void digest_hex(struct fingerprints *f, char *out, unsigned len)
{
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    EVP_DigestFinal_ex(f->context, digest, NULL);
    for (unsigned i = 0; i < len; i++)
        out[i] = hex_digits[i % 2 ? digest[i / 2] & 15 : digest[i / 2] >> 4];
    out[len] = '\0';
}

/* A string being written into the caller's memory. */
struct text {
    char *at, *end; /* end: the last byte, kept for the NUL */
    bool is_full;
};

static void put_char(struct text *t, char c)
{
    if (t->at == t->end)
        t->is_full = true;
    else
        *t->at++ = c;
}

static void put_number(struct text *t, unsigned value)
{
    char digits[5];
    unsigned n = 0;
    do
        digits[n++] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    while (n > 0)
        put_char(t, digits[--n]);
}

/* The numbers of one field are joined by '-'. */
static void put_code(struct text *t, bool *is_first, uint16_t code)
{
    if (is_grease(code))
        return;
    if (!*is_first)
        put_char(t, '-');
    *is_first = false;
    put_number(t, code);
}

static void put_list(struct text *t, struct u16_list list)
{
    bool is_first = true;
    for (size_t i = 0; i < list.num; i++)
        put_code(t, &is_first, u16_list_at(list, i));
}

static void put_extension_types(struct text *t, const struct extensions *ext)
{
    struct fault fault;
    struct cursor c;
    struct bytes body;
    uint16_t type;
    bool is_first = true;
    cursor_init_whole(&c, ext->raw, &fault);
    while (ext_next(&c, &type, &body))
        put_code(t, &is_first, type);
}

static size_t text_finish(struct text *t, const char *buf)
{
    *t->at = '\0';
    return t->is_full ? 0 : (size_t)(t->at - buf);
}

size_t ja3_string(const struct client_hello *hello, char *buf, size_t size)
{
    if (hello->is_v2 || size == 0)
        return 0;
    struct text t = {buf, buf + size - 1, false};
    put_number(&t, hello->legacy_version);
    put_char(&t, ',');
    put_list(&t, hello->cipher_suites);
    put_char(&t, ',');
    put_extension_types(&t, &hello->ext);
    put_char(&t, ',');
    put_list(&t, hello->ext.supported_groups);
    put_char(&t, ',');
    for (size_t i = 0; i < hello->ext.ec_point_formats.len; i++) {
        if (i > 0)
            put_char(&t, '-');
        put_number(&t, hello->ext.ec_point_formats.at[i]);
    }
    return text_finish(&t, buf);
}

size_t ja3s_string(const struct server_hello *hello, char *buf, size_t size)
{
    if (size == 0)
        return 0;
    struct text t = {buf, buf + size - 1, false};
    put_number(&t, hello->legacy_version);
    put_char(&t, ',');
    put_number(&t, hello->cipher_suite);
    put_char(&t, ',');
    put_extension_types(&t, &hello->ext);
    return text_finish(&t, buf);
}

void ja3_hash(struct fingerprints *f, const char *string, size_t len, char out[JA3_LEN])
{
    EVP_DigestInit_ex2(f->context, f->md5, NULL);
    EVP_DigestUpdate(f->context, string, len);
    digest_hex(f, out, JA3_LEN - 1);
}

/* Shell sort: as quick as any on the twenty codes of a usual hello, and bounded on the 32,000 of a hostile one. */
static void sort_codes(uint16_t *codes, size_t num)
{
    static const size_t gaps[] = {7983, 3548, 1577, 701, 301, 132, 57, 23, 10, 4, 1};
    for (size_t g = 0; g < sizeof gaps / sizeof gaps[0]; g++) {
        size_t gap = gaps[g];
        for (size_t i = gap; i < num; i++) {
            uint16_t code = codes[i];
            size_t k = i;
            for (; k >= gap && codes[k - gap] > code; k -= gap)
                codes[k] = codes[k - gap];
            codes[k] = code;
        }
    }
}

/* Hashes "0005,000a,..." piece by piece. `separator` comes first, if it is not 0. */
static void digest_codes(struct fingerprints *f, const uint16_t *codes, size_t num, char separator)
{
    char piece[640];
    size_t len = 0;
    for (size_t i = 0; i < num; i++) {
        if (len + 5 > sizeof piece) {
            EVP_DigestUpdate(f->context, piece, len);
            len = 0;
        }
        if (i > 0 || separator)
            piece[len++] = i > 0 ? ',' : separator;
        for (int shift = 12; shift >= 0; shift -= 4)
            piece[len++] = hex_digits[codes[i] >> shift & 15];
    }
    EVP_DigestUpdate(f->context, piece, len);
}

/* The codes of the list that are not GREASE, into f->codes. */
static size_t keep_codes(struct fingerprints *f, struct u16_list list)
{
    size_t num = 0;
    for (size_t i = 0; i < list.num && num < MAX_CODES; i++) {
        uint16_t code = u16_list_at(list, i);
        if (!is_grease(code))
            f->codes[num++] = code;
    }
    return num;
}

static const char no_codes[] = "000000000000";

static size_t ja4_ciphers(struct fingerprints *f, const struct client_hello *hello, char out[JA4_PART_LEN + 1])
{
    size_t num = keep_codes(f, hello->cipher_suites);
    if (num == 0) {
        memcpy(out, no_codes, sizeof no_codes);
        return 0;
    }
    sort_codes(f->codes, num);
    EVP_DigestInit_ex2(f->context, f->sha256, NULL);
    digest_codes(f, f->codes, num, 0);
    digest_hex(f, out, JA4_PART_LEN);
    return num;
}

enum { TYPE_SERVER_NAME = 0, TYPE_ALPN = 16 };

/* The server name and the ALPN stand in the first part and are left out here, but they count. */
static size_t ja4_extensions(struct fingerprints *f, const struct client_hello *hello, char out[JA4_PART_LEN + 1])
{
    struct fault fault;
    struct cursor c;
    struct bytes body;
    uint16_t type;
    size_t num = 0, num_sorted = 0;
    cursor_init_whole(&c, hello->ext.raw, &fault);
    while (ext_next(&c, &type, &body) && num_sorted < MAX_CODES) {
        if (is_grease(type))
            continue;
        num++;
        if (type != TYPE_SERVER_NAME && type != TYPE_ALPN)
            f->codes[num_sorted++] = type;
    }
    if (num_sorted == 0) {
        memcpy(out, no_codes, sizeof no_codes);
        return num;
    }
    sort_codes(f->codes, num_sorted);
    EVP_DigestInit_ex2(f->context, f->sha256, NULL);
    digest_codes(f, f->codes, num_sorted, 0);
    size_t num_schemes = keep_codes(f, hello->ext.signature_algorithms);
    if (num_schemes > 0)
        digest_codes(f, f->codes, num_schemes, '_');
    digest_hex(f, out, JA4_PART_LEN);
    return num;
}

/* DTLS versions count down: 0xFEFC is newer than 0xFEFD. */
static unsigned version_age(uint16_t version)
{
    return version >> 8 == 0xFE ? 0xFFFFu - version : version;
}

static const char *ja4_version(const struct client_hello *hello)
{
    static const struct {
        uint16_t version;
        char name[3];
    } names[] = {
        {0x0304, "13"}, {0x0303, "12"}, {0x0302, "11"}, {0x0301, "10"}, {0x0300, "s3"},
        {0x0002, "s2"}, {0xFEFC, "d3"}, {0xFEFD, "d2"}, {0xFEFF, "d1"},
    };
    uint16_t newest = 0;
    for (size_t i = 0; i < hello->ext.supported_versions.num; i++) {
        uint16_t version = u16_list_at(hello->ext.supported_versions, i);
        if (!is_grease(version) && version_age(version) > version_age(newest))
            newest = version;
    }
    if (newest == 0)
        newest = hello->legacy_version;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].version == newest)
            return names[i].name;
    return "00";
}

static bool is_alphanumeric(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* First and last character of the first protocol; where either is not alphanumeric, first and last hex digit. */
static void ja4_alpn(const struct client_hello *hello, char out[2])
{
    struct fault fault;
    struct cursor c;
    struct bytes protocol;
    out[0] = out[1] = '0';
    cursor_init_whole(&c, hello->ext.alpn, &fault);
    if (!alpn_next(&c, &protocol) || protocol.len == 0)
        return;
    uint8_t first = protocol.at[0], last = protocol.at[protocol.len - 1];
    bool is_text = is_alphanumeric(first) && is_alphanumeric(last);
    out[0] = is_text ? (char)first : hex_digits[first >> 4];
    out[1] = is_text ? (char)last : hex_digits[last & 15];
}

static void put_count(char out[2], size_t count)
{
    count = count < 99 ? count : 99;
    out[0] = (char)('0' + count / 10);
    out[1] = (char)('0' + count % 10);
}

enum ja4_transport ja4_transport_of(enum connection_protocol protocol)
{
    return protocol == PROTOCOL_QUIC ? JA4_QUIC : protocol == PROTOCOL_DTLS ? JA4_DTLS : JA4_TCP;
}

bool ja4(struct fingerprints *f, const struct client_hello *hello, enum ja4_transport transport, char out[JA4_LEN])
{
    if (hello->is_v2)
        return false;
    out[0] = (char)transport;
    memcpy(out + 1, ja4_version(hello), 2);
    out[3] = hello->ext.has_server_name ? 'd' : 'i';
    put_count(out + 4, ja4_ciphers(f, hello, out + 11));
    put_count(out + 6, ja4_extensions(f, hello, out + 24));
    ja4_alpn(hello, out + 8);
    out[10] = out[23] = '_';
    return true;
}

void community_id(struct fingerprints *f, uint8_t ip_version, const uint8_t a[16], const uint8_t b[16], uint16_t a_port,
                  uint16_t b_port, uint8_t protocol, char out[COMMUNITY_ID_LEN])
{
    size_t address_len = ip_version == 4 ? 4 : 16;
    int order = memcmp(a, b, address_len);
    bool is_swapped = order > 0 || (order == 0 && a_port > b_port);
    uint16_t ports[2] = {is_swapped ? b_port : a_port, is_swapped ? a_port : b_port};
    unsigned char key[2 + 2 * 16 + 2 + 4] = {0}; /* begins with the seed, 0 */
    unsigned char *at = key + 2;
    memcpy(at, is_swapped ? b : a, address_len);
    memcpy(at + address_len, is_swapped ? a : b, address_len);
    at += 2 * address_len;
    *at++ = protocol;
    *at++ = 0;
    for (int i = 0; i < 2; i++) {
        *at++ = (unsigned char)(ports[i] >> 8);
        *at++ = (unsigned char)ports[i];
    }
    unsigned char digest[EVP_MAX_MD_SIZE] = {0};
    EVP_DigestInit_ex2(f->context, f->sha1, NULL);
    EVP_DigestUpdate(f->context, key, (size_t)(at - key));
    EVP_DigestFinal_ex(f->context, digest, NULL);
    memcpy(out, "1:", 2);
    EVP_EncodeBlock((unsigned char *)out + 2, digest, SHA1_LEN);
}
