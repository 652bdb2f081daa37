/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/store-fixture.h"

#include <dirent.h>
#include <string.h>

#include "daemon/dns/rdata.h"

#define check(expression) \
        do { \
                if (!(expression)) { \
                        fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #expression); \
                        abort(); \
                } \
        } while (0)

void fixture_init(struct fixture *f, const char *parent)
{
        *f = (struct fixture){};
        check(asprintf(&f->directory, "%s/share53-store.XXXXXX", parent) > 0);
        check(mkdtemp(f->directory));
        check(asprintf(&f->persistent_path, "%s/persistent.db", f->directory) > 0);
        check(asprintf(&f->runtime_path, "%s/runtime.db", f->directory) > 0);
}

static bool named(const char *name, const char *prefix, const char *suffix)
{
        size_t size = strlen(name), end = strlen(suffix);

        return name[0] != '.' && strncmp(name, prefix, strlen(prefix)) == 0 && size >= end &&
               strcmp(name + size - end, suffix) == 0;
}

static size_t each_file(const struct fixture *f, const char *prefix, const char *suffix, bool remove_it)
{
        DIR *d = opendir(f->directory);
        size_t n = 0;

        check(d);
        for (struct dirent *e; (e = readdir(d));)
                if (named(e->d_name, prefix, suffix)) {
                        n++;
                        if (remove_it)
                                check(unlinkat(dirfd(d), e->d_name, 0) == 0);
                }
        closedir(d);
        return n;
}

size_t fixture_count_files(const struct fixture *f, const char *prefix, const char *suffix)
{
        return each_file(f, prefix, suffix, false);
}

void fixture_remove_files(const struct fixture *f, const char *prefix)
{
        each_file(f, prefix, "", true);
}

void fixture_destroy(struct fixture *f)
{
        fixture_stop(f);
        fixture_remove_files(f, "");
        check(rmdir(f->directory) == 0);
        free(f->directory);
        free(f->persistent_path);
        free(f->runtime_path);
}

struct restore {
        struct fixture *fixture;
        struct change *change;
};

static int restore_zone(void *userdata, const struct change_zone *zone)
{
        struct restore *restore = userdata;

        return change_restore_zone(restore->change, &zone->apex, zone->flags, zone->uid, zone->serial);
}

static int restore_record(void *userdata, const struct name *zone, const struct record *record)
{
        struct restore *restore = userdata;

        return change_add(restore->change, zone, record, 1, NULL);
}

static int restore_link(void *userdata, const struct journal_link *link)
{
        struct restore *restore = userdata;

        check(restore->fixture->n_links < FIXTURE_LINKS_MAX);
        restore->fixture->links[restore->fixture->n_links++] = *link;
        return 0;
}

static int restore_upstream(void *userdata, const struct upstream_rule *rule)
{
        struct restore *restore = userdata;

        check(restore->fixture->n_upstreams < FIXTURE_UPSTREAMS_MAX);
        restore->fixture->upstreams[restore->fixture->n_upstreams++] = *rule;
        return 0;
}

int fixture_open(struct fixture *f)
{
        int r;

        check(sd_event_new(&f->event) >= 0);
        check(zone_store_new(&f->store) >= 0);
        r = journal_open(f->event, f->persistent_path, f->runtime_path, &f->journal);
        if (r < 0) {
                fixture_stop(f);
                return r;
        }
        check(commit_queue_new(f->journal, &f->commits) >= 0);
        return 0;
}

int fixture_load(struct fixture *f)
{
        struct restore restore = {.fixture = f};
        struct journal_loader loader = {.zone = restore_zone,
                .record = restore_record,
                .link = restore_link,
                .upstream = restore_upstream,
                .userdata = &restore};
        int r;

        f->n_links = 0;
        f->n_upstreams = 0;
        check(change_new(f->store, &restore.change) >= 0);
        r = journal_load(f->journal, &loader);
        if (r >= 0)
                change_apply(restore.change);
        change_free(restore.change);
        return r;
}

void fixture_start(struct fixture *f)
{
        check(fixture_open(f) >= 0);
        check(fixture_load(f) >= 0);
}

void fixture_stop(struct fixture *f)
{
        f->journal = journal_close(f->journal);
        f->commits = commit_queue_free(f->commits);
        f->store = zone_store_free(f->store);
        f->event = sd_event_unref(f->event);
}

void fixture_restart(struct fixture *f)
{
        fixture_stop(f);
        fixture_start(f);
}

static int by_text(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

struct lines {
        char **items;
        size_t n;
};

static void add_line(struct lines *lines, char *line)
{
        lines->items = reallocarray(lines->items, lines->n + 1, sizeof(char *));
        check(lines->items);
        lines->items[lines->n++] = line;
}

static void dump_rrset(struct lines *lines, const struct zone_node *node, const struct rrset *set)
{
        char owner[NAME_TEXT_SIZE], type[RDATA_TYPE_TEXT_SIZE];
        struct name name;

        zone_node_name(node, &name);
        name_to_text(&name, owner);
        rdata_type_to_text(set->type, type);
        for (const struct rrset_entry *e = rrset_next(set, NULL); e; e = rrset_next(set, e)) {
                _cleanup_free_ char *rdata = NULL;
                char *line;

                check(rdata_to_text(set->type, e->rdata, e->size, &rdata) >= 0);
                check(asprintf(&line, "%s %s %u %s %s by %u\n", owner, type, e->ttl,
                              e->life == RECORD_PERSISTENT ? "p" : "r", rdata, e->uid) > 0);
                add_line(lines, line);
        }
}

static void dump_zone(struct lines *lines, const struct zone *zone)
{
        _cleanup_free_ const struct zone_node **nodes = NULL;
        char apex[NAME_TEXT_SIZE], *line;
        size_t n;

        check(asprintf(&line, "zone %s flags %llu by %u\n", name_to_text_bare(zone_apex(zone), apex),
                      (unsigned long long)zone_flags(zone), zone_uid(zone)) > 0);
        add_line(lines, line);
        check(zone_list_nodes(zone, &nodes, &n) >= 0);
        for (size_t i = 0; i < n; i++)
                for (const struct rrset *set = zone_node_next(nodes[i], NULL); set;
                        set = zone_node_next(nodes[i], set))
                        dump_rrset(lines, nodes[i], set);
}

char *fixture_dump(const struct zone_store *store)
{
        struct lines lines = {};
        size_t size = 1;
        char *text;

        for (const struct zone *z = zone_store_next(store, NULL); z; z = zone_store_next(store, z))
                dump_zone(&lines, z);
        if (lines.n > 0)
                qsort(lines.items, lines.n, sizeof(char *), by_text);
        for (size_t i = 0; i < lines.n; i++)
                size += strlen(lines.items[i]);
        text = calloc(1, size);
        check(text);
        for (size_t i = 0, at = 0; i < lines.n; i++) {
                at += (size_t)sprintf(text + at, "%s", lines.items[i]);
                free(lines.items[i]);
        }
        free(lines.items);
        return text;
}

struct name fixture_name(const char *text)
{
        struct name name;

        check(name_from_text(text, NULL, &name) >= 0);
        return name;
}

void fixture_record(struct record_list *list, const struct name *zone, uid_t uid, const char *text)
{
        char owner[256], type[16], life;
        _cleanup_free_ uint8_t *rdata = NULL;
        struct record record = {.uid = uid};
        int at;

        check(sscanf(text, "%255s %15s %u %c %n", owner, type, &record.ttl, &life, &at) == 4);
        check(name_from_text(owner, zone, &record.owner) >= 0);
        check(rdata_type_from_text(type, &record.type) >= 0);
        check(rdata_from_text(record.type, text + at, zone, &rdata, &record.rdata_size, NULL) >= 0);
        record.life = life == 'p' ? RECORD_PERSISTENT : RECORD_RUNTIME;
        record.rdata = rdata;
        check(record_list_add(list, &record) >= 0);
}

struct change *fixture_change(struct fixture *f)
{
        struct change *c;

        check(change_new(f->store, &c) >= 0);
        return c;
}

int fixture_step(
        struct change *c, enum fixture_step step, const char *zone, uid_t uid, const char *const *texts)
{
        static int (*const steps[])(struct change *, const struct name *, const struct record *, size_t,
                char **) = {change_set, change_add, change_replace};
        struct name apex = fixture_name(zone);
        struct record_list list = {};
        int r;

        for (; *texts; texts++)
                fixture_record(&list, &apex, uid, *texts);
        r = steps[step](c, &apex, list.items, list.n, NULL);
        record_list_clear(&list);
        return r;
}

static void on_durable(void *userdata, struct change *change, int r)
{
        struct fixture *f = userdata;

        f->n_done++;
        f->last = r;
}

int fixture_submit(struct fixture *f, struct change *c)
{
        return commit_submit(f->commits, c, on_durable, f);
}

void fixture_wait(struct fixture *f, size_t n)
{
        while (f->n_done < n)
                check(sd_event_run(f->event, 30 * 1000000ULL) > 0);
}

int fixture_commit(struct fixture *f, struct change *c)
{
        size_t n = f->n_done;
        int r;

        r = fixture_submit(f, c);
        if (r < 0)
                return r;
        fixture_wait(f, n + 1);
        return f->last;
}
