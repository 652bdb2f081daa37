/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/bus/test-ctl-fake-internal.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "tests/bus/test-ctl-fake.h"
#include "tests/unit/test.h"

#define ZONE NAME ".Zone"
#define ZONE_PATH PATH "/zone/corp_2einternal"

#define BIG_RECORDS 2500u
#define BIG_PAGE 1000u

static FILE *fake_log;

void note(const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        vfprintf(fake_log, format, ap);
        va_end(ap);
        fflush(fake_log);
}

int judge(sd_bus_message *m, const char *zone, sd_bus_error *error)
{
        static const struct {
                const char *zone, *name;
        } table[] = {
                {"exists.test", NAME ".Error.ZoneExists"},
                {"nozone.test", NAME ".Error.NoSuchZone"},
                {"norecord.test", NAME ".Error.NoSuchRecord"},
                {"quota.test", NAME ".Error.QuotaExceeded"},
                {"denied.test", SD_BUS_ERROR_ACCESS_DENIED},
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                if (strcmp(table[i].zone, zone) == 0)
                        return sd_bus_error_setf(error, table[i].name, "It is about \"%s\".", zone);
        if (strcmp(zone, "ask.test") == 0 && sd_bus_message_get_allow_interactive_authorization(m) <= 0)
                return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "Nobody may be asked");
        return 0;
}

static int create_zone(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        const char *zone;
        uint64_t flags;
        int r = sd_bus_message_read(m, "st", &zone, &flags);

        if (r < 0)
                return r;
        note("CreateZone %s %" PRIu64 "\n", zone, flags);
        r = judge(m, zone, error);
        return r < 0 ? r : sd_bus_reply_method_return(m, "o", ZONE_PATH);
}

static int remove_zone(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        const char *zone;
        int r = sd_bus_message_read(m, "s", &zone);

        if (r < 0)
                return r;
        note("RemoveZone %s\n", zone);
        r = judge(m, zone, error);
        return r < 0 ? r : sd_bus_reply_method_return(m, NULL);
}

static int list_zones(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return sd_bus_reply_method_return(m, "a(sottu)", 2, "lab.test", PATH "/zone/lab_2etest", UINT64_C(33),
                UINT64_C(18446744073709551615), 4294967290u, "corp.internal", ZONE_PATH, UINT64_C(0),
                UINT64_C(1700000000), 0u);
}

static int put_records(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        const char *zone, *name, *type, *rdata;
        uint64_t flags;
        uint32_t ttl;
        int r = sd_bus_message_read(m, "s", &zone);

        if (r < 0)
                return r;
        note("%s %s", sd_bus_message_get_member(m), zone);
        r = sd_bus_message_enter_container(m, 'a', "(ssus)");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "(ssus)", &name, &type, &ttl, &rdata)) > 0)
                note(" [%s|%s|%u|%s]", name, type, ttl, rdata);
        if (r < 0)
                return r;
        r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        r = sd_bus_message_read(m, "t", &flags);
        if (r < 0)
                return r;
        note(" %" PRIu64 "\n", flags);
        r = judge(m, zone, error);
        return r < 0 ? r : sd_bus_reply_method_return(m, "t", UINT64_C(1700000001));
}

static int remove_records(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        const char *zone, *name, *type, *rdata;
        uint64_t flags;
        int r = sd_bus_message_read(m, "s", &zone);

        if (r < 0)
                return r;
        note("RemoveRecords %s", zone);
        r = sd_bus_message_enter_container(m, 'a', "(sss)");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "(sss)", &name, &type, &rdata)) > 0)
                note(" [%s|%s|%s]", name, type, rdata);
        if (r < 0)
                return r;
        r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        r = sd_bus_message_read(m, "t", &flags);
        if (r < 0)
                return r;
        note(" %" PRIu64 "\n", flags);
        r = judge(m, zone, error);
        return r < 0 ? r : sd_bus_reply_method_return(m, "t", UINT64_C(1700000002));
}

static int append_big_page(sd_bus_message *reply, uint32_t start, uint32_t end)
{
        int r = 0;

        for (uint32_t i = start; r >= 0 && i < end; i++) {
                char name[32];

                snprintf(name, sizeof(name), "host%04u.big.test.", i);
                r = sd_bus_message_append(reply, "(ssususs)", name, "A", 60u, "192.0.2.1", 0u, "", "runtime");
        }
        return r;
}

static int list_records(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const char *zone, *glob;
        uint32_t start, count, next = 0;
        int r = sd_bus_message_read(m, "ssuu", &zone, &glob, &start, &count);

        if (r < 0)
                return r;
        r = judge(m, zone, error);
        if (r < 0)
                return r;
        r = sd_bus_message_new_method_return(m, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, 'a', "(ssususs)");
        if (r < 0)
                return r;
        if (strcmp(zone, "stuck.test") == 0)
                next = 5;
        else if (strcmp(zone, "big.test") == 0) {
                uint32_t page = MIN(count, BIG_PAGE), end = MIN(start + page, BIG_RECORDS);

                r = append_big_page(reply, start, end);
                next = end < BIG_RECORDS ? end : 0;
        } else if (strcmp(glob, "none*") != 0)
                r = sd_bus_message_append(reply, "(ssususs)(ssususs)", "db.corp.internal.", "A", 3600u,
                        "192.0.2.7", 0u, "", "persistent", "note.corp.internal.", "TXT", 5u,
                        "\"\x1b[31mred\x1b[0m \xc2\x9b\"", 4294967290u, "", "runtime");
        if (r < 0)
                return r;
        r = sd_bus_message_close_container(reply);
        if (r < 0)
                return r;
        r = sd_bus_message_append(reply, "u", next);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

static int resolve(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        const char *name, *type;
        uint64_t flags;
        int r = sd_bus_message_read(m, "sst", &name, &type, &flags);

        if (r < 0)
                return r;
        if (strcmp(name, "nx.test") == 0)
                return sd_bus_reply_method_return(
                        m, "sta(ssus)s", "NXDOMAIN", UINT64_C(0x400), 0, "zone test");
        if (strcmp(name, "nodata.test") == 0)
                return sd_bus_reply_method_return(
                        m, "sta(ssus)s", "NOERROR", UINT64_C(0x400), 0, "zone test");
        if (strcmp(name, "refused.test") == 0)
                return sd_bus_reply_method_return(
                        m, "sta(ssus)s", "REFUSED", UINT64_C(0), 0, "none: outside of our zones");
        return sd_bus_reply_method_return(m, "sta(ssus)s", "NOERROR", UINT64_C(0x480), 1, name, type, 60u,
                "192.0.2.7", "zone corp.internal");
}

static int set_link(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        const char *domain;
        int ifindex, default_route, r = sd_bus_message_read(m, "i", &ifindex);

        if (r < 0)
                return r;
        note("SetLink %d", ifindex);
        r = sd_bus_message_enter_container(m, 'a', "s");
        if (r < 0)
                return r;
        while ((r = sd_bus_message_read(m, "s", &domain)) > 0)
                note(" %s", domain);
        if (r < 0)
                return r;
        r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        r = sd_bus_message_read(m, "b", &default_route);
        if (r < 0)
                return r;
        note(" %d\n", default_route);
        if (ifindex == 4242)
                return sd_bus_error_set(error, NAME ".Error.NoSuchLink", "No link 4242");
        return sd_bus_reply_method_return(m, NULL);
}

static int revert_link(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        int ifindex, r = sd_bus_message_read(m, "i", &ifindex);

        if (r < 0)
                return r;
        note("RevertLink %d\n", ifindex);
        if (ifindex == 4242)
                return sd_bus_error_set(error, NAME ".Error.NoSuchLink", "No link 4242");
        return sd_bus_reply_method_return(m, NULL);
}

static int explain(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        return sd_bus_reply_method_return(m, "a(sss)", 2, "127.53.0.1:53", "bind: Address already in use",
                "held by unbound (pid 12)", "host", "systemd-resolved", "");
}

static int signal_each(sd_bus *bus)
{
        int r = sd_bus_emit_signal(bus, PATH, MANAGER, "RecordsChanged", "stas", "corp.internal", UINT64_C(9),
                2, "a.", "b\x1b.");

        if (r >= 0)
                r = sd_bus_emit_signal(
                        bus, PATH, MANAGER, "RecordsChanged", "stas", "corp.internal", UINT64_C(10), 0);
        if (r >= 0)
                r = sd_bus_emit_signal(bus, PATH, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded",
                        "oa{sa{sv}}", ZONE_PATH, 1, ZONE, 0);
        if (r >= 0)
                r = sd_bus_emit_signal(bus, PATH, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved",
                        "oas", ZONE_PATH, 1, ZONE);
        if (r >= 0)
                r = sd_bus_emit_signal(bus, ZONE_PATH, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                        "sa{sv}as", ZONE, 1, "Serial", "t", UINT64_C(11), 0);
        if (r >= 0)
                r = sd_bus_emit_signal(bus, PATH, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                        "sa{sv}as", "org.example.Other", 1, "Noise", "s", "x", 0);
        if (r >= 0)
                r = sd_bus_emit_signal(bus, PATH, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                        "sa{sv}as", MANAGER, 1, "HelperState", "s", "attached", 1, "Links");
        return r;
}

static int reload(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        int r = signal_each(sd_bus_message_get_bus(m));

        note("Reload\n");
        return r < 0 ? r : sd_bus_reply_method_return(m, NULL);
}

static int get_property(sd_bus *bus, const char *path, const char *interface, const char *property,
        sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
        if (strcmp(property, "Version") == 0)
                return sd_bus_message_append(reply, "s", "0.9.\x1b[2J");
        if (strcmp(property, "Features") == 0)
                return sd_bus_message_append(reply, "as", 2, "xdp", "type:A");
        if (strcmp(property, "PortPolicy") == 0)
                return sd_bus_message_append(reply, "s", "auto");
        if (strcmp(property, "Shares") == 0)
                return sd_bus_message_append(reply, "a(ssss)", 2, "127.53.0.1:53", "xdp", "127.53.0.2:15353",
                        "unbound holds port 53", "[fd00::53]:53", "none", "", "no helper");
        if (strcmp(property, "Links") == 0)
                return sd_bus_message_append(
                        reply, "a(isasb)", 1, 77, "gone0", 2, "corp.internal", "~lab.test", true);
        if (strcmp(property, "Upstreams") == 0)
                return sd_bus_message_append(
                        reply, "a(ss)", 2, ".", "192.0.2.53 2001:db8::53#dns.example", "ads.test", "");
        if (strcmp(property, "HostManager") == 0)
                return sd_bus_message_append(reply, "s", "systemd-resolved");
        if (strcmp(property, "HelperState") == 0)
                return sd_bus_message_append(reply, "s", "refused");
        if (strcmp(property, "HelperError") == 0)
                return sd_bus_message_append(reply, "s", "Device or resource busy");
        if (strcmp(property, "ZoneCount") == 0)
                return sd_bus_message_append(reply, "t", UINT64_C(1));
        return sd_bus_message_append(reply, "t", UINT64_C(2500));
}

/* clang-format off */
static const sd_bus_vtable full_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("CreateZone", "st", "o", create_zone, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("RemoveZone", "s", "", remove_zone, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("ListZones", "", "a(sottu)", list_zones, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("SetRecords", "sa(ssus)t", "t", put_records, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("AddRecords", "sa(ssus)t", "t", put_records, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("RemoveRecords", "sa(sss)t", "t", remove_records, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("ListRecords", "ssuu", "a(ssususs)u", list_records, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Resolve", "sst", "sta(ssus)s", resolve, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("SetLink", "iasb", "", set_link, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("RevertLink", "i", "", revert_link, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("SetUpstream", "sa(iayqs)t", "", fake_set_upstream, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("RemoveUpstream", "s", "", fake_remove_upstream, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("ListUpstreams", "", "a(sa(iayqs)tsus)", fake_list_upstreams, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("FlushCache", "s", "t", fake_flush_cache, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("GetStatistics", "", "a{sv}", fake_get_statistics, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Explain", "", "a(sss)", explain, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Reload", "", "", reload, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_PROPERTY("Version", "s", get_property, 0, 0),
        SD_BUS_PROPERTY("Features", "as", get_property, 0, 0),
        SD_BUS_PROPERTY("PortPolicy", "s", get_property, 0, 0),
        SD_BUS_PROPERTY("Shares", "a(ssss)", get_property, 0, 0),
        SD_BUS_PROPERTY("Links", "a(isasb)", get_property, 0, 0),
        SD_BUS_PROPERTY("Upstreams", "a(ss)", get_property, 0, 0),
        SD_BUS_PROPERTY("HostManager", "s", get_property, 0, 0),
        SD_BUS_PROPERTY("HelperState", "s", get_property, 0, 0),
        SD_BUS_PROPERTY("HelperError", "s", get_property, 0, 0),
        SD_BUS_PROPERTY("ZoneCount", "t", get_property, 0, 0),
        SD_BUS_PROPERTY("RecordCount", "t", get_property, 0, 0),
        SD_BUS_VTABLE_END,
};

/* Of another age: ListZones answers otherwise, most is not there. */
static const sd_bus_vtable outdated_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("ListZones", "", "a(sss)", explain, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_PROPERTY("Version", "s", get_property, 0, 0),
        SD_BUS_VTABLE_END,
};
/* clang-format on */

static int fake_open(const char *address, bool outdated, sd_bus **ret)
{
        sd_bus *bus;
        int r = sd_bus_new(&bus);

        if (r >= 0)
                r = sd_bus_set_address(bus, address);
        if (r >= 0)
                r = sd_bus_set_bus_client(bus, true);
        if (r >= 0)
                r = sd_bus_start(bus);
        if (r >= 0)
                r = sd_bus_add_object_vtable(
                        bus, NULL, PATH, MANAGER, outdated ? outdated_vtable : full_vtable, NULL);
        if (r >= 0)
                r = sd_bus_request_name(bus, NAME, 0);
        if (r >= 0)
                *ret = bus;
        return r;
}

static void serve(const char *address, const char *log, bool outdated, int ready_fd)
        __attribute__((noreturn));
static void serve(const char *address, const char *log, bool outdated, int ready_fd)
{
        sd_bus *bus;
        int r;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        fake_log = fopen(log, "we");
        if (!fake_log || fake_open(address, outdated, &bus) < 0 || write(ready_fd, "", 1) != 1)
                _exit(EXIT_FAILURE);
        close(ready_fd);
        for (;;) {
                r = sd_bus_process(bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(bus, UINT64_MAX);
                if (r < 0)
                        _exit(EXIT_FAILURE);
        }
}

pid_t fake_start(const char *address, const char *log, bool outdated)
{
        char byte;
        int fds[2];
        pid_t pid;

        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        pid = fork();
        if (pid == 0)
                serve(address, log, outdated, fds[1]);
        close(fds[1]);
        assert_int_equal(read(fds[0], &byte, 1), 1);
        close(fds[0]);
        return pid;
}
