/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files that the journal cannot use, and entries in them that it cannot serve. */

#include "tests/unit/test.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/store-fixture.h"

#define BOTH \
        "a.x. A 1 p 192.0.2.1 by 0\na.x. A 1 r 192.0.2.2 by 0\nzone r flags 0 by 0\nzone x flags 1 by 0\n"
#define PERSISTENT "a.x. A 1 p 192.0.2.1 by 0\nzone x flags 1 by 0\n"
#define RUNTIME "zone r flags 0 by 0\n" /* the runtime record's zone is gone with the persistent file */

static struct fixture f;

static int set_up(void **state)
{
        struct name x = fixture_name("x"), r = fixture_name("r");
        struct change *c;

        fixture_init(&f, "/tmp");
        fixture_start(&f);
        c = fixture_change(&f);
        assert_int_equal(change_create_zone(c, &x, ZONE_PERSISTENT, 0, NULL), 0);
        assert_int_equal(change_create_zone(c, &r, 0, 0, NULL), 0);
        assert_int_equal(fixture_commit(&f, c), 0);
        c = fixture_change(&f);
        assert_int_equal(
                fixture_step(c, FIXTURE_SET, "x", 0, FIXTURE_TEXTS("a A 1 p 192.0.2.1", "a A 1 r 192.0.2.2")),
                0);
        assert_int_equal(fixture_commit(&f, c), 0);
        fixture_stop(&f);
        return 0;
}

static int tear_down(void **state)
{
        fixture_destroy(&f);
        return 0;
}

static void loads(const char *expected)
{
        _cleanup_free_ char *is = NULL;

        fixture_start(&f);
        is = fixture_dump(f.store);
        assert_string_equal(is, expected);
}

static size_t count_put_aside(const char *prefix)
{
        return fixture_count_files(&f, prefix, "") - fixture_count_files(&f, prefix, "-wal");
}

/* The file was put aside, and a new one takes changes. */
static void was_put_aside(const char *prefix)
{
        static int n;
        char text[16];
        snprintf(text, sizeof(text), "y%d", n++);
        struct name y = fixture_name(text);
        _cleanup_free_ char *before = NULL, *after = NULL;
        struct change *c = fixture_change(&f);

        assert_int_equal(count_put_aside(prefix), 1);
        assert_int_equal(change_create_zone(c, &y, ZONE_PERSISTENT, 0, NULL), 0);
        assert_int_equal(fixture_commit(&f, c), 0);
        before = fixture_dump(f.store);
        fixture_restart(&f);
        after = fixture_dump(f.store);
        assert_string_equal(before, after);
        assert_int_equal(count_put_aside(prefix), 1);
        fixture_stop(&f);
        fixture_remove_files(&f, prefix);
}

static void overwrite(const char *path, off_t at, const void *octets, size_t size)
{
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(pwrite(fd, octets, size, at), size);
}

static void sql(const char *path, const char *text)
{
        sqlite3 *db;
        char *error = NULL;

        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        if (sqlite3_exec(db, text, NULL, NULL, &error) != SQLITE_OK)
                fail_msg("%s: %s", text, error);
        sqlite3_close(db);
}

static int64_t sql_number(const char *path, const char *text)
{
        sqlite3_stmt *s;
        sqlite3 *db;
        int64_t n;

        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db, text, -1, &s, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(s), SQLITE_ROW);
        n = sqlite3_column_int64(s, 0);
        sqlite3_finalize(s);
        sqlite3_close(db);
        return n;
}

static void test_garbage(void **state)
{
        static const char garbage[100] = "this is no database, this is no database, this is no database";

        overwrite(f.runtime_path, 0, garbage, sizeof(garbage));
        loads(PERSISTENT);
        was_put_aside("runtime.db.unusable-");
        overwrite(f.persistent_path, 0, garbage, sizeof(garbage));
        fixture_remove_files(&f, "runtime.db");
        loads("");
        was_put_aside("persistent.db.unusable-");
}

static void test_damaged_pages(void **state)
{
        static const uint8_t rubbish[4096] = {0x0a, 0xff, 0xff, 0xff, 0x00, 0xff};
        struct stat st;

        assert_int_equal(stat(f.persistent_path, &st), 0);
        for (off_t page = 4096; page < st.st_size; page += 4096)
                overwrite(f.persistent_path, page, rubbish, sizeof(rubbish));
        loads(RUNTIME);
        was_put_aside("persistent.db.unusable-");
}

static void test_truncated(void **state)
{
        assert_int_equal(truncate(f.persistent_path, 5000), 0);
        loads(RUNTIME);
        was_put_aside("persistent.db.unusable-");

        /* Of no length: as if it were not there. */
        assert_int_equal(truncate(f.persistent_path, 0), 0);
        fixture_start(&f);
        assert_int_equal(count_put_aside("persistent.db.unusable-"), 0);
}

/* After a kill -9 the WAL is there too, and is put aside with its file, for sqlite3 to read both. */
static void test_wal_is_put_aside_too(void **state)
{
        _cleanup_free_ char *wal = NULL;

        assert_true(asprintf(&wal, "%s-wal", f.persistent_path) > 0);
        sql(f.persistent_path, "PRAGMA user_version=9");
        int fd = open(wal, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, "x", 1), 1);
        close(fd);
        loads(RUNTIME);
        assert_int_equal(count_put_aside("persistent.db.unusable-"), 1);
        assert_int_equal(fixture_count_files(&f, "persistent.db.unusable-", "-wal"), 1);
}

static void test_newer_version(void **state)
{
        sql(f.persistent_path, "PRAGMA user_version=3");
        loads(RUNTIME);
        was_put_aside("persistent.db.unusable-");
}

/* Format 1 had no upstreams: such a file is brought up to date, with all that is in it. */
static void test_older_version(void **state)
{
        const char *const paths[] = {f.persistent_path, f.runtime_path};

        for (size_t i = 0; i < ELEMENTSOF(paths); i++)
                sql(paths[i], "DROP TABLE upstreams; PRAGMA user_version=1");
        loads(BOTH);
        fixture_stop(&f);
        assert_int_equal(count_put_aside("persistent.db.unusable-"), 0);
        assert_int_equal(count_put_aside("runtime.db.unusable-"), 0);
        for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
                assert_int_equal(sql_number(paths[i], "PRAGMA user_version"), 2);
                assert_int_equal(sql_number(paths[i], "SELECT count(*) FROM upstreams"), 0);
        }
        loads(BOTH);
}

static void test_other_peoples_database(void **state)
{
        sql(f.runtime_path, "PRAGMA application_id=0");
        loads(PERSISTENT);
        was_put_aside("runtime.db.unusable-");
}

static void test_other_tables(void **state)
{
        sql(f.runtime_path, "DROP TABLE records");
        loads(PERSISTENT);
        was_put_aside("runtime.db.unusable-");
}

/* Those are no damage: the file stays as it is, and the start says why. */
static void test_unusable_places(void **state)
{
        _cleanup_free_ char *path = f.persistent_path;
        struct fixture second = {};

        fixture_start(&f);
        second.persistent_path = f.persistent_path;
        second.runtime_path = f.runtime_path;
        assert_int_equal(fixture_open(&second), -EBUSY);
        assert_int_equal(count_put_aside("persistent.db.unusable-"), 0);
        fixture_stop(&f);

        f.persistent_path = strdup("/nonexistent/share53/persistent.db");
        assert_int_equal(fixture_open(&f), -ENOENT);
        free(f.persistent_path);
        f.persistent_path = strdup(f.directory);
        assert_int_equal(fixture_open(&f), -EISDIR);
        free(f.persistent_path);
        f.persistent_path = TAKE_PTR(path);
        loads(BOTH);
}

static void test_entries_that_are_not_served(void **state)
{
        fixture_start(&f);
        fixture_stop(&f);
        /* a.x as owner is 01 61 01 78 00, x is 01 78 00 */
        sql(f.persistent_path,
                "INSERT INTO records VALUES (x'017800', x'0161017800', 1, x'c00002', 0, 1);" /* 3 octets of A
                                                                                              */
                "INSERT INTO records VALUES (x'017800', x'0161017800', 6, x'00', 0, 1);"     /* SOA */
                "INSERT INTO records VALUES (x'017800', x'0161017800', 1, x'c0000209', 0, -1);"
                "INSERT INTO records VALUES (x'017800', x'0161017800', 70000, x'c0000209', 0, 1);"
                "INSERT INTO records VALUES (x'017800', x'0161017900', 1, x'c0000209', 0, 1);" /* a.y in x */
                "INSERT INTO records VALUES (x'017800', x'0561', 1, x'c0000209', 0, 1);"       /* no name */
                "INSERT INTO records VALUES (x'00', x'0161017800', 1, x'c0000209', 0, 1);" /* no zone "." */
                "INSERT INTO records VALUES (x'017200', x'0161017200', 1, x'c0000209', 0, 1);" /* r is runtime
                                                                                                */
                "INSERT INTO records VALUES ('text', 'text', 'text', 'text', 'text', 'text');"
                "INSERT INTO zones VALUES (x'c000', 0, 0);");
        sql(f.runtime_path, "INSERT INTO zones VALUES (x'017800', 0, 7);" /* x again */
                            "INSERT INTO links VALUES ('sixteen-octets..', 1, 0, 0, x'');"
                            "INSERT INTO links VALUES ('', 1, 0, 0, x'');"
                            "INSERT INTO links VALUES ('lo', 1, 0, 0, x'0005');"
                            "INSERT INTO links VALUES ('ok', 1, 0, 0, x'');"
                            "INSERT INTO upstreams VALUES (x'017000', 0, 0, x'');" /* p again */
                            "INSERT INTO upstreams VALUES (x'017100', 1, 9, x'');" /* good */
                            "INSERT INTO upstreams VALUES (x'017200', 2, 0, x'');" /* persistent */
                            "INSERT INTO upstreams VALUES (x'017300', 4, 0, x'');" /* flag */
                            "INSERT INTO upstreams VALUES (x'0173', 0, 0, x'');"   /* no name */
                            "INSERT INTO upstreams VALUES (x'017400', 0, 0, x'040035c00002');" /* cut */
                            "INSERT INTO upstreams VALUES (x'017500', 0, 0, x'050035c000020100');"
                            "INSERT INTO upstreams VALUES (x'017600', 0, 0, x'040000c000020100');" /* port */
                            "INSERT INTO upstreams VALUES (x'017700', 0, 0, x'0400350000000000');" /* any */
                            "INSERT INTO upstreams VALUES (x'017800', 0, 0, x'040035c00002010120');" /* blank
                                                                                                      */
                            "INSERT INTO upstreams VALUES (x'017a00', 0, 0, "
                            "x'040355c00002010178040035c000020200');" /* mixed
                                                                       */
                            "INSERT INTO upstreams VALUES ('text', 'text', 'text', 'text');");
        sql(f.persistent_path, "INSERT INTO upstreams VALUES (x'017000', 2, 0, x'040035c000020100');"
                               "INSERT INTO upstreams VALUES (x'017900', 0, 0, x'');"); /* runtime */
        loads(BOTH);
        assert_int_equal(f.n_upstreams, 2);
        assert_int_equal(f.upstreams[0].flags, UPSTREAM_PERSISTENT);
        assert_int_equal(f.upstreams[0].n_servers, 1);
        assert_int_equal(f.upstreams[1].flags, UPSTREAM_VALIDATE);
        assert_int_equal(f.upstreams[1].uid, 9);
        assert_int_equal(f.n_links, 1);
        assert_string_equal(f.links[0].ifname, "ok");
        fixture_stop(&f);
        assert_int_equal(sql_number(f.persistent_path, "SELECT count(*) FROM records"), 10);
        assert_int_equal(sql_number(f.persistent_path, "SELECT count(*) FROM zones"), 2);
        assert_int_equal(sql_number(f.runtime_path, "SELECT count(*) FROM links"), 4);
}

/* Rows of redo that nobody can read or that were not decided are dropped, and the rest is served. */
static void test_redo_rows(void **state)
{
        sql(f.runtime_path,
                "INSERT INTO redo VALUES (1000, x'02017a000000000000000000000000ff');"); /* zone z */
        loads(BOTH);
        fixture_stop(&f);
        assert_int_equal(sql_number(f.runtime_path, "SELECT count(*) FROM redo"), 0);

        sql(f.persistent_path, "UPDATE applied SET number = 1000");
        sql(f.runtime_path, "INSERT INTO redo VALUES (1000, x'02017a000000000000000000000000ff');");
        loads("a.x. A 1 p 192.0.2.1 by 0\na.x. A 1 r 192.0.2.2 by 0\nzone r flags 0 by 0\n"
              "zone x flags 1 by 0\nzone z flags 0 by 255\n");
        fixture_stop(&f);
        assert_int_equal(sql_number(f.runtime_path, "SELECT count(*) FROM redo"), 0);

        sql(f.runtime_path,
                "DELETE FROM zones WHERE apex = x'017a00'; INSERT INTO redo VALUES (9, x'02017a00');");
        loads(BOTH);
        fixture_stop(&f);
        assert_int_equal(sql_number(f.runtime_path, "SELECT count(*) FROM redo"), 0);
}

/* Octets flipped anywhere in a file never bring the daemon down. */
static void test_flipped_octets(void **state)
{
        struct stat st;
        int fd = open(f.persistent_path, O_RDWR | O_CLOEXEC);
        uint8_t *whole;
        unsigned int seed = 53;

        assert_true(fd >= 0);
        assert_int_equal(fstat(fd, &st), 0);
        whole = malloc((size_t)st.st_size);
        assert_non_null(whole);
        assert_int_equal(pread(fd, whole, (size_t)st.st_size, 0), st.st_size);
        for (int i = 0; i < 100; i++) {
                for (int j = 0; j <= i % 4; j++) {
                        off_t page = 4096 * (rand_r(&seed) % (st.st_size / 4096));
                        /* headers and cells are at a page's ends */
                        off_t at =
                                page + (rand_r(&seed) % 2 ? rand_r(&seed) % 120 : 4095 - rand_r(&seed) % 120);
                        uint8_t octet = (uint8_t)rand_r(&seed);

                        assert_int_equal(pwrite(fd, &octet, 1, at), 1);
                }
                int r = fixture_open(&f);
                if (r >= 0)
                        r = fixture_load(&f);
                if (r < 0)
                        fail_msg("%d: %s", i, strerror(-r));
                fixture_stop(&f);
                close(fd);
                fixture_remove_files(&f, "persistent.db");
                fd = open(f.persistent_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
                assert_true(fd >= 0);
                assert_int_equal(pwrite(fd, whole, (size_t)st.st_size, 0), st.st_size);
        }
        close(fd);
        free(whole);
}

#define with_files(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                with_files(test_garbage),
                with_files(test_damaged_pages),
                with_files(test_truncated),
                with_files(test_wal_is_put_aside_too),
                with_files(test_newer_version),
                with_files(test_older_version),
                with_files(test_other_peoples_database),
                with_files(test_other_tables),
                with_files(test_unusable_places),
                with_files(test_entries_that_are_not_served),
                with_files(test_redo_rows),
                with_files(test_flipped_octets),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
