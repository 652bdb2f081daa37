/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* share53ctl as its users run it, against a stand-in for the service (tests/bus/test-ctl-fake.h). */

#include "tests/bus/test-ctl-fixture.h"

#include <net/if.h>

static void test_status(void **state)
{
        static const char text[] = "● share53d 0.9.\\027[2J: 1 of 2 addresses served\n"
                                   "   Policy: auto\n"
                                   " Host DNS: systemd-resolved\n"
                                   "   Helper: refused (Device or resource busy)\n"
                                   "    Names: 1 zone, 2500 records\n"
                                   " Features: xdp type:A\n"
                                   "\n"
                                   "Shared addresses\n"
                                   "ADDRESS        RUNG  LISTENER          WHY\n"
                                   "127.53.0.1:53  xdp   127.53.0.2:15353  unbound holds port 53\n"
                                   "[fd00::53]:53  none  -                 no helper\n"
                                   "\n"
                                   "Links pointed at share53\n"
                                   "INDEX  LINK   DEFAULT ROUTE  DOMAINS\n"
                                   "   77  gone0  yes            corp.internal ~lab.test\n"
                                   "\n"
                                   "Upstreams in use\n"
                                   "DOMAIN    SERVERS\n"
                                   ".         192.0.2.53 2001:db8::53#dns.example\n"
                                   "ads.test  blocked\n"
                                   "\n"
                                   "How it came about\n"
                                   "SUBJECT        FINDING                       DETAIL\n"
                                   "127.53.0.1:53  bind: Address already in use  held by unbound (pid 12)\n"
                                   "host           systemd-resolved              -\n";

        says(*state, ARGS("status"), 0, text, "");
        says(*state, ARGS("--no-ask-password"), 0, text, "");
        says_json(*state, ARGS("status", "--json"), 0,
                "{\"version\":\"0.9.\\u001b[2J\",\"features\":[\"xdp\",\"type:A\"],\"port_policy\":\"auto\","
                "\"shares\":[{\"address\":\"127.53.0.1:53\",\"rung\":\"xdp\",\"listener\":\"127.53.0.2:"
                "15353\","
                "\"why\":\"unbound holds port 53\"},{\"address\":\"[fd00::53]:53\",\"rung\":\"none\","
                "\"listener\":\"\",\"why\":\"no helper\"}],\"links\":[{\"ifindex\":77,\"name\":\"gone0\","
                "\"domains\":[\"corp.internal\",\"~lab.test\"],\"default_route\":true}],"
                "\"upstreams\":[{\"domain\":\".\",\"servers\":\"192.0.2.53 2001:db8::53#dns.example\"},"
                "{\"domain\":\"ads.test\",\"servers\":\"\"}],"
                "\"host_manager\":\"systemd-resolved\",\"helper\":{\"state\":\"refused\","
                "\"error\":\"Device or resource busy\"},\"zone_count\":1,\"record_count\":2500,"
                "\"trace\":[{\"subject\":\"127.53.0.1:53\",\"finding\":\"bind: Address already in use\","
                "\"detail\":\"held by unbound (pid 12)\"},{\"subject\":\"host\","
                "\"finding\":\"systemd-resolved\",\"detail\":\"\"}]}");
}

static void test_zones(void **state)
{
        says(*state, ARGS("zone", "list"), 0,
                "ZONE           LIFE                           SERIAL  OWNER\n"
                "corp.internal  runtime                    1700000000  root\n"
                "lab.test       persistent,0x20  18446744073709551615  4294967290\n",
                "");
}

static void test_zone_changes(void **state)
{
        does(*state, ARGS("zone", "add", "a.test"));
        was_asked(*state, "CreateZone a.test 0");
        does(*state, ARGS("zone", "add", "--persistent", "a.test"));
        was_asked(*state, "CreateZone a.test 1");
        does(*state, ARGS("zone", "add", "--fallthrough", "a.test", "--auto-ptr"));
        was_asked(*state, "CreateZone a.test 12");
        does(*state, ARGS("zone", "remove", "a.test"));
        was_asked(*state, "RemoveZone a.test");
        says_json(*state, ARGS("--json", "zone", "add", "a.test"), 0,
                "{\"zone\":\"a.test\",\"path\":\"/org/share53/Resolver1/zone/corp_2einternal\"}");
        says_json(*state, ARGS("--json", "zone", "remove", "a.test"), 0, "{\"zone\":\"a.test\"}");
        says_json(*state, ARGS("zone", "--json"), 0,
                "{\"zones\":[{\"name\":\"corp.internal\","
                "\"path\":\"/org/share53/Resolver1/zone/corp_2einternal\",\"flags\":0,\"serial\":1700000000,"
                "\"owner_uid\":0},{\"name\":\"lab.test\",\"path\":\"/org/share53/Resolver1/zone/lab_2etest\","
                "\"flags\":33,\"serial\":18446744073709551615,\"owner_uid\":4294967290}]}");
}

static void test_records(void **state)
{
        says(*state, ARGS("record", "list", "corp.internal"), 0,
                "NAME                   TTL  TYPE  RDATA                          LIFE        OWNER\n"
                "db.corp.internal.    3600s  A     192.0.2.7                      persistent  root\n"
                "note.corp.internal.     5s  TXT   \"\\027[31mred\\027[0m \\194\\155\"  runtime     "
                "4294967290\n",
                "");
        says(*state, ARGS("record", "list", "corp.internal", "none*"), 0,
                "NAME  TTL  TYPE  RDATA  LIFE  OWNER\n", "");
        says_json(*state, ARGS("record", "list", "corp.internal", "--json"), 0,
                "{\"zone\":\"corp.internal\",\"records\":[{\"name\":\"db.corp.internal.\",\"type\":\"A\","
                "\"ttl\":3600,\"rdata\":\"192.0.2.7\",\"owner_uid\":0,\"owner_bus_name\":\"\","
                "\"life\":\"persistent\"},{\"name\":\"note.corp.internal.\",\"type\":\"TXT\",\"ttl\":5,"
                "\"rdata\":\"\\\"\\u001b[31mred\\u001b[0m \\u009b\\\"\",\"owner_uid\":4294967290,"
                "\"owner_bus_name\":\"\",\"life\":\"runtime\"}]}");
}

static void test_json_moves_no_cursor_either(void **state)
{
        struct fixture *f = *state;
        _cleanup_(run_done) struct run run;

        run_ctl(&run, &f->bus, ARGS("record", "list", "corp.internal", "--json"));
        assert_null(strchr(run.out, '\x1b'));
        assert_null(strstr(run.out, "\xc2\x9b"));
}

static void test_long_lists_come_whole(void **state)
{
        struct fixture *f = *state;
        _cleanup_(run_done) struct run run;
        char line[80], *at;

        run_ctl(&run, &f->bus, ARGS("record", "list", "big.test"));
        assert_int_equal(run.status, 0);
        at = strchr(run.out, '\n');
        for (unsigned int i = 0; i < 2500; i++) {
                int n = snprintf(line, sizeof(line), "\nhost%04u.big.test.  ", i);

                assert_non_null(at);
                assert_memory_equal(at, line, n);
                at = strchr(at + 1, '\n');
        }
        assert_string_equal(at, "\n");
        says(f, ARGS("record", "list", "stuck.test"), 1, "",
                "share53ctl: Cannot list the records of zone stuck.test: Bad message; share53d and "
                "share53ctl are "
                "of different versions.\n");
}

static void test_record_changes(void **state)
{
        does(*state, ARGS("record", "set", "c.test", "db", "A", "5m", "192.0.2.7", "192.0.2.8"));
        was_asked(*state, "SetRecords c.test [db|A|300|192.0.2.7] [db|A|300|192.0.2.8] 0");
        does(*state, ARGS("record", "add", "c.test", "@", "TXT", "0", "\"a b\"", "--persistent"));
        was_asked(*state, "AddRecords c.test [@|TXT|0|\"a b\"] 1");
        does(*state, ARGS("record", "set", "--", "c.test", "db", "TXT", "1", "--json"));
        was_asked(*state, "SetRecords c.test [db|TXT|1|--json] 0");
        does(*state, ARGS("record", "remove", "c.test", "db"));
        was_asked(*state, "RemoveRecords c.test [db||] 0");
        does(*state, ARGS("record", "remove", "c.test", "db", "A"));
        was_asked(*state, "RemoveRecords c.test [db|A|] 0");
        does(*state, ARGS("record", "remove", "c.test", "db", "A", "192.0.2.7", "192.0.2.8"));
        was_asked(*state, "RemoveRecords c.test [db|A|192.0.2.7] [db|A|192.0.2.8] 0");
        says_json(*state, ARGS("--json", "record", "set", "c.test", "db", "A", "1", "192.0.2.7"), 0,
                "{\"zone\":\"c.test\",\"serial\":1700000001}");
        says_json(*state, ARGS("--json", "record", "remove", "c.test", "db"), 0,
                "{\"zone\":\"c.test\",\"serial\":1700000002}");
        says(*state, ARGS("record", "set", "c.test", "db", "A", "soon", "192.0.2.7"), 2, "",
                "share53ctl: \"soon\" is no TTL: seconds up to 2147483647, or such as 5m, 1h30m; see "
                "\"share53ctl "
                "--help\".\n");
}

static void test_queries(void **state)
{
        says(*state, ARGS("query", "db.corp.internal"), 0,
                "db.corp.internal A: NOERROR, flags: aa ra, source: zone corp.internal\n"
                "\n"
                "NAME              TTL  TYPE  RDATA\n"
                "db.corp.internal  60s  A     192.0.2.7\n",
                "");
        says(*state, ARGS("query", "nx.test", "AAAA"), 5,
                "nx.test AAAA: NXDOMAIN, flags: aa, source: zone test\n", "");
        says(*state, ARGS("query", "nodata.test"), 5,
                "nodata.test A: NOERROR without data, flags: aa, source: zone test\n", "");
        says(*state, ARGS("query", "refused.test"), 1,
                "refused.test A: REFUSED, source: none: outside of our zones\n", "");
        says_json(*state, ARGS("query", "x.test", "TXT", "--json"), 0,
                "{\"name\":\"x.test\",\"type\":\"TXT\",\"rcode\":\"NOERROR\",\"flags\":1152,\"answer\":[{"
                "\"name\":\"x.test\",\"type\":\"TXT\",\"ttl\":60,\"rdata\":\"192.0.2.7\"}],"
                "\"source\":\"zone corp.internal\"}");
        says_json(*state, ARGS("query", "nx.test", "--json"), 5,
                "{\"name\":\"nx.test\",\"type\":\"A\",\"rcode\":\"NXDOMAIN\",\"flags\":1024,\"answer\":[],"
                "\"source\":\"zone test\"}");
}

static void test_links(void **state)
{
        unsigned int lo = if_nametoindex("lo");
        char expected[64], index[16];

        assert_true(lo > 0);
        snprintf(index, sizeof(index), "%u", lo);
        says(*state, ARGS("link"), 0,
                "INDEX  LINK   DEFAULT ROUTE  DOMAINS\n"
                "   77  gone0  yes            corp.internal ~lab.test\n",
                "");
        says_json(*state, ARGS("link", "list", "--json"), 0,
                "{\"links\":[{\"ifindex\":77,\"name\":\"gone0\",\"domains\":[\"corp.internal\",\"~lab.test\"]"
                ","
                "\"default_route\":true}]}");
        does(*state, ARGS("link", "set", "lo", "a.test", "~b.test"));
        snprintf(expected, sizeof(expected), "SetLink %u a.test ~b.test 0", lo);
        was_asked(*state, expected);
        does(*state, ARGS("link", "set", index, "--default-route"));
        snprintf(expected, sizeof(expected), "SetLink %u 1", lo);
        was_asked(*state, expected);
        does(*state, ARGS("link", "revert", "lo"));
        snprintf(expected, sizeof(expected), "RevertLink %u", lo);
        was_asked(*state, expected);
        snprintf(expected, sizeof(expected), "{\"ifindex\":%u,\"name\":\"lo\"}", lo);
        says_json(*state, ARGS("link", "revert", index, "--json"), 0, expected);
        /* It is gone, but the service still has it. */
        does(*state, ARGS("link", "revert", "gone0"));
        was_asked(*state, "RevertLink 77");
        says(*state, ARGS("link", "set", "lo"), 2, "",
                "share53ctl: link set wants a DOMAIN, or --default-route; see \"share53ctl --help\".\n");
        says(*state, ARGS("link", "set", "nolink0", "a.test"), 5, "",
                "share53ctl: Cannot set the DNS of link nolink0: No such device; \"ip link\" shows the "
                "links.\n");
        says(*state, ARGS("link", "revert", "4242"), 5, "",
                "share53ctl: Cannot revert the DNS of link 4242: No link 4242; \"ip link\" shows the "
                "links.\n");
}

static void test_errors_have_words_and_numbers(void **state)
{
        says(*state, ARGS("zone", "add", "exists.test"), 1, "",
                "share53ctl: Cannot add zone exists.test: It is about \"exists.test\".\n");
        says(*state, ARGS("zone", "remove", "nozone.test", "--json"), 5, "",
                "share53ctl: Cannot remove zone nozone.test: It is about \"nozone.test\"; \"share53ctl zone "
                "list\" "
                "shows the zones.\n");
        says(*state, ARGS("record", "list", "nozone.test"), 5, "",
                "share53ctl: Cannot list the records of zone nozone.test: It is about \"nozone.test\"; "
                "\"share53ctl zone list\" shows the zones.\n");
        says(*state, ARGS("record", "remove", "norecord.test", "db", "A"), 5, "",
                "share53ctl: Cannot remove A of db from zone norecord.test: It is about \"norecord.test\"; "
                "\"share53ctl record list ZONE\" shows the records.\n");
        says(*state, ARGS("record", "set", "quota.test", "db", "A", "1", "192.0.2.1"), 1, "",
                "share53ctl: Cannot set A of db in zone quota.test: It is about \"quota.test\".\n");
        says(*state, ARGS("record", "add", "denied.test", "db", "A", "1", "192.0.2.1"), 4, "",
                "share53ctl: Cannot add to A of db in zone denied.test: It is about \"denied.test\"; run it "
                "with "
                "sudo, or let a polkit rule allow it (org.share53.Resolver1.manage-records).\n");
}

static void test_wrong_command_lines_ask_nothing(void **state)
{
        says(*state, ARGS("zone", "list", "x"), 2, "",
                "share53ctl: zone list takes fewer words: nothing follows it; see \"share53ctl --help\".\n");
        says(*state, ARGS("no\x1bsuch"), 2, "",
                "share53ctl: unknown verb \"no\\027such\"; see \"share53ctl --help\".\n");
        says(*state, ARGS("--address=nonsense", "status"), 2, "",
                "share53ctl: \"nonsense\" is not a D-Bus address; see \"share53ctl --help\".\n");
}

static void test_reload(void **state)
{
        does(*state, ARGS("reload"));
        was_asked(*state, "Reload");
        says_json(*state, ARGS("reload", "--json"), 0, "{\"reloaded\":true}");
}

static void test_help_and_version_need_no_bus(void **state)
{
        _cleanup_(run_done) struct run help, version;

        run_ctl(&help, NULL, ARGS("zone", "add", "--help", "--address=unix:path=/nowhere"));
        assert_int_equal(help.status, 0);
        assert_non_null(
                strstr(help.out, "share53ctl zone add NAME [--persistent] [--fallthrough] [--auto-ptr]\n"));
        run_ctl(&version, NULL, ARGS("--version", "--address=unix:path=/nowhere"));
        assert_int_equal(version.status, 0);
        assert_memory_equal(version.out, "share53ctl ", 11);
}

static void test_another_bus_by_address(void **state)
{
        struct fixture *f = *state;
        char option[80];
        _cleanup_(run_done) struct run run;

        snprintf(option, sizeof(option), "--address=%s", f->bus.address);
        run_ctl(&run, NULL, ARGS(option, "zone", "add", "by.address.test"));
        assert_int_equal(run.status, 0);
        was_asked(f, "CreateZone by.address.test 0");
}

static void test_a_full_disk_is_a_failure(void **state)
{
        struct fixture *f = *state;
        char command[256];

        snprintf(command, sizeof(command), "\"$SHARE53CTL\" --address=%s zone list >/dev/full 2>/dev/null",
                f->bus.address);
        assert_int_equal(system(command), 1 << 8);
}

static void test_nobody_there(void **state)
{
        struct fixture *f = *state;

        run_stop_process(&f->fake);
        says(f, ARGS("status"), 3, "",
                "share53ctl: Cannot show the status: The name org.share53.Resolver1 was not provided by any "
                ".service "
                "files; start it with \"systemctl start share53d\".\n");
        says(f, ARGS("zone", "add", "x.test"), 3, "",
                "share53ctl: Cannot add zone x.test: The name org.share53.Resolver1 was not provided by any "
                ".service "
                "files; start it with \"systemctl start share53d\".\n");
        says(f, ARGS("watch"), 3, "",
                "share53ctl: Cannot watch for changes: The name org.share53.Resolver1 was not provided by "
                "any "
                ".service files; start it with \"systemctl start share53d\".\n");
        says(f, ARGS("status", "--address=unix:path=/nowhere/bus"), 3, "",
                "share53ctl: Cannot connect to the bus: No such file or directory; see \"systemctl status "
                "dbus "
                "share53d\".\n");
}

static void test_a_service_of_another_age(void **state)
{
        static const char tail[] = "share53d and share53ctl are of different versions.\n";
        struct fixture *f = *state;
        _cleanup_(run_done) struct run status, list, reload;

        run_stop_process(&f->fake);
        f->fake = fake_start(f->bus.address, f->bus.log, true);
        run_ctl(&status, &f->bus, ARGS("status"));
        assert_int_equal(status.status, 1);
        assert_non_null(strstr(status.err, tail));
        run_ctl(&list, &f->bus, ARGS("zone", "list"));
        assert_int_equal(list.status, 1);
        assert_non_null(strstr(list.err, tail));
        run_ctl(&reload, &f->bus, ARGS("reload"));
        assert_int_equal(reload.status, 1);
        assert_non_null(strstr(reload.err, "share53d is older than share53ctl: restart it.\n"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_status),
                cmocka_unit_test(test_zones),
                cmocka_unit_test(test_zone_changes),
                cmocka_unit_test(test_records),
                cmocka_unit_test(test_json_moves_no_cursor_either),
                cmocka_unit_test(test_long_lists_come_whole),
                cmocka_unit_test(test_record_changes),
                cmocka_unit_test(test_queries),
                cmocka_unit_test(test_links),
                cmocka_unit_test(test_errors_have_words_and_numbers),
                cmocka_unit_test(test_wrong_command_lines_ask_nothing),
                cmocka_unit_test(test_reload),
                cmocka_unit_test(test_help_and_version_need_no_bus),
                cmocka_unit_test(test_another_bus_by_address),
                cmocka_unit_test(test_a_full_disk_is_a_failure),
                cmocka_unit_test(test_nobody_there),
                cmocka_unit_test(test_a_service_of_another_age),
        };
        return cmocka_run_group_tests(tests, setup, teardown);
}
