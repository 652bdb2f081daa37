/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A directory of its own, with real inotify. */

#include "tests/unit/dns-fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "common/log.h"
#include "daemon/zone-directory.h"

#define WAIT_USEC (10 * 1000000ULL)

struct world {
        char root[64], path[80];
        sd_event *event;
        struct zone_store *zones;
        struct zone_directory *directory;
        unsigned int submitted;
        int submit_error; /* the next change is refused with */
};

static int submit(void *userdata, struct change *change)
{
        struct world *w = userdata;
        int r = w->submit_error;

        w->submitted++;
        w->submit_error = 0;
        if (r == 0)
                change_apply(change);
        change_free(change);
        return r;
}

static const char *path_of(const struct world *w, const char *name)
{
        static char buf[2][256];
        static unsigned int k;
        char *path = buf[k++ % 2];

        snprintf(path, sizeof(buf[0]), "%s/%s", w->path, name);
        return path;
}

static void put(const struct world *w, const char *name, const char *text)
{
        FILE *f = fopen(path_of(w, name), "we");

        assert_non_null(f);
        fputs(text, f);
        assert_int_equal(fclose(f), 0);
}

static void open_directory(struct world *w)
{
        struct zone_directory_options options = {
                .path = w->path, .zones = w->zones, .event = w->event, .submit = submit, .userdata = w};

        assert_int_equal(zone_directory_new(&options, &w->directory), 0);
        assert_int_equal(zone_directory_load(w->directory), 0);
}

static int setup(void **state)
{
        struct world *w = calloc(1, sizeof(*w));

        assert_non_null(w);
        log_set_level(LOG_CRIT);
        strcpy(w->root, "/tmp/share53-zones-XXXXXX");
        assert_non_null(mkdtemp(w->root));
        snprintf(w->path, sizeof(w->path), "%s/zones.d", w->root);
        assert_int_equal(mkdir(w->path, 0755), 0);
        assert_int_equal(sd_event_new(&w->event), 0);
        assert_int_equal(zone_store_new(&w->zones), 0);
        *state = w;
        return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static int teardown(void **state)
{
        struct world *w = *state;

        if (w->directory)
                zone_directory_free(w->directory);
        zone_store_free(w->zones);
        sd_event_unref(w->event);
        assert_int_equal(nftw(w->root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
        free(w);
        return 0;
}

static void assert_zones(const struct world *w, const char *expected)
{
        _cleanup_free_ char *text = fixture_dump(w->zones);

        assert_string_equal(text, expected);
}

/* Runs the loop until the zones are EXPECTED. */
static void wait_zones(const struct world *w, const char *expected)
{
        for (uint64_t waited = 0;; waited += 10000) {
                _cleanup_free_ char *text = fixture_dump(w->zones);

                if (strcmp(text, expected) == 0)
                        return;
                if (waited > WAIT_USEC)
                        assert_string_equal(text, expected);
                assert_true(sd_event_run(w->event, 10000) >= 0);
        }
}

static const char *error_of(const struct world *w, const char *name)
{
        struct zone_directory_file file;

        for (size_t i = 0; zone_directory_get(w->directory, i, &file); i++)
                if (strcmp(strrchr(file.path, '/') + 1, name) == 0)
                        return file.error ? file.error : "";
        return NULL;
}

/* Runs the loop until the error of NAME has PART in it. */
static void wait_error(const struct world *w, const char *name, const char *part)
{
        for (uint64_t waited = 0;; waited += 10000) {
                const char *error = error_of(w, name);

                if (error && strstr(error, part))
                        return;
                if (waited > WAIT_USEC)
                        fail_msg("%s: %s", name, error);
                assert_true(sd_event_run(w->event, 10000) >= 0);
        }
}

#define ZONE(name, n) name ". flags=16 uid=0 records=" #n "\n"
#define RECORD(owner, ttl, address) owner " " #ttl " A " address " uid=0 life=3\n"
#define SUM(zones, records) "zones=" #zones " records=" #records "\n"
#define CORP_1 ZONE("corp.internal", 1) RECORD("a.corp.internal.", 60, "192.0.2.1") SUM(1, 1)
#define CORP_2 ZONE("corp.internal", 1) RECORD("a.corp.internal.", 60, "192.0.2.2") SUM(1, 1)
#define NOTHING SUM(0, 0)

static void test_start(void **state)
{
        struct world *w = *state;
        struct name apex = name_of("corp.internal"), other = name_of("lab.internal");

        put(w, "corp.internal.zone", "a 60 A 192.0.2.1\n");
        put(w, ".hidden.zone", "a 60 A 192.0.2.1\n");
        put(w, ".zone", "a 60 A 192.0.2.1\n");
        put(w, "lab.internal.zone~", "a 60 A 192.0.2.1\n");
        put(w, "README", "nothing\n");
        open_directory(w);
        assert_zones(w, CORP_1);
        assert_string_equal(zone_directory_find(w->directory, &apex), path_of(w, "corp.internal.zone"));
        assert_null(zone_directory_find(w->directory, &other));
        assert_string_equal(error_of(w, "corp.internal.zone"), "");
        assert_null(error_of(w, ".zone"));
}

static void test_names(void **state)
{
        static const char *const bad[] = {"Corp.internal.zone", "corp.internal..zone", "a..b.zone",
                "*.a.zone", "\\097.zone", "a b.zone", "@.zone", "x\\.zone"};
        struct world *w = *state;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                put(w, bad[i], "");
        put(w, "0\\04725.2.0.192.in-addr.arpa.zone", "1 60 A 192.0.2.1\n");
        open_directory(w);
        assert_zones(w, ZONE("0/25.2.0.192.in-addr.arpa", 1)
                                RECORD("1.0/25.2.0.192.in-addr.arpa.", 60, "192.0.2.1") SUM(1, 1));
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_non_null(strstr(error_of(w, bad[i]), "not a zone's name"));
}

/* What is misnamed is no zone's, so that no zone goes with it. */
static void test_misnamed_goes(void **state)
{
        struct world *w = *state;

        put(w, "corp.internal.zone", "a 60 A 192.0.2.1\n");
        put(w, "Corp.internal.zone", "a 60 A 192.0.2.2\n");
        open_directory(w);
        assert_zones(w, CORP_1);
        assert_int_equal(unlink(path_of(w, "Corp.internal.zone")), 0);
        while (error_of(w, "Corp.internal.zone"))
                assert_true(sd_event_run(w->event, UINT64_MAX) >= 0);
        assert_zones(w, CORP_1);
        put(w, "Corp.internal.zone", "a 60 A 192.0.2.2\n");
        wait_error(w, "Corp.internal.zone", "not a zone's name");
        assert_int_equal(unlink(path_of(w, "Corp.internal.zone")), 0);
        zone_directory_reload(w->directory);
        while (error_of(w, "Corp.internal.zone"))
                assert_true(sd_event_run(w->event, UINT64_MAX) >= 0);
        assert_zones(w, CORP_1);
}

static void test_kinds(void **state)
{
        struct world *w = *state;

        assert_int_equal(mkfifo(path_of(w, "fifo.zone"), 0600), 0);
        assert_int_equal(mkdir(path_of(w, "directory.zone"), 0700), 0);
        assert_int_equal(symlink("/dev/zero", path_of(w, "device.zone")), 0);
        assert_int_equal(symlink("nowhere", path_of(w, "dangling.zone")), 0);
        open_directory(w);
        assert_zones(w, NOTHING);
        assert_non_null(strstr(error_of(w, "fifo.zone"), "not a regular file"));
        assert_non_null(strstr(error_of(w, "directory.zone"), "not a regular file"));
        assert_non_null(strstr(error_of(w, "device.zone"), "not a regular file"));
        assert_non_null(strstr(error_of(w, "dangling.zone"), "No such file"));
}

static void test_written(void **state)
{
        struct world *w = *state;

        open_directory(w);
        assert_zones(w, NOTHING);
        put(w, "corp.internal.zone", "a 60 A 192.0.2.1\n");
        wait_zones(w, CORP_1);
        put(w, "corp.internal.zone", "a 60 A 192.0.2.2\n"); /* in place */
        wait_zones(w, CORP_2);
        put(w, ".new", "a 60 A 192.0.2.1\n");
        assert_int_equal(rename(path_of(w, ".new"), path_of(w, "corp.internal.zone")), 0);
        wait_zones(w, CORP_1);
        assert_int_equal(unlink(path_of(w, "corp.internal.zone")), 0);
        wait_zones(w, NOTHING);
        put(w, "../outside", "a 60 A 192.0.2.1\n");
        assert_int_equal(symlink("../outside", path_of(w, "corp.internal.zone")), 0);
        wait_zones(w, CORP_1);
        assert_int_equal(rename(path_of(w, "corp.internal.zone"), path_of(w, "corp.internal.zone.off")), 0);
        wait_zones(w, NOTHING);
        assert_int_equal(link(path_of(w, "../outside"), path_of(w, "corp.internal.zone")), 0);
        wait_zones(w, CORP_1);
}

/* A writer that takes its time is waited for. */
static void test_slow_writer(void **state)
{
        struct world *w = *state;
        FILE *f;

        put(w, "corp.internal.zone", "a 60 A 192.0.2.1\n");
        open_directory(w);
        f = fopen(path_of(w, "corp.internal.zone"), "we");
        assert_non_null(f);
        fputs("a 60 A 192", f);
        fflush(f);
        for (int i = 0; i < 30; i++)
                assert_true(sd_event_run(w->event, 10000) >= 0);
        assert_zones(w, CORP_1);
        fputs(".0.2.2\n", f);
        fclose(f);
        wait_zones(w, CORP_2);
}

static void test_error_keeps_content(void **state)
{
        struct world *w = *state;

        put(w, "corp.internal.zone", "a 60 A 192.0.2.1\n");
        put(w, "lab.internal.zone", "\n\na 60 A 192.0.2\n");
        open_directory(w);
        assert_zones(w, CORP_1);
        assert_non_null(strstr(error_of(w, "lab.internal.zone"), "lab.internal.zone:3: "));

        put(w, "corp.internal.zone", "a 60 A 192.0.2.9\nb 60 A x\n");
        wait_error(w, "corp.internal.zone", "corp.internal.zone:2: ");
        assert_zones(w, CORP_1);
        put(w, "corp.internal.zone", "a CNAME b\na CNAME c\n"); /* what the zone refuses */
        wait_error(w, "corp.internal.zone", "more than one CNAME");
        assert_zones(w, CORP_1);
        put(w, "corp.internal.zone", "a 60 A 192.0.2.2\n");
        wait_zones(w, CORP_2);
        assert_string_equal(error_of(w, "corp.internal.zone"), "");

        /* And where the file goes, an error does not keep its zone. */
        put(w, "corp.internal.zone", "?\n");
        wait_error(w, "corp.internal.zone", ":1: ");
        assert_int_equal(unlink(path_of(w, "corp.internal.zone")), 0);
        wait_zones(w, NOTHING);
}

/* The serial grows with content only. */
static void test_same_content(void **state)
{
        struct world *w = *state;
        struct name apex = name_of("corp.internal");
        uint64_t serial;

        put(w, "corp.internal.zone", "a 60 A 192.0.2.1\n");
        open_directory(w);
        serial = zone_serial(zone_store_find(w->zones, &apex));
        assert_int_equal(w->submitted, 1);
        put(w, "corp.internal.zone", "; the same, written otherwise\n$TTL 1m\na IN A 192.0.2.1\n");
        put(w, "lab.internal.zone", "x\n");
        wait_error(w, "lab.internal.zone", ":1: ");
        zone_directory_reload(w->directory);
        for (int i = 0; i < 20; i++)
                assert_true(sd_event_run(w->event, 10000) >= 0);
        assert_int_equal(w->submitted, 1);
        assert_int_equal(zone_serial(zone_store_find(w->zones, &apex)), serial);
        put(w, "corp.internal.zone", "a 61 A 192.0.2.1\n");
        wait_zones(w, ZONE("corp.internal", 1) RECORD("a.corp.internal.", 61, "192.0.2.1") SUM(1, 1));
        assert_true(zone_serial(zone_store_find(w->zones, &apex)) > serial);
}

/* A zone that was made over the bus stays, until it is removed. */
static void test_zone_of_the_bus(void **state)
{
        struct world *w = *state;
        struct name apex = name_of("corp.internal");
        _cleanup_(change_freep) struct change *c = NULL;

        fixture_create(w->zones, "corp.internal", ZONE_PERSISTENT);
        put(w, "corp.internal.zone", "a 60 A 192.0.2.1\n");
        open_directory(w);
        assert_zones(w, "corp.internal. flags=1 uid=0 records=0\n" SUM(1, 0));
        assert_non_null(strstr(error_of(w, "corp.internal.zone"), "made over D-Bus"));
        assert_int_equal(unlink(path_of(w, "corp.internal.zone")), 0);
        while (error_of(w, "corp.internal.zone"))
                assert_true(sd_event_run(w->event, UINT64_MAX) >= 0);
        assert_zones(w, "corp.internal. flags=1 uid=0 records=0\n" SUM(1, 0));

        put(w, "corp.internal.zone", "a 60 A 192.0.2.1\n");
        wait_error(w, "corp.internal.zone", "made over D-Bus");
        assert_int_equal(change_new(w->zones, &c), 0);
        assert_int_equal(change_remove_zone(c, &apex, NULL), 0);
        change_apply(c);
        zone_directory_touch(w->directory, &apex, 0);
        wait_zones(w, CORP_1);
}

/* A change that cannot be made, or is taken back, is made later. */
static void test_refused_change(void **state)
{
        struct world *w = *state;
        struct name apex = name_of("corp.internal");
        _cleanup_(change_freep) struct change *c = NULL;

        put(w, "corp.internal.zone", "a 60 A 192.0.2.1\n");
        w->submit_error = -EIO;
        open_directory(w);
        assert_zones(w, NOTHING);
        assert_non_null(strstr(error_of(w, "corp.internal.zone"), "cannot be made now"));
        wait_zones(w, CORP_1);

        assert_int_equal(change_new(w->zones, &c), 0);
        assert_int_equal(change_remove_zone(c, &apex, NULL), 0);
        change_apply(c);
        assert_zones(w, NOTHING);
        zone_directory_touch(w->directory, &apex, 0);
        wait_zones(w, CORP_1);

        /* The zone's removal is taken back: it goes all the same, for its file is gone. */
        assert_int_equal(unlink(path_of(w, "corp.internal.zone")), 0);
        wait_zones(w, NOTHING);
        assert_null(error_of(w, "corp.internal.zone"));
        change_revert(c);
        assert_zones(w, CORP_1);
        zone_directory_touch(w->directory, &apex, 0);
        wait_zones(w, NOTHING);
}

static void test_directory_comes_and_goes(void **state)
{
        struct world *w = *state;

        assert_int_equal(rmdir(w->path), 0);
        open_directory(w);
        assert_int_equal(mkdir(w->path, 0755), 0);
        put(w, "corp.internal.zone", "a 60 A 192.0.2.1\n");
        wait_zones(w, CORP_1);
        assert_int_equal(unlink(path_of(w, "corp.internal.zone")), 0);
        assert_int_equal(rmdir(w->path), 0);
        wait_zones(w, NOTHING);
        assert_int_equal(mkdir(w->path, 0755), 0);
        put(w, "corp.internal.zone", "a 60 A 192.0.2.2\n");
        wait_zones(w, CORP_2);
}

static void test_files_max(void **state)
{
        struct world *w = *state;
        struct zone_directory_file file;
        size_t n = 0;
        char name[32];

        for (int i = 0; i < ZONE_DIRECTORY_FILES_MAX + 3; i++) {
                snprintf(name, sizeof(name), "z%d.zone", i);
                put(w, name, "");
        }
        open_directory(w);
        while (zone_directory_get(w->directory, n, &file))
                n++;
        assert_int_equal(n, ZONE_DIRECTORY_FILES_MAX);
        assert_int_equal(zone_store_zones(w->zones), ZONE_DIRECTORY_FILES_MAX);
}

/* A large file does not keep the loop from anything else. */
static void test_slices(void **state)
{
        struct world *w = *state;
        struct name apex = name_of("corp.internal");
        unsigned int rounds = 0;
        FILE *f;

        open_directory(w);
        f = fopen(path_of(w, "corp.internal.zone"), "we");
        assert_non_null(f);
        for (int i = 0; i < 50000; i++)
                fprintf(f, "n%d 60 A 192.0.2.1\n", i);
        fclose(f);
        while (!zone_store_find(w->zones, &apex)) {
                assert_true(sd_event_run(w->event, UINT64_MAX) >= 0);
                rounds++;
        }
        assert_int_equal(zone_records(zone_store_find(w->zones, &apex)), 50000);
        assert_true(rounds > 5);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(test_start),
                TEST(test_names),
                TEST(test_misnamed_goes),
                TEST(test_kinds),
                TEST(test_written),
                TEST(test_slow_writer),
                TEST(test_error_keeps_content),
                TEST(test_same_content),
                TEST(test_zone_of_the_bus),
                TEST(test_refused_change),
                TEST(test_directory_comes_and_goes),
                TEST(test_files_max),
                TEST(test_slices),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
