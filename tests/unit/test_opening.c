/* What the first bytes of a stream are. */
#include "dissect/handshake.h"
#include "support/cmocka_all.h"
#include "support/mutate.h"

#include <stdlib.h>
#include <string.h>

/* The answer for the first n bytes of hex, n beyond its end meaning all of it. */
static enum opening recognise(const char *hex, size_t n)
{
    struct bytes b = bytes_from_hex(hex);
    enum opening got = opening_recognise(bytes_slice(b, 0, n));
    free((void *)(uintptr_t)b.at);
    return got;
}

/* Each must be UNDECIDED up to `undecided` bytes and its answer from there on. */
struct opening_case {
    const char *what, *hex;
    enum opening want;
    size_t undecided;
};

static const struct opening_case openings[] = {
    {"ClientHello", "1603010200 010001fc 0303 d1d2", OPENING_TLS, 5},
    {"ClientHello in a TLS 1.2 record", "1603030200 010001fc 0303 d1d2", OPENING_TLS, 5},
    {"ClientHello, SSL 3.0", "1603000040 0100003c 0300 d1d2", OPENING_TLS, 5},
    {"ClientHello, record version 3.255", "1603ff0200 010001fc 0303 d1d2", OPENING_TLS, 9},
    {"ClientHello in records of one byte", "1603010001 01 1603010001 00", OPENING_TLS, 5},
    {"ServerHello", "160303007a 02000076 0303 d1d2", OPENING_TLS, 5},
    {"ServerHello of draft 18", "1603010052 0200004e 7f12 d1d2", OPENING_TLS, 5},
    {"HelloRetryRequest of draft 19", "1603010010 0600000c 7f13 d1d2", OPENING_TLS, 5},
    {"alert", "1503010002 0228", OPENING_TLS, 5},
    {"warning", "1503030002 0170", OPENING_TLS, 5},
    {"encrypted alert", "150303001a 3687a6c5ac1f", OPENING_TLS, 5},
    {"ChangeCipherSpec", "1403030001 01 1603030028", OPENING_TLS, 5},
    {"application data", "1703030100 8877665544", OPENING_TLS, 4},
    {"empty application data", "1703030000 1703030100", OPENING_TLS, 4},
    {"encrypted Finished", "1603030028 00000000000000", OPENING_TLS, 5},
    {"encrypted Finished with a type nobody knows", "1603030028 f7000000000000", OPENING_TLS, 5},
    {"heartbeat", "1803020003 01 4000", OPENING_TLS, 5},
    {"empty handshake record, then a ClientHello", "1603010000 1603010200 01", OPENING_TLS, 10},
    {"two empty handshake records", "1603010000 1603010000 16", OPENING_TLS, 9},
    {"TLCP", "1601010040 0100003c 0101 d1d2", OPENING_TLS, 5},

    {"SSLv2 CLIENT-HELLO", "802e 01 0002 0015 0000 0010 0700c0", OPENING_SSL2, 10},
    {"v2 compatible hello, TLS 1.0", "8046 01 0301 002d 0000 0010 0100", OPENING_SSL2, 10},
    {"v2 compatible hello with a session id", "8034 01 0300 000b 0010 0010", OPENING_OTHER, 6},
    {"v2 compatible hello with challenge of 32", "8035 01 0303 000c 0000 0020 00", OPENING_SSL2, 10},
    {"SSLv2 CLIENT-HELLO, three-byte header", "002e 00 01 0002 0015 0000 0010", OPENING_SSL2, 10},
    {"SSLv2 SERVER-HELLO", "8400 04 00 01 0002 03d0 0015 0010", OPENING_SSL2, 8},
    {"SSLv2 SERVER-HELLO, session known", "801b 04 01 00 0002 0000 0000 0010", OPENING_SSL2, 8},
    {"SSLv2 ERROR", "8003 00 0001", OPENING_SSL2, 4},

    {"record of no type", "1903010200 010001fc 0303", OPENING_OTHER, 3},
    {"record of no version", "1605010200 010001fc 0303", OPENING_OTHER, 3},
    {"record of no minor version", "1603050200 020001fc 0303", OPENING_OTHER, 5},
    {"empty handshake record", "1603010000 0100", OPENING_OTHER, 5},
    {"empty handshake record, then no version", "1603010000 160600", OPENING_OTHER, 7},
    {"empty alert record", "1503010000 1603010200 01", OPENING_OTHER, 4},
    {"too long a record", "1603014801 010047fd", OPENING_OTHER, 4},
    {"short record of no handshake type", "1603010010 f7000000", OPENING_OTHER, 5},
    {"alert of no level", "1503010002 0928", OPENING_OTHER, 5},
    {"ChangeCipherSpec with 2", "1403010001 02", OPENING_OTHER, 5},
    {"SSLv2 CLIENT-HELLO whose lengths disagree", "802f 01 0002 0015 0000 0010 07", OPENING_OTHER, 10},
    {"SSLv2 CLIENT-HELLO without ciphers", "8019 01 0002 0000 0000 0010 07", OPENING_OTHER, 6},
    {"SSLv2 CLIENT-HELLO of no version", "802e 01 0102 0015 0000 0010 07", OPENING_OTHER, 4},
    {"SSLv2 message that opens nothing", "802e 02 0002 0015 0000 0010 07", OPENING_OTHER, 2},
    {"SSLv2 SERVER-HELLO too short for its certificate", "8100 04 00 01 0002 03d0 0015 00", OPENING_OTHER, 8},
    {"SSLv2 ERROR of no code", "8003 00 0009", OPENING_OTHER, 4},
    {"zeros", "0000000000000000000000", OPENING_OTHER, 2},
    {"ones", "ffffffffffffffffffffff", OPENING_OTHER, 2},
};

static void test_openings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        const struct opening_case *o = &openings[i];
        struct bytes b = bytes_from_hex(o->hex);
        for (size_t n = 0; n <= b.len; n++) {
            enum opening want = n <= o->undecided ? OPENING_UNDECIDED : o->want;
            enum opening got = recognise(o->hex, n);
            if (got != want)
                fail_msg("%s, first %zu bytes: %d, not %d", o->what, n, (int)got, (int)want);
        }
        free((void *)(uintptr_t)b.at);
    }
}

static void test_text(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "GET / HTTP/1.1\r\n",
        "POST /x HTTP/1.0\r\n",
        "HTTP/1.1 400 Bad Request",
        "220 mail ESMTP\r\n",
        "SSH-2.0-OpenSSH_9.2",
        "* OK IMAP4 ready\r\n",
        "+OK POP3 ready\r\n",
        "<?xml version='1.0'?>",
        "EHLO example.com\r\n",
        "PROXY TCP4 1.2.3.4 5.6.7.8",
        "PRI * HTTP/2.0\r\n\r\n",
        "\r\n\r\n\r\n\r\n\r\n\r\n",
        "a001 CAPABILITY\r\n",
        "\004\001\001\273\177\001\001\001user",
        "\005\001\001\005\001\001\003\013exam",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct bytes b = {(const uint8_t *)texts[i], strlen(texts[i])};
        if (opening_recognise(b) != OPENING_OTHER)
            fail_msg("\"%s\" is taken for TLS", texts[i]);
    }
}

/* From OPENING_LEN bytes on the answer never waits, and an answer never changes with more bytes. */
static void test_answers_are_final(void **state)
{
    (void)state;
    uint32_t seed = 7;
    unsigned num_accepted = 0;
    for (int round = 0; round < 200000; round++) {
        uint8_t b[OPENING_LEN];
        for (size_t i = 0; i < sizeof b; i++) {
            seed = seed * 1664525 + 1013904223;
            /* Half of them begin like something. */
            static const uint8_t likely[] = {0x16, 0x03, 0x01, 0x00, 0x80, 0x02, 0x15, 0x17, 0x14, 0x04};
            b[i] = round % 2 ? (uint8_t)(seed >> 24) : likely[(seed >> 24) % sizeof likely];
        }
        enum opening last = OPENING_UNDECIDED;
        for (size_t n = 0; n <= sizeof b; n++) {
            enum opening got = opening_recognise((struct bytes){b, n});
            if (last != OPENING_UNDECIDED)
                assert_int_equal(got, last);
            last = got;
        }
        assert_int_not_equal(last, OPENING_UNDECIDED);
        if (round % 2 && last != OPENING_OTHER)
            num_accepted++;
    }
    assert_int_equal(num_accepted, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_openings),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_answers_are_final),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
