/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * From a built change to an acknowledged one: apply in memory, journal, then tell. Where the journal fails,
 * what was applied is reverted, newest first, and each caller is told the error: a refused change leaves
 * nothing.
 */

#include "daemon/dns/change.h"
#include "daemon/store/journal.h"

struct commit_queue;

/*
 * Called once: after the journal has it (r = 0), or after it was reverted (r < 0). CHANGE is good during the
 * call. A caller that has gone meanwhile passes a NULL-safe USERDATA of its own. Not called for what is
 * pending at commit_queue_free: close the journal first, then every caller gets its answer.
 */
typedef void (*commit_durable_t)(void *userdata, struct change *change, int r);

int commit_queue_new(struct journal *journal, struct commit_queue **ret);
struct commit_queue *commit_queue_free(struct commit_queue *queue);
DEFINE_CLEANUP(struct commit_queue *, commit_queue_free)

/*
 * Takes CHANGE over in every case. On failure nothing is changed, DURABLE is not called. Errors are those of
 * journal_submit: -EIO a failure is being undone, -EAGAIN too much is pending, -ENOMEM.
 */
int commit_submit(
        struct commit_queue *queue, struct change *change, commit_durable_t durable, void *userdata);

/* Applied and not yet durable. */
size_t commit_pending(const struct commit_queue *queue);
