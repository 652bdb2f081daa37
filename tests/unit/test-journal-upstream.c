/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rules of SetUpstream come back: over a restart, and the persistent ones over a reboot. */

#include "tests/unit/test.h"

#include <string.h>
#include <sys/stat.h>

#include "common/server.h"
#include "daemon/store/journal-internal.h"
#include "tests/unit/store-fixture.h"

static struct fixture f;

static int set_up(void **state)
{
        fixture_init(&f, "/tmp");
        fixture_start(&f);
        return 0;
}

static int tear_down(void **state)
{
        fixture_destroy(&f);
        return 0;
}

static void on_done(void *userdata, int r)
{
        f.last = r;
        f.n_done++;
}

/* "DOMAIN SERVER…" */
static struct upstream_rule rule_from_text(const char *text, uint64_t flags, uid_t uid)
{
        _cleanup_free_ char *words = strdup(text);
        char *save = NULL, *word = strtok_r(words, " ", &save);
        struct upstream_rule rule = {.domain = fixture_name(word), .flags = flags, .uid = uid};

        while ((word = strtok_r(NULL, " ", &save))) {
                struct upstream_server *s = &rule.servers[rule.n_servers++];
                assert_null(server_from_text(word, &s->endpoint, s->tls_name));
        }
        return rule;
}

static int submit(const struct upstream_rule *rule, const struct upstream_rule *former)
{
        size_t n = f.n_done;

        assert_int_equal(journal_submit_upstream(f.journal, rule, former, on_done, NULL), 0);
        fixture_wait(&f, n + 1);
        return f.last;
}

/* The rules as loaded: "DOMAIN FLAGS UID SERVER…;" in the order of the file. */
static void upstreams_are(const char *expected)
{
        char is[8192] = "", text[NAME_TEXT_SIZE], server[SERVER_TEXT_SIZE];

        fixture_restart(&f);
        for (size_t i = 0; i < f.n_upstreams; i++) {
                const struct upstream_rule *r = &f.upstreams[i];

                assert_int_equal(r->origin, UPSTREAM_ORIGIN_BUS);
                sprintf(is + strlen(is), "%s %u %u", name_to_text_bare(&r->domain, text),
                        (unsigned int)r->flags, r->uid);
                for (size_t j = 0; j < r->n_servers; j++)
                        sprintf(is + strlen(is), " %s",
                                server_to_text(&r->servers[j].endpoint, r->servers[j].tls_name, server));
                strcat(is, ";");
        }
        assert_string_equal(is, expected);
}

static void reboot(void)
{
        fixture_stop(&f);
        fixture_remove_files(&f, "runtime.db");
        fixture_start(&f);
}

static void test_rules_come_back(void **state)
{
        struct upstream_rule a = rule_from_text("a.example 192.0.2.1 [2001:db8::1]:5353", 0, 7),
                             root = rule_from_text(". 192.0.2.9#dns.a", UPSTREAM_VALIDATE, 0),
                             block = rule_from_text("b.example", UPSTREAM_PERSISTENT, 1000), again;

        upstreams_are("");
        assert_int_equal(submit(&a, NULL), 0);
        assert_int_equal(submit(&root, NULL), 0);
        assert_int_equal(submit(&block, NULL), 0);
        upstreams_are("b.example 2 1000;. 1 0 192.0.2.9#dns.a;a.example 0 7 192.0.2.1 [2001:db8::1]:5353;");

        again = rule_from_text("a.example 192.0.2.3", UPSTREAM_VALIDATE, 8);
        assert_int_equal(submit(&again, &a), 0);
        assert_int_equal(submit(NULL, &root), 0);
        upstreams_are("b.example 2 1000;a.example 1 8 192.0.2.3;");

        reboot();
        upstreams_are("b.example 2 1000;");
        assert_int_equal(submit(NULL, &block), 0);
        upstreams_are("");
}

/* What goes from one file to the other is in one of them, never in both. */
static void test_lives_change(void **state)
{
        struct upstream_rule runtime = rule_from_text("x 192.0.2.1", 0, 1),
                             persistent = rule_from_text("x 192.0.2.2", UPSTREAM_PERSISTENT, 2);

        assert_int_equal(submit(&runtime, NULL), 0);
        assert_int_equal(submit(&persistent, &runtime), 0);
        upstreams_are("x 2 2 192.0.2.2;");
        reboot();
        upstreams_are("x 2 2 192.0.2.2;");
        assert_int_equal(submit(&runtime, &persistent), 0);
        upstreams_are("x 0 1 192.0.2.1;");
        reboot();
        upstreams_are("");
}

static void test_longest(void **state)
{
        struct upstream_rule rule = {.domain = fixture_name("x"), .n_servers = UPSTREAM_SERVERS_MAX};

        for (size_t i = 0; i < UPSTREAM_SERVERS_MAX; i++) {
                struct upstream_server *s = &rule.servers[i];

                assert_int_equal(endpoint_from_text("2001:db8::1", 65535, &s->endpoint), 0);
                s->endpoint.addr.bytes[15] = (uint8_t)(i + 1);
                for (size_t j = 0; j < 253; j++)
                        s->tls_name[j] = (j + 1) % 64 == 0 ? '.' : (char)('a' + i);
        }
        assert_int_equal(submit(&rule, NULL), 0);
        fixture_restart(&f);
        assert_int_equal(f.n_upstreams, 1);
        assert_int_equal(f.upstreams[0].n_servers, UPSTREAM_SERVERS_MAX);
        for (size_t i = 0; i < UPSTREAM_SERVERS_MAX; i++) {
                assert_true(endpoint_equal(&f.upstreams[0].servers[i].endpoint, &rule.servers[i].endpoint));
                assert_string_equal(f.upstreams[0].servers[i].tls_name, rule.servers[i].tls_name);
        }
}

/* A runtime rule costs no fsync of the persistent file. */
static void test_only_the_file_concerned_is_written(void **state)
{
        struct upstream_rule a = rule_from_text("a 192.0.2.1", UPSTREAM_PERSISTENT, 0),
                             b = rule_from_text("b 192.0.2.1", 0, 0);
        _cleanup_free_ char *wal = NULL;
        struct stat before, after;

        assert_true(asprintf(&wal, "%s-wal", f.persistent_path) > 0);
        assert_int_equal(submit(&a, NULL), 0);
        assert_int_equal(stat(wal, &before), 0);
        assert_int_equal(submit(&b, NULL), 0);
        assert_int_equal(submit(NULL, &b), 0);
        assert_int_equal(stat(wal, &after), 0);
        assert_int_equal(before.st_size, after.st_size);
        assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

static int fail_at(void *userdata, enum journal_point point)
{
        return point == *(enum journal_point *)userdata ? -EIO : 0;
}

/* A change of life that fails, wherever it does, is wholly there or wholly not. */
static void test_failed_changes(void **state)
{
        static enum journal_point point;
        struct upstream_rule runtime = rule_from_text("x 192.0.2.1", 0, 1),
                             persistent = rule_from_text("x 192.0.2.2", UPSTREAM_PERSISTENT, 2);

        assert_int_equal(submit(&runtime, NULL), 0);
        for (point = JOURNAL_POINT_TAKEN; point <= JOURNAL_POINT_PREPARED; point++) {
                fixture_stop(&f);
                assert_int_equal(fixture_open(&f), 0);
                journal_set_hook(f.journal, fail_at, &point);
                assert_int_equal(fixture_load(&f), 0);
                assert_int_equal(submit(&persistent, &runtime), -EIO);
                upstreams_are("x 0 1 192.0.2.1;");
        }
        fixture_stop(&f);
        assert_int_equal(fixture_open(&f), 0);
        journal_set_hook(f.journal, fail_at, &point);
        assert_int_equal(fixture_load(&f), 0);
        assert_int_equal(point, JOURNAL_POINT_DECIDED);
        assert_int_equal(submit(&persistent, &runtime), 0);
        upstreams_are("x 2 2 192.0.2.2;");
}

#define with_files(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                with_files(test_rules_come_back),
                with_files(test_lives_change),
                with_files(test_longest),
                with_files(test_only_the_file_concerned_is_written),
                with_files(test_failed_changes),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
