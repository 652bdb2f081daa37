/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "common/reason.h"
#include "daemon/bus/bus-change.h"
#include "daemon/bus/bus-commit.h"
#include "daemon/bus/bus-descriptor.h"
#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-record.h"
#include "daemon/bus/bus-zone-file.h"
#include "daemon/bus/bus-zone-job.h"
#include "daemon/dns/zone-file.h"
#include "daemon/manager.h"

#define PIECE_SIZE (16 * 1024)

#define LOAD_PERSISTENT 1U
#define LOAD_LEASED 2U

struct load {
        struct name apex;
        uint64_t flags;
        uid_t uid;
        size_t records_max;
        struct bus_descriptor *descriptor;
        struct zone_file *reader;
        struct record_list records;
};

static void load_free(void *userdata)
{
        struct load *load = userdata;

        if (load->descriptor)
                bus_descriptor_free(load->descriptor);
        if (load->reader)
                zone_file_free(load->reader);
        record_list_clear(&load->records);
        free(load);
}

static int on_record(void *userdata, const struct record *record, char **ret_reason)
{
        struct load *load = userdata;
        struct record own = *record;

        if (load->records.n >= load->records_max)
                return reason_set(ret_reason, -EDQUOT, "more than %zu records, the limit", load->records_max);
        own.uid = load->uid;
        own.life = load->flags & LOAD_PERSISTENT ? RECORD_PERSISTENT : RECORD_RUNTIME;
        return record_list_add(&load->records, &own);
}

/* The zone as it is now, if it can be loaded into. */
static int find_zone(struct bus_api *api, const struct load *load, struct zone **ret, sd_bus_error *error)
{
        struct zone *zone = zone_store_find(api->manager->zones, &load->apex);
        char text[NAME_TEXT_SIZE], quoted[BUS_ERROR_QUOTE_SIZE];
        int r;

        name_to_text_bare(&load->apex, text);
        if (!zone)
                return bus_error_set_no_zone(error, text);
        r = bus_change_refuse_file(api, zone, error);
        if (r < 0)
                return r;
        if (load->flags & LOAD_PERSISTENT && !(zone_flags(zone) & ZONE_PERSISTENT))
                return sd_bus_error_setf(error, BUS_ERROR_INVALID_FLAGS,
                        "Zone \"%s\" is not persistent: persistent records would outlive it",
                        bus_error_quote(text, quoted));
        *ret = zone;
        return 0;
}

static int check_quota(
        struct bus_api *api, const struct load *load, const struct zone *zone, sd_bus_error *error)
{
        char text[NAME_TEXT_SIZE], quoted[BUS_ERROR_QUOTE_SIZE];
        int r = bus_quota_check_records(api->quota, load->uid, BUS_QUOTA_REPLACE, zone, &load->records);

        if (r != -EDQUOT)
                return r;
        return sd_bus_error_setf(error, BUS_ERROR_QUOTA_EXCEEDED,
                "Zone \"%s\": uid %u would have more than %u records, the limit (Records=)",
                bus_error_quote(name_to_text_bare(&load->apex, text), quoted), load->uid,
                api->manager->config.records_max);
}

/* All has been read: the zone may have changed, or gone, meanwhile. */
static int commit(struct load *load, struct bus_zone_job *job, sd_bus_error *error)
{
        struct bus_api *api = bus_zone_job_api(job);
        _cleanup_(change_freep) struct change *change = NULL;
        _cleanup_free_ char *reason = NULL;
        struct zone *zone;
        int r;

        r = find_zone(api, load, &zone, error);
        if (r >= 0)
                r = check_quota(api, load, zone, error);
        if (r >= 0)
                r = change_new(api->manager->zones, &change);
        if (r < 0)
                return r;
        r = change_replace(change, &load->apex, load->records.items, load->records.n, &reason);
        if (r < 0)
                return bus_error_set_change(error, r, reason);
        r = bus_commit(
                api, bus_zone_job_call(job), TAKE_PTR(change), &load->apex, BUS_COMMIT_REPLY_LOADED, error);
        return r < 0 ? r : BUS_ZONE_JOB_DONE;
}

static int set_read_error(sd_bus_error *error, int r)
{
        if (r == -EOPNOTSUPP)
                return sd_bus_error_setf(error, BUS_ERROR_INVALID_FILE,
                        "The file is on a file system that cannot be read without waiting: pass a memfd, or "
                        "a "
                        "pipe");
        return sd_bus_error_setf(
                error, BUS_ERROR_INVALID_FILE, "The descriptor cannot be read: %s", strerror(-r));
}

static int set_text_error(sd_bus_error *error, int r, const char *reason)
{
        if (!reason)
                return sd_bus_error_set_errno(error, r);
        return bus_error_set_text(error,
                r == -EDQUOT || r == -EFBIG ? BUS_ERROR_QUOTA_EXCEEDED : BUS_ERROR_INVALID_RECORD, reason);
}

static int load_step(void *userdata, struct bus_zone_job *job, uint64_t deadline, sd_bus_error *error)
{
        static char piece[PIECE_SIZE];
        struct load *load = userdata;

        do {
                _cleanup_free_ char *reason = NULL;
                ssize_t n = bus_descriptor_read(load->descriptor, piece, sizeof(piece));
                int r;

                if (n == -EAGAIN)
                        return BUS_ZONE_JOB_AGAIN;
                if (n < 0)
                        return set_read_error(error, (int)n);
                r = n > 0 ? zone_file_feed(load->reader, piece, (size_t)n, &reason)
                          : zone_file_end(load->reader, &reason);
                if (r < 0)
                        return set_text_error(error, r, reason);
                if (n == 0)
                        return commit(load, job, error);
        } while (bus_zone_job_now() < deadline);
        return BUS_ZONE_JOB_MORE;
}

static int read_flags(sd_bus_message *m, uint64_t *ret, sd_bus_error *error)
{
        uint64_t flags;
        int r = sd_bus_message_read(m, "t", &flags);

        if (r < 0)
                return r;
        if (flags & ~(uint64_t)(LOAD_PERSISTENT | LOAD_LEASED))
                return sd_bus_error_setf(error, BUS_ERROR_INVALID_FLAGS, "Unknown flags 0x%llx",
                        (unsigned long long)(flags & ~(uint64_t)(LOAD_PERSISTENT | LOAD_LEASED)));
        if (flags & LOAD_LEASED)
                return sd_bus_error_setf(error, BUS_ERROR_NOT_SUPPORTED,
                        "Flags 0x%x are not supported by this version", LOAD_LEASED);
        *ret = flags;
        return 0;
}

/* FD stays the message's until the load has one of its own. */
static int begin(struct bus_api *api, sd_bus_message *m, struct load *load, int fd, sd_bus_error *error)
{
        struct zone_file_options options = {
                .zone = load->apex,
                .octets_max = BUS_ZONE_FILE_OCTETS_MAX,
                .record = on_record,
                .userdata = load,
        };
        struct bus_zone_work work = {.step = load_step, .free = load_free};
        _cleanup_free_ char *reason = NULL;
        int r;

        load->records_max = load->uid == 0 ? BUS_ZONE_FILE_RECORDS_MAX : api->manager->config.records_max;
        r = bus_descriptor_new(fd, &load->descriptor, &reason);
        if (r < 0)
                r = reason ? bus_error_set_text(error, BUS_ERROR_INVALID_FILE, reason)
                           : set_read_error(error, r);
        if (r >= 0)
                r = zone_file_new(&options, &load->reader);
        if (r < 0) {
                load_free(load);
                return r;
        }
        work.poll_fd = bus_descriptor_poll_fd(load->descriptor);
        return bus_zone_jobs_begin(api->zone_jobs, m, load->uid, &work, load);
}

int bus_zone_file_method_load(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct bus_api *api = userdata;
        struct load head = {}, *load;
        char text[NAME_TEXT_SIZE];
        struct zone *zone;
        int fd, r;

        r = bus_record_read_zone(m, &head.apex, error);
        if (r >= 0)
                r = sd_bus_message_read(m, "h", &fd);
        if (r >= 0)
                r = read_flags(m, &head.flags, error);
        if (r >= 0)
                r = find_zone(api, &head, &zone, error);
        if (r < 0)
                return r;
        struct bus_auth_request request = {
                .action = BUS_AUTH_MANAGE_RECORDS,
                .zone = name_to_text_bare(&head.apex, text),
                .handler = bus_zone_file_method_load,
                .userdata = api,
        };
        r = bus_auth_check(api->auth, m, &request, &head.uid, error);
        if (r <= 0)
                return r < 0 ? r : 1;
        r = bus_zone_jobs_check(api->zone_jobs, m, head.uid, error);
        if (r < 0)
                return r;
        load = malloc(sizeof(*load));
        if (!load)
                return -ENOMEM;
        *load = head;
        r = begin(api, m, load, fd, error);
        return r < 0 ? r : 1;
}
