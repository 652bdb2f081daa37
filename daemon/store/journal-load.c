/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>
#include <time.h>

#include "common/log.h"
#include "common/wire.h"
#include "daemon/dns/rdata.h"
#include "daemon/store/journal-internal.h"

/* Lines of the log for what is skipped, in one file. */
#define WARNINGS_MAX 10

struct load {
        struct journal *journal;
        const struct journal_loader *loader;
        sqlite3_stmt *zone_exists[JOURNAL_KINDS];
        sqlite3_stmt *serial[JOURNAL_KINDS];
        sqlite3_stmt *upstream_exists; /* in the persistent file */
        size_t skipped;
};

static void load_end(struct load *load)
{
        for (int kind = 0; kind < JOURNAL_KINDS; kind++) {
                sqlite3_finalize(load->zone_exists[kind]);
                sqlite3_finalize(load->serial[kind]);
        }
        sqlite3_finalize(load->upstream_exists);
}

static int load_begin(struct load *load)
{
        int r = 0;

        for (int kind = 0; r >= 0 && kind < JOURNAL_KINDS; kind++) {
                struct journal_file *file = &load->journal->files[kind];

                r = journal_file_prepare(
                        file, "SELECT 1 FROM zones WHERE apex = ?1", &load->zone_exists[kind]);
                if (r >= 0)
                        r = journal_file_prepare(
                                file, "SELECT serial FROM serials WHERE apex = ?1", &load->serial[kind]);
        }
        if (r >= 0)
                r = journal_file_prepare(&load->journal->files[JOURNAL_PERSISTENT],
                        "SELECT 1 FROM upstreams WHERE domain = ?1", &load->upstream_exists);
        return r;
}

/* What is skipped stays in the file: a later share53 may know it. */
static void skip(struct load *load, const struct journal_file *file, const char *what, const char *objection)
{
        if (load->skipped++ < WARNINGS_MAX)
                log_warning("%s: %s is not served: %s", file->path, what, objection);
}

static void report_skipped(struct load *load, const struct journal_file *file)
{
        if (load->skipped > WARNINGS_MAX)
                log_warning("%s: %zu more entries are not served", file->path, load->skipped - WARNINGS_MAX);
        load->skipped = 0;
}

/*
 * Steps through S's rows. What comes in a damaged place ends it, said in the log: what came before is served,
 * and quick_check will find the rest at the next start.
 */
static int next_row(struct journal_file *file, sqlite3_stmt *s)
{
        int result = sqlite3_step(s), r;

        if (result == SQLITE_ROW)
                return 1;
        r = journal_file_errno(file, result);
        if (r == -EUCLEAN) {
                log_error("%s is damaged: the rest of it is not served", file->path);
                return 0;
        }
        return r;
}

/* The first column of the row for NAME; 0: no row. */
static int look_up(struct journal_file *file, sqlite3_stmt *s, const struct name *name, uint64_t *ret)
{
        int r;

        (void)sqlite3_bind_blob(s, 1, name->wire, name->size, SQLITE_STATIC);
        r = next_row(file, s);
        if (r > 0)
                *ret = (uint64_t)sqlite3_column_int64(s, 0);
        sqlite3_reset(s);
        return r;
}

static int zone_exists(struct load *load, enum journal_kind kind, const struct name *apex)
{
        uint64_t one;

        return look_up(&load->journal->files[kind], load->zone_exists[kind], apex, &one);
}

/* A serial never goes back: the greatest of both files and of the present seconds, as change_apply does. */
static int find_serial(struct load *load, const struct name *apex, uint64_t *ret)
{
        uint64_t serial = (uint64_t)time(NULL);
        int r;

        for (int kind = 0; kind < JOURNAL_KINDS; kind++) {
                uint64_t kept = 0;

                r = look_up(&load->journal->files[kind], load->serial[kind], apex, &kept);
                if (r < 0)
                        return r;
                serial = MAX(serial, kept);
        }
        *ret = serial;
        return 0;
}

static int load_zone(struct load *load, struct journal_file *file, sqlite3_stmt *s)
{
        struct change_zone zone = {.state = CHANGE_ZONE_CREATED};
        char text[NAME_TEXT_SIZE];
        int r;

        if (!journal_column_name(s, 0, &zone.apex)) {
                skip(load, file, "a zone", "its name is not well-formed");
                return 0;
        }
        zone.flags = (uint64_t)sqlite3_column_int64(s, 1);
        zone.uid = (uid_t)sqlite3_column_int64(s, 2);
        if (file->kind == JOURNAL_RUNTIME) {
                r = zone_exists(load, JOURNAL_PERSISTENT, &zone.apex);
                if (r < 0)
                        return r;
                if (r > 0) {
                        skip(load, file, name_to_text(&zone.apex, text),
                                "a persistent zone has the same name");
                        return 0;
                }
        }
        r = find_serial(load, &zone.apex, &zone.serial);
        if (r < 0)
                return r;
        return load->loader->zone(load->loader->userdata, &zone);
}

static int load_zones(struct load *load, struct journal_file *file)
{
        _cleanup_statement_ sqlite3_stmt *s = NULL;
        int r;

        r = journal_file_prepare(file, "SELECT apex, flags, uid FROM zones", &s);
        while (r >= 0 && (r = next_row(file, s)) > 0)
                r = load_zone(load, file, s);
        return r;
}

/* What is wrong with RECORD; NULL: nothing. */
static const char *record_objection(const struct name *zone, const struct record *record, int64_t ttl)
{
        if (!name_is_below(&record->owner, zone))
                return "its name is not in its zone";
        if (!rdata_type_stored(record->type))
                return "its type is not supported";
        if (ttl < 0 || ttl > RECORD_TTL_MAX)
                return "its TTL is out of range";
        if (!rdata_check(record->type, record->rdata, record->rdata_size))
                return "its data are not valid for its type";
        return NULL;
}

/* The zone of the rows at hand: rows come zone by zone. */
struct zone_at_hand {
        struct name apex;
        bool exists;
};

/* Persistent records are only those of persistent zones; runtime records may be of either. */
static int find_zone(struct load *load, struct journal_file *file, sqlite3_stmt *s, struct zone_at_hand *zone)
{
        struct name apex;
        int r;

        if (!journal_column_name(s, 0, &apex)) {
                *zone = (struct zone_at_hand){};
                return 0;
        }
        if (zone->apex.size > 0 && name_equal(&zone->apex, &apex))
                return 0;
        r = zone_exists(load, JOURNAL_PERSISTENT, &apex);
        if (r == 0 && file->kind == JOURNAL_RUNTIME)
                r = zone_exists(load, JOURNAL_RUNTIME, &apex);
        if (r < 0)
                return r;
        *zone = (struct zone_at_hand){.apex = apex, .exists = r > 0};
        return 0;
}

static int load_record(
        struct load *load, struct journal_file *file, sqlite3_stmt *s, const struct zone_at_hand *zone)
{
        struct record record = {
                .life = file->kind == JOURNAL_PERSISTENT ? RECORD_PERSISTENT : RECORD_RUNTIME};
        int64_t type = sqlite3_column_int64(s, 2), ttl = sqlite3_column_int64(s, 5);
        char text[NAME_TEXT_SIZE];
        const char *objection;
        int size;

        if (!journal_column_name(s, 1, &record.owner)) {
                skip(load, file, "a record", "its name is not well-formed");
                return 0;
        }
        record.rdata = (uint8_t *)sqlite3_column_blob(s, 3);
        size = sqlite3_column_bytes(s, 3);
        if (!zone->exists)
                objection = "its zone is not there";
        else if (type < 0 || type > UINT16_MAX || size < 0 || size > RECORD_RDATA_MAX)
                objection = "its type or its data are out of range";
        else {
                record.type = (uint16_t)type;
                record.ttl = (uint32_t)ttl;
                record.uid = (uid_t)sqlite3_column_int64(s, 4);
                record.rdata_size = (uint16_t)size;
                objection = record_objection(&zone->apex, &record, ttl);
        }
        if (objection) {
                skip(load, file, name_to_text(&record.owner, text), objection);
                return 0;
        }
        return load->loader->record(load->loader->userdata, &zone->apex, &record);
}

static int load_records(struct load *load, struct journal_file *file)
{
        _cleanup_statement_ sqlite3_stmt *s = NULL;
        struct zone_at_hand zone = {};
        int r;

        r = journal_file_prepare(file,
                "SELECT zone, owner, type, rdata, uid, ttl FROM records"
                " ORDER BY zone, owner, type, rdata, uid",
                &s);
        while (r >= 0 && (r = next_row(file, s)) > 0) {
                r = find_zone(load, file, s, &zone);
                if (r >= 0)
                        r = load_record(load, file, s, &zone);
        }
        return r;
}

static bool read_domains(struct wire *w, struct journal_link *link)
{
        while (wire_left(w) > 0) {
                struct journal_domain *domain = &link->domains[link->n_domains];

                if (link->n_domains == JOURNAL_LINK_DOMAINS_MAX)
                        return false;
                domain->route_only = wire_read_u8(w);
                if (name_read(w, &domain->name) < 0)
                        return false;
                link->n_domains++;
        }
        return true;
}

static int load_link(struct load *load, struct journal_file *file, sqlite3_stmt *s)
{
        _cleanup_free_ struct journal_link *link = calloc(1, sizeof(*link));
        const char *ifname = (const char *)sqlite3_column_text(s, 0);
        struct wire domains;

        if (!link)
                return -ENOMEM;
        domains = wire_reader(sqlite3_column_blob(s, 4), (size_t)sqlite3_column_bytes(s, 4));
        if (!ifname || strlen(ifname) == 0 || strlen(ifname) >= sizeof(link->ifname) ||
                !read_domains(&domains, link)) {
                skip(load, file, "a link", "its name or its domains are not well-formed");
                return 0;
        }
        strcpy(link->ifname, ifname);
        link->ifindex = (uint32_t)sqlite3_column_int64(s, 1);
        link->uid = (uid_t)sqlite3_column_int64(s, 2);
        link->default_route = sqlite3_column_int64(s, 3) != 0;
        return load->loader->link(load->loader->userdata, link);
}

static int load_links(struct load *load, struct journal_file *file)
{
        _cleanup_statement_ sqlite3_stmt *s = NULL;
        int r;

        r = journal_file_prepare(file, "SELECT ifname, ifindex, uid, default_route, domains FROM links", &s);
        while (r >= 0 && (r = next_row(file, s)) > 0)
                r = load_link(load, file, s);
        return r;
}

/* What is wrong with the rule in S's row, which is read into RULE; NULL: nothing. */
static const char *read_upstream(sqlite3_stmt *s, struct upstream_rule *rule)
{
        const void *servers = sqlite3_column_blob(s, 3);
        int size = sqlite3_column_bytes(s, 3);

        rule->flags = (uint64_t)sqlite3_column_int64(s, 1);
        rule->uid = (uid_t)sqlite3_column_int64(s, 2);
        rule->origin = UPSTREAM_ORIGIN_BUS;
        if (rule->flags & ~(uint64_t)(UPSTREAM_VALIDATE | UPSTREAM_PERSISTENT))
                return "it has flags that are not known";
        if (size < 0 || !journal_decode_servers(servers, (size_t)size, rule))
                return "its servers are not well-formed";
        return NULL;
}

static int load_upstream(struct load *load, struct journal_file *file, sqlite3_stmt *s)
{
        struct upstream_rule rule = {};
        char text[NAME_TEXT_SIZE];
        const char *objection;
        uint64_t one;
        int r = 0;

        if (!journal_column_name(s, 0, &rule.domain)) {
                skip(load, file, "an upstream", "its domain is not well-formed");
                return 0;
        }
        objection = read_upstream(s, &rule);
        if (!objection && !(rule.flags & UPSTREAM_PERSISTENT) != (file->kind == JOURNAL_RUNTIME))
                objection = "it is in the wrong file";
        if (!objection && file->kind == JOURNAL_RUNTIME) {
                r = look_up(
                        &load->journal->files[JOURNAL_PERSISTENT], load->upstream_exists, &rule.domain, &one);
                if (r < 0)
                        return r;
                if (r > 0)
                        objection = "a persistent one has the same domain";
        }
        if (objection) {
                char what[NAME_TEXT_SIZE + 16];

                snprintf(what, sizeof(what), "upstream %s", name_to_text(&rule.domain, text));
                skip(load, file, what, objection);
                return 0;
        }
        return load->loader->upstream(load->loader->userdata, &rule);
}

static int load_upstreams(struct load *load, struct journal_file *file)
{
        _cleanup_statement_ sqlite3_stmt *s = NULL;
        int r;

        r = journal_file_prepare(file, "SELECT domain, flags, uid, servers FROM upstreams", &s);
        while (r >= 0 && (r = next_row(file, s)) > 0)
                r = load_upstream(load, file, s);
        return r;
}

static int read_applied(struct journal *journal)
{
        struct journal_file *file = &journal->files[JOURNAL_PERSISTENT];
        _cleanup_statement_ sqlite3_stmt *s = NULL;
        int r;

        r = journal_file_prepare(file, "SELECT number FROM applied", &s);
        if (r >= 0)
                r = next_row(file, s);
        if (r > 0)
                journal->applied = (uint64_t)sqlite3_column_int64(s, 0);
        return MIN(r, 0);
}

/* Reads the redo rows that the persistent file has decided into `unfinished`. Returns the number of all rows.
 */
static int read_redo(struct journal *journal)
{
        struct journal_file *file = &journal->files[JOURNAL_RUNTIME];
        _cleanup_statement_ sqlite3_stmt *s = NULL;
        int n = 0, r;

        r = journal_file_prepare(file, "SELECT number, operations FROM redo ORDER BY number", &s);
        for (; r >= 0 && (r = next_row(file, s)) > 0; n++) {
                struct journal_operations operations = {
                        .data = (uint8_t *)sqlite3_column_blob(s, 1),
                        .size = (size_t)sqlite3_column_bytes(s, 1),
                };

                if ((uint64_t)sqlite3_column_int64(s, 0) <= journal->applied)
                        journal_operations_append(&journal->unfinished, &operations);
                if (journal->unfinished.failed)
                        return -ENOMEM;
        }
        return r < 0 ? r : n;
}

/* A batch of both files that was cut short: finished where the persistent file has it, else forgotten. */
static int redo(struct journal *journal)
{
        int r;

        r = read_redo(journal);
        if (r <= 0)
                return r;
        r = journal_finish(journal);
        if (r == -EBADMSG) {
                log_error("%s: a change that was cut short cannot be read, and is left out",
                        journal->files[JOURNAL_RUNTIME].path);
                journal_operations_clear(&journal->unfinished);
                r = journal_finish(journal);
        }
        return r;
}

static int load_all(struct load *load)
{
        struct journal_file *files = load->journal->files;
        int r;

        r = load_begin(load);
        if (r >= 0)
                r = load_zones(load, &files[JOURNAL_PERSISTENT]);
        if (r >= 0)
                r = load_zones(load, &files[JOURNAL_RUNTIME]);
        if (r >= 0)
                r = load_records(load, &files[JOURNAL_PERSISTENT]);
        if (r >= 0)
                r = load_upstreams(load, &files[JOURNAL_PERSISTENT]);
        report_skipped(load, &files[JOURNAL_PERSISTENT]);
        if (r >= 0)
                r = load_records(load, &files[JOURNAL_RUNTIME]);
        if (r >= 0)
                r = load_links(load, &files[JOURNAL_RUNTIME]);
        if (r >= 0)
                r = load_upstreams(load, &files[JOURNAL_RUNTIME]);
        report_skipped(load, &files[JOURNAL_RUNTIME]);
        return r;
}

int journal_load_files(struct journal *journal, const struct journal_loader *loader)
{
        _cleanup_(load_end) struct load load = {.journal = journal, .loader = loader};
        int r;

        r = read_applied(journal);
        if (r >= 0)
                r = redo(journal);
        if (r >= 0)
                r = load_all(&load);
        return MIN(r, 0);
}
