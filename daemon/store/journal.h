/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What must outlive the daemon, in two SQLite files (WAL, synchronous=FULL): the persistent one in
 * /var/lib/share53 and the runtime one in /run/share53/daemon, which a reboot empties. One writer thread,
 * which alone touches SQLite after the load; it commits what has queued up meanwhile as one batch, and
 * reports through an eventfd.
 *
 * A batch that touches both files is whole or not there, also when a kill -9 comes between their commits: the
 * persistent file's commit decides, and the runtime file's part, written before it to the table redo, is then
 * done by the load (journal-internal.h).
 *
 * A failed batch fails every transaction submitted since, in order, for each was built on the one before; the
 * owner reverts them in reverse order (commit.c does).
 */

#include <systemd/sd-event.h>

#include "daemon/dns/change.h"
#include "daemon/dns/upstream-rule.h"

struct journal;

/* A link set by SetLink: what is replayed after a restart. */
#define JOURNAL_LINK_DOMAINS_MAX 64
struct journal_link {
        char ifname[16]; /* the ifindex may differ next time */
        uint32_t ifindex;
        uid_t uid;
        bool default_route;
        size_t n_domains;
        struct journal_domain {
                bool route_only;
                struct name name;
        } domains[JOURNAL_LINK_DOMAINS_MAX];
};

/*
 * Opens or creates both files. A file that cannot be used (damaged, a newer version's) is renamed to
 * FILE.unusable-TIME, said in the log, and begun anew. Negative errno only where that is no remedy: the
 * directory cannot be written, the disk is full or fails, another daemon has the file (-EBUSY).
 *
 * The files are locked while they are open. To look into one with sqlite3(1) while the daemon runs, copy it
 * with its -wal beside it.
 */
int journal_open(
        sd_event *event, const char *persistent_path, const char *runtime_path, struct journal **ret);

/* Waits for what was submitted, calls the callbacks not called yet with what became of it, and closes. Not to
 * be called from a callback. */
struct journal *journal_close(struct journal *journal);
DEFINE_CLEANUP(struct journal *, journal_close)

/* What the load hands over: zones, and behind them their records; links and upstreams at any time. A negative
 * return ends the load. */
struct journal_loader {
        int (*zone)(void *userdata, const struct change_zone *zone);
        int (*record)(void *userdata, const struct name *zone, const struct record *record);
        int (*link)(void *userdata, const struct journal_link *link);
        int (*upstream)(void *userdata, const struct upstream_rule *rule); /* origin: the bus */
        void *userdata;
};
/* Once, after journal_open and before the first submission; starts the writer. What cannot be served of a
 * file (unknown type, data not valid, zone missing) is said in the log and stays in the file. */
int journal_load(struct journal *journal, const struct journal_loader *loader);

/* R: 0, durable; or a negative errno, and nothing of it is in the files. In the event loop's thread. */
typedef void (*journal_done_t)(void *userdata, int r);

/*
 * Queues what CHANGE did (after change_apply): all that is needed is copied before it returns. -EIO at once,
 * with DONE never called, where an earlier failure has not been reported yet: revert now. -ENOMEM, and
 * -EAGAIN where too much is pending, likewise. DONE may be NULL.
 *
 * R of DONE: -ENOSPC disk or quota full, -EROFS, -EIO, -EUCLEAN the file is damaged, -ENOMEM, or what the
 * system said. After a failure is reported, submissions are taken again.
 */
int journal_submit(struct journal *journal, const struct change *change, journal_done_t done, void *userdata);

int journal_submit_link(
        struct journal *journal, const struct journal_link *link, journal_done_t done, void *userdata);
int journal_submit_link_removal(
        struct journal *journal, const char *ifname, journal_done_t done, void *userdata);

/*
 * RULE (NULL: none any more) in the place of FORMER (NULL: there was none), both for the same domain; its
 * flag PERSISTENT says which file has it.
 */
int journal_submit_upstream(struct journal *journal, const struct upstream_rule *rule,
        const struct upstream_rule *former, journal_done_t done, void *userdata);
