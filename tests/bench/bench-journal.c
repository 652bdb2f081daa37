/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Acknowledged changes a second: `bench-journal [SECONDS [PERSISTENT-DIR [RUNTIME-DIR]]]`. Each change sets
 * one A record of one of 1,000 names in a persistent zone; IN FLIGHT is how many callers wait at a time. The
 * disk's own rate, one fdatasync(2) after another of 4 KiB, is what the persistent figures are to be held
 * against.
 */

#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "tests/unit/store-fixture.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

static struct fixture f;

static double now(void)
{
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void submit(unsigned int n, const char *lives)
{
        struct change *c = fixture_change(&f);
        const char *texts[3] = {};
        char text[2][64];
        int r;

        for (size_t i = 0; lives[i]; i++) {
                snprintf(text[i], sizeof(text[i]), "%c%u A %u %c 192.0.2.%u", lives[i], n % 1000, n, lives[i],
                        n % 256);
                texts[i] = text[i];
        }
        r = fixture_step(c, FIXTURE_SET, "bench.internal", 0, texts);
        if (r >= 0)
                r = fixture_submit(&f, c);
        if (r < 0) {
                fprintf(stderr, "change %u: %s\n", n, strerror(-r));
                exit(1);
        }
}

static void measure(const char *what, const char *lives, size_t in_flight, double seconds)
{
        size_t first = f.n_done, submitted = 0;
        double start = now();

        while (now() - start < seconds) {
                while (submitted - (f.n_done - first) < in_flight)
                        submit((unsigned int)submitted++, lives);
                fixture_wait(&f, f.n_done + 1);
        }
        printf("%-28s %3zu in flight %10.0f /s\n", what, in_flight,
                (double)(f.n_done - first) / (now() - start));
        fixture_wait(&f, first + submitted);
}

/* One fdatasync after another. */
static void measure_disk(double seconds)
{
        _cleanup_close_ int fd = open(f.directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        static const char page[4096];
        double start = now();
        size_t n = 0;

        if (fd < 0)
                return;
        for (; now() - start < seconds; n++)
                if (write(fd, page, sizeof(page)) < 0 || fdatasync(fd) < 0)
                        return;
        printf("%-28s %3d in flight %10.0f /s\n", "fdatasync", 1, (double)n / (now() - start));
}

static void measure_load(void)
{
        struct change *c = fixture_change(&f);
        struct name zone = fixture_name("big.internal");
        struct record_list list = {};
        double start;
        int r;

        for (unsigned int i = 0; i < 100000; i++) {
                char text[64];

                snprintf(text, sizeof(text), "n%u A 60 p 192.0.2.%u", i, i % 256);
                fixture_record(&list, &zone, 0, text);
        }
        r = change_create_zone(c, &zone, ZONE_PERSISTENT, 0, NULL);
        if (r >= 0)
                r = change_replace(c, &zone, list.items, list.n, NULL);
        record_list_clear(&list);
        start = now();
        if (r < 0 || fixture_commit(&f, c) < 0)
                exit(1);
        printf("%-46s %10.0f ms\n", "one change of 100,000 records, persistent", 1e3 * (now() - start));
        fixture_stop(&f);
        start = now();
        if (fixture_open(&f) < 0)
                exit(1);
        printf("%-46s %10.0f ms\n", "open, with quick_check", 1e3 * (now() - start));
        if (fixture_load(&f) < 0)
                exit(1);
        printf("%-46s %10.0f ms\n", "open and load of it", 1e3 * (now() - start));
}

int main(int argc, char *argv[])
{
        double seconds = argc > 1 ? strtod(argv[1], NULL) : 2;
        const char *persistent = argc > 2 ? argv[2] : "/var/tmp", *runtime = argc > 3 ? argv[3] : "/dev/shm";
        struct name zone = fixture_name("bench.internal");
        struct change *c;
        char *path;

        /* As the unit has it, where the kernel knows it (6.3). */
        (void)prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0);

        fixture_init(&f, persistent);
        if (asprintf(&path, "%s/bench-journal.%d.db", runtime, (int)getpid()) < 0)
                return 1;
        free(f.runtime_path);
        f.runtime_path = path;
        fixture_start(&f);
        c = fixture_change(&f);
        if (change_create_zone(c, &zone, ZONE_PERSISTENT, 0, NULL) < 0 || fixture_commit(&f, c) < 0)
                return 1;

        measure_disk(seconds);
        measure("runtime", "r", 1, seconds);
        measure("runtime", "r", 64, seconds);
        measure("persistent", "p", 1, seconds);
        measure("persistent", "p", 64, seconds);
        measure("both in one change", "pr", 1, seconds);
        measure("both in one change", "pr", 64, seconds);
        measure_load();
        fixture_stop(&f);
        unlink(path);
        fixture_destroy(&f);
        return 0;
}
