/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/log.h"
#include "common/reason.h"
#include "daemon/store/journal-internal.h"

#define APPLICATION_ID 0x73683533 /* "sh53" */
#define SCHEMA_VERSION 2          /* 1: without upstreams */

/* Internal: the file is to be put aside. No syscall of a file's returns it. */
#define UNUSABLE (-ELIBBAD)

/*
 * locking_mode=EXCLUSIVE, before the first access: nobody else can write, or hold up a commit or a
 * checkpoint; and the WAL's index is then in our memory instead of a mapped FILE-shm. To look into a file
 * while the daemon runs, copy it with its -wal.
 */
static const char settings[] = "PRAGMA locking_mode=EXCLUSIVE;"
                               "PRAGMA trusted_schema=OFF;"
                               "PRAGMA cell_size_check=ON;"
                               "PRAGMA temp_store=MEMORY;";
static const char journal_settings[] = "PRAGMA synchronous=FULL;"
                                       "PRAGMA journal_size_limit=4194304;";

/* Names and rdata are in wire format, names in lower case. */
static const char schema_common[] =
        "CREATE TABLE zones (apex BLOB PRIMARY KEY, flags INTEGER NOT NULL, uid INTEGER NOT NULL) WITHOUT "
        "ROWID;"
        "CREATE TABLE serials (apex BLOB PRIMARY KEY, serial INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE records (zone BLOB, owner BLOB, type INTEGER, rdata BLOB, uid INTEGER, ttl INTEGER NOT "
        "NULL,"
        " PRIMARY KEY (zone, owner, type, rdata, uid)) WITHOUT ROWID;";
static const char schema_upstreams[] =
        "CREATE TABLE upstreams (domain BLOB PRIMARY KEY, flags INTEGER NOT NULL, uid INTEGER NOT NULL,"
        " servers BLOB NOT NULL) WITHOUT ROWID;";
static const char *const schema[JOURNAL_KINDS] = {
        [JOURNAL_RUNTIME] =
                "CREATE TABLE links (ifname TEXT PRIMARY KEY, ifindex INTEGER NOT NULL, uid INTEGER NOT NULL,"
                " default_route INTEGER NOT NULL, domains BLOB NOT NULL) WITHOUT ROWID;"
                "CREATE TABLE redo (number INTEGER PRIMARY KEY, operations BLOB NOT NULL);",
        [JOURNAL_PERSISTENT] = "CREATE TABLE applied (id INTEGER PRIMARY KEY CHECK (id = 1),"
                               " number INTEGER NOT NULL);",
};

/* Runs SQL of one or more statements; rows are dropped. */
static int execute_text(struct journal_file *file, const char *sql)
{
        return journal_file_errno(file, sqlite3_exec(file->db, sql, NULL, NULL, NULL));
}

/* The first column of the first row of SQL, as a number. -ENODATA: no row. */
static int query_number(struct journal_file *file, const char *sql, int64_t *ret)
{
        _cleanup_statement_ sqlite3_stmt *s = NULL;
        int result, r;

        r = journal_file_prepare(file, sql, &s);
        if (r < 0)
                return r;
        result = sqlite3_step(s);
        if (result != SQLITE_ROW)
                return result == SQLITE_DONE ? -ENODATA : journal_file_errno(file, result);
        *ret = sqlite3_column_int64(s, 0);
        return 0;
}

/* Whether the first column of the first row of SQL is TEXT. */
static int query_is(struct journal_file *file, const char *sql, const char *text)
{
        _cleanup_statement_ sqlite3_stmt *s = NULL;
        const unsigned char *is;
        int result, r;

        r = journal_file_prepare(file, sql, &s);
        if (r < 0)
                return r;
        result = sqlite3_step(s);
        if (result != SQLITE_ROW)
                return result == SQLITE_DONE ? -ENODATA : journal_file_errno(file, result);
        is = sqlite3_column_text(s, 0);
        return is && strcmp((const char *)is, text) == 0;
}

/* Whose file it is: the version of its tables, 0 for an empty one. */
static int check_identity(struct journal_file *file, char **ret_reason)
{
        int64_t id, version, objects;
        int r;

        r = query_number(file, "PRAGMA application_id", &id);
        if (r >= 0)
                r = query_number(file, "PRAGMA user_version", &version);
        if (r >= 0)
                r = query_number(file, "SELECT count(*) FROM sqlite_schema", &objects);
        if (r < 0)
                return r;
        if (id == 0 && version == 0 && objects == 0)
                return 0;
        if (id != APPLICATION_ID)
                return reason_set(ret_reason, UNUSABLE, "it is not a journal of share53");
        if (version < 1 || version > SCHEMA_VERSION)
                return reason_set(ret_reason, UNUSABLE, "it has format %lld, this share53 knows format %d",
                        (long long)version, SCHEMA_VERSION);
        return (int)version;
}

static int create_schema(struct journal_file *file)
{
        _cleanup_free_ char *sql = NULL;

        if (asprintf(&sql, "BEGIN; %s %s %s PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT;",
                    schema_common, schema_upstreams, schema[file->kind], APPLICATION_ID,
                    SCHEMA_VERSION) < 0) {
                sql = NULL;
                return -ENOMEM;
        }
        return execute_text(file, sql);
}

/* Brings the tables of an older version up to date, wholly or not at all. */
static int upgrade_schema(struct journal_file *file, int version)
{
        _cleanup_free_ char *sql = NULL;
        int r;

        if (version == SCHEMA_VERSION)
                return 0;
        if (asprintf(&sql, "BEGIN; %s PRAGMA user_version=%d; COMMIT;", schema_upstreams, SCHEMA_VERSION) <
                0) {
                sql = NULL;
                return -ENOMEM;
        }
        r = execute_text(file, sql);
        if (r < 0)
                (void)execute_text(file, "ROLLBACK");
        return r;
}

/* What SQLite makes of a damaged file depends on where the damage is. */
static int damage(int r, char **ret_reason)
{
        return r == -EUCLEAN || r == -ENODATA ? reason_set(ret_reason, UNUSABLE, "it is damaged") : r;
}

static int set_up(struct journal_file *file, char **ret_reason)
{
        int version, r;

        (void)sqlite3_extended_result_codes(file->db, 1);
        (void)sqlite3_db_config(file->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        r = execute_text(file, settings);
        if (r < 0)
                return damage(r, ret_reason);
        version = check_identity(file, ret_reason);
        if (version < 0)
                return damage(version, ret_reason);
        /* It was open for writing before, so that is what its header says: a later format. */
        if (sqlite3_db_readonly(file->db, "main"))
                return reason_set(ret_reason, UNUSABLE, "this SQLite can only read it");
        r = query_is(file, "PRAGMA journal_mode=WAL", "wal");
        if (r == 0)
                r = -EIO;
        if (r >= 0)
                r = execute_text(file, journal_settings);
        if (r < 0)
                return damage(r, ret_reason);
        if (version == 0)
                r = create_schema(file);
        else {
                r = query_is(file, "PRAGMA quick_check(1)", "ok");
                if (r == 0)
                        return reason_set(ret_reason, UNUSABLE, "it is damaged");
                if (r > 0)
                        r = upgrade_schema(file, version);
        }
        if (r < 0)
                return damage(r, ret_reason);
        r = journal_file_prepare_all(file);
        if (r == -EUCLEAN && sqlite3_errcode(file->db) == SQLITE_ERROR)
                return reason_set(
                        ret_reason, UNUSABLE, "its tables are not those of format %d", SCHEMA_VERSION);
        return damage(r, ret_reason);
}

/* The file is made here, so that it is never readable by others; SQLite gives -wal the same mode. */
static int open_once(struct journal_file *file, char **ret_reason)
{
        _cleanup_close_ int fd = -1;
        int result;

        fd = open(file->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
        if (fd < 0)
                return -errno;
        fd = safe_close(fd);
        result = sqlite3_open_v2(file->path, &file->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
        if (result != SQLITE_OK)
                return damage(journal_file_errno(file, result), ret_reason);
        return set_up(file, ret_reason);
}

static void close_database(struct journal_file *file)
{
        for (int i = 0; i < STATEMENTS; i++) {
                sqlite3_finalize(file->statements[i]);
                file->statements[i] = NULL;
        }
        sqlite3_close(file->db);
        file->db = NULL;
}

/* Renames the file with what belongs to it, so that a person can look at it with sqlite3. */
static int put_aside(const struct journal_file *file, const char *reason)
{
        static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
        _cleanup_free_ char *aside = NULL;

        if (asprintf(&aside, "%s.unusable-%lld", file->path, (long long)time(NULL)) < 0) {
                aside = NULL;
                return -ENOMEM;
        }
        for (size_t i = 0; i < ELEMENTSOF(suffixes); i++) {
                _cleanup_free_ char *from = NULL, *to = NULL;

                if (asprintf(&from, "%s%s", file->path, suffixes[i]) < 0)
                        from = NULL;
                if (asprintf(&to, "%s%s", aside, suffixes[i]) < 0)
                        to = NULL;
                if (!from || !to)
                        return -ENOMEM;
                if (rename(from, to) < 0 && errno != ENOENT)
                        return -errno;
        }
        log_error("%s cannot be used: %s. It is kept as %s, and begun anew; what was in it is not served.",
                file->path, reason ? reason : "it is damaged", aside);
        return 0;
}

int journal_file_open(struct journal_file *file, enum journal_kind kind, const char *path)
{
        _cleanup_free_ char *reason = NULL, *reason_again = NULL;
        int r;

        *file = (struct journal_file){.kind = kind, .path = strdup(path)};
        if (!file->path)
                return -ENOMEM;
        r = open_once(file, &reason);
        if (r == UNUSABLE) {
                /* With its WAL as it is, for a person to look at. */
                (void)sqlite3_db_config(file->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
                close_database(file);
                r = put_aside(file, reason);
                if (r >= 0)
                        r = open_once(file, &reason_again);
                if (r == UNUSABLE)
                        r = -EUCLEAN;
        }
        if (r < 0)
                journal_file_close(file);
        return r;
}

void journal_file_close(struct journal_file *file)
{
        close_database(file);
        free(TAKE_PTR(file->path));
}
