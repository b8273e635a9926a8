/* How connections were closed, told from FINs and RSTs. */
#include "support/cmocka_all.h"

#include "report/tcp_close.h"

#include <string.h>

struct shot { /* frames of FIN and RST, by side; 0 none */
    unsigned fin[2], rst[2];
    enum flow_end end;
    uint8_t client_side;
    const char *kind, *by;
    unsigned frame;
};

static void test_closes(void **state)
{
    (void)state;
    static const struct shot shots[] = {
        {{0, 0}, {0, 0}, FLOW_END_INPUT, 0, "open", NULL, 0},
        {{0, 0}, {0, 0}, FLOW_END_IDLE, 0, "timeout", NULL, 0},
        {{0, 0}, {0, 0}, FLOW_END_EVICTED, 0, "open", NULL, 0},
        {{7, 8}, {0, 0}, FLOW_END_CLOSED, 0, "fin", "client", 7},
        {{9, 8}, {0, 0}, FLOW_END_CLOSED, 0, "fin", "server", 8},
        {{9, 8}, {0, 0}, FLOW_END_CLOSED, 1, "fin", "client", 8},
        {{0, 8}, {0, 0}, FLOW_END_INPUT, 0, "fin", "server", 8},
        {{0, 0}, {5, 0}, FLOW_END_CLOSED, 0, "reset", "client", 5},
        {{0, 6}, {7, 0}, FLOW_END_CLOSED, 0, "fin", "server", 6}, /* the RST is the echo of a close */
        {{5, 6}, {7, 0}, FLOW_END_CLOSED, 0, "fin", "client", 5}, /* a RST after both FINs changes nothing */
        {{5, 6}, {0, 4}, FLOW_END_CLOSED, 0, "reset", "server", 4},
        {{0, 0}, {9, 3}, FLOW_END_CLOSED, 1, "reset", "client", 3},
    };
    for (size_t i = 0; i < sizeof shots / sizeof *shots; i++) {
        struct flow_rare rare = {0};
        struct flow flow = {.rare = &rare};
        struct connection c = {.flow = &flow, .client_side = shots[i].client_side, .end_kind = shots[i].end};
        for (unsigned side = 0; side < 2; side++) {
            rare.fin[side].place.frame = shots[i].fin[side];
            rare.rst[side].place.frame = shots[i].rst[side];
        }
        struct tcp_close close = tcp_close_of(&c);
        assert_string_equal(close.kind, shots[i].kind);
        if (shots[i].by)
            assert_string_equal(close.by, shots[i].by);
        else
            assert_null(close.by);
        assert_int_equal(close.at.place.frame, shots[i].frame);
    }
}

static void test_without_rare_and_over_files(void **state)
{
    (void)state;
    struct flow flow = {0};
    struct connection c = {.flow = &flow, .end_kind = FLOW_END_INPUT};
    assert_string_equal(tcp_close_of(&c).kind, "open");

    struct flow_rare rare = {.fin = {{.place = {.frame = 1, .file = 1}}, {.place = {.frame = 100, .file = 0}}}};
    flow.rare = &rare;
    assert_string_equal(tcp_close_of(&c).by, "server");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closes),
        cmocka_unit_test(test_without_rare_and_over_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
