/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "common/log.h"
#include "daemon/store/journal-internal.h"

static int reach(struct journal *journal, enum journal_point point)
{
        return journal->hook ? journal->hook(journal->hook_userdata, point) : 0;
}

static int execute_all(struct journal_file *file, const struct journal_list *batch)
{
        int r = 0;

        for (const struct journal_transaction *t = batch->first; r == 0 && t; t = t->next)
                r = journal_file_execute(
                        file, t->operations[file->kind].data, t->operations[file->kind].size);
        return r;
}

/* Commits what was done since journal_file_begin, or, where R is negative, rolls it back. */
static int end(struct journal_file *file, int r)
{
        if (r >= 0)
                return journal_file_commit(file);
        journal_file_rollback(file);
        return r;
}

static int commit_one_file(struct journal_file *file, const struct journal_list *batch)
{
        int r;

        r = journal_file_begin(file);
        if (r < 0)
                return r;
        return end(file, execute_all(file, batch));
}

int journal_finish(struct journal *journal)
{
        struct journal_file *file = &journal->files[JOURNAL_RUNTIME];
        int r;

        r = journal_file_begin(file);
        if (r < 0)
                return r;
        r = journal_file_execute(file, journal->unfinished.data, journal->unfinished.size);
        if (r >= 0)
                r = journal_file_drop_redo(file);
        r = end(file, r);
        if (r >= 0)
                journal_operations_clear(&journal->unfinished);
        return r;
}

/* Step 1. */
static int prepare(struct journal *journal, const struct journal_operations *redo)
{
        struct journal_file *file = &journal->files[JOURNAL_RUNTIME];
        int r;

        r = journal_file_begin(file);
        if (r < 0)
                return r;
        return end(file, journal_file_put_redo(file, journal->applied + 1, redo));
}

/* Step 2. */
static int decide(struct journal *journal, const struct journal_list *batch)
{
        struct journal_file *file = &journal->files[JOURNAL_PERSISTENT];
        int r;

        r = reach(journal, JOURNAL_POINT_PREPARED);
        if (r >= 0)
                r = journal_file_begin(file);
        if (r < 0)
                return r;
        r = execute_all(file, batch);
        if (r >= 0)
                r = journal_file_put_applied(file, journal->applied + 1);
        r = end(file, r);
        if (r >= 0)
                journal->applied++;
        return r;
}

static int commit_both_files(struct journal *journal, const struct journal_list *batch)
{
        struct journal_operations redo = {};
        int r;

        for (const struct journal_transaction *t = batch->first; t; t = t->next)
                journal_operations_append(&redo, &t->operations[JOURNAL_RUNTIME]);
        r = redo.failed ? -ENOMEM : prepare(journal, &redo);
        if (r < 0) {
                journal_operations_clear(&redo);
                return r;
        }
        r = decide(journal, batch);
        if (r < 0) {
                /* The row means nothing now; where it cannot be removed, the next one replaces it. */
                journal_operations_clear(&redo);
                (void)journal_finish(journal);
                return r;
        }

        /* From here on it is done, whatever happens: at worst the next batch or the next start does step 3.
         */
        journal->unfinished = redo;
        r = reach(journal, JOURNAL_POINT_DECIDED);
        if (r >= 0)
                r = journal_finish(journal);
        if (r < 0)
                log_warning_errno(r, "%s: not written yet, to be tried again with the next change",
                        journal->files[JOURNAL_RUNTIME].path);
        return 0;
}

int journal_commit_batch(struct journal *journal, const struct journal_list *batch)
{
        bool touched[JOURNAL_KINDS] = {};
        int r;

        for (const struct journal_transaction *t = batch->first; t; t = t->next)
                for (int kind = 0; kind < JOURNAL_KINDS; kind++)
                        touched[kind] = touched[kind] || t->operations[kind].size > 0;

        r = reach(journal, JOURNAL_POINT_TAKEN);
        if (r >= 0 && journal->unfinished.size > 0)
                r = journal_finish(journal);
        if (r < 0)
                return r;
        if (touched[JOURNAL_RUNTIME] && touched[JOURNAL_PERSISTENT])
                r = commit_both_files(journal, batch);
        else if (touched[JOURNAL_PERSISTENT])
                r = commit_one_file(&journal->files[JOURNAL_PERSISTENT], batch);
        else if (touched[JOURNAL_RUNTIME])
                r = commit_one_file(&journal->files[JOURNAL_RUNTIME], batch);
        if (r >= 0)
                (void)reach(journal, JOURNAL_POINT_FINISHED);
        return r;
}
