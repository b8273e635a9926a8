/*
 * Law: our reader and libpcap hand out the same packets (bytes, lengths, times, link type) from every capture in pcaps/
 * and, when it is set, below TLSWHY_CORPUS. Where libpcap stops with an error (pcapng with several link types, damage
 * that we step over) they are compared up to there, and the file is named.
 *
 * Known differences, both in libpcap: it shortens a packet to the file's snapshot length, and it takes the seconds of
 * classic files as signed.
 */
#include "capture/capture.h"
#include "capture/link_type.h"

#include <ftw.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
            if (batch[i].moment.place.frame != ++frame)
                return fail(path, frame, "frame", (long long)batch[i].moment.place.frame, (long long)frame);
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

int main(void)
{
    const char *corpus = getenv("TLSWHY_CORPUS");
    nftw(TEST_SOURCE_DIR "/pcaps", visit, 16, FTW_PHYS);
    if (corpus && nftw(corpus, visit, 16, FTW_PHYS) != 0) {
        perror(corpus);
        return 1;
    }
    printf("%u files, %llu packets compared, libpcap stopped early in %u, %u differ%s\n", num_files, num_packets,
           num_stopped, num_failed, corpus ? "" : " (TLSWHY_CORPUS is not set)");
    if (num_files == 0)
        return 77;
    return num_failed != 0;
}
