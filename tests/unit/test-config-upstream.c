/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The sections [Upstream] and [Upstream DOMAIN]. */

#include "tests/unit/config-fixture.h"

#include "common/server.h"

static void server_is(const struct upstream_server *server, const char *text)
{
        char buf[SERVER_TEXT_SIZE];

        assert_string_equal(server_to_text(&server->endpoint, server->tls_name, buf), text);
}

static void domain_is(const struct config *c, size_t i, const char *text)
{
        char buf[NAME_TEXT_SIZE];

        assert_true(i < c->n_rules);
        assert_string_equal(name_to_text_bare(&c->rules[i].rule.domain, buf), text);
        assert_int_equal(c->rules[i].rule.origin, UPSTREAM_ORIGIN_CONFIG);
}

static void test_default_upstream(void **state)
{
        struct config c = loads("[Upstream]\nServers=192.0.2.53 [2001:db8::53]:5353\n\n 192.0.2.54 ; third\n"
                                "Validate=yes\nTrustAnchor=/etc/root.key\nCertificates=/etc/ca.pem\n"
                                "CacheSize=0\nServeExpired=0\n[Limits]\nUpstreams=0\nForwards=65535\n");

        assert_int_equal(c.upstream, CONFIG_UPSTREAM_SERVERS);
        assert_int_equal(c.n_upstream_servers, 3);
        server_is(&c.upstream_servers[0], "192.0.2.53");
        server_is(&c.upstream_servers[1], "[2001:db8::53]:5353");
        server_is(&c.upstream_servers[2], "192.0.2.54");
        assert_true(c.upstream_validate);
        assert_string_equal(c.trust_anchor, "/etc/root.key");
        assert_string_equal(c.certificates, "/etc/ca.pem");
        assert_int_equal(c.cache_octets, 0);
        assert_int_equal(c.expired_seconds, 0);
        assert_int_equal(c.upstreams_max, 0);
        assert_int_equal(c.forwards_max, 65535);

        assert_int_equal(loads("[Upstream]\nServers=none\n").upstream, CONFIG_UPSTREAM_NONE);
        c = loads("[Upstream]\nServers=\n\t192.0.2.1#a.example\n\t192.0.2.2#b.example\n");
        assert_int_equal(c.n_upstream_servers, 2);
        server_is(&c.upstream_servers[1], "192.0.2.2#b.example");
        assert_int_equal(c.upstream_servers[1].endpoint.port, 853);
}

static void test_sizes(void **state)
{
        static const struct {
                const char *text;
                size_t octets;
        } good[] = {{"1", 1}, {"4096", 4096}, {"64K", 65536}, {"1024M", 1UL << 30}, {"1048576K", 1UL << 30},
                {"1073741824", 1UL << 30}};
        static const char *const bad[] = {"", "K", "M", "1025M", "1048577K", "1073741825", "1G", "1 M", "-1",
                "0x10", "1.5M", "16m", "99999999999999999999999999999999M"};
        char text[128];

        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                snprintf(text, sizeof(text), "[Upstream]\nCacheSize=%s\n", good[i].text);
                assert_int_equal(loads(text).cache_octets, good[i].octets);
        }
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                snprintf(text, sizeof(text), "[Upstream]\nCacheSize=%s\n", bad[i]);
                refuses(text, 2, "allowed: octets, or with K or M; 0 to 1024M");
        }
        assert_int_equal(loads("[Upstream]\nServeExpired=604800\n").expired_seconds, 604800);
        refuses("[Upstream]\nServeExpired=604801\n", 2, "allowed: seconds, 0 to 604800");
}

static void test_rules(void **state)
{
        struct config c = loads("[Upstream Corp.Example.]\nServers=192.0.2.53\nValidate=yes\n"
                                "[Upstream]\nServers=192.0.2.1\n"
                                "[Upstream  ads.example]\nServers=block\n"
                                "[Upstream x]\nServers=192.0.2.2\n 192.0.2.3\n");

        assert_int_equal(c.n_rules, 3);
        domain_is(&c, 0, "corp.example");
        assert_int_equal(c.rules[0].rule.n_servers, 1);
        server_is(&c.rules[0].rule.servers[0], "192.0.2.53");
        assert_int_equal(c.rules[0].rule.flags, UPSTREAM_VALIDATE);
        assert_false(c.rules[0].blocks);
        domain_is(&c, 1, "ads.example");
        assert_int_equal(c.rules[1].rule.n_servers, 0);
        assert_true(c.rules[1].blocks);
        domain_is(&c, 2, "x");
        assert_int_equal(c.rules[2].rule.n_servers, 2);
        assert_int_equal(c.n_upstream_servers, 1);
        config_done(&c);
}

/* inih keeps 49 characters of a section's name. */
static void test_long_domains(void **state)
{
        char domain[200] = "", text[512];
        struct config c;

        for (int i = 0; i < 18; i++)
                sprintf(domain + strlen(domain), "label%04d.", i);
        domain[strlen(domain) - 1] = '\0';
        snprintf(text, sizeof(text), "[Upstream %s]\nServers=192.0.2.1\n[Upstream a.%s]\nServers=192.0.2.2\n",
                domain, domain + 2);
        c = loads(text);
        assert_int_equal(c.n_rules, 2);
        domain_is(&c, 0, domain);
        config_done(&c);
}

static void test_dropins_change_rules(void **state)
{
        _cleanup_free_ char *reason = NULL;
        struct config c;

        write_file("share53.conf", "[Upstream]\nServers=192.0.2.1\n[Upstream a.example]\nServers=192.0.2.2\n"
                                   "[Upstream b.example]\nServers=192.0.2.3\n");
        write_file("share53.conf.d/10-a.conf", "[Upstream b.example]\nServers=block\n"
                                               "[Upstream a.example]\nValidate=yes\n");
        write_file("share53.conf.d/20-b.conf",
                "[Upstream]\nServers=none\n[Upstream b.example]\nServers=192.0.2.4 192.0.2.5\n");
        assert_int_equal(load(&c, &reason), 0);
        assert_int_equal(c.upstream, CONFIG_UPSTREAM_NONE);
        assert_int_equal(c.n_rules, 2);
        server_is(&c.rules[0].rule.servers[0], "192.0.2.2");
        assert_int_equal(c.rules[0].rule.flags, UPSTREAM_VALIDATE);
        assert_false(c.rules[1].blocks);
        assert_int_equal(c.rules[1].rule.n_servers, 2);
        server_is(&c.rules[1].rule.servers[0], "192.0.2.4");
        config_done(&c);

        write_file("share53.conf.d/30-c.conf", "[Upstream c.example]\nValidate=yes\n");
        assert_int_equal(load(&c, &reason), -EINVAL);
        assert_non_null(strstr(reason, "/30-c.conf:1: [Upstream c.example] has no Servers="));
}

static void test_refuses(void **state)
{
        static const struct {
                const char *text;
                unsigned int line;
                const char *what;
        } bad[] = {
                {"[Upstream]\nServers=\n", 2, "Servers= is empty; allowed: auto, none, or servers"},
                {"[Upstream]\nServers=dns.example\n", 2, "\"dns.example\" is no server: not an IP address"},
                {"[Upstream]\nServers=192.0.2.1\n 0.0.0.0\n", 3, "\"0.0.0.0\" is no server: it is no single"},
                {"[Upstream]\nServers=192.0.2.1#\n", 2, "behind \"#\" stands no host name"},
                {"[Upstream]\nServers=192.0.2.1 auto\n", 2, "\"auto\" is no server"},
                {"[Upstream]\nServers=auto\n 192.0.2.1\n", 3, "goes nothing on"},
                {"[Upstream]\nServers=block\n", 2, "\"block\" is no server"},
                {"[Upstream]\nServers=192.0.2.1 192.0.2.1:53\n", 2, "server 192.0.2.1:53 is given twice"},
                {"[Upstream]\nServers=192.0.2.1\nServers=192.0.2.2\n", 3, "is set twice in this file"},
                {"[Upstream]\nServers=1.0.0.1 1.0.0.2 1.0.0.3 1.0.0.4 1.0.0.5 1.0.0.6 1.0.0.7 1.0.0.8 "
                 "1.0.0.9\n",
                        2, "more than 8 servers"},
                {"[Upstream]\nServers=192.0.2.1\n 192.0.2.2#x\n", 3,
                        "192.0.2.2#x: the servers of one domain are"},
                {"[Upstream a]\nServers=192.0.2.1#x 192.0.2.2\n", 2,
                        "192.0.2.2: the servers of one domain are"},
                {"[Upstream]\nValidate=maybe\n", 2, "allowed: yes, no"},
                {"[Upstream]\nTrustAnchor=root.key\n", 2, "allowed: the path of a file, from / on"},
                {"[Upstream]\nCertificates=\n", 2, "allowed: the path of a file, from / on"},
                {"[Upstream]\nServer=192.0.2.1\n", 2,
                        "unknown key Server= in [Upstream]; known are Servers="},
                {"[Limits]\nUpstreams=151\n", 2, "allowed: 0 to 150"},
                {"[Limits]\nForwards=0\n", 2, "allowed: 1 to 65535"},
                {"[Upstream .]\nServers=192.0.2.1\n", 1, "[Upstream .]: the root's section is [Upstream]"},
                {"\n[Upstream a..b]\n", 2, "[Upstream a..b]: not a domain name"},
                {"[Upstream a b]\n", 1, "unknown section [Upstream a b]"},
                {"[Upstream a ]\n", 1, "unknown section [Upstream a ]"},
                {"[Upstream ]\n", 1, "unknown section [Upstream ]"},
                {"[Upstreams a]\n", 1, "unknown section [Upstreams a]"},
                {"[Share a]\n", 1, "unknown section [Share a]"},
                {"[Upstream a]\n\n[Log]\n", 1, "[Upstream a] has no Servers=; allowed: block, or servers"},
                {"[Upstream a]\nServers=\n", 2, "[Upstream a] has no Servers="},
                {"[Upstream a]\nServers=none\n", 2, "\"none\" is no server"},
                {"[Upstream a]\nServers=block\n 192.0.2.1\n", 3, "goes nothing on"},
                {"[Upstream a]\nServers=block\nServers=block\n", 3, "Servers= is set twice in this section"},
                {"[Upstream a]\nServers=block\n[Upstream A.]\n", 3,
                        "[Upstream A.] stands twice in this file"},
                {"[Upstream a]\nServers=block\nCacheSize=1\n", 3,
                        "unknown key CacheSize= in [Upstream DOMAIN]; known are Servers=, Validate="},
                {"[Upstream a]\nValidate=1\n", 2, "allowed: yes, no"},
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                refuses(bad[i].text, bad[i].line, bad[i].what);
}

static void test_number_of_rules(void **state)
{
        char text[8192] = "";
        struct config c;

        for (int i = 0; i < CONFIG_RULES_MAX; i++)
                sprintf(text + strlen(text), "[Upstream d%d.example]\nServers=192.0.2.1\n", i);
        c = loads(text);
        assert_int_equal(c.n_rules, CONFIG_RULES_MAX);
        config_done(&c);
        strcat(text, "[Upstream more.example]\nServers=192.0.2.1\n");
        refuses(text, 2 * CONFIG_RULES_MAX + 1, "more than 100 sections");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                with_directory(test_default_upstream),
                with_directory(test_sizes),
                with_directory(test_rules),
                with_directory(test_long_domains),
                with_directory(test_dropins_change_rules),
                with_directory(test_refuses),
                with_directory(test_number_of_rules),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
