/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/record.h"

#include <string.h>

const char *record_life_to_text(enum record_life life)
{
        switch (life) {
        case RECORD_RUNTIME:
                return "runtime";
        case RECORD_PERSISTENT:
                return "persistent";
        case RECORD_LEASED:
                return "leased";
        case RECORD_FILE:
                return "file";
        }
        return "unknown";
}

static int list_grow(struct record_list *list)
{
        size_t allocated = list->allocated > 0 ? list->allocated * 2 : 8;
        struct record *items = reallocarray(list->items, allocated, sizeof(*items));

        if (!items)
                return -ENOMEM;
        list->items = items;
        list->allocated = allocated;
        return 0;
}

int record_list_add(struct record_list *list, const struct record *record)
{
        _cleanup_free_ uint8_t *rdata = malloc(MAX(record->rdata_size, (uint16_t)1));
        int r;

        if (!rdata)
                return -ENOMEM;
        if (record->rdata_size > 0)
                memcpy(rdata, record->rdata, record->rdata_size);
        if (list->n == list->allocated) {
                r = list_grow(list);
                if (r < 0)
                        return r;
        }
        list->items[list->n] = *record;
        list->items[list->n++].rdata = TAKE_PTR(rdata);
        return 0;
}

void record_list_clear(struct record_list *list)
{
        for (size_t i = 0; i < list->n; i++)
                free(list->items[i].rdata);
        free(list->items);
        *list = (struct record_list){};
}
