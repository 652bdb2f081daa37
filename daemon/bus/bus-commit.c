/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "common/log.h"
#include "daemon/bus/bus-commit.h"
#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-status.h"
#include "daemon/bus/zone-object.h"
#include "daemon/manager.h"

/* A change that waits for the disk. */
struct waiting {
        struct bus_api *api;
        sd_bus_message *call; /* NULL: a change of our own */
        struct name zone;
        enum bus_commit_reply reply;
        uint64_t serial;  /* of this change; later ones may wait with it */
        uint64_t records; /* in the zone after it */
        struct bus_quota_delta charged;
};

static struct waiting *waiting_free(struct waiting *w)
{
        sd_bus_message_unref(w->call);
        bus_quota_delta_clear(&w->charged);
        free(w);
        return NULL;
}
DEFINE_CLEANUP(struct waiting *, waiting_free)

static int set_storage_error(sd_bus_error *error, const struct name *zone, int r)
{
        char text[NAME_TEXT_SIZE], quoted[BUS_ERROR_QUOTE_SIZE];

        return sd_bus_error_setf(error, BUS_ERROR_STORAGE_FAILED,
                "The change of zone \"%s\" could not be made durable, and was taken back: %s",
                bus_error_quote(name_to_text_bare(zone, text), quoted), strerror(-r));
}

static int send_reply(const struct waiting *w)
{
        _cleanup_free_ char *path = NULL;
        int r;

        if (!w->call)
                return 0;
        switch (w->reply) {
        case BUS_COMMIT_REPLY_NOTHING:
                return sd_bus_reply_method_return(w->call, "");
        case BUS_COMMIT_REPLY_PATH:
                r = zone_object_path(&w->zone, &path);
                if (r < 0)
                        return r;
                return sd_bus_reply_method_return(w->call, "o", path);
        case BUS_COMMIT_REPLY_SERIAL:
                return sd_bus_reply_method_return(w->call, "t", w->serial);
        case BUS_COMMIT_REPLY_LOADED:
                return sd_bus_reply_method_return(w->call, "tt", w->serial, w->records);
        }
        return -EINVAL;
}

static void tell_zones(struct bus_api *api, const struct change *change)
{
        struct change_zone zone;
        int r = 0;

        for (size_t i = 0; change_get_zone(change, i, &zone); i++) {
                if (zone.state == CHANGE_ZONE_CREATED)
                        r = zone_object_added(api, &zone.apex);
                else if (zone.state == CHANGE_ZONE_REMOVED)
                        r = zone_object_removed(api, &zone.apex);
                if (r < 0 && r != -ENOTCONN)
                        log_debug_errno(r, "Cannot signal a changed zone");
        }
}

/* No record has changed, but the serials have grown by taking the change back, and may have been read
 * meanwhile. */
static void tell_reverted(struct bus_api *api, const struct change *change)
{
        struct change_zone zone;
        int r;

        for (size_t i = 0; change_get_zone(change, i, &zone); i++) {
                if (!api->bus || zone.state == CHANGE_ZONE_CREATED ||
                        !zone_store_find(api->manager->zones, &zone.apex))
                        continue;
                r = zone_object_changed(api, &zone.apex);
                if (r < 0 && r != -ENOTCONN)
                        log_debug_errno(r, "Cannot signal a zone as it was");
        }
}

/* Zone files whose change was taken back, or that can take their zone now. */
static void tell_directory(struct bus_api *api, const struct change *change, int r)
{
        struct zone_directory *directory = api->manager->directory;
        struct change_zone zone;

        for (size_t i = 0; directory && change_get_zone(change, i, &zone); i++)
                if (r < 0 && zone.flags & ZONE_FILE)
                        zone_directory_touch(directory, &zone.apex, ZONE_DIRECTORY_RETRY_USEC);
                else if (r >= 0 && zone.state == CHANGE_ZONE_REMOVED)
                        zone_directory_touch(directory, &zone.apex, 0);
}

static void on_durable(void *userdata, struct change *change, int r)
{
        _cleanup_(waiting_freep) struct waiting *w = userdata;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;

        bus_status_changed(w->api, BUS_STATUS_COUNTS);
        tell_directory(w->api, change, r);
        if (r < 0) {
                bus_quota_release(w->api->quota, &w->charged);
                tell_reverted(w->api, change);
                if (!w->call)
                        return;
                (void)set_storage_error(&error, &w->zone, r);
                (void)sd_bus_reply_method_error(w->call, &error);
                return;
        }
        tell_zones(w->api, change);
        bus_signal_note(w->api->signals, change, w->serial);
        r = send_reply(w);
        if (r < 0 && r != -ENOTCONN)
                log_debug_errno(r, "Cannot reply to a change");
}

/* What is applied is counted: it is alive until on_durable, which cannot come before we are in the loop. */
static void note_applied(struct waiting *w, const struct change *change)
{
        const struct zone *zone = zone_store_find(w->api->manager->zones, &w->zone);
        struct change_zone touched;
        int r;

        if (change_get_zone(change, 0, &touched))
                w->serial = touched.serial;
        w->records = zone ? zone_records(zone) : 0;
        r = bus_quota_measure(change, &w->charged);
        if (r >= 0)
                r = bus_quota_charge(w->api->quota, &w->charged);
        if (r < 0) {
                bus_quota_delta_clear(&w->charged);
                log_warning_errno(r, "A change is not counted against its owner's quota");
        }
}

/* Takes both over in every case. */
static int commit(struct waiting *waiting, struct change *change)
{
        _cleanup_(waiting_freep) struct waiting *w = waiting;
        int r = commit_submit(w->api->manager->commits, change, on_durable, w);

        if (r < 0)
                return r;
        note_applied(w, change);
        w = NULL; /* on_durable's */
        return 0;
}

int bus_commit(struct bus_api *api, sd_bus_message *call, struct change *change, const struct name *zone,
        enum bus_commit_reply reply, sd_bus_error *error)
{
        _cleanup_(change_freep) struct change *c = change;
        struct waiting *w;
        int r;

        if (commit_pending(api->manager->commits) >= BUS_COMMIT_PENDING_MAX)
                return sd_bus_error_setf(error, BUS_ERROR_QUOTA_EXCEEDED,
                        "More than %i changes wait for the disk, the limit", BUS_COMMIT_PENDING_MAX);
        if (bus_auth_crowded(api->auth))
                return sd_bus_error_setf(
                        error, BUS_ERROR_QUOTA_EXCEEDED, "Calls that wait hold too many file descriptors");
        w = calloc(1, sizeof(*w));
        if (!w)
                return -ENOMEM;
        *w = (struct waiting){.api = api, .call = sd_bus_message_ref(call), .zone = *zone, .reply = reply};
        r = commit(w, TAKE_PTR(c));
        return r < 0 ? set_storage_error(error, zone, r) : 1;
}

int bus_commit_own(struct bus_api *api, struct change *change)
{
        _cleanup_(change_freep) struct change *c = change;
        struct change_zone zone;
        struct waiting *w;

        if (!change_get_zone(c, 0, &zone))
                return -EINVAL;
        w = calloc(1, sizeof(*w));
        if (!w)
                return -ENOMEM;
        *w = (struct waiting){.api = api, .zone = zone.apex};
        return commit(w, TAKE_PTR(c));
}
