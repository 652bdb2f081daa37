/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/config-fixture.h"

#include <syslog.h>

#include "share53-config.h"

static void address_is(const struct config *c, size_t i, const char *text)
{
        char buf[ENDPOINT_TEXT_SIZE];

        assert_true(i < c->n_addresses);
        assert_string_equal(endpoint_to_text(&c->addresses[i].endpoint, buf), text);
        assert_false(c->addresses[i].automatic);
}

static void is_default(const struct config *c)
{
        char buf[ENDPOINT_TEXT_SIZE];

        assert_int_equal(c->n_addresses, 1);
        assert_true(c->addresses[0].automatic);
        assert_string_equal(endpoint_to_text(&c->addresses[0].endpoint, buf), "127.53.0.1:53");
        assert_int_equal(c->policy, CONFIG_POLICY_AUTO);
        assert_int_equal(c->listen_port, 15353);
        assert_true(c->manage_host);
        assert_int_equal(c->log_level, LOG_INFO);
        assert_int_equal(c->pending_calls_max, 32);
        assert_int_equal(c->zones_max, 256);
        assert_int_equal(c->records_max, 100000);
        assert_int_equal(c->upstreams_max, 32);
        assert_int_equal(c->forwards_max, 256);
        assert_int_equal(c->upstream, CONFIG_UPSTREAM_HOST);
        assert_false(c->upstream_validate);
        assert_string_equal(c->trust_anchor, SHARE53_TRUST_ANCHOR);
        assert_string_equal(c->certificates, SHARE53_CERTIFICATES);
        assert_int_equal(c->cache_octets, 16 << 20);
        assert_int_equal(c->expired_seconds, 86400);
        assert_int_equal(c->n_rules, 0);
}

static void test_absent_and_empty_are_the_defaults(void **state)
{
        struct config c;

        assert_int_equal(load(&c, NULL), 0);
        is_default(&c);
        c = loads("");
        is_default(&c);
        c = loads("# nothing\n\n; nothing either\n   \n\t# nor here\n[Share]\n[Limits]");
        is_default(&c);
}

static void test_reads_every_key(void **state)
{
        struct config c =
                loads("[Share]\nAddresses=auto 192.0.2.1 fd00::53\nPortPolicy=xdp\nListenPort=65472\n"
                      "[Host]\nManager=none\n[Log]\nLevel=debug\n"
                      "[Limits]\nPendingCalls=128\nZones=0\nRecords=10000000\n");

        assert_int_equal(c.n_addresses, 3);
        assert_true(c.addresses[0].automatic);
        address_is(&c, 1, "192.0.2.1:53");
        address_is(&c, 2, "[fd00::53]:53");
        assert_int_equal(c.policy, CONFIG_POLICY_XDP);
        assert_int_equal(c.listen_port, 65472);
        assert_false(c.manage_host);
        assert_int_equal(c.log_level, LOG_DEBUG);
        assert_int_equal(c.pending_calls_max, 128);
        assert_int_equal(c.zones_max, 0);
        assert_int_equal(c.records_max, 10000000);

        assert_int_equal(loads("[Share]\nPortPolicy=bind\n").policy, CONFIG_POLICY_BIND);
        assert_int_equal(loads("[Share]\nPortPolicy=port\n").policy, CONFIG_POLICY_PORT);
        assert_int_equal(loads("[Share]\nPortPolicy=auto\n").policy, CONFIG_POLICY_AUTO);
        assert_string_equal(config_policy_to_text(CONFIG_POLICY_PORT), "port");
        assert_int_equal(loads("[Log]\nLevel=error\n").log_level, LOG_ERR);
        assert_int_equal(loads("[Log]\nLevel=warning\n").log_level, LOG_WARNING);
}

static void test_values_may_go_on(void **state)
{
        struct config c =
                loads("[Share]\nAddresses=192.0.2.1\n  192.0.2.2 ; the second\n\n# between\n\tfd00::1 "
                      "[fd00::2]:53\nPortPolicy=bind\n");

        assert_int_equal(c.n_addresses, 4);
        address_is(&c, 0, "192.0.2.1:53");
        address_is(&c, 1, "192.0.2.2:53");
        address_is(&c, 2, "[fd00::1]:53");
        address_is(&c, 3, "[fd00::2]:53");
        c = loads("[Share]\nAddresses=\n 192.0.2.9\n");
        assert_int_equal(c.n_addresses, 1);
        address_is(&c, 0, "192.0.2.9:53");

        refuses("[Limits]\nZones=1\n 2\n", 3, "begins with a blank");
        refuses("[Share]\nAddresses=auto\n PortPolicy=xdp\n", 3, "\"PortPolicy=xdp\" is not an IP address");
        refuses("[Share]\n PortPolicy=xdp\n", 2, "there is none");
        refuses("[Share]\nPortPolicy=xdp\n[Log]\n debug\n", 4, "there is none");
}

static void test_quirks_of_the_format(void **state)
{
        struct config c = loads("\xef\xbb\xbf[Share]\r\nPortPolicy = xdp ; as neighbours do\r\n");

        assert_int_equal(c.policy, CONFIG_POLICY_XDP);
        refuses("[Share]\nPortPolicy=xdp # no\n", 2, "PortPolicy=xdp # no is not valid; allowed: auto, bind");
        refuses("[Share]\nPortPolicy\n", 2, "neither KEY=VALUE nor [SECTION]");
        refuses("[Share\nPortPolicy=xdp\n", 1, "\"]\" is missing");
        refuses("[Share] PortPolicy=xdp\n", 1, "behind the section's name");

        write_octets("share53.conf", "[Share]\nPortPolicy=xdp\0bind\n", 27);
        _cleanup_free_ char *reason = NULL;
        assert_int_equal(load(&c, &reason), -EINVAL);
        assert_non_null(strstr(reason, "share53.conf:2: a NUL"));
}

/* Lines of every length around the size of inih's buffer: read whole, or refused, never read in pieces. */
static void test_long_lines(void **state)
{
        for (size_t blanks = 150; blanks < 450; blanks++) {
                _cleanup_free_ char *text = NULL, *comment = NULL, *reason = NULL;
                struct config c;
                int r;

                assert_true(asprintf(&text, "[Share]\nAddresses=192.0.2.1%*sZones=1\n[Log]\nLevel=debug\n",
                                    (int)blanks, "") > 0);
                write_file("share53.conf", text);
                r = load(&c, &reason);
                assert_int_equal(r, -EINVAL);
                assert_non_null(strstr(reason, "share53.conf:2: "));
                assert_non_null(strstr(reason, blanks < 170   ? "\"Zones=1\" is not"
                                               : blanks > 200 ? "longer than"
                                                              : ""));

                assert_true(asprintf(&comment, "#%*s\n[Share]\nListenPort=2000\n#%0*d\n", (int)blanks,
                                    "Zones=1", (int)blanks, 0) > 0);
                assert_int_equal(loads(comment).listen_port, 2000);
        }
}

static void test_refuses_unknown_words(void **state)
{
        refuses("[Share]\nPortpolicy=xdp\n", 2,
                "unknown key Portpolicy= in [Share]; known are Addresses=, "
                "PortPolicy=, ListenPort=");
        refuses("[Share]\nZones=3\n", 2, "unknown key Zones= in [Share]");
        refuses("\n[Monitor]\n", 2,
                "unknown section [Monitor]; known are [Share], [Host], [Log], [Limits], [Upstream], "
                "[Upstream DOMAIN]");
        refuses("[share]\n", 1, "unknown section [share]");
        refuses("[Shar]\n", 1, "unknown section [Shar]");
        refuses("[]\n", 1, "unknown section []");
        refuses("Zones=3\n", 1, "before the first section");
}

static void test_refuses_bad_values(void **state)
{
        static const char *const ports[] = {"1023", "65473", "65536", "99999999999999999999", "-1", "+2000",
                "0x4000", "", "15353a", "15 353"};

        for (size_t i = 0; i < ELEMENTSOF(ports); i++) {
                _cleanup_free_ char *text = NULL;

                assert_true(asprintf(&text, "[Share]\n\nListenPort=%s\n", ports[i]) > 0);
                refuses(text, 3, "allowed: a port from 1024 to 65472");
        }
        refuses("[Share]\nPortPolicy=XDP\n", 2,
                "PortPolicy=XDP is not valid; allowed: auto, bind, xdp, port");
        refuses("[Host]\nManager=resolved\n", 2, "allowed: auto, none");
        refuses("[Log]\nLevel=7\n", 2, "allowed: error, warning, info, debug");
        refuses("[Limits]\nPendingCalls=0\n", 2, "allowed: 1 to 128");
        refuses("[Limits]\nPendingCalls=129\n", 2, "allowed: 1 to 128");
        refuses("[Limits]\nZones=100001\n", 2, "allowed: 0 to 100000");
        refuses("[Limits]\nRecords=10000001\n", 2, "allowed: 0 to 10000000");
        refuses("[Limits]\nZones=1\nRecords=1\nZones=2\n", 4, "Zones= is set twice in this file");
}

static void test_refuses_bad_addresses(void **state)
{
        static const struct {
                const char *list, *what;
        } bad[] = {
                {"", "is empty"},
                {"localhost", "\"localhost\" is not an IP address"},
                {"127.53.0.1,127.53.0.2", "is not an IP address"},
                {"127.53.0.3:54", "always 53"},
                {"[fd00::1]:54", "always 53"},
                {"127.53.0.3:0", "is not an IP address"},
                {"127.53.0.3:65536", "is not an IP address"},
                {"fe80::1", "link-local"},
                {"fe80::1%lo", "is not an IP address"},
                {"169.254.1.1", "link-local"},
                {"0.0.0.0", "no single address"},
                {"::", "no single address"},
                {"224.0.0.251", "no unicast"},
                {"255.255.255.255", "no unicast"},
                {"ff02::fb", "no unicast"},
                {"::ffff:192.0.2.1", "no unicast"},
                {"127.53.0.2", "own listeners"},
                {"192.0.2.1 192.0.2.2 192.0.2.1:53", "192.0.2.1:53 is given twice"},
                {"fd00::1 fd00:0::1", "[fd00::1]:53 is given twice"},
                {"auto auto", "given twice"},
                {"auto 127.53.0.1", "given twice (auto begins with it)"},
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_free_ char *text = NULL;

                assert_true(asprintf(&text, "[Share]\nAddresses=%s\n", bad[i].list) > 0);
                refuses(text, 2, bad[i].what);
        }
}

static void test_number_of_addresses(void **state)
{
        char text[8192] = "[Share]\nAddresses=\n";

        for (int i = 1; i <= CONFIG_ADDRESSES_MAX; i++)
                sprintf(text + strlen(text), " 192.0.2.%d\n", i);
        assert_int_equal(loads(text).n_addresses, CONFIG_ADDRESSES_MAX);
        strcat(text, " 192.0.2.200\n");
        refuses(text, CONFIG_ADDRESSES_MAX + 3, "more than 64 addresses");
}

static void test_dropins_in_name_order(void **state)
{
        _cleanup_free_ char *reason = NULL, *mask = path_to("share53.conf.d/90-masked.conf");
        struct config c;

        write_file("share53.conf", "[Share]\nListenPort=2000\nPortPolicy=bind\nAddresses=192.0.2.1\n");
        write_file("share53.conf.d/20-b.conf", "[Share]\nListenPort=4000\n");
        write_file("share53.conf.d/10-a.conf", "[Share]\nListenPort=3000\nAddresses=192.0.2.2\n");
        write_file("share53.conf.d/30-c.conf.bak", "[Nonsense]\n");
        write_file("share53.conf.d/.conf", "[Nonsense]\n");
        write_file("share53.conf.d/.hidden.conf", "[Nonsense]\n");
        assert_int_equal(symlink("/dev/null", mask), 0);
        assert_int_equal(load(&c, &reason), 0);
        assert_int_equal(c.listen_port, 4000);
        assert_int_equal(c.policy, CONFIG_POLICY_BIND);
        assert_int_equal(c.n_addresses, 1);
        address_is(&c, 0, "192.0.2.2:53");

        write_file("share53.conf.d/20-b.conf", "[Log]\nLevel=debug\nlevel=info\n");
        assert_int_equal(load(&c, &reason), -EINVAL);
        assert_non_null(
                strstr(reason, "/share53.conf.d/20-b.conf:3: unknown key level= in [Log]; known are Level="));
}

static void test_unreadable_files(void **state)
{
        _cleanup_free_ char *file = path_to("share53.conf"), *dropin = path_to("share53.conf.d/x.conf"),
                            *reason = NULL, *reason2 = NULL, *reason3 = NULL;
        struct config c = {.listen_port = 7};

        assert_int_equal(mkdir(file, 0755), 0);
        assert_int_equal(load(&c, &reason), -EISDIR);
        assert_non_null(strstr(reason, "/share53.conf: Is a directory"));
        assert_int_equal(rmdir(file), 0);

        assert_int_equal(mkfifo(dropin, 0644), 0);
        assert_int_equal(load(&c, &reason2), -ENOTSUP);
        assert_non_null(strstr(reason2, "/x.conf: "));
        assert_int_equal(unlink(dropin), 0);

        assert_int_equal(symlink("/nonexistent/share53", dropin), 0);
        assert_int_equal(load(&c, &reason3), -ENOENT);
        assert_non_null(strstr(reason3, "/x.conf: No such file"));
        assert_int_equal(c.listen_port, 7);

        if (geteuid() == 0) /* permission bits do not stop root */
                return;
        write_file("share53.conf", "");
        assert_int_equal(chmod(file, 0), 0);
        assert_int_equal(load(&c, NULL), -EACCES);
}

/* The file that is installed names every key, and with its comments taken off is the defaults. */
static void test_shipped_file(void **state)
{
        static const char *const keys[] = {"Addresses", "PortPolicy", "ListenPort", "Servers", "Validate",
                "TrustAnchor", "Certificates", "CacheSize", "ServeExpired", "Manager", "Level",
                "PendingCalls", "Zones", "Records", "Upstreams", "Forwards"};
        char text[8192] = "";
        _cleanup_fclose_ FILE *f = fopen(CONFIG_SHIPPED, "re");
        struct config c;
        size_t n_keys = 0;
        char line[512];

        assert_non_null(f);
        while (fgets(line, sizeof(line), f)) {
                bool key = false;

                for (size_t i = 0; i < ELEMENTSOF(keys); i++)
                        key = key || (line[0] == '#' && strncmp(line + 1, keys[i], strlen(keys[i])) == 0 &&
                                             line[1 + strlen(keys[i])] == '=');
                n_keys += key;
                strcat(text, line + key);
        }
        assert_int_equal(n_keys, ELEMENTSOF(keys));
        c = loads(text);
        is_default(&c);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                with_directory(test_absent_and_empty_are_the_defaults),
                with_directory(test_reads_every_key),
                with_directory(test_values_may_go_on),
                with_directory(test_quirks_of_the_format),
                with_directory(test_long_lines),
                with_directory(test_refuses_unknown_words),
                with_directory(test_refuses_bad_values),
                with_directory(test_refuses_bad_addresses),
                with_directory(test_number_of_addresses),
                with_directory(test_dropins_in_name_order),
                with_directory(test_unreadable_files),
                with_directory(test_shipped_file),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
