/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>

#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-record.h"
#include "daemon/bus/bus-zone-file.h"
#include "daemon/bus/bus-zone-job.h"
#include "daemon/dns/zone-file-print.h"
#include "daemon/manager.h"

#define PIECE_SIZE (16 * 1024)

struct dump {
        struct zone_file_printer *printer;
        int fd; /* a memfd */
};

static void dump_free(void *userdata)
{
        struct dump *dump = userdata;

        if (dump->printer)
                zone_file_printer_free(dump->printer);
        safe_close(dump->fd);
        free(dump);
}

static int write_all(int fd, const char *text, size_t size)
{
        while (size > 0) {
                ssize_t n = write(fd, text, size);

                if (n < 0)
                        return -errno;
                text += n;
                size -= (size_t)n;
        }
        return 0;
}

/* Nobody can change any more what the caller gets, and it is read from its beginning. */
static int finish(const struct dump *dump, sd_bus_message *call)
{
        if (fcntl(dump->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0 ||
                lseek(dump->fd, 0, SEEK_SET) < 0)
                return -errno;
        return sd_bus_reply_method_return(call, "h", dump->fd);
}

static int dump_step(void *userdata, struct bus_zone_job *job, uint64_t deadline, sd_bus_error *error)
{
        struct dump *dump = userdata;
        int r;

        do {
                const char *text;
                ssize_t n = zone_file_printer_next(dump->printer, PIECE_SIZE, &text);

                if (n < 0)
                        return (int)n;
                if (n == 0) {
                        r = finish(dump, bus_zone_job_call(job));
                        return r < 0 ? r : BUS_ZONE_JOB_DONE;
                }
                r = write_all(dump->fd, text, (size_t)n);
                if (r < 0)
                        return r;
        } while (bus_zone_job_now() < deadline);
        return BUS_ZONE_JOB_MORE;
}

static int begin(struct bus_api *api, sd_bus_message *m, const struct zone *zone, uid_t uid)
{
        static const struct bus_zone_work work = {.step = dump_step, .free = dump_free, .poll_fd = -1};
        struct dump *dump = calloc(1, sizeof(*dump));
        int r;

        if (!dump)
                return -ENOMEM;
        dump->fd = memfd_create("share53-zone", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        r = dump->fd < 0 ? -errno : zone_file_printer_new(zone, (int64_t)time(NULL), &dump->printer);
        if (r < 0) {
                dump_free(dump);
                return r;
        }
        return bus_zone_jobs_begin(api->zone_jobs, m, uid, &work, dump);
}

int bus_zone_file_method_dump(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        struct bus_api *api = userdata;
        char text[NAME_TEXT_SIZE];
        const struct zone *zone;
        struct name apex;
        uid_t uid;
        int r;

        r = bus_record_read_zone(m, &apex, error);
        if (r < 0)
                return r;
        struct bus_auth_request request = {
                .action = BUS_AUTH_READ_RECORDS,
                .zone = name_to_text_bare(&apex, text),
                .handler = bus_zone_file_method_dump,
                .userdata = api,
        };
        r = bus_auth_check(api->auth, m, &request, &uid, error);
        if (r <= 0)
                return r < 0 ? r : 1;
        zone = zone_store_find(api->manager->zones, &apex);
        if (!zone)
                return bus_error_set_no_zone(error, text);
        r = bus_zone_jobs_check(api->zone_jobs, m, uid, error);
        if (r < 0)
                return r;
        r = begin(api, m, zone, uid);
        return r < 0 ? r : 1;
}
