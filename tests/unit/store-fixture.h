/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A zone store with its journal in a directory of its own, as the daemon wires them; for tests and benches.
 */

#include <systemd/sd-event.h>

#include "daemon/store/commit.h"

#define FIXTURE_LINKS_MAX 8
#define FIXTURE_UPSTREAMS_MAX 8

struct fixture {
        char *directory; /* persistent.db and runtime.db */
        char *persistent_path;
        char *runtime_path;
        sd_event *event;
        struct zone_store *store;
        struct journal *journal;
        struct commit_queue *commits;
        size_t n_links;
        struct journal_link links[FIXTURE_LINKS_MAX]; /* as loaded */
        size_t n_upstreams;
        struct upstream_rule upstreams[FIXTURE_UPSTREAMS_MAX]; /* as loaded */
        size_t n_done;                                         /* changes reported */
        int last;                                              /* the result of the last one */
};

/* Makes the directory; frees it with all that is in it. */
void fixture_init(struct fixture *f, const char *parent);
void fixture_destroy(struct fixture *f);

/* Opens the journal; fixture_load restores the store from it. Both: negative errno. */
int fixture_open(struct fixture *f);
int fixture_load(struct fixture *f);
void fixture_start(struct fixture *f); /* both, and asserts */
void fixture_stop(struct fixture *f);
void fixture_restart(struct fixture *f);

/* The directory's files whose names begin and end so. */
size_t fixture_count_files(const struct fixture *f, const char *prefix, const char *suffix);
void fixture_remove_files(const struct fixture *f, const char *prefix);

/* All of the store as text, sorted; without serials, which a load may raise. */
char *fixture_dump(const struct zone_store *store);

struct name fixture_name(const char *text);

/* "NAME TYPE TTL LIFE RDATA" (LIFE: r, p), by UID. The caller clears LIST. */
void fixture_record(struct record_list *list, const struct name *zone, uid_t uid, const char *text);

struct change *fixture_change(struct fixture *f);
enum fixture_step { FIXTURE_SET, FIXTURE_ADD, FIXTURE_REPLACE };
int fixture_step(
        struct change *c, enum fixture_step step, const char *zone, uid_t uid, const char *const *texts);

/* Submits C and waits until it is reported; its result. */
int fixture_commit(struct fixture *f, struct change *c);
int fixture_submit(struct fixture *f, struct change *c);

/* Runs the loop until N changes were reported. */
void fixture_wait(struct fixture *f, size_t n);

#define FIXTURE_TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})
