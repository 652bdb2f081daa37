/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "common/wire.h"
#include "daemon/store/journal-internal.h"
#include "daemon/store/journal-operation.h"

static const char *const statement_text[STATEMENTS] = {
        [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
        [STATEMENT_COMMIT] = "COMMIT",
        [STATEMENT_ROLLBACK] = "ROLLBACK",
        [STATEMENT_ZONE_PUT] = "INSERT OR REPLACE INTO zones (apex, flags, uid) VALUES (?1, ?2, ?3)",
        [STATEMENT_ZONE_DROP] = "DELETE FROM zones WHERE apex = ?1",
        [STATEMENT_RECORDS_DROP] = "DELETE FROM records WHERE zone = ?1",
        [STATEMENT_RECORD_PUT] = "INSERT OR REPLACE INTO records (zone, owner, type, rdata, uid, ttl)"
                                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        [STATEMENT_RECORD_DROP] = "DELETE FROM records"
                                  " WHERE zone = ?1 AND owner = ?2 AND type = ?3 AND rdata = ?4 AND uid = ?5",
        [STATEMENT_SERIAL_PUT] = "INSERT OR REPLACE INTO serials (apex, serial) VALUES (?1, ?2)",
        [STATEMENT_SERIAL_DROP] = "DELETE FROM serials WHERE apex = ?1",
        [STATEMENT_UPSTREAM_PUT] = "INSERT OR REPLACE INTO upstreams (domain, flags, uid, servers)"
                                   " VALUES (?1, ?2, ?3, ?4)",
        [STATEMENT_UPSTREAM_DROP] = "DELETE FROM upstreams WHERE domain = ?1",
        [STATEMENT_LINK_PUT] = "INSERT OR REPLACE INTO links (ifname, ifindex, uid, default_route, domains)"
                               " VALUES (?1, ?2, ?3, ?4, ?5)",
        [STATEMENT_LINK_DROP] = "DELETE FROM links WHERE ifname = ?1",
        [STATEMENT_REDO_PUT] = "INSERT INTO redo (number, operations) VALUES (?1, ?2)",
        [STATEMENT_REDO_DROP] = "DELETE FROM redo",
        [STATEMENT_APPLIED_PUT] = "INSERT OR REPLACE INTO applied (id, number) VALUES (1, ?1)",
};

static bool statement_is_for(enum journal_statement statement, enum journal_kind kind)
{
        if (statement == STATEMENT_APPLIED_PUT)
                return kind == JOURNAL_PERSISTENT;
        return statement < STATEMENT_LINK_PUT || kind == JOURNAL_RUNTIME;
}

int journal_file_errno(const struct journal_file *file, int result)
{
        int system = file->db ? sqlite3_system_errno(file->db) : 0;

        switch (result & 0xff) {
        case SQLITE_OK:
        case SQLITE_ROW:
        case SQLITE_DONE:
                return 0;
        case SQLITE_FULL:
                return -ENOSPC;
        case SQLITE_READONLY:
                return -EROFS;
        case SQLITE_NOMEM:
                return -ENOMEM;
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
                return -EBUSY;
        case SQLITE_PERM:
        case SQLITE_AUTH:
                return -EACCES;
        case SQLITE_TOOBIG:
                return -E2BIG;
        case SQLITE_IOERR:
                if (result == SQLITE_IOERR_NOMEM)
                        return -ENOMEM;
                return system > 0 ? -system : -EIO; /* EDQUOT comes this way */
        case SQLITE_CANTOPEN:
                return system > 0 ? -system : -EIO;
        default: /* SQLITE_CORRUPT, SQLITE_NOTADB, and SQLITE_ERROR where the schema is not ours */
                return -EUCLEAN;
        }
}

int journal_file_prepare(struct journal_file *file, const char *sql, sqlite3_stmt **ret)
{
        return journal_file_errno(
                file, sqlite3_prepare_v3(file->db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL));
}

int journal_file_prepare_all(struct journal_file *file)
{
        int r;

        for (int i = 0; i < STATEMENTS; i++) {
                if (!statement_is_for(i, file->kind))
                        continue;
                r = journal_file_prepare(file, statement_text[i], &file->statements[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

bool journal_column_name(sqlite3_stmt *statement, int column, struct name *ret)
{
        const void *wire = sqlite3_column_blob(statement, column);
        int size = sqlite3_column_bytes(statement, column);

        if (!wire || size <= 0 || name_from_wire(wire, (size_t)size, ret) < 0)
                return false;
        name_lower(ret);
        return true;
}

/* Runs a prepared statement that gives no rows, and makes it ready for the next time. */
static int run(struct journal_file *file, enum journal_statement statement)
{
        sqlite3_stmt *s = file->statements[statement];
        int result = sqlite3_step(s);
        int r = journal_file_errno(file, result);

        sqlite3_reset(s);
        return r;
}

int journal_file_begin(struct journal_file *file)
{
        return run(file, STATEMENT_BEGIN);
}

int journal_file_commit(struct journal_file *file)
{
        int r = run(file, STATEMENT_COMMIT);

        if (r < 0)
                journal_file_rollback(file);
        return r;
}

void journal_file_rollback(struct journal_file *file)
{
        /* SQLite rolls back by itself after some errors. */
        if (!sqlite3_get_autocommit(file->db))
                (void)run(file, STATEMENT_ROLLBACK);
}

/* Names and rdata bound here are good until the run that follows; none of them is bound again before. */
static void bind_octets(struct journal_file *file, enum journal_statement statement, int place,
        const void *octets, size_t size)
{
        (void)sqlite3_bind_blob64(
                file->statements[statement], place, size > 0 ? octets : "", size, SQLITE_STATIC);
}

static void bind_name(
        struct journal_file *file, enum journal_statement statement, int place, const struct name *name)
{
        bind_octets(file, statement, place, name->wire, name->size);
}

static void bind_number(
        struct journal_file *file, enum journal_statement statement, int place, uint64_t number)
{
        (void)sqlite3_bind_int64(file->statements[statement], place, (sqlite3_int64)number);
}

static uint64_t read_u64(struct wire *w)
{
        uint64_t high = wire_read_u32(w);

        return high << 32 | wire_read_u32(w);
}

/* What the record operations at hand are about. */
struct rrset_at_hand {
        bool named;
        struct name zone;
        struct name owner;
        uint16_t type;
};

static int execute_zone_drop(struct journal_file *file, struct wire *w)
{
        static const enum journal_statement statements[] = {
                STATEMENT_ZONE_DROP, STATEMENT_RECORDS_DROP, STATEMENT_SERIAL_DROP};
        struct name apex;
        int r;

        if (name_read(w, &apex) < 0)
                return -EBADMSG;
        for (size_t i = 0; i < ELEMENTSOF(statements); i++) {
                bind_name(file, statements[i], 1, &apex);
                r = run(file, statements[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int execute_zone_put(struct journal_file *file, struct wire *w)
{
        struct name apex;
        uint64_t flags;
        uint32_t uid;

        if (name_read(w, &apex) < 0)
                return -EBADMSG;
        flags = read_u64(w);
        uid = wire_read_u32(w);
        if (w->failed)
                return -EBADMSG;
        bind_name(file, STATEMENT_ZONE_PUT, 1, &apex);
        bind_number(file, STATEMENT_ZONE_PUT, 2, flags);
        bind_number(file, STATEMENT_ZONE_PUT, 3, uid);
        return run(file, STATEMENT_ZONE_PUT);
}

static int execute_serial(struct journal_file *file, struct wire *w)
{
        struct name apex;
        uint64_t serial;

        if (name_read(w, &apex) < 0)
                return -EBADMSG;
        serial = read_u64(w);
        if (w->failed)
                return -EBADMSG;
        bind_name(file, STATEMENT_SERIAL_PUT, 1, &apex);
        bind_number(file, STATEMENT_SERIAL_PUT, 2, serial);
        return run(file, STATEMENT_SERIAL_PUT);
}

static int execute_rrset(struct wire *w, struct rrset_at_hand *rrset)
{
        if (name_read(w, &rrset->zone) < 0 || name_read(w, &rrset->owner) < 0)
                return -EBADMSG;
        rrset->type = wire_read_u16(w);
        rrset->named = !w->failed;
        return w->failed ? -EBADMSG : 0;
}

static int execute_record(
        struct journal_file *file, struct wire *w, const struct rrset_at_hand *rrset, bool keep)
{
        enum journal_statement statement = keep ? STATEMENT_RECORD_PUT : STATEMENT_RECORD_DROP;
        uint32_t uid = wire_read_u32(w), ttl = 0;
        uint16_t size = wire_read_u16(w);
        const uint8_t *rdata = wire_take(w, size);

        if (keep)
                ttl = wire_read_u32(w);
        if (w->failed || !rrset->named)
                return -EBADMSG;
        bind_name(file, statement, 1, &rrset->zone);
        bind_name(file, statement, 2, &rrset->owner);
        bind_number(file, statement, 3, rrset->type);
        bind_octets(file, statement, 4, rdata, size);
        bind_number(file, statement, 5, uid);
        if (keep)
                bind_number(file, statement, 6, ttl);
        return run(file, statement);
}

static int execute_link(struct journal_file *file, struct wire *w, bool keep)
{
        enum journal_statement statement = keep ? STATEMENT_LINK_PUT : STATEMENT_LINK_DROP;
        uint8_t ifname_size = wire_read_u8(w);
        const char *ifname = (const char *)wire_take(w, ifname_size);
        uint32_t ifindex, uid;
        uint16_t domains_size;
        const uint8_t *domains;
        uint8_t default_route;

        if (file->kind != JOURNAL_RUNTIME || w->failed)
                return -EBADMSG;
        (void)sqlite3_bind_text(file->statements[statement], 1, ifname, ifname_size, SQLITE_STATIC);
        if (!keep)
                return run(file, statement);
        ifindex = wire_read_u32(w);
        uid = wire_read_u32(w);
        default_route = wire_read_u8(w);
        domains_size = wire_read_u16(w);
        domains = wire_take(w, domains_size);
        if (w->failed)
                return -EBADMSG;
        bind_number(file, statement, 2, ifindex);
        bind_number(file, statement, 3, uid);
        bind_number(file, statement, 4, default_route);
        bind_octets(file, statement, 5, domains, domains_size);
        return run(file, statement);
}

static int execute_upstream(struct journal_file *file, struct wire *w, bool keep)
{
        enum journal_statement statement = keep ? STATEMENT_UPSTREAM_PUT : STATEMENT_UPSTREAM_DROP;
        const uint8_t *servers;
        struct name domain;
        uint16_t size;
        uint64_t flags;
        uint32_t uid;

        if (name_read(w, &domain) < 0)
                return -EBADMSG;
        bind_name(file, statement, 1, &domain);
        if (!keep)
                return run(file, statement);
        flags = read_u64(w);
        uid = wire_read_u32(w);
        size = wire_read_u16(w);
        servers = wire_take(w, size);
        if (w->failed)
                return -EBADMSG;
        bind_number(file, statement, 2, flags);
        bind_number(file, statement, 3, uid);
        bind_octets(file, statement, 4, servers, size);
        return run(file, statement);
}

int journal_file_execute(struct journal_file *file, const uint8_t *operations, size_t size)
{
        struct wire w = wire_reader(operations, size);
        struct rrset_at_hand rrset = {};
        int r = 0;

        while (r == 0 && wire_left(&w) > 0)
                switch (wire_read_u8(&w)) {
                case OPERATION_ZONE_DROP:
                        r = execute_zone_drop(file, &w);
                        break;
                case OPERATION_ZONE_PUT:
                        r = execute_zone_put(file, &w);
                        break;
                case OPERATION_SERIAL:
                        r = execute_serial(file, &w);
                        break;
                case OPERATION_RRSET:
                        r = execute_rrset(&w, &rrset);
                        break;
                case OPERATION_RECORD_DROP:
                        r = execute_record(file, &w, &rrset, false);
                        break;
                case OPERATION_RECORD_PUT:
                        r = execute_record(file, &w, &rrset, true);
                        break;
                case OPERATION_LINK_PUT:
                        r = execute_link(file, &w, true);
                        break;
                case OPERATION_LINK_DROP:
                        r = execute_link(file, &w, false);
                        break;
                case OPERATION_UPSTREAM_PUT:
                        r = execute_upstream(file, &w, true);
                        break;
                case OPERATION_UPSTREAM_DROP:
                        r = execute_upstream(file, &w, false);
                        break;
                default:
                        r = -EBADMSG;
                }
        return r;
}

int journal_file_put_redo(struct journal_file *file, uint64_t number, const struct journal_operations *body)
{
        int r = journal_file_drop_redo(file);

        if (r < 0)
                return r;
        bind_number(file, STATEMENT_REDO_PUT, 1, number);
        bind_octets(file, STATEMENT_REDO_PUT, 2, body->data, body->size);
        return run(file, STATEMENT_REDO_PUT);
}

int journal_file_drop_redo(struct journal_file *file)
{
        return run(file, STATEMENT_REDO_DROP);
}

int journal_file_put_applied(struct journal_file *file, uint64_t number)
{
        bind_number(file, STATEMENT_APPLIED_PUT, 1, number);
        return run(file, STATEMENT_APPLIED_PUT);
}
