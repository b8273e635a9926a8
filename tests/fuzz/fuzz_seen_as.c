/* Printed lines: whatever is pasted, meanings and codes go together, and case does not matter. */
#include "diagnose/seen_as.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void read_line(struct seen_as *seen, const uint8_t *data, size_t size)
{
    struct error error;
    require(seen_as_read(seen, (struct bytes){data, size}, &error) == 0);
    require((seen->num_meanings == 0) == (seen->num_codes == 0));
    require(seen->num_meanings <= SEEN_AS_MEANINGS && seen->num_codes <= NUM_FINDINGS);
    for (unsigned i = 0; i < seen->num_codes; i++)
        for (unsigned k = 0; k < i; k++)
            require(seen->codes[i] != seen->codes[k]);
    for (unsigned i = 0; i < seen->num_meanings; i++) {
        char buf[SEEN_AS_SAYS];
        require(*seen_as_says(&seen->meanings[i], buf) && *seen_as_apart(&seen->meanings[i]));
        require(seen->meanings[i].tier == seen->meanings[0].tier);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen_as seen, upper;
    read_line(&seen, data, size);
    uint8_t *copy = malloc(size + 1);
    require(copy);
    for (size_t i = 0; i < size; i++)
        copy[i] = data[i] >= 'a' && data[i] <= 'z' ? (uint8_t)(data[i] - 'a' + 'A') : data[i];
    read_line(&upper, copy, size);
    require(seen.num_codes == upper.num_codes);
    require(memcmp(seen.codes, upper.codes, seen.num_codes * sizeof seen.codes[0]) == 0);
    free(copy);
    return 0;
}
