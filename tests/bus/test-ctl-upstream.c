/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* share53ctl upstream, flush and stats, against a stand-in for the service. */

#include "tests/bus/test-ctl-fixture.h"

static void test_list(void **state)
{
        static const char table[] = "DOMAIN     LIFE              STATE             OWNER       SERVERS\n"
                                    ".          host,validate     in use            root        192.0.2.53 "
                                    "[2001:db8::53]:8853#dns.example\n"
                                    "ads.test   persistent,0x10   in use            4294967290  blocked\n"
                                    "corp.test  runtime,validate  leads back to us  root        127.53.0.1\n";

        says(*state, ARGS("upstream", "list"), 0, table, "");
        says(*state, ARGS("upstream"), 0, table, "");
        says_json(*state, ARGS("upstream", "--json"), 0,
                "{\"upstreams\":[{\"domain\":\".\",\"servers\":[\"192.0.2.53\","
                "\"[2001:db8::53]:8853#dns.example\"],\"flags\":1,\"origin\":\"host\",\"owner_uid\":0,"
                "\"trouble\":\"\"},{\"domain\":\"ads.test\",\"servers\":[],\"flags\":18,\"origin\":\"bus\","
                "\"owner_uid\":4294967290,\"trouble\":\"\"},{\"domain\":\"corp.test\",\"servers\":["
                "\"127.53.0.1\"],\"flags\":1,\"origin\":\"bus\",\"owner_uid\":0,\"trouble\":\"leads back to "
                "us\"}]}");
}

static void test_set(void **state)
{
        does(*state, ARGS("upstream", "set", "a.test", "192.0.2.53"));
        was_asked(*state, "SetUpstream a.test [2|4:53|53|] 0");
        does(*state, ARGS("upstream", "set", ".", "192.0.2.1:5353", "2001:db8::7#dns.example", "--validate",
                             "--persistent"));
        was_asked(*state, "SetUpstream . [2|4:1|5353|] [10|16:7|853|dns.example] 3");
        does(*state, ARGS("upstream", "set", "ads.test", "--block"));
        was_asked(*state, "SetUpstream ads.test 0");
        says_json(*state, ARGS("upstream", "set", "a.test", "192.0.2.1", "--json"), 0,
                "{\"domain\":\"a.test\"}");
        says(*state, ARGS("upstream", "set", "a.test"), 2, "",
                "share53ctl: upstream set wants a SERVER, or --block; see \"share53ctl --help\".\n");
        says(*state, ARGS("upstream", "set", "a.test", "192.0.2.1", "--block"), 2, "",
                "share53ctl: upstream set takes no SERVER with --block; see \"share53ctl --help\".\n");
        says(*state, ARGS("upstream", "set", "a.test", "192.0.2.1", "dns.example"), 2, "",
                "share53ctl: \"dns.example\" is no server: not an IP address with an optional :PORT (an IPv6 "
                "one in brackets with it); such as 192.0.2.53, [2001:db8::53]:5353 or "
                "192.0.2.53#dns.example; "
                "see \"share53ctl --help\".\n");
        says(*state, ARGS("upstream", "set", "denied.test", "192.0.2.1"), 4, "",
                "share53ctl: Cannot set the upstream of denied.test: It is about \"denied.test\"; run it "
                "with "
                "sudo, or let a polkit rule allow it (org.share53.Resolver1.manage-upstreams).\n");
        says(*state, ARGS("upstream", "list", "--block"), 2, "",
                "share53ctl: upstream list does not take --block; see \"share53ctl --help\".\n");
}

static void test_remove(void **state)
{
        does(*state, ARGS("upstream", "remove", "a.test"));
        was_asked(*state, "RemoveUpstream a.test");
        says(*state, ARGS("upstream", "remove", "none.test"), 5, "",
                "share53ctl: Cannot remove the upstream of none.test: None for \"none.test\"; \"share53ctl "
                "upstream list\" shows the upstreams.\n");
        says_json(*state, ARGS("upstream", "remove", "a.test", "--json"), 0, "{\"domain\":\"a.test\"}");
}

static void test_flush(void **state)
{
        says(*state, ARGS("flush"), 0, "2500 answers dropped\n", "");
        was_asked(*state, "FlushCache .");
        says(*state, ARGS("flush", "a.test"), 0, "1 answer dropped\n", "");
        was_asked(*state, "FlushCache a.test");
        says_json(*state, ARGS("flush", "--json"), 0, "{\"name\":\".\",\"flushed\":2500}");
        says(*state, ARGS("flush", "denied.test"), 4, "",
                "share53ctl: Cannot flush denied.test: It is about \"denied.test\"; run it with sudo, or let "
                "a "
                "polkit rule allow it (org.share53.Resolver1.flush-cache).\n");
}

static void test_stats(void **state)
{
        struct fixture *f = *state;
        _cleanup_(run_done) struct run run;

        run_ctl(&run, &f->bus, ARGS("stats"));
        assert_int_equal(run.status, 0);
        assert_memory_equal(run.out, "Queries\n                  12  received\n", 39);
        assert_non_null(strstr(run.out, "\n\nForwarding\n                   0  not ours\n"));
        assert_non_null(strstr(run.out, "\n18446744073709551615  answers in the cache\n"));
        assert_non_null(strstr(run.out,
                "\n\nUpstreams\nUPSTREAM  QUERIES  CACHE HITS  SENT  TIMED OUT  FAILED  BOGUS  CACHED\n"
                ".               7           -     -          -       -      -       3\n"));
        assert_null(strstr(run.out, "New"));
        says_json(f, ARGS("stats", "--json"), 0,
                "{\"QueriesReceived\":12,\"CacheAnswers\":18446744073709551615,\"Upstreams\":{\".\":{"
                "\"ForwardQueries\":7,\"CacheAnswers\":3}},\"New\\u001b\":1}");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_list),
                cmocka_unit_test(test_set),
                cmocka_unit_test(test_remove),
                cmocka_unit_test(test_flush),
                cmocka_unit_test(test_stats),
        };
        return cmocka_run_group_tests(tests, setup, teardown);
}
