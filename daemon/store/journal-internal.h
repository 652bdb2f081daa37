/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the journal's parts share: journal.c (queue, thread, completion), journal-operation.c (a change as
 * octets), journal-upstream.c (a rule's servers as octets), journal-sql.c (schema and statements),
 * journal-load.c (what a start reads).
 *
 * A batch that touches both files is one transaction all the same. Three commits make it so:
 *   1. runtime file: the batch's runtime operations, as a row of `redo` numbered one above `applied`
 *   2. persistent file: its persistent operations, and `applied` raised to that number: this decides
 *   3. runtime file: its runtime operations done, the row removed
 * The load does what a row decided by (2) says and drops one that is not. So nothing is ever to be undone.
 */

#include <pthread.h>
#include <sqlite3.h>

#include "daemon/store/journal.h"

enum journal_kind { JOURNAL_RUNTIME, JOURNAL_PERSISTENT, JOURNAL_KINDS };

/* Operations, encoded: what the writer executes, and the body of a redo row. The error sticks. */
struct journal_operations {
        uint8_t *data;
        size_t size;
        size_t allocated;
        bool failed; /* for want of memory */
};

void journal_operations_clear(struct journal_operations *operations);
void journal_operations_append(struct journal_operations *operations, const struct journal_operations *from);

/* Encodes what CHANGE did to each file. -ENOMEM. */
int journal_encode_change(const struct change *change, struct journal_operations operations[JOURNAL_KINDS]);
int journal_encode_link(const struct journal_link *link, struct journal_operations *operations);
int journal_encode_link_removal(const char *ifname, struct journal_operations *operations);
int journal_encode_upstream(const struct upstream_rule *rule, const struct upstream_rule *former,
        struct journal_operations operations[JOURNAL_KINDS]);

/* Servers as octets: family (4, 6), port u16, address, TLS name (size u8) for each. Returns their size. */
#define JOURNAL_SERVERS_SIZE (UPSTREAM_SERVERS_MAX * (1 + 2 + 16 + 1 + UPSTREAM_TLS_NAME_SIZE))
size_t journal_encode_servers(const struct upstream_rule *rule, uint8_t buf[JOURNAL_SERVERS_SIZE]);
/* Into RULE; false where they are not well-formed. */
bool journal_decode_servers(const uint8_t *octets, size_t size, struct upstream_rule *rule);

enum journal_statement {
        STATEMENT_BEGIN,
        STATEMENT_COMMIT,
        STATEMENT_ROLLBACK,
        STATEMENT_ZONE_PUT,
        STATEMENT_ZONE_DROP,
        STATEMENT_RECORDS_DROP,
        STATEMENT_RECORD_PUT,
        STATEMENT_RECORD_DROP,
        STATEMENT_SERIAL_PUT,
        STATEMENT_SERIAL_DROP,
        STATEMENT_UPSTREAM_PUT,
        STATEMENT_UPSTREAM_DROP,
        STATEMENT_LINK_PUT, /* from here on: runtime file only */
        STATEMENT_LINK_DROP,
        STATEMENT_REDO_PUT,
        STATEMENT_REDO_DROP,
        STATEMENT_APPLIED_PUT, /* persistent file only */
        STATEMENTS,
};

struct journal_file {
        enum journal_kind kind;
        char *path;
        sqlite3 *db;
        sqlite3_stmt *statements[STATEMENTS];
};

/* Opens or creates; puts aside what cannot be used. Negative errno: nothing can be done about it here. */
int journal_file_open(struct journal_file *file, enum journal_kind kind, const char *path);
void journal_file_close(struct journal_file *file);

int journal_file_begin(struct journal_file *file);
int journal_file_commit(struct journal_file *file);
void journal_file_rollback(struct journal_file *file); /* NULL-safe where no transaction is open */

/* Within a transaction. -EBADMSG: not well-formed operations. */
int journal_file_execute(struct journal_file *file, const uint8_t *operations, size_t size);
int journal_file_put_redo(struct journal_file *file, uint64_t number, const struct journal_operations *body);
int journal_file_drop_redo(struct journal_file *file);
int journal_file_put_applied(struct journal_file *file, uint64_t number);

/* Negative errno for the result of a SQLite call. */
int journal_file_errno(const struct journal_file *file, int result);

int journal_file_prepare(struct journal_file *file, const char *sql, sqlite3_stmt **ret);
int journal_file_prepare_all(struct journal_file *file); /* `statements` */

/* The column as a name; false where it is none. */
bool journal_column_name(sqlite3_stmt *statement, int column, struct name *ret);

static inline void statement_finalizep(sqlite3_stmt **statement)
{
        sqlite3_finalize(*statement);
}
#define _cleanup_statement_ _cleanup_(statement_finalizep)

/* Where the writer stands in a batch: for tests, which may kill it there or make it fail. */
enum journal_point {
        JOURNAL_POINT_TAKEN,    /* off the queue, nothing done */
        JOURNAL_POINT_PREPARED, /* both files: the redo row is committed */
        JOURNAL_POINT_DECIDED,  /* both files: the persistent file is committed */
        JOURNAL_POINT_FINISHED, /* all is committed */
};

/* In the writer's thread. A negative errno fails the step that follows (at FINISHED it is ignored). */
typedef int (*journal_hook_t)(void *userdata, enum journal_point point);

struct journal_transaction {
        struct journal_transaction *next;
        struct journal_operations operations[JOURNAL_KINDS];
        journal_done_t done;
        void *userdata;
        int result;
};

struct journal_list {
        struct journal_transaction *first, *last;
};

struct journal {
        struct journal_file files[JOURNAL_KINDS]; /* the thread's, once it runs */
        uint64_t applied;                         /* the thread's: of the persistent file */
        struct journal_operations unfinished;     /* the thread's: decided, step 3 to be tried again */
        journal_hook_t hook;                      /* set before the thread runs */
        void *hook_userdata;

        sd_event_source *completion;
        int event_fd;
        bool running;
        pthread_t thread;

        pthread_mutex_t lock; /* of all below */
        pthread_cond_t wake;
        struct journal_list queue;
        struct journal_list completed;
        size_t n_pending;    /* submitted and not reported */
        size_t size_pending; /* octets of the operations of those submitted and not committed */
        bool stopping;
        bool failing; /* a failure has not been reported to the loop yet */
};

/* After journal_open, before journal_load. */
void journal_set_hook(struct journal *journal, journal_hook_t hook, void *userdata);

/* Journals BATCH's operations in both files, wholly or not at all. In the writer's thread. */
int journal_commit_batch(struct journal *journal, const struct journal_list *batch);

/* Step 3: does `unfinished` and removes the redo rows. */
int journal_finish(struct journal *journal);

int journal_load_files(struct journal *journal, const struct journal_loader *loader);
