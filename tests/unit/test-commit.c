/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a failing journal does to the store and to the callers. */

#include "tests/unit/test.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "daemon/store/journal-internal.h"
#include "tests/unit/store-fixture.h"

static struct fixture f;

/* Holds the writer at a point, or makes it fail there, as the test says. */
static struct {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        enum journal_point point;
        int result;   /* what the writer gets at POINT */
        bool held;    /* it waits there until it is released */
        bool waiting; /* it is there */
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static int at_point(void *userdata, enum journal_point point)
{
        int r = 0;

        pthread_mutex_lock(&gate.lock);
        if (point == gate.point) {
                gate.waiting = true;
                pthread_cond_broadcast(&gate.changed);
                while (gate.held)
                        pthread_cond_wait(&gate.changed, &gate.lock);
                gate.waiting = false;
                r = gate.result;
        }
        pthread_mutex_unlock(&gate.lock);
        return r;
}

static void gate_set(enum journal_point point, int result, bool held)
{
        pthread_mutex_lock(&gate.lock);
        gate.point = point;
        gate.result = result;
        gate.held = held;
        pthread_cond_broadcast(&gate.changed);
        pthread_mutex_unlock(&gate.lock);
}

static void gate_wait(void)
{
        pthread_mutex_lock(&gate.lock);
        while (!gate.waiting)
                pthread_cond_wait(&gate.changed, &gate.lock);
        pthread_mutex_unlock(&gate.lock);
}

static void start(void)
{
        gate_set(JOURNAL_POINT_TAKEN, 0, false);
        assert_int_equal(fixture_open(&f), 0);
        journal_set_hook(f.journal, at_point, NULL);
        assert_int_equal(fixture_load(&f), 0);
}

static struct change *setting(const char *const *texts)
{
        struct change *c = fixture_change(&f);

        assert_int_equal(fixture_step(c, FIXTURE_SET, "x", 0, texts), 0);
        return c;
}

static int set_up(void **state)
{
        struct name x = fixture_name("x");
        struct change *c;

        fixture_init(&f, "/tmp");
        start();
        c = fixture_change(&f);
        assert_int_equal(change_create_zone(c, &x, ZONE_PERSISTENT, 0, NULL), 0);
        assert_int_equal(fixture_commit(&f, c), 0);
        assert_int_equal(
                fixture_commit(&f, setting(FIXTURE_TEXTS("a A 1 p 192.0.2.1", "a A 1 r 192.0.2.2"))), 0);
        return 0;
}

static int tear_down(void **state)
{
        gate_set(JOURNAL_POINT_TAKEN, 0, false);
        fixture_destroy(&f);
        return 0;
}

/* What each caller was told, in order. */
static struct {
        int results[16];
        size_t n;
        size_t pending[16]; /* commit_pending at that time */
        bool reverted[16];  /* the store was as before */
        char *before;
} told;

static void on_durable(void *userdata, struct change *change, int r)
{
        _cleanup_free_ char *now = fixture_dump(f.store);
        struct change_zone zone;

        assert_true(change_get_zone(change, 0, &zone)); /* good during the call */
        assert_ptr_equal(userdata, &told.results[told.n]);
        told.results[told.n] = r;
        told.pending[told.n] = commit_pending(f.commits);
        told.reverted[told.n] = strcmp(now, told.before) == 0;
        told.n++;
        f.n_done++;
}

static int submit(size_t i, const char *const *texts)
{
        return commit_submit(f.commits, setting(texts), on_durable, &told.results[i]);
}

/* RESULT at POINT: all that is in flight is undone, newest first, and each caller told in order. */
static void fails_and_recovers(enum journal_point point, int result)
{
        _cleanup_free_ char *before = fixture_dump(f.store), *after = NULL, *now = NULL, *reloaded = NULL;
        size_t n = f.n_done;

        told.n = 0;
        told.before = before;
        gate_set(point, result, true);
        assert_int_equal(submit(0, FIXTURE_TEXTS("a A 2 p 192.0.2.1", "a A 2 r 192.0.2.3")), 0);
        gate_wait();
        /* While the first is being written, others are built upon it. */
        assert_int_equal(submit(1, FIXTURE_TEXTS("a A 3 r 192.0.2.4")), 0);
        assert_int_equal(submit(2, FIXTURE_TEXTS("a A 4 p 192.0.2.5", "b TXT 1 r \"new\"")), 0);
        assert_int_equal(commit_pending(f.commits), 3);
        assert_int_equal(told.n, 0);
        gate_set(point, result, false);

        fixture_wait(&f, n + 3);
        assert_int_equal(told.n, 3);
        for (size_t i = 0; i < 3; i++) {
                assert_int_equal(told.results[i], result);
                assert_true(told.reverted[i]);
                assert_int_equal(told.pending[i], 0);
        }
        now = fixture_dump(f.store);
        assert_string_equal(now, before);

        /* The files have nothing of it, and take the next. */
        gate_set(JOURNAL_POINT_TAKEN, 0, false);
        assert_int_equal(
                fixture_commit(&f, setting(FIXTURE_TEXTS("c A 1 p 192.0.2.9", "c A 1 r 192.0.2.8"))), 0);
        after = fixture_dump(f.store);
        fixture_stop(&f);
        start();
        reloaded = fixture_dump(f.store);
        assert_string_equal(reloaded, after);
}

static void test_failure_before_anything(void **state)
{
        fails_and_recovers(JOURNAL_POINT_TAKEN, -ENOSPC);
}

static void test_failure_of_the_persistent_file(void **state)
{
        fails_and_recovers(JOURNAL_POINT_PREPARED, -EROFS);
}

/* Once decided, a batch is durable, though the runtime file cannot have it yet. */
static void test_failure_after_the_decision(void **state)
{
        _cleanup_free_ char *expected = NULL, *reloaded = NULL, *later = NULL;

        gate_set(JOURNAL_POINT_DECIDED, -ENOSPC, false);
        assert_int_equal(
                fixture_commit(&f, setting(FIXTURE_TEXTS("a A 2 p 192.0.2.1", "a A 2 r 192.0.2.3"))), 0);
        expected = fixture_dump(f.store);
        fixture_stop(&f);
        start();
        reloaded = fixture_dump(f.store);
        assert_string_equal(reloaded, expected);

        /* Likewise where the next batch finishes it: of the runtime file alone, upon what that has not yet.
         */
        gate_set(JOURNAL_POINT_DECIDED, -ENOSPC, false);
        assert_int_equal(
                fixture_commit(&f, setting(FIXTURE_TEXTS("a A 3 p 192.0.2.1", "b A 3 r 192.0.2.3"))), 0);
        assert_int_equal(fixture_commit(&f, setting(FIXTURE_TEXTS("b A 4 r 192.0.2.4"))), 0);
        free(expected);
        expected = fixture_dump(f.store);
        fixture_stop(&f);
        start();
        later = fixture_dump(f.store);
        assert_string_equal(later, expected);
}

/* From the failure to its report nothing is taken: it would be built on what is about to be undone. */
static void test_refused_until_reported(void **state)
{
        _cleanup_free_ char *before = fixture_dump(f.store), *applied = NULL, *now = NULL;
        size_t n = f.n_done;
        int r;

        told.n = 0;
        told.before = before;
        gate_set(JOURNAL_POINT_TAKEN, -ENOSPC, false);
        assert_int_equal(submit(0, FIXTURE_TEXTS("a A 2 r 192.0.2.3")), 0);
        applied = fixture_dump(f.store);
        do { /* until the writer has failed: the loop does not run meanwhile */
                sched_yield();
                pthread_mutex_lock(&f.journal->lock);
                r = f.journal->failing;
                pthread_mutex_unlock(&f.journal->lock);
        } while (!r);
        assert_int_equal(submit(1, FIXTURE_TEXTS("a A 3 r 192.0.2.4")), -EIO);
        assert_int_equal(commit_pending(f.commits), 1);
        now = fixture_dump(f.store);
        assert_string_equal(now, applied);

        gate_set(JOURNAL_POINT_TAKEN, 0, false);
        fixture_wait(&f, n + 1);
        assert_int_equal(told.results[0], -ENOSPC);
        assert_true(told.reverted[0]);
        assert_int_equal(fixture_commit(&f, setting(FIXTURE_TEXTS("a A 5 r 192.0.2.4"))), 0);
}

/* A zone that is created and removed by failed changes; and the change's serial grows once more. */
static void test_failed_zones(void **state)
{
        struct name x = fixture_name("x"), y = fixture_name("y");
        _cleanup_free_ char *before = fixture_dump(f.store), *now = NULL;
        struct change *c;
        size_t n = f.n_done;

        gate_set(JOURNAL_POINT_TAKEN, -EIO, true);
        c = fixture_change(&f);
        assert_int_equal(change_create_zone(c, &y, 0, 0, NULL), 0);
        assert_int_equal(fixture_submit(&f, c), 0);
        gate_wait();
        c = fixture_change(&f);
        assert_int_equal(change_remove_zone(c, &x, NULL), 0);
        assert_int_equal(fixture_submit(&f, c), 0);
        assert_null(zone_store_find(f.store, &x));
        gate_set(JOURNAL_POINT_TAKEN, -EIO, false);
        fixture_wait(&f, n + 2);
        now = fixture_dump(f.store);
        assert_string_equal(now, before);
        assert_null(zone_store_find(f.store, &y));
}

/* The limit of what may be pending: refused, and nothing of it applied. */
static void test_limit(void **state)
{
        size_t n = f.n_done, submitted = 0;
        int r;

        gate_set(JOURNAL_POINT_TAKEN, 0, true);
        do {
                char text[64];

                snprintf(text, sizeof(text), "a A %zu r 192.0.2.1", submitted);
                r = fixture_submit(&f, setting(FIXTURE_TEXTS(text)));
                submitted += r == 0;
        } while (r == 0 && submitted < 100000);
        assert_int_equal(r, -EAGAIN);
        assert_in_range(submitted, 1000, 50000);
        assert_int_equal(commit_pending(f.commits), submitted);
        gate_set(JOURNAL_POINT_TAKEN, 0, false);
        fixture_wait(&f, n + submitted);
        assert_int_equal(fixture_commit(&f, setting(FIXTURE_TEXTS("a A 1 r 192.0.2.1"))), 0);
}

static void fill(const char *path, const char *what)
{
        _cleanup_fclose_ FILE *ballast = fopen(path, "we");
        static const char zeros[4096];

        assert_non_null(ballast);
        setbuf(ballast, NULL);
        while (fwrite(zeros, sizeof(zeros), 1, ballast) == 1)
                ;
        assert_int_equal(errno, ENOSPC);
}

/* Sets growing records until the disk is full, then frees it. */
static void full_disk(const char *ballast, char life)
{
        _cleanup_free_ char *kept = NULL, *now = NULL, *reloaded = NULL, *later = NULL;
        char text[4096];
        int r = 0;

        fill(ballast, "ballast");
        for (int i = 0; r == 0 && i < 2000; i++) {
                free(kept);
                kept = fixture_dump(f.store);
                snprintf(text, sizeof(text), "n%d TXT 1 %c \"%0200d\" \"%0200d\" \"%0200d\"", i, life, i, i,
                        i);
                r = fixture_commit(&f, setting(FIXTURE_TEXTS(text)));
        }
        assert_int_equal(r, -ENOSPC);
        now = fixture_dump(f.store);
        assert_string_equal(now, kept);
        assert_int_equal(fixture_commit(&f, setting(FIXTURE_TEXTS(text))), -ENOSPC); /* still */

        assert_int_equal(unlink(ballast), 0);
        assert_int_equal(fixture_commit(&f, setting(FIXTURE_TEXTS(text))), 0); /* works again */
        later = fixture_dump(f.store);
        fixture_stop(&f);
        start();
        reloaded = fixture_dump(f.store);
        assert_string_equal(reloaded, later);
}

/* In a mount namespace of our own: each file on a small file system, of which the one of LIFE is filled. */
static int with_small_disks(char life)
{
        _cleanup_free_ char *persistent = NULL, *runtime = NULL, *ballast = NULL;
        struct name x = fixture_name("x");
        struct change *c;

        if (mount("tmpfs", f.directory, "tmpfs", 0, "size=64k") < 0)
                return 77;
        assert_true(asprintf(&persistent, "%s/p", f.directory) > 0);
        assert_true(asprintf(&runtime, "%s/r", f.directory) > 0);
        assert_int_equal(mkdir(persistent, 0700) | mkdir(runtime, 0700), 0);
        assert_int_equal(mount("tmpfs", persistent, "tmpfs", 0, "size=1m"), 0);
        assert_int_equal(mount("tmpfs", runtime, "tmpfs", 0, "size=1m"), 0);
        free(f.persistent_path);
        free(f.runtime_path);
        assert_true(asprintf(&f.persistent_path, "%s/persistent.db", persistent) > 0);
        assert_true(asprintf(&f.runtime_path, "%s/runtime.db", runtime) > 0);
        start();
        c = fixture_change(&f);
        assert_int_equal(change_create_zone(c, &x, ZONE_PERSISTENT, 0, NULL), 0);
        assert_int_equal(fixture_commit(&f, c), 0);
        assert_true(asprintf(&ballast, "%s/ballast", life == 'p' ? persistent : runtime) > 0);
        full_disk(ballast, life);

        /* A change of both files on one that is full is in neither. */
        fill(ballast, "ballast");
        int r = 0;
        for (int i = 0; r == 0 && i < 2000; i++) {
                char text[512], other[512];

                snprintf(text, sizeof(text), "m%d TXT 1 p \"%0200d\"", i, i);
                snprintf(other, sizeof(other), "m%d TXT 1 r \"%0200d\"", i, i + 1);
                r = fixture_commit(&f, setting(FIXTURE_TEXTS(text, other)));
        }
        assert_int_equal(r, -ENOSPC);
        _cleanup_free_ char *kept = fixture_dump(f.store), *reloaded = NULL;
        assert_int_equal(unlink(ballast), 0);
        fixture_stop(&f);
        start();
        reloaded = fixture_dump(f.store);
        assert_string_equal(reloaded, kept);
        fixture_stop(&f);
        return 0;
}

static void test_full_disk(void **state)
{
        static const char lives[] = {'r', 'p'};

        for (size_t i = 0; i < ELEMENTSOF(lives); i++) {
                int status;
                pid_t pid;

                fixture_init(&f, "/tmp"); /* the child mounts over the directory */
                pid = fork();
                assert_true(pid >= 0);
                if (pid == 0) {
                        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                                _exit(77);
                        _exit(with_small_disks(lives[i]));
                }
                assert_int_equal(waitpid(pid, &status, 0), pid);
                fixture_destroy(&f);
                assert_true(WIFEXITED(status));
                if (WEXITSTATUS(status) == 77) {
                        print_message("# no mount namespace of our own: not root\n");
                        skip();
                }
                assert_int_equal(WEXITSTATUS(status), 0);
        }
}

#define with_store(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                with_store(test_failure_before_anything),
                with_store(test_failure_of_the_persistent_file),
                with_store(test_failure_after_the_decision),
                with_store(test_refused_until_reported),
                with_store(test_failed_zones),
                with_store(test_limit),
                cmocka_unit_test(test_full_disk),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
