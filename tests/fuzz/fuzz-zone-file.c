/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The input is a zone file. Whole or octet by octet, it gives the same records, or the same error. What of it
 * a zone takes prints as a zone file that gives the same zone, whose print is the same, and so on for ever.
 */

#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "daemon/dns/change.h"
#include "daemon/dns/zone-file-print.h"
#include "daemon/dns/zone-file.h"

#define RECORDS_MAX 512 /* to be told from endless input */

static struct name apex;

static int on_record(void *userdata, const struct record *record, char **ret_reason)
{
        struct record_list *list = userdata;

        holds(name_is_below(&record->owner, &apex));
        holds(record->ttl <= RECORD_TTL_MAX);
        holds(rdata_check(record->type, record->rdata, record->rdata_size));
        if (list->n == RECORDS_MAX)
                return -ENOBUFS;
        return record_list_add(list, record);
}

static int read_file(const char *text, size_t size, size_t piece, struct record_list *list, char **ret_reason)
{
        struct zone_file_options options = {.file = "f", .zone = apex, .record = on_record, .userdata = list};
        _cleanup_(zone_file_freep) struct zone_file *file = NULL;
        int r = 0;

        holds(zone_file_new(&options, &file) == 0);
        for (size_t i = 0; r == 0 && i < size; i += piece)
                r = zone_file_feed(file, text + i, MIN(piece, size - i), ret_reason);
        if (r == 0)
                r = zone_file_end(file, ret_reason);
        holds(r == 0 || r == -EINVAL || r == -ENOBUFS);
        holds(r == 0 || *ret_reason);
        return r;
}

static void check_same(const struct record_list *a, const struct record_list *b)
{
        holds(a->n == b->n);
        for (size_t i = 0; i < a->n; i++) {
                const struct record *x = &a->items[i], *y = &b->items[i];

                holds(name_equal(&x->owner, &y->owner) && x->type == y->type && x->ttl == y->ttl);
                holds(x->rdata_size == y->rdata_size && memcmp(x->rdata, y->rdata, x->rdata_size) == 0);
        }
}

/* A new store with one zone, of as many of the records as it takes. */
static struct zone *fill(struct zone_store **ret, const struct record_list *list)
{
        _cleanup_(change_freep) struct change *c = NULL;

        holds(zone_store_new(ret) == 0);
        holds(change_new(*ret, &c) == 0);
        holds(change_create_zone(c, &apex, 0, 0, NULL) == 0);
        for (size_t i = 0; i < list->n; i++)
                (void)change_add(c, &apex, &list->items[i], 1, NULL);
        change_apply(c);
        return zone_store_find(*ret, &apex);
}

/* Without the first line, which has the serial. */
static char *print(const struct zone *zone)
{
        _cleanup_(zone_file_printer_freep) struct zone_file_printer *p = NULL;
        const char *piece;
        char *text = NULL, *line;
        size_t size = 0;
        ssize_t n;

        holds(zone_file_printer_new(zone, 0, &p) == 0);
        while ((n = zone_file_printer_next(p, 100, &piece)) > 0) {
                text = realloc(text, size + (size_t)n + 1);
                holds(text);
                memcpy(text + size, piece, (size_t)n);
                size += (size_t)n;
                text[size] = '\0';
        }
        holds(n == 0 && text);
        line = strchr(text, '\n');
        holds(line);
        memmove(text, line + 1, strlen(line + 1) + 1);
        return text;
}

static void check_round_trip(const struct record_list *list)
{
        _cleanup_(zone_store_freep) struct zone_store *store = NULL, *store_again = NULL;
        _cleanup_(record_list_clear) struct record_list again = {};
        _cleanup_free_ char *text = NULL, *text_again = NULL, *reason = NULL;

        text = print(fill(&store, list));
        holds(read_file(text, strlen(text), 4096, &again, &reason) == 0);
        text_again = print(fill(&store_again, &again));
        holds(strcmp(text, text_again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_(record_list_clear) struct record_list whole = {}, by_octet = {};
        _cleanup_free_ char *reason_whole = NULL, *reason_by_octet = NULL;
        int r;

        holds(name_from_text("corp.internal", NULL, &apex) == 0);
        r = read_file((const char *)data, size, SIZE_MAX / 2, &whole, &reason_whole);
        holds(read_file((const char *)data, size, 1, &by_octet, &reason_by_octet) == r);
        holds(r == 0 || strcmp(reason_whole, reason_by_octet) == 0);
        check_same(&whole, &by_octet);
        check_round_trip(&whole);
        return 0;
}
