/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The records of SetRecords, AddRecords, ReplaceZone and RemoveRecords as a peer may send them: text in a
 * message, read, and made into a change of a small zone that is then let go. The first octet of an input is
 * the method: s, a, r, d; then, one a line: NAME <tab> TYPE <tab> TTL <tab> RDATA (d: without the TTL).
 */

#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>

#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-record.h"
#include "daemon/dns/change.h"
#include "daemon/dns/rdata.h"

static sd_bus *bus;
static struct zone_store *store;
static struct name apex;

static const struct {
        const char *owner;
        const char *type;
        const char *rdata;
} content[] = {
        {"a", "A", "192.0.2.1"},
        {"a", "TXT", "\"some text\""},
        {"c", "CNAME", "a"},
        {"*.w", "A", "192.0.2.2"},
        {"x.y", "AAAA", "2001:db8::1"},
};

static void make_store(void)
{
        _cleanup_(change_freep) struct change *c = NULL;

        holds(zone_store_new(&store) == 0);
        holds(change_new(store, &c) == 0);
        holds(name_from_text("z", NULL, &apex) == 0);
        holds(change_create_zone(c, &apex, 0, 0, NULL) == 0);
        for (size_t i = 0; i < ELEMENTSOF(content); i++) {
                struct record record = {.ttl = 60};

                holds(name_from_text(content[i].owner, &apex, &record.owner) == 0);
                holds(rdata_type_from_text(content[i].type, &record.type) == 0);
                holds(rdata_from_text(record.type, content[i].rdata, &apex, &record.rdata, &record.rdata_size,
                              NULL) == 0);
                holds(change_add(c, &apex, &record, 1, NULL) == 0);
                free(record.rdata);
        }
        change_apply(c);
}

/* Messages want a bus that has been started; nobody is at its other end. */
static void make_bus(void)
{
        int fds[2];

        holds(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
        holds(sd_bus_new(&bus) >= 0);
        holds(sd_bus_set_fd(bus, fds[0], fds[0]) >= 0);
        holds(sd_bus_start(bus) >= 0);
}

/* Cuts TEXT at the first C, and says where it goes on; at the end, an empty string. */
static char *cut(char **text, char c)
{
        char *start = *text, *end = strchr(start, c);

        if (end)
                *end++ = '\0';
        else
                end = start + strlen(start);
        *text = end;
        return start;
}

/* False: some text is none that a message can carry (UTF-8). */
static bool append_item(sd_bus_message *m, char *line, bool removal)
{
        const char *name = cut(&line, '\t'), *type = cut(&line, '\t');

        if (removal)
                return sd_bus_message_append(m, "(sss)", name, type, line) >= 0;
        const char *ttl = cut(&line, '\t');
        return sd_bus_message_append(m, "(ssus)", name, type, (uint32_t)strtoul(ttl, NULL, 10), line) >= 0;
}

static sd_bus_message *make_message(char *text, bool removal)
{
        sd_bus_message *m = NULL;
        bool good = true;

        holds(sd_bus_message_new_method_call(bus, &m, "a.b", "/", "a.b", "M") >= 0);
        holds(sd_bus_message_open_container(m, 'a', removal ? "(sss)" : "(ssus)") >= 0);
        while (good && *text)
                good = append_item(m, cut(&text, '\n'), removal);
        if (!good)
                return sd_bus_message_unref(m);
        holds(sd_bus_message_close_container(m) >= 0);
        holds(sd_bus_message_seal(m, 1, 0) >= 0);
        holds(sd_bus_message_rewind(m, true) >= 0);
        return m;
}

/* A refusal has a name of ours, and text that no terminal stumbles over. */
static void check_refusal(int r, const sd_bus_error *error)
{
        holds(r < 0 && sd_bus_error_is_set(error));
        holds(strncmp(error->name, "org.share53.Resolver1.Error.", strlen("org.share53.Resolver1.Error.")) ==
                0);
        for (const char *p = error->message; *p; p++)
                holds(*p >= 0x20 && *p < 0x7f);
        holds(strlen(error->message) < 1024);
}

static void check_step(int r, const char *reason)
{
        sd_bus_error error = SD_BUS_ERROR_NULL;

        if (r == 0)
                return;
        holds(reason);
        r = bus_error_set_change(&error, r, reason);
        check_refusal(r, &error);
        sd_bus_error_free(&error);
}

static void put(sd_bus_message *m, char method)
{
        _cleanup_(record_list_clear) struct record_list records = {};
        _cleanup_(change_freep) struct change *c = NULL;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_free_ char *reason = NULL;
        size_t octets = SIZE_MAX;
        int r = bus_record_read_array(m, &apex, SIZE_MAX, &records, &octets, &error);

        if (r < 0) {
                check_refusal(r, &error);
                holds(records.n == 0 && octets == SIZE_MAX);
                sd_bus_error_free(&error);
                return;
        }
        holds(octets != SIZE_MAX && !sd_bus_error_is_set(&error));
        for (size_t i = 0; i < records.n; i++) {
                const struct record *record = &records.items[i];

                holds(name_is_below(&record->owner, &apex));
                holds(rdata_type_stored(record->type));
                holds(record->ttl <= RECORD_TTL_MAX);
                holds(rdata_check(record->type, record->rdata, record->rdata_size));
        }
        holds(change_new(store, &c) == 0);
        if (method == 's')
                r = change_set(c, &apex, records.items, records.n, &reason);
        else if (method == 'a')
                r = change_add(c, &apex, records.items, records.n, &reason);
        else
                r = change_replace(c, &apex, records.items, records.n, &reason);
        check_step(r, reason);
}

static void take(sd_bus_message *m)
{
        _cleanup_(bus_removal_list_clear) struct bus_removal_list removals = {};
        _cleanup_(change_freep) struct change *c = NULL;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_free_ char *reason = NULL;
        int r = bus_record_read_removals(m, &apex, SIZE_MAX, &removals, NULL, &error);

        if (r < 0) {
                check_refusal(r, &error);
                holds(removals.n == 0);
                sd_bus_error_free(&error);
                return;
        }
        for (size_t i = 0; i < removals.n; i++) {
                holds(name_is_below(&removals.items[i].owner, &apex));
                holds(removals.items[i].type != 0 || !removals.items[i].rdata);
        }
        holds(change_new(store, &c) == 0);
        r = change_remove(c, &apex, removals.items, removals.n, &reason);
        check_step(r, reason);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        _cleanup_free_ char *text = NULL;
        sd_bus_message *m;

        if (size == 0)
                return 0;
        if (!bus) {
                make_bus();
                make_store();
        }
        text = fuzz_text(data + 1, size - 1);
        m = make_message(text, data[0] == 'd');
        if (!m)
                return 0;
        if (data[0] == 'd')
                take(m);
        else
                put(m, (char)data[0]);
        sd_bus_message_unref(m);
        return 0;
}
