/* The texts of --help and --version. */
#include "options.h"
#include "version.h"

#include <openssl/crypto.h>
#include <pcap/pcap.h>
#ifdef TLSWHY_WITH_ZLIB
#include <zlib.h>
#endif
#ifdef TLSWHY_WITH_ZSTD
#include <zstd.h>
#endif
#ifdef TLSWHY_WITH_LZ4
#include <lz4.h>
#endif
#ifdef TLSWHY_WITH_BROTLI
#include <brotli/decode.h>
#endif

#include <stdio.h>
#include <stdlib.h>

enum { HELP_COLUMN = 28 };

static void write_row(FILE *out, const struct option_row *row)
{
    char left[96];
    int len = row->key < 256 ? snprintf(left, sizeof left, "  -%c, --%s", row->key, row->name)
                             : snprintf(left, sizeof left, "      --%s", row->name);
    if (row->argument)
        len += snprintf(left + len, sizeof left - (size_t)len, row->argument[0] == '[' ? "%s" : " %s", row->argument);
    if (len >= HELP_COLUMN)
        fprintf(out, "%s\n%*s%s\n", left, HELP_COLUMN, "", row->help);
    else
        fprintf(out, "%-*s%s\n", HELP_COLUMN, left, row->help);
}

char *options_help_text(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    fputs("Usage: tlswhy [options] FILE...\n"
          "Reads packet captures and says why TLS connections fail.\n"
          "\n"
          "FILE is a capture as tcpdump and Wireshark write it (pcap, pcapng; also compressed by gzip, zstd\n"
          "or lz4), - is standard input. Of several, those that continue each other are one capture.\n"
          "\n",
          out);
    for (const struct option_row *row = options_table(); row->name; row++)
        write_row(out, row);
    fputs("\n"
          "Exit status: 0 analysed, 1 --fail-on found something, 2 wrong usage or unreadable input.\n"
          "NO_COLOR in the environment turns colours off. More: man tlswhy\n",
          out);
    return fclose(out) == 0 ? text : NULL;
}

static void write_compression(FILE *out)
{
#ifdef TLSWHY_WITH_ZLIB
    fprintf(out, "zlib %s\n", zlibVersion());
#else
    fputs("without zlib: no gzip-compressed captures\n", out);
#endif
#ifdef TLSWHY_WITH_ZSTD
    fprintf(out, "zstd %s\n", ZSTD_versionString());
#else
    fputs("without libzstd: no zstd-compressed captures\n", out);
#endif
#ifdef TLSWHY_WITH_LZ4
    fprintf(out, "lz4 %s\n", LZ4_versionString());
#else
    fputs("without liblz4: no lz4-compressed captures\n", out);
#endif
#ifdef TLSWHY_WITH_BROTLI
    uint32_t brotli = BrotliDecoderVersion();
    fprintf(out, "brotli %u.%u.%u\n", brotli >> 24, brotli >> 12 & 0xFFF, brotli & 0xFFF);
#else
    fputs("without libbrotlidec: no certificates compressed by brotli\n", out);
#endif
}

char *options_version_text(void)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    fprintf(out, "tlswhy %s\n%s\n%s\n", TLSWHY_VERSION, OpenSSL_version(OPENSSL_VERSION), pcap_lib_version());
    write_compression(out);
    return fclose(out) == 0 ? text : NULL;
}
