/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>

#include "common/log.h"
#include "daemon/zone-directory-internal.h"

#define DIRECTORY_EVENTS \
        (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB | IN_DELETE_SELF | \
                IN_MOVE_SELF | IN_ONLYDIR)
#define PARENT_EVENTS (IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

void zone_directory_await(struct zone_directory *d, struct directory_file *file, uint64_t usec)
{
        uint64_t at, now = zone_directory_now();

        *(file ? &file->awaited : &d->rescan) = true;
        if (!d->timer)
                return;
        /* One that comes sooner is left alone. */
        if (sd_event_source_get_enabled(d->timer, NULL) > 0 && sd_event_source_get_time(d->timer, &at) >= 0 &&
                at <= now + usec)
                return;
        (void)sd_event_source_set_time(d->timer, now + usec);
        (void)sd_event_source_set_enabled(d->timer, SD_EVENT_ONESHOT);
}

/* A file that was just made: its writer's end is waited for. But what a link makes is whole at once. */
static bool is_being_written(const struct zone_directory *d, const char *name)
{
        _cleanup_free_ char *path = NULL;
        struct stat st;

        if (asprintf(&path, "%s/%s", d->path, name) < 0) {
                path = NULL;
                return false;
        }
        return lstat(path, &st) >= 0 && S_ISREG(st.st_mode) && st.st_size == 0;
}

static void take_name(struct zone_directory *d, const struct inotify_event *e)
{
        struct directory_file *file = NULL;

        if (e->mask & IN_CREATE && is_being_written(d, e->name))
                return;
        if (zone_directory_get_file(d, e->name, true, &file) < 0)
                zone_directory_await(d, NULL, ZONE_DIRECTORY_RETRY_USEC);
        /* Attributes may be what was wrong; else they are of no interest. */
        else if (file && (!(e->mask & IN_ATTRIB) || file->error))
                zone_directory_await(d, file, ZONE_DIRECTORY_QUIET_USEC);
}

static void take_event(struct zone_directory *d, const struct inotify_event *e)
{
        if (e->mask & IN_Q_OVERFLOW || e->wd == d->parent_watch) {
                zone_directory_await(d, NULL, ZONE_DIRECTORY_QUIET_USEC);
                return;
        }
        if (e->wd != d->watch)
                return;
        if (e->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) {
                (void)inotify_rm_watch(d->inotify_fd, d->watch);
                d->watch = -1;
                zone_directory_await(d, NULL, ZONE_DIRECTORY_QUIET_USEC);
        } else if (e->len > 0)
                take_name(d, e);
}

static int on_inotify(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct zone_directory *d = userdata;
        _Alignas(struct inotify_event) char buf[8192];
        ssize_t n = read(fd, buf, sizeof(buf));

        for (char *p = buf; n > 0 && p < buf + n;) {
                const struct inotify_event *e = (const struct inotify_event *)p;

                take_event(d, e);
                p += sizeof(*e) + e->len;
        }
        return 0;
}

static int watch_parent(struct zone_directory *d)
{
        _cleanup_free_ char *parent = strdup(d->path);
        char *slash;

        if (!parent)
                return -ENOMEM;
        slash = strrchr(parent, '/');
        if (!slash)
                return 0;
        slash[slash == parent] = '\0';
        d->parent_watch = inotify_add_watch(d->inotify_fd, parent, PARENT_EVENTS);
        if (d->parent_watch < 0 && errno != ENOENT && errno != ENOTDIR && errno != EACCES)
                return -errno;
        return 0;
}

int zone_directory_watch(struct zone_directory *d)
{
        int r;

        if (!d->options.event || d->watch >= 0)
                return 0;
        if (d->inotify_fd < 0) {
                d->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
                if (d->inotify_fd < 0)
                        return -errno;
                r = sd_event_add_io(
                        d->options.event, &d->inotify_source, d->inotify_fd, EPOLLIN, on_inotify, d);
                if (r < 0)
                        return r;
        }
        /* First the parent: a directory that is made between the two is not missed. */
        if (d->parent_watch < 0) {
                r = watch_parent(d);
                if (r < 0)
                        return r;
        }
        d->watch = inotify_add_watch(d->inotify_fd, d->path, DIRECTORY_EVENTS);
        if (d->watch < 0)
                return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -errno;
        if (d->parent_watch >= 0 && d->parent_watch != d->watch)
                (void)inotify_rm_watch(d->inotify_fd, d->parent_watch);
        d->parent_watch = -1;
        return 0;
}

void zone_directory_unwatch(struct zone_directory *d)
{
        d->inotify_source = sd_event_source_disable_unref(d->inotify_source);
        d->inotify_fd = safe_close(d->inotify_fd);
        d->watch = d->parent_watch = -1;
}
