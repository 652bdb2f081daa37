/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "common/log.h"
#include "common/reason.h"
#include "daemon/dns/rrset.h"
#include "daemon/zone-directory-internal.h"

#define PIECE_SIZE (16 * 1024)

uint64_t zone_directory_now(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Takes REASON over. The same error is logged once. */
static void file_fail(struct directory_file *file, int r, char *reason)
{
        if (!reason)
                (void)reason_set(&reason, r, "%s: %s", file->path, strerror(-r));
        if (reason && (!file->error || strcmp(reason, file->error) != 0))
                log_error("%s%s", reason, file->serving ? " (the former content stays)" : "");
        free(file->error);
        file->error = reason;
}

void zone_directory_abort(struct zone_directory *d)
{
        struct directory_load *load = &d->load;

        if (load->reader)
                load->reader = zone_file_free(load->reader);
        record_list_clear(&load->records);
        load->fd = safe_close(load->fd);
        load->file = NULL;
}

void zone_directory_forget(struct zone_directory *d, struct directory_file *file)
{
        for (size_t i = 0; i < d->n_files; i++)
                if (d->files[i] == file) {
                        d->files[i] = d->files[--d->n_files];
                        break;
                }
        free(file->path);
        free(file->error);
        free(file);
}

static int submit(struct zone_directory *d, struct change *change)
{
        if (d->options.submit)
                return d->options.submit(d->options.userdata, change);
        change_apply(change);
        change_free(change);
        return 0;
}

/* The file is gone, and so is its zone. The file is remembered: the change may still be taken back. */
static int remove_zone(struct zone_directory *d, struct directory_file *file)
{
        const struct zone *zone = file->named ? zone_store_find(d->options.zones, &file->apex) : NULL;
        _cleanup_(change_freep) struct change *change = NULL;
        int r;

        if (!zone || !(zone_flags(zone) & ZONE_FILE)) {
                zone_directory_forget(d, file);
                return 0;
        }
        r = change_new(d->options.zones, &change);
        if (r >= 0)
                r = change_remove_zone(change, &file->apex, NULL);
        if (r >= 0)
                r = submit(d, TAKE_PTR(change));
        if (r < 0) {
                zone_directory_await(d, file, ZONE_DIRECTORY_RETRY_USEC);
                return r;
        }
        log_info("%s is gone, and its zone with it", file->path);
        file->gone = true;
        file->serving = false;
        return 0;
}

/* Before CHANGE is applied: whether anything would come out otherwise than it was. */
static bool changes_anything(const struct change *change)
{
        struct change_rrset set;

        for (size_t i = 0; change_get_rrset(change, i, &set); i++)
                if (!rrset_equal(set.before, set.after))
                        return true;
        return false;
}

/* What was read becomes the zone's content. */
static int commit(struct zone_directory *d, struct directory_file *file, char **ret_reason)
{
        const struct zone *zone = zone_store_find(d->options.zones, &file->apex);
        const struct record_list *records = &d->load.records;
        _cleanup_(change_freep) struct change *change = NULL;
        _cleanup_free_ char *reason = NULL;
        int r;

        if (zone && !(zone_flags(zone) & ZONE_FILE))
                return reason_set(ret_reason, -EEXIST,
                        "%s: there is a zone of this name that was made over D-Bus; this file is taken when "
                        "that zone is removed",
                        file->path);
        r = change_new(d->options.zones, &change);
        if (r >= 0 && !zone)
                r = change_create_zone(change, &file->apex, ZONE_FILE, 0, &reason);
        if (r >= 0)
                r = change_replace(change, &file->apex, records->items, records->n, &reason);
        if (r < 0)
                return reason_set(ret_reason, r, "%s: %s", file->path, reason ? reason : strerror(-r));
        if (zone && !changes_anything(change))
                return 0;
        r = submit(d, TAKE_PTR(change));
        if (r < 0) {
                zone_directory_await(d, file, ZONE_DIRECTORY_RETRY_USEC);
                return reason_set(
                        ret_reason, r, "%s: the change cannot be made now: %s", file->path, strerror(-r));
        }
        log_info("%s: %zu records", file->path, records->n);
        return 0;
}

static int on_record(void *userdata, const struct record *record, char **ret_reason)
{
        struct record_list *records = userdata;
        struct record own = *record;

        if (records->n >= ZONE_DIRECTORY_RECORDS_MAX)
                return reason_set(
                        ret_reason, -EFBIG, "more than %u records, the limit", ZONE_DIRECTORY_RECORDS_MAX);
        own.uid = 0;
        own.life = RECORD_FILE;
        return record_list_add(records, &own);
}

static int open_file(const char *path, char **ret_reason)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return reason_set(ret_reason, -errno, "%s: %s", path, strerror(errno));
        if (!S_ISREG(st.st_mode))
                return reason_set(ret_reason, -EINVAL, "%s: not a regular file", path);
        return TAKE_FD(fd);
}

static int begin(struct zone_directory *d, struct directory_file *file, char **ret_reason)
{
        struct zone_file_options options = {
                .file = file->path,
                .zone = file->apex,
                .octets_max = ZONE_DIRECTORY_OCTETS_MAX,
                .record = on_record,
                .userdata = &d->load.records,
        };
        int r;

        if (!file->named)
                return reason_set(ret_reason, -EINVAL,
                        "%s: not a zone's name in lower case with \".zone\" behind it", file->path);
        r = open_file(file->path, ret_reason);
        if (r < 0)
                return r;
        d->load.fd = r;
        return zone_file_new(&options, &d->load.reader);
}

/* 1: more is to be read, 0: the file has ended. */
static int read_piece(struct directory_load *load, char **ret_reason)
{
        static char piece[PIECE_SIZE];
        ssize_t n = read(load->fd, piece, sizeof(piece));
        int r;

        if (n < 0)
                return reason_set(
                        ret_reason, -errno, "%s: cannot be read: %s", load->file->path, strerror(errno));
        r = n > 0 ? zone_file_feed(load->reader, piece, (size_t)n, ret_reason)
                  : zone_file_end(load->reader, ret_reason);
        return r < 0 ? r : n > 0;
}

static bool is_gone(const struct directory_file *file)
{
        struct stat st;

        return lstat(file->path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* Ends the load with the result R so far. */
static void finish(struct zone_directory *d, int r, char *reason)
{
        struct directory_file *file = d->load.file;
        bool gone = r < 0 && is_gone(file);

        if (r >= 0)
                r = commit(d, file, &reason);
        zone_directory_abort(d);
        if (gone) {
                free(TAKE_PTR(reason));
                r = remove_zone(d, file);
                if (r >= 0)
                        return;
        }
        if (r < 0) {
                file_fail(file, r, reason);
                if (r == -ENOMEM)
                        zone_directory_await(d, file, ZONE_DIRECTORY_RETRY_USEC);
                return;
        }
        free(file->error);
        file->error = NULL;
        file->serving = true;
}

static struct directory_file *next_dirty(const struct zone_directory *d)
{
        for (size_t i = 0; i < d->n_files; i++)
                if (d->files[i]->dirty)
                        return d->files[i];
        return NULL;
}

int zone_directory_step(struct zone_directory *d, uint64_t deadline)
{
        struct directory_load *load = &d->load;
        char *reason = NULL;
        int r = 1;

        if (!load->file) {
                load->file = next_dirty(d);
                if (!load->file)
                        return 0;
                load->file->dirty = load->file->gone = false;
                r = begin(d, load->file, &reason);
                if (r < 0) {
                        finish(d, r, reason);
                        return 1;
                }
                r = 1;
        }
        while (r > 0) {
                r = read_piece(load, &reason);
                if (r > 0 && zone_directory_now() >= deadline)
                        return 1;
        }
        finish(d, r, reason);
        return 1;
}
