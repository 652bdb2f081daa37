/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/store/commit.h"

/* A change that is applied, until the journal says what became of it. */
struct commit {
        struct commit_queue *queue; /* NULL: it is gone */
        struct commit *older, *newer;
        struct change *change;
        commit_durable_t durable;
        void *userdata;
        bool reverted; /* for an older one's failure: its own is still to be told */
};

struct commit_queue {
        struct journal *journal;
        struct commit *oldest, *newest;
        size_t n_applied; /* of them, those not reverted */
};

static void link_newest(struct commit_queue *queue, struct commit *commit)
{
        commit->queue = queue;
        commit->older = queue->newest;
        *(queue->newest ? &queue->newest->newer : &queue->oldest) = commit;
        queue->newest = commit;
        queue->n_applied++;
}

static void unlink_commit(struct commit_queue *queue, struct commit *commit)
{
        *(commit->older ? &commit->older->newer : &queue->oldest) = commit->newer;
        *(commit->newer ? &commit->newer->older : &queue->newest) = commit->older;
        if (!commit->reverted)
                queue->n_applied--;
}

/* The journal fails all that is pending together with the oldest (journal.h). */
static void revert_all(struct commit_queue *queue)
{
        for (struct commit *c = queue->newest; c; c = c->older)
                if (!c->reverted) {
                        change_revert(c->change);
                        c->reverted = true;
                        queue->n_applied--;
                }
}

static void on_journaled(void *userdata, int r)
{
        struct commit *commit = userdata;
        struct commit_queue *queue = commit->queue;

        if (queue) {
                if (r < 0)
                        revert_all(queue);
                unlink_commit(queue, commit);
                if (commit->durable)
                        commit->durable(commit->userdata, commit->change, r);
                change_free(commit->change);
        }
        free(commit);
}

int commit_queue_new(struct journal *journal, struct commit_queue **ret)
{
        struct commit_queue *queue = calloc(1, sizeof(*queue));

        if (!queue)
                return -ENOMEM;
        queue->journal = journal;
        *ret = queue;
        return 0;
}

struct commit_queue *commit_queue_free(struct commit_queue *queue)
{
        struct commit *newer;

        if (!queue)
                return NULL;
        /* The journal still calls on_journaled for each, which frees it. */
        for (struct commit *c = queue->oldest; c; c = newer) {
                newer = c->newer;
                c->queue = NULL;
                c->change = change_free(c->change);
        }
        free(queue);
        return NULL;
}

int commit_submit(struct commit_queue *queue, struct change *change, commit_durable_t durable, void *userdata)
{
        _cleanup_(change_freep) struct change *c = change;
        _cleanup_free_ struct commit *commit = calloc(1, sizeof(*commit));
        int r;

        if (!commit)
                return -ENOMEM;
        change_apply(c);
        r = journal_submit(queue->journal, c, on_journaled, commit);
        if (r < 0) {
                change_revert(c);
                return r;
        }
        commit->change = TAKE_PTR(c);
        commit->durable = durable;
        commit->userdata = userdata;
        link_newest(queue, TAKE_PTR(commit));
        return 0;
}

size_t commit_pending(const struct commit_queue *queue)
{
        return queue->n_applied;
}
