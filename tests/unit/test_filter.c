/* Filters and link-type names, which go through the same table. */
#include "support/cmocka_all.h"

#include "capture/filter.h"
#include "capture/link_type.h"

#include "support/capture_builder.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ETHERNET = 1, RAW = 101, LINUX_SLL2 = 276, IEEE802_11 = 105, UNKNOWN = 60000 };

/* TCP from port 1000 to port 443 over IPv4, without the link layer. */
static const uint8_t segment[] = {0x45, 0,    0,    40,   0, 0, 0, 0, 64, 6, 0, 0, 192,  0, 2, 1, 192, 0, 2, 2,
                                  0x03, 0xe8, 0x01, 0xbb, 0, 0, 0, 0, 0,  0, 0, 0, 0x50, 2, 0, 0, 0,   0, 0, 0};

static int match(struct filter *filter, uint16_t link_type, size_t header_len, const char *header, struct error *error)
{
    uint8_t packet[64] = {0};
    memcpy(packet, header, header_len);
    memcpy(packet + header_len, segment, sizeof segment);
    size_t len = header_len + sizeof segment;
    return filter_match(filter, link_type, (struct bytes){packet, len}, (uint32_t)len, error);
}

static const char ethernet[14] = "\2\0\0\0\0\1\2\0\0\0\0\2\x08";

static void test_match(void **state)
{
    (void)state;
    struct error error;
    struct filter *https = filter_new("tcp dst port 443", &error);
    struct filter *other = filter_new("udp or port 80", &error);
    struct filter *large = filter_new("greater 1000", &error);
    assert_non_null(https);
    assert_non_null(other);
    assert_non_null(large);
    for (int round = 0; round < 3; round++) { /* link types take turns */
        assert_int_equal(match(https, ETHERNET, sizeof ethernet, ethernet, &error), 1);
        assert_int_equal(match(other, ETHERNET, sizeof ethernet, ethernet, &error), 0);
        assert_int_equal(match(https, RAW, 0, "", &error), 1);
        assert_int_equal(match(other, RAW, 0, "", &error), 0);
        assert_int_equal(match(https, LINUX_SLL2, 20, "\x08\0\0\0\0\0\0\2\0\1\0\6\0\0\0\0\0\0\0\0", &error), 1);
    }
    /* The length on the wire counts, not the captured one; what was not captured does not match. */
    assert_int_equal(filter_match(large, RAW, (struct bytes){segment, 40}, 1500, &error), 1);
    assert_int_equal(filter_match(large, RAW, (struct bytes){segment, 40}, 40, &error), 0);
    assert_int_equal(filter_match(https, RAW, (struct bytes){segment, 10}, 40, &error), 0);
    assert_int_equal(filter_match(https, RAW, (struct bytes){NULL, 0}, 0, &error), 0);
    filter_free(https);
    filter_free(other);
    filter_free(large);
}

static void test_errors(void **state)
{
    (void)state;
    struct error error = {""};
    assert_null(filter_new("tcp prot 443", &error));
    assert_non_null(strstr(error.text, "tcp prot 443"));
    assert_non_null(strstr(error.text, "syntax error"));

    struct filter *filter = filter_new("ether host 02:00:00:00:00:01", &error);
    assert_non_null(filter);
    assert_int_equal(match(filter, ETHERNET, sizeof ethernet, ethernet, &error), 1);
    assert_int_equal(match(filter, RAW, 0, "", &error), -1);
    assert_non_null(strstr(error.text, "ether host"));
    assert_non_null(strstr(error.text, "Raw IP"));
    assert_int_equal(match(filter, RAW, 0, "", &error), -1); /* told once */
    assert_string_equal(error.text, "");
    assert_int_equal(match(filter, ETHERNET, sizeof ethernet, ethernet, &error), 1);
    filter_free(filter);
    filter_free(NULL);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(link_type_name(ETHERNET), "EN10MB");
    assert_string_equal(link_type_description(ETHERNET), "Ethernet");
    assert_string_equal(link_type_name(RAW), "RAW");
    assert_string_equal(link_type_name(IEEE802_11), "IEEE802_11");
    assert_string_equal(link_type_name(LINUX_SLL2), "LINUX_SLL2");
    assert_string_equal(link_type_name(UNKNOWN), "LINKTYPE 60000");
    assert_string_equal(link_type_description(UNKNOWN), "LINKTYPE 60000");
    assert_string_equal(link_type_description(UINT16_MAX), "LINKTYPE 65535");
    assert_string_equal(link_type_name(UNKNOWN), "LINKTYPE 60000");
}

/* libpcap has the same mapping, but only shows it when it opens a file. */
static void test_mapping_is_libpcaps(void **state)
{
    (void)state;
    for (unsigned link_type = 0; link_type < 320; link_type++) {
        struct builder b = {0};
        char message[PCAP_ERRBUF_SIZE];
        builder_pcap(&b, 0xa1b2c3d4, 65535, link_type);
        char *path = builder_write(&b);
        pcap_t *pcap = pcap_open_offline(path, message);
        assert_non_null(pcap);
        if (link_type_to_dlt((uint16_t)link_type) != pcap_datalink(pcap))
            print_error("LINKTYPE %u\n", link_type);
        assert_int_equal(link_type_to_dlt((uint16_t)link_type), pcap_datalink(pcap));
        pcap_close(pcap);
        unlink(path);
        free(path);
        builder_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_mapping_is_libpcaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
