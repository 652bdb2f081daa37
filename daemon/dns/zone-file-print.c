/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/zone-file-print.h"

#include <inttypes.h>
#include <string.h>
#include <stdarg.h>
#include <time.h>

#include "daemon/dns/rdata.h"
#include "daemon/dns/zone-file.h"

/* Names that are longer push their line's columns aside. */
#define NAME_WIDTH_MAX 32
#define TYPE_WIDTH 6
#define TTL_WIDTH 6

/* What of a record is copied; its rdata follows, then the next. */
struct copy {
        uint16_t type;
        uint16_t size;
        uint32_t ttl;
        uint8_t owner_size; /* 0: that of the copy before */
};

struct buffer {
        char *data;
        size_t size, allocated;
};

struct zone_file_printer {
        struct name apex;
        uint64_t serial;
        int64_t now;
        struct buffer copies; /* struct copy, owner, rdata; packed */
        size_t position;      /* of the next copy */
        struct name owner;    /* of the copy before */
        int name_width;
        uint32_t ttl; /* of the first record */
        bool begun;
        struct buffer text;
};

static int buffer_reserve(struct buffer *b, size_t size)
{
        size_t allocated = b->allocated > 0 ? b->allocated : 1024;
        char *data;

        if (size <= b->allocated - b->size)
                return 0;
        while (allocated - b->size < size)
                allocated *= 2;
        data = realloc(b->data, allocated);
        if (!data)
                return -ENOMEM;
        b->data = data;
        b->allocated = allocated;
        return 0;
}

static int buffer_put(struct buffer *b, const void *data, size_t size)
{
        int r = buffer_reserve(b, size);

        if (r < 0)
                return r;
        if (size > 0)
                memcpy(b->data + b->size, data, size);
        b->size += size;
        return 0;
}

static int buffer_print(struct buffer *b, const char *format, ...) _printf_(2, 3);

static int buffer_print(struct buffer *b, const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        va_list ap;
        int n;

        va_start(ap, format);
        n = vasprintf(&text, format, ap);
        va_end(ap);
        if (n < 0) {
                text = NULL;
                return -ENOMEM;
        }
        return buffer_put(b, text, (size_t)n);
}

/* "@", or the name without the zone and its dot. */
static const char *relative(const struct name *name, const struct name *apex, char buf[NAME_TEXT_SIZE])
{
        struct name labels = {.size = (uint8_t)(name->size - apex->size + 1)};

        if (name->size == apex->size)
                return strcpy(buf, "@");
        memcpy(labels.wire, name->wire, labels.size - 1u); /* the root's label is 0 already */
        return name_to_text_bare(&labels, buf);
}

static int copy_record(struct zone_file_printer *p, const struct name *owner, uint16_t type, uint32_t ttl,
        const uint8_t *rdata, uint16_t size)
{
        struct copy copy = {.type = type, .size = size, .ttl = ttl};
        int r;

        if (p->copies.size == 0)
                p->ttl = ttl;
        if (!name_equal(&p->owner, owner))
                copy.owner_size = owner->size;
        p->owner = *owner;
        r = buffer_put(&p->copies, &copy, sizeof(copy));
        if (r >= 0)
                r = buffer_put(&p->copies, owner->wire, copy.owner_size);
        if (r >= 0)
                r = buffer_put(&p->copies, rdata, size);
        return r;
}

/* Entries with the same rdata, by several owners, stand together. */
static int copy_rrset(struct zone_file_printer *p, const struct name *owner, const struct rrset *set)
{
        const struct rrset_entry *e = rrset_next(set, NULL), *next;
        int r = 0;

        for (; r >= 0 && e; e = next) {
                uint32_t ttl = e->ttl;

                for (next = rrset_next(set, e); next && next->duplicate; next = rrset_next(set, next))
                        ttl = MIN(ttl, next->ttl);
                r = copy_record(p, owner, set->type, ttl, e->rdata, e->size);
        }
        return r;
}

static int compare_types(const void *a, const void *b)
{
        const struct rrset *x = *(const struct rrset *const *)a, *y = *(const struct rrset *const *)b;

        if ((x->type == RDATA_SOA) != (y->type == RDATA_SOA))
                return x->type == RDATA_SOA ? -1 : 1;
        return (int)x->type - (int)y->type;
}

static int copy_node(struct zone_file_printer *p, const struct zone *zone, const struct zone_node *node)
{
        _cleanup_free_ const struct rrset **sets = NULL;
        uint8_t soa[ZONE_SOA_RDATA_MAX];
        char text[NAME_TEXT_SIZE];
        struct name owner;
        size_t n = 0, k = 0;
        int r = 0;

        for (const struct rrset *s = zone_node_next(node, NULL); s; s = zone_node_next(node, s))
                n++;
        sets = calloc(n + 1, sizeof(struct rrset *));
        if (!sets)
                return -ENOMEM;
        for (const struct rrset *s = zone_node_next(node, NULL); s && k < n; s = zone_node_next(node, s))
                sets[k++] = s;
        qsort(sets, k, sizeof(struct rrset *), compare_types);
        zone_node_name(node, &owner);
        p->name_width = MAX(p->name_width, (int)strlen(relative(&owner, &p->apex, text)));
        p->name_width = MIN(p->name_width, NAME_WIDTH_MAX);
        for (size_t i = 0; r >= 0 && i < k; i++)
                r = sets[i]->type == RDATA_SOA && name_equal(&owner, &p->apex)
                            ? copy_record(p, &owner, RDATA_SOA, sets[i]->ttl, soa, zone_soa_rdata(zone, soa))
                            : copy_rrset(p, &owner, sets[i]);
        return r;
}

int zone_file_printer_new(const struct zone *zone, int64_t now, struct zone_file_printer **ret)
{
        _cleanup_(zone_file_printer_freep) struct zone_file_printer *p = calloc(1, sizeof(*p));
        _cleanup_free_ const struct zone_node **nodes = NULL;
        size_t n;
        int r;

        if (!p)
                return -ENOMEM;
        p->apex = *zone_apex(zone);
        p->serial = zone_serial(zone);
        p->now = now;
        p->ttl = ZONE_FILE_TTL;
        r = zone_list_nodes(zone, &nodes, &n);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = copy_node(p, zone, nodes[i]);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(p);
        return 0;
}

struct zone_file_printer *zone_file_printer_free(struct zone_file_printer *p)
{
        free(p->copies.data);
        free(p->text.data);
        free(p);
        return NULL;
}

static int print_header(struct zone_file_printer *p)
{
        time_t now = (time_t)p->now;
        char zone[NAME_TEXT_SIZE], origin[NAME_TEXT_SIZE], when[32] = "?";
        struct tm tm;

        if (gmtime_r(&now, &tm))
                (void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
        return buffer_print(&p->text,
                "; Zone %s, serial %" PRIu64 ", %s\n"
                "$ORIGIN %s\n"
                "$TTL %" PRIu32 "\n",
                name_to_text_bare(&p->apex, zone), p->serial, when, name_to_text(&p->apex, origin), p->ttl);
}

static int print_record(struct zone_file_printer *p)
{
        char owner[NAME_TEXT_SIZE], type[RDATA_TYPE_TEXT_SIZE];
        const uint8_t *data = (const uint8_t *)p->copies.data + p->position;
        _cleanup_free_ char *rdata = NULL;
        struct copy copy;
        int r;

        memcpy(&copy, data, sizeof(copy));
        data += sizeof(copy);
        if (copy.owner_size > 0) {
                memcpy(p->owner.wire, data, copy.owner_size);
                p->owner.size = copy.owner_size;
        }
        data += copy.owner_size;
        r = rdata_to_text(copy.type, data, copy.size, &rdata);
        if (r < 0)
                return r;
        p->position += sizeof(copy) + copy.owner_size + copy.size;
        return buffer_print(&p->text, "%-*s %*" PRIu32 " IN %-*s %s\n", p->name_width,
                relative(&p->owner, &p->apex, owner), TTL_WIDTH, copy.ttl, TYPE_WIDTH,
                rdata_type_to_text(copy.type, type), rdata);
}

ssize_t zone_file_printer_next(struct zone_file_printer *p, size_t octets, const char **ret)
{
        int r = 0;

        p->text.size = 0;
        if (!p->begun)
                r = print_header(p);
        p->begun = true;
        while (r >= 0 && p->text.size < octets && p->position < p->copies.size)
                r = print_record(p);
        if (r < 0)
                return r;
        *ret = p->text.data;
        return (ssize_t)p->text.size;
}
