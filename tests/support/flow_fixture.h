/* Set-up and tear-down of one flow_recorder for each test; include once in a test program. */
#ifndef TLSWHY_TESTS_FLOW_FIXTURE_H
#define TLSWHY_TESTS_FLOW_FIXTURE_H

#include "support/cmocka_all.h"
#include "support/flow_recorder.h"

#include <stdlib.h>

#define SECOND INT64_C(1000000000)

enum { FIXTURE_FLOWS = 1000 };

static struct flow_recorder *r;
static struct tcp_pair pair;

static int set_up(void **state)
{
    (void)state;
    r = malloc(sizeof *r);
    assert_non_null(r);
    flow_recorder_init(r, FIXTURE_FLOWS);
    pair = tcp_pair(5000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    flow_recorder_cleanup(r);
    free(r);
    return 0;
}

#define FLOW_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

#endif
