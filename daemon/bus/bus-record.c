/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-record.h"
#include "daemon/dns/rdata.h"

/* One item of the array, as it stands in the message. */
struct item {
        size_t index;
        const char *name;
        const char *type;
        const char *rdata;
};

static const char *name_trouble(int r)
{
        return r == -ENAMETOOLONG ? "a label over 63 octets, or a name over 255" : "not a domain name";
}

int bus_record_read_zone(sd_bus_message *m, struct name *ret, sd_bus_error *error)
{
        char quoted[BUS_ERROR_QUOTE_SIZE];
        struct name name;
        const char *text;
        int r;

        r = sd_bus_message_read(m, "s", &text);
        if (r < 0)
                return r;
        r = name_from_text(text, NULL, &name);
        if (r < 0)
                return sd_bus_error_setf(error, BUS_ERROR_INVALID_NAME, "Zone \"%s\": %s",
                        bus_error_quote(text, quoted), name_trouble(r));
        if (name_is_root(&name) || name_is_wildcard(&name))
                return sd_bus_error_setf(error, BUS_ERROR_INVALID_NAME,
                        "Zone \"%s\": the root and wildcards cannot be zones", bus_error_quote(text, quoted));
        *ret = name;
        return 0;
}

static int item_error(const struct item *item, const char *error_name, const char *text, const char *what,
        sd_bus_error *error)
{
        char quoted[BUS_ERROR_QUOTE_SIZE], quoted_name[BUS_ERROR_QUOTE_SIZE];

        return sd_bus_error_setf(error, error_name, "Record %zu (%s): \"%s\": %s", item->index,
                bus_error_quote(item->name, quoted_name), bus_error_quote(text, quoted), what);
}

static int item_read_name(
        const struct item *item, const struct name *zone, struct name *ret, sd_bus_error *error)
{
        struct name name;
        int r = name_from_text(item->name, zone, &name);

        if (r < 0)
                return item_error(item, BUS_ERROR_INVALID_NAME, item->name, name_trouble(r), error);
        if (!name_is_below(&name, zone))
                return item_error(item, BUS_ERROR_INVALID_RECORD, item->name, "outside of the zone", error);
        *ret = name;
        return 0;
}

static int item_read_type(const struct item *item, uint16_t *ret, sd_bus_error *error)
{
        uint16_t type;

        if (rdata_type_from_text(item->type, &type) < 0)
                return item_error(item, BUS_ERROR_INVALID_RECORD, item->type, "not a record type", error);
        if (!rdata_type_stored(type))
                return item_error(item, BUS_ERROR_NOT_SUPPORTED, item->type,
                        "records of this type cannot be stored", error);
        *ret = type;
        return 0;
}

static int item_read_rdata(const struct item *item, uint16_t type, const struct name *zone, uint8_t **ret,
        uint16_t *ret_size, sd_bus_error *error)
{
        _cleanup_free_ char *reason = NULL;
        char quoted[BUS_ERROR_QUOTE_SIZE];
        int r = rdata_from_text(type, item->rdata, zone, ret, ret_size, &reason);

        if (r == -EINVAL)
                return item_error(item, BUS_ERROR_INVALID_RECORD, item->rdata,
                        reason ? bus_error_quote(reason, quoted) : "not valid rdata for this type", error);
        if (r == -EOPNOTSUPP)
                return item_error(item, BUS_ERROR_NOT_SUPPORTED, item->type,
                        "records of this type cannot be stored", error);
        return r;
}

/* Charges an item against the limits of one call. */
static int item_count(const struct item *item, size_t *octets, sd_bus_error *error)
{
        if (item->index >= BUS_RECORD_COUNT_MAX)
                return sd_bus_error_setf(error, BUS_ERROR_QUOTA_EXCEEDED,
                        "More than %u records in one call, the limit", BUS_RECORD_COUNT_MAX);
        *octets += strlen(item->name) + strlen(item->type) + strlen(item->rdata);
        if (*octets > BUS_RECORD_OCTETS_MAX)
                return sd_bus_error_setf(error, BUS_ERROR_QUOTA_EXCEEDED,
                        "More than %u octets of text in one call, the limit", BUS_RECORD_OCTETS_MAX);
        return 0;
}

static int record_add(const struct item *item, uint32_t ttl, const struct name *zone,
        struct record_list *list, sd_bus_error *error)
{
        struct record record = {.ttl = ttl};
        _cleanup_free_ uint8_t *rdata = NULL;
        char text[16];
        int r;

        r = item_read_name(item, zone, &record.owner, error);
        if (r < 0)
                return r;
        r = item_read_type(item, &record.type, error);
        if (r < 0)
                return r;
        if (ttl > RECORD_TTL_MAX) {
                snprintf(text, sizeof(text), "%u", ttl);
                return item_error(
                        item, BUS_ERROR_INVALID_RECORD, text, "a TTL is at most 2147483647 seconds", error);
        }
        r = item_read_rdata(item, record.type, zone, &rdata, &record.rdata_size, error);
        if (r < 0)
                return r;
        record.rdata = rdata;
        return record_list_add(list, &record);
}

int bus_record_read_array(sd_bus_message *m, const struct name *zone, size_t check_max,
        struct record_list *ret, size_t *ret_octets, sd_bus_error *error)
{
        _cleanup_(record_list_clear) struct record_list list = {};
        struct item item = {};
        size_t octets = 0;
        uint32_t ttl;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(ssus)");
        if (r < 0)
                return r;
        for (;; item.index++) {
                r = sd_bus_message_read(m, "(ssus)", &item.name, &item.type, &ttl, &item.rdata);
                if (r < 0)
                        return r;
                if (r == 0)
                        break;
                r = item_count(&item, &octets, error);
                if (r < 0)
                        return r;
                if (item.index >= check_max)
                        continue;
                r = record_add(&item, ttl, zone, &list, error);
                if (r < 0)
                        return r;
        }
        r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        *ret = list;
        list = (struct record_list){};
        if (ret_octets)
                *ret_octets = octets;
        return 0;
}

void bus_removal_list_clear(struct bus_removal_list *list)
{
        for (size_t i = 0; i < list->n; i++)
                free((void *)list->items[i].rdata); /* ours, const for the reader */
        free(list->items);
        *list = (struct bus_removal_list){};
}

static int removal_list_add(struct bus_removal_list *list, const struct change_removal *removal)
{
        if (list->n == list->allocated) {
                size_t allocated = list->allocated ? list->allocated * 2 : 16;
                struct change_removal *items =
                        reallocarray(list->items, allocated, sizeof(struct change_removal));
                if (!items)
                        return -ENOMEM;
                list->items = items;
                list->allocated = allocated;
        }
        list->items[list->n++] = *removal;
        return 0;
}

static int removal_add(
        const struct item *item, const struct name *zone, struct bus_removal_list *list, sd_bus_error *error)
{
        struct change_removal removal = {};
        _cleanup_free_ uint8_t *rdata = NULL;
        int r;

        r = item_read_name(item, zone, &removal.owner, error);
        if (r < 0)
                return r;
        if (*item->type) {
                r = item_read_type(item, &removal.type, error);
                if (r < 0)
                        return r;
        }
        if (*item->rdata) {
                if (!*item->type)
                        return item_error(item, BUS_ERROR_INVALID_RECORD, item->rdata,
                                "rdata without a type: the type must be given", error);
                r = item_read_rdata(item, removal.type, zone, &rdata, &removal.rdata_size, error);
                if (r < 0)
                        return r;
                removal.rdata = rdata;
        }
        r = removal_list_add(list, &removal);
        if (r < 0)
                return r;
        rdata = NULL; /* the list's */
        return 0;
}

int bus_record_read_removals(sd_bus_message *m, const struct name *zone, size_t check_max,
        struct bus_removal_list *ret, size_t *ret_octets, sd_bus_error *error)
{
        _cleanup_(bus_removal_list_clear) struct bus_removal_list list = {};
        struct item item = {};
        size_t octets = 0;
        int r;

        r = sd_bus_message_enter_container(m, 'a', "(sss)");
        if (r < 0)
                return r;
        for (;; item.index++) {
                r = sd_bus_message_read(m, "(sss)", &item.name, &item.type, &item.rdata);
                if (r < 0)
                        return r;
                if (r == 0)
                        break;
                r = item_count(&item, &octets, error);
                if (r < 0)
                        return r;
                if (item.index >= check_max)
                        continue;
                r = removal_add(&item, zone, &list, error);
                if (r < 0)
                        return r;
        }
        r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        *ret = list;
        list = (struct bus_removal_list){};
        if (ret_octets)
                *ret_octets = octets;
        return 0;
}
