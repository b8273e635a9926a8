/*
 * Law: our reader and libpcap hand out the same packets (bytes, lengths, times, link type) from every capture in pcaps/
 * and, when it is set, below TLSWHY_CORPUS, and from captures made here. Where libpcap stops with an error (pcapng with
 * several link types, damage that we step over) they are compared up to there, and the file is named.
 *
 * Known differences, both in libpcap: it shortens a packet to the file's snapshot length, and it takes the seconds of
 * classic files as signed.
 */
#include "capture/capture.h"
#include "capture/link_type.h"

#include "support/capture_builder.h"

#include <ftw.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned num_files, num_stopped, num_failed;
static unsigned long long num_packets;

static int fail(const char *path, unsigned long long frame, const char *what, long long ours, long long theirs)
{
    fprintf(stderr, "%s: frame %llu: %s: ours %lld, libpcap's %lld\n", path, frame, what, ours, theirs);
    num_failed++;
    return -1;
}

static int compare_packet(const char *path, const struct capture_packet *ours, pcap_t *pcap,
                          const struct pcap_pkthdr *header, const u_char *data)
{
    unsigned long long frame = ours->moment.place.frame;
    uint32_t snaplen = (uint32_t)pcap_snapshot(pcap);
    uint32_t caplen = (uint32_t)ours->bytes.len;
    if (snaplen > 0 && caplen > snaplen)
        caplen = snaplen;
    if (caplen != header->caplen)
        return fail(path, frame, "captured length", caplen, header->caplen);
    if (ours->len != (header->len > header->caplen ? header->len : ours->len))
        return fail(path, frame, "length", ours->len, header->len);
    if (memcmp(ours->bytes.at, data, caplen) != 0)
        return fail(path, frame, "bytes differ", 0, 0);
    if (link_type_to_dlt(ours->link_type) != pcap_datalink(pcap))
        return fail(path, frame, "link type", link_type_to_dlt(ours->link_type), pcap_datalink(pcap));
    long long seconds = header->ts.tv_sec;
    if (pcap_major_version(pcap) == 2)
        seconds = (uint32_t)seconds;
    long long time_ns = seconds * 1000000000 + header->ts.tv_usec;
    if (ours->has_time && ours->moment.time_ns != time_ns)
        return fail(path, frame, "time", ours->moment.time_ns, time_ns);
    if (!ours->has_time && time_ns != 0)
        return fail(path, frame, "has no time", 0, time_ns);
    return 0;
}

static int compare_all(const char *path, struct capture *capture, pcap_t *pcap)
{
    struct error error;
    struct capture_packet batch[7];
    struct pcap_pkthdr *header;
    const u_char *data;
    uint64_t frame = 0;
    long n;
    while ((n = capture_next(capture, batch, sizeof batch / sizeof batch[0], &error)) > 0)
        for (long i = 0; i < n; i++) {
            int result = pcap_next_ex(pcap, &header, &data);
            if (result == PCAP_ERROR) {
                fprintf(stderr, "%s: compared %llu packets; libpcap: %s\n", path, (unsigned long long)frame,
                        pcap_geterr(pcap));
                num_stopped++;
                return 0;
            }
            if (result != 1)
                return fail(path, frame + 1, "libpcap has no more packets", 1, 0);
            frame++; /* not place.frame, which counts as Wireshark does */
            if (compare_packet(path, &batch[i], pcap, header, data) != 0)
                return -1;
            num_packets++;
        }
    if (n < 0) {
        fprintf(stderr, "%s: %s\n", path, error.text);
        num_failed++;
        return -1;
    }
    if (pcap_next_ex(pcap, &header, &data) == 1)
        return fail(path, frame + 1, "we have no more packets", 0, 1);
    return 0;
}

static int compare_file(const char *path)
{
    char message[PCAP_ERRBUF_SIZE];
    struct error error;
    pcap_t *pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, message);
    if (!pcap)
        return 0; /* what libpcap cannot open it cannot be compared with */
    struct capture *capture = capture_open(&(struct capture_options){.paths = &path, .num_paths = 1}, &error);
    int result;
    if (!capture) {
        fprintf(stderr, "libpcap opens it, we do not: %s\n", error.text);
        num_failed++;
        result = -1;
    } else {
        num_files++;
        result = compare_all(path, capture, pcap);
    }
    capture_free(capture);
    pcap_close(pcap);
    return result;
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    static const char *const endings[] = {".pcap", ".pcapng", ".cap"};
    (void)st;
    (void)ftw;
    size_t len = strlen(path);
    for (size_t i = 0; type == FTW_F && i < sizeof endings / sizeof endings[0]; i++) {
        size_t n = strlen(endings[i]);
        if (len > n && strcmp(path + len - n, endings[i]) == 0)
            (void)compare_file(path); /* counts its failure; the walk goes on */
    }
    return 0;
}

static void compare_made(const struct builder *b)
{
    char *path = builder_write(b);
    unsigned before = num_files;
    if (compare_file(path) != 0 || num_files == before) {
        fprintf(stderr, "a capture made here could not be compared\n");
        num_failed++;
    }
    unlink(path);
    free(path);
}

static void compare_classic(bool is_big_endian, uint32_t magic, uint32_t snaplen)
{
    struct builder b = {.is_big_endian = is_big_endian};
    builder_pcap(&b, magic, snaplen, 101);
    for (uint32_t i = 0; i < 500; i++) {
        uint32_t caplen = i % 7 == 3 ? 0 : i * 31 % 1500, len = caplen + i % 3;
        if (magic == 0xa1b2cd34) { /* 8 bytes more of header */
            builder_record(&b, 1700000000 + i, i, 0, 0, 0);
            b.len -= 8;
            builder_u32(&b, caplen);
            builder_u32(&b, len);
            builder_u64(&b, i);
            for (uint32_t k = 0; k < caplen; k++)
                builder_bytes(&b, &(uint8_t){(uint8_t)i}, 1);
        } else {
            builder_record(&b, i == 9 ? 3000000000u : 1700000000 + i, i, caplen, len, (uint8_t)i);
        }
    }
    compare_made(&b);
    builder_free(&b);
}

static void compare_pcapng(bool is_big_endian, int resolution, uint64_t units)
{
    struct builder b = {.is_big_endian = is_big_endian};
    builder_section(&b, "made here");
    builder_interface(&b, 1, 262144, resolution);
    for (uint32_t i = 0; i < 500; i++) {
        uint32_t caplen = i * 31 % 1500;
        if (i % 5 == 4) {
            size_t block = builder_block(&b, i % 2 ? 3 : 9); /* simple packets, and what holds none */
            builder_u32(&b, 40);
            builder_zeros(&b, 40);
            builder_block_end(&b, block);
        } else {
            builder_packet(&b, 0, units + i * 977, caplen, caplen + i % 2, (uint8_t)i, i % 3 ? NULL : "comment");
        }
        if (i == 250)
            builder_interface(&b, 1, 262144, resolution);
    }
    compare_made(&b);
    builder_free(&b);
}

static void compare_all_made(void)
{
    static const uint32_t magics[] = {0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34};
    static const struct {
        int resolution;
        uint64_t units;
    } resolutions[] = {{NO_RESOLUTION, 1700000000000000ull},
                       {6, 1700000000000000ull},
                       {9, 1700000000000000000ull},
                       {3, 1700000000000ull},
                       {0x80 | 20, 1700000000ull << 20}};
    for (int order = 0; order < 2; order++) {
        for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
            for (uint32_t snaplen = 0; snaplen <= 262144; snaplen += 65536)
                compare_classic(order, magics[i], snaplen);
        for (size_t i = 0; i < sizeof resolutions / sizeof resolutions[0]; i++)
            compare_pcapng(order, resolutions[i].resolution, resolutions[i].units);
    }
}

int main(void)
{
    const char *corpus = getenv("TLSWHY_CORPUS");
    compare_all_made();
    nftw(TEST_SOURCE_DIR "/pcaps", visit, 16, FTW_PHYS);
    if (corpus && nftw(corpus, visit, 16, FTW_PHYS) != 0) {
        perror(corpus);
        return 1;
    }
    printf("%u files, %llu packets compared, libpcap stopped early in %u, %u differ%s\n", num_files, num_packets,
           num_stopped, num_failed, corpus ? "" : " (TLSWHY_CORPUS is not set)");
    return num_failed != 0;
}
