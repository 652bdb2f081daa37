/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What was journaled comes back: each kind of change, over a restart and over a reboot. */

#include "tests/unit/test.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

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

static void create_zone(const char *apex, uint64_t flags, uid_t uid)
{
        struct change *c = fixture_change(&f);
        struct name name = fixture_name(apex);

        assert_int_equal(change_create_zone(c, &name, flags, uid, NULL), 0);
        assert_int_equal(fixture_commit(&f, c), 0);
}

static void step(enum fixture_step kind, const char *zone, uid_t uid, const char *const *texts)
{
        struct change *c = fixture_change(&f);

        assert_int_equal(fixture_step(c, kind, zone, uid, texts), 0);
        assert_int_equal(fixture_commit(&f, c), 0);
}

static void remove_of(const char *zone, const char *owner, uint16_t type, const void *rdata, uint16_t size)
{
        struct change *c = fixture_change(&f);
        struct name apex = fixture_name(zone);
        struct change_removal removal = {
                .owner = fixture_name(owner), .type = type, .rdata = rdata, .rdata_size = size};

        assert_int_equal(change_remove(c, &apex, &removal, 1, NULL), 0);
        assert_int_equal(fixture_commit(&f, c), 0);
}

static void store_is(const char *expected)
{
        _cleanup_free_ char *is = fixture_dump(f.store);

        assert_string_equal(is, expected);
}

/* The store is EXPECTED, and is so again after a restart. */
static void stays(const char *expected)
{
        store_is(expected);
        fixture_restart(&f);
        store_is(expected);
}

static void reboot(void)
{
        fixture_stop(&f);
        fixture_remove_files(&f, "runtime.db");
        fixture_start(&f);
}

static void test_empty(void **state)
{
        stays("");
        assert_int_equal(fixture_count_files(&f, "persistent.db.unusable", ""), 0);
}

static void test_zones(void **state)
{
        struct change *c;
        struct name gone = fixture_name("gone.internal");

        create_zone("corp.internal", 0, 1000);
        create_zone("kept.internal", ZONE_PERSISTENT, 0);
        create_zone("gone.internal", ZONE_PERSISTENT, 7);
        step(FIXTURE_SET, "gone.internal", 0, FIXTURE_TEXTS("a A 1 p 192.0.2.1", "a A 1 r 192.0.2.2"));
        stays("a.gone.internal. A 1 p 192.0.2.1 by 0\na.gone.internal. A 1 r 192.0.2.2 by 0\n"
              "zone corp.internal flags 0 by 1000\nzone gone.internal flags 1 by 7\n"
              "zone kept.internal flags 1 by 0\n");

        c = fixture_change(&f);
        assert_int_equal(change_remove_zone(c, &gone, NULL), 0);
        assert_int_equal(fixture_commit(&f, c), 0);
        stays("zone corp.internal flags 0 by 1000\nzone kept.internal flags 1 by 0\n");

        /* Nothing of the former comes back with the name. */
        create_zone("gone.internal", 0, 8);
        stays("zone corp.internal flags 0 by 1000\nzone gone.internal flags 0 by 8\n"
              "zone kept.internal flags 1 by 0\n");
        reboot();
        stays("zone kept.internal flags 1 by 0\n");
}

static void test_set_add_remove_replace(void **state)
{
        static const uint8_t second[] = {192, 0, 2, 2};

        create_zone("x", 0, 0);
        step(FIXTURE_SET, "x", 5,
                FIXTURE_TEXTS("a A 60 r 192.0.2.1", "a A 60 r 192.0.2.2", "a AAAA 60 r 2001:db8::1",
                        "@ TXT 1 r \"at the top\" \"two\"", "*.w A 5 r 192.0.2.9", "c.d.e CNAME 5 r a"));
        stays("*.w.x. A 5 r 192.0.2.9 by 5\na.x. A 60 r 192.0.2.1 by 5\na.x. A 60 r 192.0.2.2 by 5\n"
              "a.x. AAAA 60 r 2001:db8::1 by 5\nc.d.e.x. CNAME 5 r a.x. by 5\n"
              "x. TXT 1 r \"at the top\" \"two\" by 5\nzone x flags 0 by 0\n");

        step(FIXTURE_ADD, "x", 6, FIXTURE_TEXTS("a A 30 r 192.0.2.1", "a A 30 r 192.0.2.3"));
        step(FIXTURE_ADD, "x", 5, FIXTURE_TEXTS("a A 61 r 192.0.2.1")); /* only the TTL */
        stays("*.w.x. A 5 r 192.0.2.9 by 5\na.x. A 30 r 192.0.2.1 by 6\na.x. A 30 r 192.0.2.3 by 6\n"
              "a.x. A 60 r 192.0.2.2 by 5\na.x. A 61 r 192.0.2.1 by 5\n"
              "a.x. AAAA 60 r 2001:db8::1 by 5\nc.d.e.x. CNAME 5 r a.x. by 5\n"
              "x. TXT 1 r \"at the top\" \"two\" by 5\nzone x flags 0 by 0\n");

        remove_of("x", "a.x", 1, second, sizeof(second));
        remove_of("x", "a.x", 28, NULL, 0);
        remove_of("x", "*.w.x", 0, NULL, 0);
        stays("a.x. A 30 r 192.0.2.1 by 6\na.x. A 30 r 192.0.2.3 by 6\na.x. A 61 r 192.0.2.1 by 5\n"
              "c.d.e.x. CNAME 5 r a.x. by 5\nx. TXT 1 r \"at the top\" \"two\" by 5\nzone x flags 0 by 0\n");

        step(FIXTURE_SET, "x", 5, FIXTURE_TEXTS("a A 1 r 192.0.2.3"));
        stays("a.x. A 1 r 192.0.2.3 by 5\nc.d.e.x. CNAME 5 r a.x. by 5\n"
              "x. TXT 1 r \"at the top\" \"two\" by 5\nzone x flags 0 by 0\n");

        step(FIXTURE_REPLACE, "x", 9, FIXTURE_TEXTS("n PTR 3 r host.example.", "a A 1 r 192.0.2.3"));
        stays("a.x. A 1 r 192.0.2.3 by 9\nn.x. PTR 3 r host.example. by 9\nzone x flags 0 by 0\n");
}

static void test_mixed_lives(void **state)
{
        static const uint8_t first[] = {192, 0, 2, 1};

        create_zone("x", ZONE_PERSISTENT, 0);
        step(FIXTURE_SET, "x", 0,
                FIXTURE_TEXTS("a A 1 p 192.0.2.1", "a A 2 r 192.0.2.1", "a A 1 r 192.0.2.2",
                        "b A 1 p 192.0.2.1", "c A 1 r 192.0.2.1"));
        stays("a.x. A 1 p 192.0.2.1 by 0\na.x. A 1 r 192.0.2.2 by 0\na.x. A 2 r 192.0.2.1 by 0\n"
              "b.x. A 1 p 192.0.2.1 by 0\nc.x. A 1 r 192.0.2.1 by 0\nzone x flags 1 by 0\n");

        /* A persistent record becomes a runtime one, and the other way round. */
        step(FIXTURE_SET, "x", 0, FIXTURE_TEXTS("b A 1 r 192.0.2.1", "c A 1 p 192.0.2.1"));
        stays("a.x. A 1 p 192.0.2.1 by 0\na.x. A 1 r 192.0.2.2 by 0\na.x. A 2 r 192.0.2.1 by 0\n"
              "b.x. A 1 r 192.0.2.1 by 0\nc.x. A 1 p 192.0.2.1 by 0\nzone x flags 1 by 0\n");
        reboot();
        stays("a.x. A 1 p 192.0.2.1 by 0\nc.x. A 1 p 192.0.2.1 by 0\nzone x flags 1 by 0\n");

        step(FIXTURE_ADD, "x", 0, FIXTURE_TEXTS("a A 9 r 192.0.2.1"));
        remove_of("x", "a.x", 1, first, sizeof(first));
        stays("c.x. A 1 p 192.0.2.1 by 0\nzone x flags 1 by 0\n");
}

/* The file that has no part in a change is not written: a runtime change must not cost an fsync. */
static void test_only_the_file_concerned_is_written(void **state)
{
        _cleanup_free_ char *persistent_wal = NULL, *runtime_wal = NULL;
        struct stat before, after;

        assert_true(asprintf(&persistent_wal, "%s-wal", f.persistent_path) > 0);
        assert_true(asprintf(&runtime_wal, "%s-wal", f.runtime_path) > 0);
        create_zone("x", ZONE_PERSISTENT, 0);
        assert_int_equal(stat(persistent_wal, &before), 0);
        step(FIXTURE_SET, "x", 0, FIXTURE_TEXTS("a A 1 r 192.0.2.1"));
        assert_int_equal(stat(persistent_wal, &after), 0);
        assert_int_equal(before.st_size, after.st_size);
        assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);

        assert_int_equal(stat(runtime_wal, &before), 0);
        step(FIXTURE_SET, "x", 0, FIXTURE_TEXTS("b A 1 p 192.0.2.1"));
        assert_int_equal(stat(runtime_wal, &after), 0);
        assert_int_equal(before.st_size, after.st_size);
        assert_int_equal(after.st_mode & 07777, 0600);
}

static uint64_t serial_of(const char *apex)
{
        struct name name = fixture_name(apex);
        const struct zone *zone = zone_store_find(f.store, &name);

        assert_non_null(zone);
        return zone_serial(zone);
}

static void test_serials_never_go_back(void **state)
{
        uint64_t runtime, persistent;
        char text[64];

        create_zone("r", 0, 0);
        create_zone("p", ZONE_PERSISTENT, 0);
        for (int i = 0; i < 200; i++) { /* far more than one a second */
                snprintf(text, sizeof(text), "a A %d r 192.0.2.1", i);
                step(FIXTURE_SET, "r", 0, FIXTURE_TEXTS(text));
                if (i < 100)
                        text[strlen("a A 1 ") + (i > 9)] = 'p';
                step(FIXTURE_SET, "p", 0, FIXTURE_TEXTS(text));
        }
        runtime = serial_of("r");
        persistent = serial_of("p");
        assert_true(runtime > (uint64_t)time(NULL) + 50);
        fixture_restart(&f);
        assert_int_equal(serial_of("r"), runtime);
        assert_int_equal(serial_of("p"), persistent);

        /* After a reboot the persistent file's own is left: of the last persistent change. */
        reboot();
        assert_true(serial_of("p") >= persistent - 101);
        assert_true(serial_of("p") >= (uint64_t)time(NULL));
}

static void on_link(void *userdata, int r)
{
        assert_int_equal(r, 0);
        f.n_done++;
}

static void submit_link(const struct journal_link *link)
{
        size_t n = f.n_done;

        assert_int_equal(journal_submit_link(f.journal, link, on_link, NULL), 0);
        fixture_wait(&f, n + 1);
}

static void test_links(void **state)
{
        struct journal_link *link = calloc(1, sizeof(*link));
        size_t n;
        char text[32];

        assert_non_null(link);
        *link = (struct journal_link){.ifname = "tun0", .ifindex = 7, .uid = 1000, .default_route = true};
        submit_link(link);
        strcpy(link->ifname, "fifteen-octets.");
        link->n_domains = JOURNAL_LINK_DOMAINS_MAX;
        for (size_t i = 0; i < link->n_domains; i++) {
                snprintf(text, sizeof(text), "d%zu.example", i);
                link->domains[i].name = fixture_name(text);
                link->domains[i].route_only = i % 2;
        }
        submit_link(link);
        strcpy(link->ifname, "gone0");
        submit_link(link);
        *link = (struct journal_link){.ifname = "tun0", .ifindex = 8, .n_domains = 1};
        link->domains[0].name = fixture_name(".");
        submit_link(link);
        n = f.n_done;
        assert_int_equal(journal_submit_link_removal(f.journal, "gone0", on_link, NULL), 0);
        fixture_wait(&f, n + 1);

        fixture_restart(&f);
        assert_int_equal(f.n_links, 2);
        assert_string_equal(f.links[0].ifname, "fifteen-octets.");
        assert_int_equal(f.links[0].ifindex, 7);
        assert_int_equal(f.links[0].uid, 1000);
        assert_true(f.links[0].default_route);
        assert_int_equal(f.links[0].n_domains, JOURNAL_LINK_DOMAINS_MAX);
        for (size_t i = 0; i < f.links[0].n_domains; i++) {
                snprintf(text, sizeof(text), "d%zu.example", i);
                struct name name = fixture_name(text);
                assert_true(name_equal(&f.links[0].domains[i].name, &name));
                assert_int_equal(f.links[0].domains[i].route_only, i % 2);
        }
        assert_string_equal(f.links[1].ifname, "tun0");
        assert_int_equal(f.links[1].ifindex, 8);
        assert_int_equal(f.links[1].uid, 0);
        assert_false(f.links[1].default_route);
        assert_int_equal(f.links[1].n_domains, 1);
        assert_true(name_is_root(&f.links[1].domains[0].name));
        reboot();
        assert_int_equal(f.n_links, 0);
        free(link);
}

/* Many changes in flight, most of them in one batch, arrive in order; big ones too. */
static void test_many_in_flight(void **state)
{
        char text[64], big[2000];
        size_t n;

        create_zone("x", ZONE_PERSISTENT, 0);
        n = f.n_done;
        for (int i = 0; i < 500; i++) {
                struct change *c = fixture_change(&f);

                snprintf(text, sizeof(text), "a%d A %d %c 192.0.2.1", i % 7, i, i % 3 ? 'r' : 'p');
                assert_int_equal(fixture_step(c, FIXTURE_SET, "x", 0, FIXTURE_TEXTS(text)), 0);
                assert_int_equal(fixture_submit(&f, c), 0);
        }
        assert_true(commit_pending(f.commits) <= 500);
        fixture_wait(&f, n + 500);
        assert_int_equal(commit_pending(f.commits), 0);
        strcpy(big, "big TXT 1 p ");
        for (int i = 0; i < 200; i++)
                strcat(big, "\"234567\" ");
        step(FIXTURE_SET, "x", 0, FIXTURE_TEXTS(big));

        _cleanup_free_ char *expected = fixture_dump(f.store);
        stays(expected);
}

/* What was submitted before the close is written and told. */
static void test_close_drains(void **state)
{
        _cleanup_free_ char *expected = NULL;
        size_t n;

        create_zone("x", 0, 0);
        n = f.n_done;
        for (int i = 0; i < 50; i++) {
                struct change *c = fixture_change(&f);
                char text[64];

                snprintf(text, sizeof(text), "a%d A 1 r 192.0.2.1", i);
                assert_int_equal(fixture_step(c, FIXTURE_SET, "x", 0, FIXTURE_TEXTS(text)), 0);
                assert_int_equal(fixture_submit(&f, c), 0);
        }
        expected = fixture_dump(f.store);
        f.last = -1;
        f.journal = journal_close(f.journal);
        assert_int_equal(f.n_done, n + 50);
        assert_int_equal(f.last, 0);
        fixture_restart(&f);
        store_is(expected);

        /* The queue freed first: written all the same, nobody is called. */
        struct change *c = fixture_change(&f);
        assert_int_equal(fixture_step(c, FIXTURE_SET, "x", 0, FIXTURE_TEXTS("late A 1 r 192.0.2.1")), 0);
        assert_int_equal(fixture_submit(&f, c), 0);
        free(expected);
        expected = fixture_dump(f.store);
        f.commits = commit_queue_free(f.commits);
        fixture_restart(&f);
        assert_int_equal(f.n_done, n + 50);
        store_is(expected);
}

#define with_store(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                with_store(test_empty),
                with_store(test_zones),
                with_store(test_set_add_remove_replace),
                with_store(test_mixed_lives),
                with_store(test_only_the_file_concerned_is_written),
                with_store(test_serials_never_go_back),
                with_store(test_links),
                with_store(test_many_in_flight),
                with_store(test_close_drains),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
