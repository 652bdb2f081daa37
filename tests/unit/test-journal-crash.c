/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* kill -9 at every instant: nothing acknowledged is lost, no change is there by half. */

#include "tests/unit/test.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "daemon/store/journal-internal.h"
#include "share53-config.h"
#include "daemon/dns/rdata.h"
#include "tests/unit/store-fixture.h"

#define KILLS (SHARE53_SANITIZED ? 100 : 200) /* a sanitizer makes fork(2) dear */
#define IN_FLIGHT 8

static struct fixture f;

/* What the child has reached, in memory that outlives it. */
static struct progress {
        uint32_t submitted; /* highest number handed to the journal */
        uint32_t durable;   /* highest number reported */
} * progress;

static int set_up(void **state)
{
        struct name x = fixture_name("x");
        struct change *c;

        progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(progress, MAP_FAILED);
        /* A kill -9 leaves the page cache whole: in memory it is as good, and gets through far more commits.
         */
        fixture_init(&f, access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        fixture_start(&f);
        c = fixture_change(&f);
        assert_int_equal(change_create_zone(c, &x, ZONE_PERSISTENT, 0, NULL), 0);
        assert_int_equal(fixture_commit(&f, c), 0);
        fixture_stop(&f);
        return 0;
}

static int tear_down(void **state)
{
        fixture_destroy(&f);
        return munmap(progress, sizeof(*progress));
}

/*
 * Change N says N, as the TTL, at a name that tells its kind: of one file, of the other, of both; and removes
 * what N - 3, the one of its kind before it, had put there beside.
 */
static struct change *numbered(uint32_t n)
{
        static const char *const kinds[] = {"r", "p", "b"};
        const char *kind = kinds[n % 3];
        struct change *c = fixture_change(&f);
        struct change_removal removal = {};
        struct name x = fixture_name("x");
        char texts[4][64];

        snprintf(texts[0], sizeof(texts[0]), "%s A %u %s 192.0.2.1", kind, n, n % 3 == 0 ? "r" : "p");
        snprintf(texts[1], sizeof(texts[1]), "%s AAAA %u %s 2001:db8::1", kind, n, n % 3 == 1 ? "p" : "r");
        snprintf(texts[2], sizeof(texts[2]), "n%u TXT %u %s \"%u\"", n, n, n % 3 == 1 ? "p" : "r", n);
        snprintf(texts[3], sizeof(texts[3]), "m%u TXT %u %s \"%u\"", n, n, n % 3 == 0 ? "r" : "p", n);
        if (fixture_step(c, FIXTURE_SET, "x", 0, FIXTURE_TEXTS(texts[0], texts[1], texts[2], texts[3])) != 0)
                abort();
        for (int i = 0; n > 3 && i < 2; i++) {
                snprintf(texts[i], sizeof(texts[i]), "%c%u.x", "nm"[i], n - 3);
                removal.owner = fixture_name(texts[i]);
                if (change_remove(c, &x, &removal, 1, NULL) < 0)
                        abort();
        }
        return c;
}

static void on_durable(void *userdata, struct change *change, int r)
{
        if (r < 0)
                abort();
        progress->durable = (uint32_t)(uintptr_t)userdata;
        f.n_done++;
}

/* Submits changes without end; up to IN_FLIGHT are pending at a time. */
static void run_child(int started)
{
        uint32_t n = progress->submitted;

        fixture_start(&f);
        if (write(started, "", 1) != 1)
                abort();
        for (;;) {
                while (commit_pending(f.commits) < IN_FLIGHT) {
                        struct change *c = numbered(++n);

                        progress->submitted = n;
                        if (commit_submit(f.commits, c, on_durable, (void *)(uintptr_t)n) < 0)
                                abort();
                }
                if (sd_event_run(f.event, UINT64_MAX) < 0)
                        abort();
        }
}

static uint32_t ttl_of(const char *owner, uint16_t type)
{
        struct name x = fixture_name("x"), name = fixture_name(owner);
        const struct zone *zone = zone_store_find(f.store, &x);
        const struct zone_node *node;
        const struct rrset *set;

        assert_non_null(zone);
        node = zone_find_node(zone, &name);
        set = node ? zone_node_rrset(node, type) : NULL;
        return set ? set->ttl : 0;
}

/* The number that kind K has reached: whole, and no older than what was acknowledged. */
static uint32_t check_kind(const char *name, uint32_t k, uint32_t acknowledged, uint32_t submitted)
{
        uint32_t n = ttl_of(name, RDATA_A);
        char owner[32];

        assert_int_equal(ttl_of(name, RDATA_AAAA), n);
        assert_in_range(n, acknowledged, submitted);
        if (n > 0) {
                assert_int_equal(n % 3, k);
                snprintf(owner, sizeof(owner), "n%u.x", n);
                assert_int_equal(ttl_of(owner, RDATA_TXT), n);
                snprintf(owner, sizeof(owner), "m%u.x", n);
                assert_int_equal(ttl_of(owner, RDATA_TXT), n);
        }
        return n;
}

/* The greatest number ≤ N of kind K; 0: none. */
static uint32_t last_of_kind(uint32_t n, uint32_t k)
{
        while (n > 0 && n % 3 != k)
                n--;
        return n;
}

static void check_store(void)
{
        static const char *const names[] = {"r.x", "p.x", "b.x"};
        uint32_t reached[3], newest;

        for (uint32_t k = 0; k < 3; k++)
                reached[k] = check_kind(names[k], k, last_of_kind(progress->durable, k), progress->submitted);
        /* In order: where N is there, all before it are. */
        newest = MAX(reached[0], reached[1]);
        newest = MAX(newest, reached[2]);
        for (uint32_t k = 0; k < 3; k++)
                if (reached[k] != last_of_kind(newest, k))
                        fail_msg("%s is at %u, %s at %u, %s at %u", names[0], reached[0], names[1],
                                reached[1], names[2], reached[2]);

        /* The next child goes on from there. */
        progress->durable = progress->submitted = newest;
}

/* Kills a child at a random instant: one in four while it still opens and loads, else while it submits. */
static void kill_a_child(unsigned int *seed)
{
        bool early = rand_r(seed) % 4 == 0;
        int status, started[2];
        char octet;
        pid_t pid;

        assert_int_equal(pipe(started), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
                run_child(started[1]);
        if (!early)
                assert_int_equal(read(started[0], &octet, 1), 1);
        usleep((useconds_t)(rand_r(seed) % (20000)));
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        close(started[0]);
        close(started[1]);
}

static void test_killed_at_any_instant(void **state)
{
        unsigned int seed = (unsigned int)getpid();
        uint32_t before, total = 0;

        print_message("# seed %u\n", seed);
        for (int i = 0; i < KILLS; i++) {
                before = progress->durable;
                kill_a_child(&seed);
                total += progress->durable - before;

                fixture_start(&f);
                check_store();
                fixture_stop(&f);
        }
        print_message("# %u changes acknowledged, %u stored, %d kills\n", total, progress->submitted, KILLS);
        assert_true(total > 0);
        assert_int_equal(fixture_count_files(&f, "persistent.db.unusable", ""), 0);
        assert_int_equal(fixture_count_files(&f, "runtime.db.unusable", ""), 0);
}

static int kill_at(void *userdata, enum journal_point point)
{
        if (point == *(const enum journal_point *)userdata)
                kill(getpid(), SIGKILL);
        return 0;
}

/* A change of both files, killed at POINT; its fate is known. */
static void killed_at(enum journal_point point, bool survives)
{
        _cleanup_free_ char *before = NULL, *after = NULL;
        uint32_t next = survives ? 8 : 5;
        pid_t pid;
        int status;

        fixture_start(&f);
        assert_int_equal(fixture_commit(&f, numbered(2)), 0); /* of both files */
        before = fixture_dump(f.store);
        fixture_stop(&f);

        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                if (fixture_open(&f) < 0)
                        _exit(1);
                journal_set_hook(f.journal, kill_at, &point);
                if (fixture_load(&f) < 0 || fixture_commit(&f, numbered(5)) < 0)
                        _exit(1);
                _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

        fixture_start(&f);
        after = fixture_dump(f.store);
        if (survives) {
                assert_int_equal(check_kind("b.x", 2, 5, 5), 5);
                assert_int_equal(ttl_of("n2.x", RDATA_TXT), 0);
        } else
                assert_string_equal(after, before);

        /* and the next one goes its way */
        assert_int_equal(fixture_commit(&f, numbered(next)), 0);
        fixture_restart(&f);
        assert_int_equal(check_kind("b.x", 2, next, next), next);
        fixture_stop(&f);
}

static void test_killed_when_taken(void **state)
{
        killed_at(JOURNAL_POINT_TAKEN, false);
}

static void test_killed_between_redo_and_decision(void **state)
{
        killed_at(JOURNAL_POINT_PREPARED, false);
}

static void test_killed_between_the_two_files(void **state)
{
        killed_at(JOURNAL_POINT_DECIDED, true);
}

static void test_killed_when_finished(void **state)
{
        killed_at(JOURNAL_POINT_FINISHED, true);
}

#define with_files(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                with_files(test_killed_when_taken),
                with_files(test_killed_between_redo_and_decision),
                with_files(test_killed_between_the_two_files),
                with_files(test_killed_when_finished),
                with_files(test_killed_at_any_instant),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
