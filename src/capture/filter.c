/* Capture filters through libpcap's compiler and interpreter: see filter.h. */
#include "capture/filter.h"

#include "capture/link_type.h"

#include <nss.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

enum { SNAPLEN = 262144, LINKTYPE_ETHERNET = 1 };

struct program {
    uint16_t link_type;
    bool is_good;
    struct bpf_program bpf;
};

struct filter {
    char *expression;
    struct program *programs; /* one for each link type seen */
    size_t num_programs;
    size_t latest; /* index of the one used last */
};

static bool compile(const struct filter *filter, struct program *program, struct error *error)
{
    pcap_t *dead = pcap_open_dead(link_type_to_dlt(program->link_type), SNAPLEN);
    if (!dead) {
        error_set(error, "no memory to compile the filter");
        return false;
    }
    program->is_good = pcap_compile(dead, &program->bpf, filter->expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!program->is_good)
        error_set(error, "the filter \"%s\" cannot be used for %s: %s", filter->expression,
                  link_type_description(program->link_type), pcap_geterr(dead));
    pcap_close(dead);
    return program->is_good;
}

/* The index of the program for that link type, or -1 without memory. A program that does not compile is kept, too. */
static long add_program(struct filter *filter, uint16_t link_type, struct error *error)
{
    for (size_t i = 0; i < filter->num_programs; i++)
        if (filter->programs[i].link_type == link_type) {
            error_set(error, "%s", "");
            return (long)i;
        }
    struct program *grown = realloc(filter->programs, (filter->num_programs + 1) * sizeof *grown);
    if (!grown)
        return error_set(error, "no memory to compile the filter");
    filter->programs = grown;
    struct program *program = &grown[filter->num_programs];
    *program = (struct program){.link_type = link_type};
    compile(filter, program, error);
    return (long)filter->num_programs++;
}

struct filter *filter_new(const char *expression, struct error *error)
{
    /* libpcap would ask DNS for "host NAME": the program is passive, so names come from /etc/hosts alone. */
    __nss_configure_lookup("hosts", "files");
    struct filter *filter = calloc(1, sizeof *filter);
    if (filter)
        filter->expression = strdup(expression);
    if (!filter || !filter->expression) {
        error_set(error, "no memory to compile the filter");
        filter_free(filter);
        return NULL;
    }
    if (add_program(filter, LINKTYPE_ETHERNET, error) < 0 || !filter->programs[0].is_good) {
        filter_free(filter);
        return NULL;
    }
    return filter;
}

void filter_free(struct filter *filter)
{
    if (!filter)
        return;
    for (size_t i = 0; i < filter->num_programs; i++)
        if (filter->programs[i].is_good)
            pcap_freecode(&filter->programs[i].bpf);
    free(filter->programs);
    free(filter->expression);
    free(filter);
}

int filter_match(struct filter *filter, uint16_t link_type, struct bytes captured, uint32_t len, struct error *error)
{
    const struct program *program = &filter->programs[filter->latest];
    if (program->link_type != link_type || !program->is_good) {
        long index = add_program(filter, link_type, error);
        if (index < 0)
            return -1;
        filter->latest = (size_t)index;
        program = &filter->programs[index];
    }
    if (!program->is_good)
        return -1;
    static const uint8_t nothing[1];
    return bpf_filter(program->bpf.bf_insns, captured.at ? captured.at : nothing, len, (u_int)captured.len) != 0;
}
