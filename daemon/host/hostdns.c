/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/host/hostdns.h"

#include <string.h>
#include <sys/inotify.h>
#include <time.h>

#include "common/log.h"
#include "daemon/host/hostdns-internal.h"

#define RESOLVED_NAME "org.freedesktop.resolve1"
#define NSSWITCH_PATH "/etc/nsswitch.conf"
#define RESOLV_CONF_PATH "/etc/resolv.conf"
#define TIMER_ACCURACY_USEC 1000

const char *hostdns_manager_to_text(enum hostdns_manager manager)
{
        static const char *const texts[] = {
                [HOSTDNS_UNKNOWN] = "unknown",
                [HOSTDNS_NONE] = "none",
                [HOSTDNS_RESOLVED] = "systemd-resolved",
                [HOSTDNS_OTHER] = "other",
        };
        return texts[manager];
}

enum hostdns_manager hostdns_manager(const struct hostdns *h)
{
        return h->manager;
}

static void wake(struct hostdns *h)
{
        (void)sd_event_source_set_enabled(h->tell, SD_EVENT_ONESHOT);
}

void hostdns_tell(struct hostdns *h)
{
        h->tell_changed = true;
        wake(h);
}

int hostdns_tell_result(struct hostdns *h, helper_result_t result, void *userdata, int r)
{
        struct host_done **end = &h->done;

        if (!result)
                return 0;
        while (*end)
                end = &(*end)->next;
        *end = malloc(sizeof(**end));
        if (!*end)
                return -ENOMEM;
        **end = (struct host_done){.result = result, .userdata = userdata, .r = r};
        wake(h);
        return 0;
}

static void tell_results(struct hostdns *h)
{
        while (h->done) {
                struct host_done *done = h->done;

                h->done = done->next;
                done->result(done->userdata, done->r);
                free(done);
        }
}

static int on_tell(sd_event_source *source, void *userdata)
{
        struct hostdns *h = userdata;
        bool changed = h->tell_changed;

        h->tell_changed = false;
        tell_results(h);
        if (changed && h->changed)
                h->changed(h->userdata);
        return 0;
}

/* The way of programs that use glibc. */
static bool is_asked(const struct hostdns *h)
{
        return h->nss == HOST_NSS_RESOLVE_FIRST || host_resolv_conf_is_stub(&h->conf);
}

static enum hostdns_manager judge(const struct hostdns *h)
{
        if (!h->answered)
                return HOSTDNS_UNKNOWN;
        if (h->present && is_asked(h))
                return HOSTDNS_RESOLVED;
        if (h->conf.hint == HOST_HINT_NETWORKMANAGER || h->conf.hint == HOST_HINT_RESOLVCONF)
                return HOSTDNS_OTHER;
        return HOSTDNS_NONE;
}

/* Reads the files anew and draws the conclusion; REAPPEARED: resolved is there, and knows nothing of us. */
static void detect(struct hostdns *h, bool reappeared)
{
        enum hostdns_manager former = h->manager;

        h->nss = host_nss_read(h->nsswitch_path);
        host_resolv_conf_read(h->resolv_conf_path, &h->conf);
        h->manager = judge(h);
        if (h->manager != former) {
                log_info("The host's DNS is managed by: %s", hostdns_manager_to_text(h->manager));
                hostdns_tell(h);
        }
        ladder_set_port_usable(h->ladder, h->manager == HOSTDNS_RESOLVED);
        hostdns_apply(h, reappeared);
}

static void set_present(struct hostdns *h, bool present, bool reappeared)
{
        h->answered = true;
        h->present = present;
        detect(h, present && reappeared);
}

static int on_owner_answer(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct hostdns *h = userdata;
        int r, owned = 0;

        h->query_slot = sd_bus_slot_unref(h->query_slot);
        r = sd_bus_message_is_method_error(m, NULL) ? -sd_bus_message_get_errno(m)
                                                    : sd_bus_message_read(m, "b", &owned);
        if (r < 0)
                log_warning_errno(r, "The bus does not say whether systemd-resolved is there");
        set_present(h, r >= 0 && owned, false);
        return 0;
}

static int on_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct hostdns *h = userdata;
        const char *name, *before, *after;
        int r;

        r = sd_bus_message_read(m, "sss", &name, &before, &after);
        if (r < 0 || strcmp(name, RESOLVED_NAME) != 0)
                return 0;
        h->query_slot = sd_bus_slot_unref(h->query_slot); /* this is newer */
        set_present(h, after[0] != '\0', true);
        return 0;
}

/* The match first, so that nothing is missed in between. */
static int ask_bus(struct hostdns *h)
{
        int r;

        r = sd_bus_add_match_async(h->bus, &h->match_slot,
                "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
                "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='" RESOLVED_NAME "'",
                on_owner_changed, NULL, h);
        if (r < 0)
                return r;
        return sd_bus_call_method_async(h->bus, &h->query_slot, "org.freedesktop.DBus",
                "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner", on_owner_answer, h, "s",
                RESOLVED_NAME);
}

static const char *base_name(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

static void watch_files(struct hostdns *h);

/* In the directory that resolv.conf links to, any file counts. */
static int on_file(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
        struct hostdns *h = userdata;
        bool ours = source != h->watches[0] || (event->mask & IN_Q_OVERFLOW);

        if (!ours && event->len > 0)
                ours = strcmp(event->name, base_name(h->nsswitch_path)) == 0 ||
                       strcmp(event->name, base_name(h->resolv_conf_path)) == 0;
        if (!ours)
                return 0;
        detect(h, false);
        watch_files(h);
        return 0;
}

/* One that cannot be watched is done without: the files are read anew with each change on the bus, too. */
static void watch_directory(struct hostdns *h, size_t i, const char *file)
{
        char *slash;
        int r;

        if (h->watched[i] && file && strcmp(h->watched[i], file) == 0)
                return;
        h->watches[i] = sd_event_source_disable_unref(h->watches[i]);
        free(h->watched[i]);
        h->watched[i] = file ? strdup(file) : NULL;
        _cleanup_free_ char *directory = file ? strdup(file) : NULL;
        slash = directory ? strrchr(directory, '/') : NULL;
        if (!slash || slash == directory)
                return;
        *slash = '\0';
        r = sd_event_add_inotify(sd_bus_get_event(h->bus), &h->watches[i], directory,
                IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ONLYDIR, on_file,
                h);
        if (r < 0)
                log_debug_errno(r, "%s cannot be watched", directory);
}

/* The directories of resolv.conf and of what it is a link to; nsswitch.conf is in the first. */
static void watch_files(struct hostdns *h)
{
        _cleanup_free_ char *target = realpath(h->resolv_conf_path, NULL);

        watch_directory(h, 0, h->resolv_conf_path);
        watch_directory(h, 1, target && strcmp(target, h->resolv_conf_path) != 0 ? target : NULL);
}

int hostdns_set_files(struct hostdns *h, const char *nsswitch, const char *resolv_conf)
{
        char *first = strdup(nsswitch), *second = strdup(resolv_conf);

        if (!first || !second) {
                free(first);
                free(second);
                return -ENOMEM;
        }
        free(h->nsswitch_path);
        free(h->resolv_conf_path);
        h->nsswitch_path = first;
        h->resolv_conf_path = second;
        watch_files(h);
        detect(h, false);
        return 0;
}

static void on_links(void *userdata)
{
        hostdns_apply(userdata, false);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
        hostdns_retry(userdata);
        return 0;
}

static int add_sources(struct hostdns *h, sd_event *event)
{
        int r;

        r = sd_event_add_time(
                event, &h->retry_timer, CLOCK_MONOTONIC, UINT64_MAX, TIMER_ACCURACY_USEC, on_retry, h);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(h->retry_timer, SD_EVENT_OFF);
        if (r < 0)
                return r;
        r = sd_event_add_defer(event, &h->tell, on_tell, h);
        if (r < 0)
                return r;
        r = sd_event_source_set_enabled(h->tell, SD_EVENT_OFF);
        if (r < 0)
                return r;
        return netwatch_new(event, NULL, on_links, h, &h->watch);
}

int hostdns_new(sd_bus *bus, struct ladder *ladder, struct helper_client *helper,
        void (*changed)(void *userdata), void *userdata, struct hostdns **ret)
{
        _cleanup_(hostdns_freep) struct hostdns *h = NULL;
        int r;

        if (!sd_bus_get_event(bus))
                return -EINVAL;
        h = calloc(1, sizeof(*h));
        if (!h)
                return -ENOMEM;
        h->bus = sd_bus_ref(bus);
        h->ladder = ladder;
        h->helper = helper;
        h->changed = changed;
        h->userdata = userdata;
        r = add_sources(h, sd_bus_get_event(bus));
        if (r < 0)
                return r;
        r = hostdns_set_files(h, NSSWITCH_PATH, RESOLV_CONF_PATH);
        if (r < 0)
                return r;
        r = ask_bus(h);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(h);
        return 0;
}

struct hostdns *hostdns_free(struct hostdns *h)
{
        if (!h)
                return NULL;
        hostdns_drop_links(h);
        tell_results(h);
        ladder_set_port_usable(h->ladder, false);
        sd_bus_slot_unref(h->match_slot);
        sd_bus_slot_unref(h->query_slot);
        for (size_t i = 0; i < ELEMENTSOF(h->watches); i++) {
                sd_event_source_disable_unref(h->watches[i]);
                free(h->watched[i]);
        }
        sd_event_source_disable_unref(h->retry_timer);
        sd_event_source_disable_unref(h->tell);
        netwatch_free(h->watch);
        sd_bus_unref(h->bus);
        free(h->nsswitch_path);
        free(h->resolv_conf_path);
        free(h);
        return NULL;
}

void hostdns_update(struct hostdns *h)
{
        hostdns_apply(h, false);
}
