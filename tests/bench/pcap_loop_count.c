/* The floor: a program that only counts packets and bytes with libpcap's loop. */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

struct count {
    uint64_t packets, bytes;
};

static void count_packet(u_char *arg, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct count *count = (struct count *)(void *)arg;
    (void)bytes;
    count->packets++;
    count->bytes += header->caplen;
}

int main(int argc, char **argv)
{
    char error[PCAP_ERRBUF_SIZE];
    if (argc != 2) {
        fprintf(stderr, "usage: %s CAPTURE\n", argv[0]);
        return 2;
    }
    pcap_t *pcap = pcap_open_offline(argv[1], error);
    if (!pcap) {
        fprintf(stderr, "%s\n", error);
        return EXIT_FAILURE;
    }
    struct count count = {0, 0};
    int status = pcap_loop(pcap, -1, count_packet, (u_char *)&count);
    if (status != 0)
        fprintf(stderr, "%s\n", pcap_geterr(pcap));
    pcap_close(pcap);
    printf("%" PRIu64 " packets, %" PRIu64 " bytes\n", count.packets, count.bytes);
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
