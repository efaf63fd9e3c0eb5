/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which domains are looked at again, although libvirt announces nothing. */

#include "observe.h"

static void
assert_passing(int state, int reason, gboolean expected)
{
    g_auto(GVariantDict) values = G_VARIANT_DICT_INIT(NULL);
    g_auto(Sight) sight = { .kind = domain_observer.kind };

    g_variant_dict_insert(&values, "State", "(ii)", state, reason);
    sight.values = g_variant_ref_sink(g_variant_dict_end(&values));
    g_assert_cmpint(observe_is_passing(&sight), ==, expected);
}

static void
test_passing(void)
{
    assert_passing(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_STARTING_UP, TRUE);
    assert_passing(VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_UNKNOWN, TRUE);
    assert_passing(VIR_DOMAIN_SHUTDOWN, VIR_DOMAIN_SHUTDOWN_USER, TRUE);
}

static void
test_lasting(void)
{
    assert_passing(VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_USER, FALSE);
    assert_passing(VIR_DOMAIN_RUNNING, VIR_DOMAIN_RUNNING_BOOTED, FALSE);
    assert_passing(VIR_DOMAIN_SHUTOFF, VIR_DOMAIN_SHUTOFF_FAILED, FALSE);
    assert_passing(VIR_DOMAIN_CRASHED, VIR_DOMAIN_CRASHED_PANICKED, FALSE);
}

/* What could not be seen, and what has no states. */
static void
test_others(void)
{
    g_auto(Sight) unseen = { .kind = domain_observer.kind };
    g_auto(Sight) network = { .kind = network_observer.kind };
    g_auto(GVariantDict) values = G_VARIANT_DICT_INIT(NULL);

    g_assert_false(observe_is_passing(&unseen));
    network.values = g_variant_ref_sink(g_variant_dict_end(&values));
    g_assert_false(observe_is_passing(&network));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/observe/passing", test_passing);
    g_test_add_func("/observe/lasting", test_lasting);
    g_test_add_func("/observe/others", test_others);

    return g_test_run();
}
