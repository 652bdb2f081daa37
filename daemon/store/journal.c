/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/store/journal.h"

#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>

#include "common/log.h"
#include "daemon/store/journal-internal.h"

/* What may wait at a time. One transaction by itself may be greater. */
#define PENDING_MAX 8192
#define PENDING_SIZE_MAX (256U * 1024 * 1024)

static void list_append(struct journal_list *list, struct journal_transaction *transaction)
{
        transaction->next = NULL;
        if (list->last)
                list->last->next = transaction;
        else
                list->first = transaction;
        list->last = transaction;
}

static struct journal_list list_take(struct journal_list *list)
{
        struct journal_list taken = *list;

        *list = (struct journal_list){};
        return taken;
}

static size_t transaction_size(const struct journal_transaction *transaction)
{
        size_t size = 0;

        for (int kind = 0; kind < JOURNAL_KINDS; kind++)
                size += transaction->operations[kind].size;
        return size;
}

static void transaction_clear(struct journal_transaction *transaction)
{
        for (int kind = 0; kind < JOURNAL_KINDS; kind++)
                journal_operations_clear(&transaction->operations[kind]);
}

static struct journal_transaction *transaction_free(struct journal_transaction *transaction)
{
        if (transaction)
                transaction_clear(transaction);
        free(transaction);
        return NULL;
}
DEFINE_CLEANUP(struct journal_transaction *, transaction_free)

/* Moves LIST to `completed` with RESULT. Called with the lock held. */
static void complete(struct journal *journal, struct journal_list list, int result)
{
        struct journal_transaction *t, *next;

        for (t = list.first; t; t = next) {
                next = t->next;
                journal->size_pending -= transaction_size(t);
                transaction_clear(t);
                t->result = result;
                list_append(&journal->completed, t);
        }
}

static void wake_loop(struct journal *journal)
{
        const uint64_t one = 1;

        /* Fails only where the counter is near 2^64, and then the loop is awake. */
        (void)!write(journal->event_fd, &one, sizeof(one));
}

/* Waits for transactions; an empty list: all is done and no more will come. */
static struct journal_list wait_for_batch(struct journal *journal)
{
        struct journal_list batch;

        pthread_mutex_lock(&journal->lock);
        while (!journal->queue.first && !journal->stopping)
                pthread_cond_wait(&journal->wake, &journal->lock);
        batch = list_take(&journal->queue);
        pthread_mutex_unlock(&journal->lock);
        return batch;
}

static void *run_writer(void *userdata)
{
        struct journal *journal = userdata;
        struct journal_list batch;
        int r;

        while ((batch = wait_for_batch(journal)).first) {
                r = journal_commit_batch(journal, &batch);

                pthread_mutex_lock(&journal->lock);
                complete(journal, batch, r);
                if (r < 0) {
                        complete(journal, list_take(&journal->queue), r);
                        journal->failing = true;
                }
                pthread_mutex_unlock(&journal->lock);
                wake_loop(journal);
        }
        return NULL;
}

/* Signals are the loop's. */
static int start_writer(struct journal *journal)
{
        sigset_t all, former;
        int r;

        sigfillset(&all);
        r = pthread_sigmask(SIG_SETMASK, &all, &former);
        if (r != 0)
                return -r;
        r = pthread_create(&journal->thread, NULL, run_writer, journal);
        pthread_sigmask(SIG_SETMASK, &former, NULL);
        if (r != 0)
                return -r;
        (void)pthread_setname_np(journal->thread, "journal");
        journal->running = true;
        return 0;
}

/* Tells each owner, in the order of submission. */
static void report(struct journal *journal)
{
        struct journal_list list;
        struct journal_transaction *t, *next;
        size_t n = 0, n_failed = 0;
        int error = 0;

        pthread_mutex_lock(&journal->lock);
        list = list_take(&journal->completed);
        pthread_mutex_unlock(&journal->lock);

        for (t = list.first; t; t = t->next)
                if (t->result < 0) {
                        error = t->result;
                        n_failed++;
                }
        if (n_failed > 0)
                log_error_errno(error, "Cannot write the journal, %zu changes are undone", n_failed);
        for (t = list.first; t; t = next, n++) {
                next = t->next;
                if (t->done)
                        t->done(t->userdata, t->result);
                transaction_free(t);
        }

        pthread_mutex_lock(&journal->lock);
        journal->n_pending -= n;
        if (n_failed > 0)
                journal->failing = false;
        pthread_mutex_unlock(&journal->lock);
}

static int on_completion(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        uint64_t n;

        (void)!read(fd, &n, sizeof(n));
        report(userdata);
        return 0;
}

int journal_open(sd_event *event, const char *persistent_path, const char *runtime_path, struct journal **ret)
{
        _cleanup_(journal_closep) struct journal *journal = NULL;
        int r;

        if (sqlite3_threadsafe() == 0)
                return -EOPNOTSUPP;
        journal = calloc(1, sizeof(*journal));
        if (!journal)
                return -ENOMEM;
        journal->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
        journal->wake = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
        journal->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (journal->event_fd < 0)
                return -errno;
        r = sd_event_add_io(event, &journal->completion, journal->event_fd, EPOLLIN, on_completion, journal);
        if (r >= 0)
                r = journal_file_open(
                        &journal->files[JOURNAL_PERSISTENT], JOURNAL_PERSISTENT, persistent_path);
        if (r >= 0)
                r = journal_file_open(&journal->files[JOURNAL_RUNTIME], JOURNAL_RUNTIME, runtime_path);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(journal);
        return 0;
}

struct journal *journal_close(struct journal *journal)
{
        if (!journal)
                return NULL;
        if (journal->running) {
                pthread_mutex_lock(&journal->lock);
                journal->stopping = true;
                pthread_cond_signal(&journal->wake);
                pthread_mutex_unlock(&journal->lock);
                pthread_join(journal->thread, NULL);
                journal->running = false;
                report(journal);
        }
        for (int kind = 0; kind < JOURNAL_KINDS; kind++)
                journal_file_close(&journal->files[kind]);
        journal_operations_clear(&journal->unfinished);
        sd_event_source_disable_unref(journal->completion);
        safe_close(journal->event_fd);
        pthread_cond_destroy(&journal->wake);
        pthread_mutex_destroy(&journal->lock);
        free(journal);
        return NULL;
}

void journal_set_hook(struct journal *journal, journal_hook_t hook, void *userdata)
{
        journal->hook = hook;
        journal->hook_userdata = userdata;
}

int journal_load(struct journal *journal, const struct journal_loader *loader)
{
        int r;

        r = journal_load_files(journal, loader);
        if (r < 0)
                return r;
        return start_writer(journal);
}

static int enqueue(struct journal *journal, struct journal_transaction *transaction)
{
        size_t size = transaction_size(transaction);
        int r = 0;

        pthread_mutex_lock(&journal->lock);
        if (!journal->running)
                r = -ENOTCONN;
        else if (journal->failing)
                r = -EIO;
        else if (journal->n_pending >= PENDING_MAX ||
                 (journal->size_pending > 0 && journal->size_pending + size > PENDING_SIZE_MAX))
                r = -EAGAIN;
        else {
                journal->n_pending++;
                journal->size_pending += size;
                list_append(&journal->queue, transaction);
                pthread_cond_signal(&journal->wake);
        }
        pthread_mutex_unlock(&journal->lock);
        return r;
}

/* Queues TRANSACTION, encoded with the result ENCODED. */
static int submit(struct journal *journal, struct journal_transaction **transaction, int encoded,
        journal_done_t done, void *userdata)
{
        int r;

        if (encoded < 0)
                return encoded;
        (*transaction)->done = done;
        (*transaction)->userdata = userdata;
        r = enqueue(journal, *transaction);
        if (r < 0)
                return r;
        *transaction = NULL;
        return 0;
}

int journal_submit(struct journal *journal, const struct change *change, journal_done_t done, void *userdata)
{
        _cleanup_(transaction_freep) struct journal_transaction *t = calloc(1, sizeof(*t));

        if (!t)
                return -ENOMEM;
        return submit(journal, &t, journal_encode_change(change, t->operations), done, userdata);
}

int journal_submit_link(
        struct journal *journal, const struct journal_link *link, journal_done_t done, void *userdata)
{
        _cleanup_(transaction_freep) struct journal_transaction *t = calloc(1, sizeof(*t));

        if (!t)
                return -ENOMEM;
        return submit(
                journal, &t, journal_encode_link(link, &t->operations[JOURNAL_RUNTIME]), done, userdata);
}

int journal_submit_link_removal(
        struct journal *journal, const char *ifname, journal_done_t done, void *userdata)
{
        _cleanup_(transaction_freep) struct journal_transaction *t = calloc(1, sizeof(*t));

        if (!t)
                return -ENOMEM;
        return submit(journal, &t, journal_encode_link_removal(ifname, &t->operations[JOURNAL_RUNTIME]), done,
                userdata);
}

int journal_submit_upstream(struct journal *journal, const struct upstream_rule *rule,
        const struct upstream_rule *former, journal_done_t done, void *userdata)
{
        _cleanup_(transaction_freep) struct journal_transaction *t = calloc(1, sizeof(*t));

        if (!t)
                return -ENOMEM;
        return submit(journal, &t, journal_encode_upstream(rule, former, t->operations), done, userdata);
}
