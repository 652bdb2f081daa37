/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "helper/policy.h"
#include "tests/unit/test.h"

static char path[] = "/tmp/share53-helper-conf-XXXXXX";

static int set_up(void **state)
{
        int fd = mkstemp(path);

        if (fd < 0)
                return -1;
        close(fd);
        return 0;
}

static int tear_down(void **state)
{
        return unlink(path);
}

static int load(const char *text, struct policy *ret, char **ret_reason)
{
        FILE *file = fopen(path, "we");

        assert_non_null(file);
        assert_true(fputs(text, file) >= 0);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(chmod(path, 0644), 0);
        return policy_load(path, getuid(), ret, ret_reason);
}

static struct endpoint address(const char *text)
{
        struct endpoint e;

        assert_int_equal(endpoint_from_text(text, 53, &e), 0);
        return e;
}

static bool allows(const struct policy *p, const char *text, bool local)
{
        struct endpoint e = address(text);

        return policy_allows_address(p, &e, local);
}

static bool names(const struct policy *p, const char *text)
{
        struct endpoint e = address(text);

        return policy_names_address(p, &e);
}

static bool routes(const struct policy *p, const char *text)
{
        struct name name;

        assert_int_equal(name_from_text(text, NULL, &name), 0);
        return policy_allows_domain(p, &name);
}

static void assert_default(const struct policy *p)
{
        assert_true(allows(p, "127.53.0.0", false));
        assert_true(allows(p, "127.53.0.255", false));
        assert_false(allows(p, "127.53.1.0", false));
        assert_false(allows(p, "127.52.255.255", false));
        assert_false(names(p, "127.53.0.1"));
        assert_true(allows(p, "10.99.0.1", true));
        assert_false(allows(p, "10.99.0.1", false));
        assert_true(allows(p, "fd00::53", true));
        assert_false(allows(p, "127.0.0.1", true)); /* not what "local" means */
        assert_false(allows(p, "::1", true));
        assert_true(policy_allows_link(p, "anything"));
        assert_true(routes(p, "com"));
        assert_true(routes(p, "corp.internal"));
        assert_false(routes(p, "."));
}

static void test_default(void **state)
{
        _cleanup_free_ char *reason = NULL;
        struct policy p;

        policy_default(&p);
        assert_default(&p);
        memset(&p, 0xff, sizeof(p));
        assert_int_equal(policy_load("/nonexistent/helper.conf", getuid(), &p, &reason), 0);
        assert_default(&p);
        assert_int_equal(load("", &p, &reason), 0);
        assert_default(&p);
        assert_int_equal(load("# only words\n[Helper]\n", &p, &reason), 0);
        assert_default(&p);
        assert_null(reason);
}

/* The file that is installed says in comments what the defaults are. */
static void test_shipped(void **state)
{
        _cleanup_free_ char *reason = NULL, *text = NULL;
        _cleanup_fclose_ FILE *file = NULL;
        const char *source = getenv("SHARE53_SOURCE");
        char name[4096], line[512], commented[8192] = "[Helper]\n";
        struct policy p;

        if (!source)
                skip();
        snprintf(name, sizeof(name), "%s/config/helper.conf", source);
        file = fopen(name, "re");
        assert_non_null(file);
        assert_non_null(text = calloc(1, 8192));
        while (fgets(line, sizeof(line), file)) {
                strcat(text, line);
                if (line[0] == '#' && strchr(line, '=') && line[1] >= 'A' && line[1] <= 'Z')
                        strcat(commented, line + 1);
        }
        assert_int_equal(load(text, &p, &reason), 0);
        assert_default(&p);
        assert_int_equal(load(commented, &p, &reason), 0);
        assert_default(&p);
        assert_non_null(strstr(commented, "Addresses="));
        assert_non_null(strstr(commented, "Links="));
        assert_non_null(strstr(commented, "Domains="));
}

static void test_addresses(void **state)
{
        _cleanup_free_ char *reason = NULL;
        struct policy p;

        assert_int_equal(load("[Helper]\nAddresses=127.0.0.1 10.99.0.0/17\tfd00:53::/63\n", &p, &reason), 0);
        assert_true(names(&p, "127.0.0.1"));
        assert_true(allows(&p, "127.0.0.1", false));
        assert_false(allows(&p, "127.0.0.2", false));
        assert_false(allows(&p, "127.53.0.1", false)); /* the default is gone */
        assert_false(allows(&p, "192.0.2.1", true));   /* so is "local" */
        assert_true(allows(&p, "10.99.127.255", false));
        assert_false(allows(&p, "10.99.128.0", false));
        assert_true(allows(&p, "fd00:53:0:1::1", false));
        assert_false(allows(&p, "fd00:53:0:2::1", false));
        assert_true(policy_allows_link(&p, "eth0")); /* left out: as ever */

        assert_int_equal(load("[Helper]\nAddresses=0.0.0.0/0\n", &p, &reason), 0);
        assert_true(allows(&p, "127.0.0.1", false));
        assert_false(names(&p, "127.0.0.1"));
        assert_false(allows(&p, "::1", false));
        assert_int_equal(load("[Helper]\nAddresses=::1\n", &p, &reason), 0);
        assert_true(names(&p, "::1"));
        assert_int_equal(load("[Helper]\nAddresses=\n", &p, &reason), 0);
        assert_false(allows(&p, "127.53.0.1", true));
        assert_false(allows(&p, "10.99.0.1", true));
        /* Twice adds up, as does a line that goes on. */
        assert_int_equal(
                load("[Helper]\nAddresses=10.0.0.1\nAddresses=10.0.0.2\n  10.0.0.3\n", &p, &reason), 0);
        assert_true(names(&p, "10.0.0.1") && names(&p, "10.0.0.2") && names(&p, "10.0.0.3"));
}

static void test_links(void **state)
{
        _cleanup_free_ char *reason = NULL;
        struct policy p;

        assert_int_equal(load("[Helper]\nLinks=tun* wg[0-9]\n", &p, &reason), 0);
        assert_true(policy_allows_link(&p, "tun0"));
        assert_true(policy_allows_link(&p, "wg7"));
        assert_false(policy_allows_link(&p, "wg77"));
        assert_false(policy_allows_link(&p, "eth0"));
        assert_int_equal(load("[Helper]\nLinks=\n", &p, &reason), 0);
        assert_false(policy_allows_link(&p, "tun0"));
}

static void test_domains(void **state)
{
        _cleanup_free_ char *reason = NULL;
        struct policy p;

        assert_int_equal(load("[Helper]\nDomains=Corp.Internal example.com.\n", &p, &reason), 0);
        assert_true(routes(&p, "corp.internal"));
        assert_true(routes(&p, "db.corp.internal"));
        assert_true(routes(&p, "example.com"));
        assert_false(routes(&p, "xcorp.internal"));
        assert_false(routes(&p, "internal"));
        assert_false(routes(&p, "."));
        assert_int_equal(load("[Helper]\nDomains=.\n", &p, &reason), 0);
        assert_true(routes(&p, "."));
        assert_false(routes(&p, "com"));
        assert_int_equal(load("[Helper]\nDomains=* .\n", &p, &reason), 0);
        assert_true(routes(&p, ".") && routes(&p, "com"));
}

static void test_errors(void **state)
{
        static const struct {
                const char *text;
                int line;
                const char *what;
        } cases[] = {
                {"[Helper]\nAddress=127.0.0.1\n", 2, "unknown key \"Address\""},
                {"[Helper]\naddresses=127.0.0.1\n", 2, "unknown key \"addresses\""},
                {"\n[Helpers]\nAddresses=127.0.0.1\n", 3, "unknown section [Helpers]"},
                {"Addresses=127.0.0.1\n", 1, "unknown section []"},
                {"[Helper]\nLinks=*\n\nnonsense\n", 4, "not KEY=VALUE"},
                {"[Helper]\nLinks=*\nAddresses=local 10.0.0.256\n", 3, "\"10.0.0.256\""},
                {"[Helper]\nAddresses=10.0.0.0/33\n", 2, "\"10.0.0.0/33\""},
                {"[Helper]\nAddresses=10.0.0.0/\n", 2, "\"10.0.0.0/\""},
                {"[Helper]\nAddresses=10.0.0.0/8x\n", 2, "\"10.0.0.0/8x\""},
                {"[Helper]\nAddresses=10.0.0.1/8\n", 2, "\"10.0.0.1/8\""},
                {"[Helper]\nAddresses=::/129\n", 2, "\"::/129\""},
                {"[Helper]\nAddresses=10.0.0.1:53\n", 2, "\"10.0.0.1:53\""},
                {"[Helper]\nAddresses=0.0.0.0\n", 2, "\"0.0.0.0\""},
                {"[Helper]\nAddresses=fe80::1%eth0\n", 2, "fe80::1%eth0"},
                {"[Helper]\nAddresses=Local\n", 2, "\"Local\""},
                {"[Helper]\nDomains=a..b\n", 2, "\"a..b\""},
                {"[Helper]\nDomains=*.corp.internal\n", 2, "\"*.corp.internal\""},
                {"[Helper]\nLinks=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
                        2, "Links="},
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_free_ char *reason = NULL;
                struct policy p = {.n_links = 7};
                char prefix[256];

                assert_int_equal(load(cases[i].text, &p, &reason), -EINVAL);
                snprintf(prefix, sizeof(prefix), "%s:%d: ", path, cases[i].line);
                assert_non_null(reason);
                if (strncmp(reason, prefix, strlen(prefix)) != 0 || !strstr(reason, cases[i].what))
                        fail_msg("case %zu: %s", i, reason);
                assert_int_equal(p.n_links, 7); /* untouched */
        }
}

static void test_too_many(void **state)
{
        _cleanup_free_ char *reason = NULL;
        char text[4096] = "[Helper]\n";
        struct policy p;

        for (int i = 0; i < POLICY_ITEMS_MAX; i++)
                sprintf(text + strlen(text), "Addresses=10.0.0.%d\n", i);
        assert_int_equal(load(text, &p, &reason), 0);
        strcat(text, "Addresses=10.0.1.0\n");
        assert_int_equal(load(text, &p, &reason), -EINVAL);
        assert_non_null(strstr(reason, ":66: Addresses=: too many values"));
}

static void test_trust(void **state)
{
        static const mode_t bad[] = {0664, 0646, 0666, 0620};
        struct policy p;
        char *reason = NULL;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                assert_int_equal(chmod(path, bad[i]), 0);
                assert_int_equal(policy_load(path, getuid(), &p, &reason), -EPERM);
                assert_non_null(strstr(reason, "writable by nobody else"));
                free(reason);
                reason = NULL;
        }
        assert_int_equal(chmod(path, 0644), 0);
        assert_int_equal(policy_load(path, getuid() + 1, &p, &reason), -EPERM);
        free(reason);
        reason = NULL;
        assert_int_equal(policy_load("/tmp", getuid(), &p, &reason), -EPERM);
        free(reason);
        reason = NULL;
        assert_int_equal(policy_load("/dev/null", 0, &p, &reason), -EPERM);
        free(reason);
}

/* A FIFO must be refused, not waited for. */
static void test_fifo(void **state)
{
        _cleanup_free_ char *reason = NULL;
        char directory[] = "/tmp/share53-fifo-XXXXXX", fifo[64];
        struct policy p;

        assert_non_null(mkdtemp(directory));
        snprintf(fifo, sizeof(fifo), "%s/helper.conf", directory);
        assert_int_equal(mkfifo(fifo, 0600), 0);
        assert_int_equal(policy_load(fifo, getuid(), &p, &reason), -EPERM);
        assert_int_equal(unlink(fifo), 0);
        assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_default),
                cmocka_unit_test(test_shipped),
                cmocka_unit_test(test_addresses),
                cmocka_unit_test(test_links),
                cmocka_unit_test(test_domains),
                cmocka_unit_test(test_errors),
                cmocka_unit_test(test_too_many),
                cmocka_unit_test(test_trust),
                cmocka_unit_test(test_fifo),
        };

        return cmocka_run_group_tests_name("helper-policy", tests, set_up, tear_down);
}
