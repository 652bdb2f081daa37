/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/host/host-watch.h"

#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>

#include "common/log.h"

#define STEPS_MAX 32 /* names watched on the way to one file: links and directories that are not there */
#define QUIET_USEC 200000ULL /* between two calls */

#define EVENTS \
        (IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | \
                IN_MOVE_SELF)

struct host_watch {
        sd_event *event;
        const char *paths[HOST_WATCH_PATHS_MAX];
        size_t n_paths;
        void (*changed)(void *userdata);
        void *userdata;

        int fd;
        sd_event_source *source;
        sd_event_source *timer;

        /* What is awaited: NAME in the directory of watch WD. */
        struct host_watch_name {
                int wd;
                char name[NAME_MAX + 1];
        } * names;
        size_t n_names;
};

static int add_name(struct host_watch *watch, int wd, const char *name)
{
        struct host_watch_name *names = reallocarray(watch->names, watch->n_names + 1, sizeof(*names));

        if (!names)
                return -ENOMEM;
        watch->names = names;
        names[watch->n_names].wd = wd;
        snprintf(names[watch->n_names].name, sizeof(names->name), "%s", name);
        watch->n_names++;
        return 0;
}

/* PATH becomes its directory; returns its last component, which stays in BUF. */
static const char *split(char path[PATH_MAX], char buf[NAME_MAX + 1])
{
        size_t length = strlen(path);
        char *slash;

        while (length > 1 && path[length - 1] == '/')
                path[--length] = '\0';
        slash = strrchr(path, '/');
        snprintf(buf, NAME_MAX + 1, "%s", slash ? slash + 1 : path);
        if (slash == path)
                path[1] = '\0';
        else if (slash)
                *slash = '\0';
        return buf;
}

/* Where the link PATH points to, into RET; false where it is no link. */
static bool follow(const char *path, char ret[PATH_MAX])
{
        char target[PATH_MAX], directory[PATH_MAX], name[NAME_MAX + 1];
        ssize_t n = readlink(path, target, sizeof(target) - 1);

        if (n <= 0)
                return false;
        target[n] = '\0';
        snprintf(directory, sizeof(directory), "%s", path);
        (void)split(directory, name);
        if (target[0] == '/')
                snprintf(ret, PATH_MAX, "%s", target);
        else if (snprintf(ret, PATH_MAX, "%s/%s", directory, target) >= PATH_MAX)
                return false;
        return true;
}

/*
 * Watches PATH's name in its directory, then what it points to where it is a link; where the directory is not
 * there, the directory's name in its own instead, and so on up.
 */
static int watch_path(struct host_watch *watch, const char *path)
{
        char at[PATH_MAX], next[PATH_MAX], directory[PATH_MAX], name[NAME_MAX + 1];
        int r;

        snprintf(at, sizeof(at), "%s", path);
        for (int step = 0; step < STEPS_MAX; step++) {
                snprintf(directory, sizeof(directory), "%s", at);
                (void)split(directory, name);
                int wd = inotify_add_watch(watch->fd, directory, EVENTS | IN_ONLYDIR);
                if (wd < 0 && (errno == ENOENT || errno == ENOTDIR) && strcmp(directory, "/") != 0) {
                        snprintf(at, sizeof(at), "%s", directory);
                        continue;
                }
                if (wd < 0)
                        return errno == EACCES || errno == ENOENT ? 0 : -errno; /* not ours to see */
                r = add_name(watch, wd, name);
                if (r < 0)
                        return r;
                if (!follow(at, next))
                        return 0;
                snprintf(at, sizeof(at), "%s", next);
        }
        return 0;
}

static bool is_awaited(const struct host_watch *watch, const struct inotify_event *e)
{
        if (e->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT))
                return true;
        for (size_t i = 0; e->len > 0 && i < watch->n_names; i++)
                if (watch->names[i].wd == e->wd && strcmp(watch->names[i].name, e->name) == 0)
                        return true;
        return false;
}

static int on_events(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        struct host_watch *watch = userdata;
        _Alignas(struct inotify_event) char buf[4096];
        bool awaited = false;
        ssize_t n = read(fd, buf, sizeof(buf));

        for (char *p = buf; n > 0 && p < buf + n;) {
                const struct inotify_event *e = (const struct inotify_event *)p;
                awaited = awaited || is_awaited(watch, e);
                p += sizeof(*e) + e->len;
        }
        if (awaited)
                (void)sd_event_source_set_enabled(watch->timer, SD_EVENT_ONESHOT);
        return 0;
}

static void close_inotify(struct host_watch *watch)
{
        watch->source = sd_event_source_disable_unref(watch->source);
        watch->fd = safe_close(watch->fd);
        free(watch->names);
        watch->names = NULL;
        watch->n_names = 0;
}

/* Anew each time: what there is to watch depends on what is there. */
static int begin(struct host_watch *watch)
{
        int r = 0;

        close_inotify(watch);
        watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        if (watch->fd < 0)
                return -errno;
        for (size_t i = 0; r >= 0 && i < watch->n_paths; i++)
                r = watch_path(watch, watch->paths[i]);
        if (r < 0)
                return r;
        return sd_event_add_io(watch->event, &watch->source, watch->fd, EPOLLIN, on_events, watch);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct host_watch *watch = userdata;
        int r;

        (void)sd_event_source_set_time_relative(source, QUIET_USEC);
        r = begin(watch); /* before the files are read: what changes from now on is told again */
        if (r < 0)
                log_warning_errno(r, "The host's DNS settings are not watched any more");
        watch->changed(watch->userdata);
        return 0;
}

int host_watch_new(sd_event *event, const char *const *paths, size_t n, void (*changed)(void *userdata),
        void *userdata, struct host_watch **ret)
{
        _cleanup_(host_watch_freep) struct host_watch *watch = NULL;
        int r;

        if (n > HOST_WATCH_PATHS_MAX)
                return -E2BIG;
        watch = calloc(1, sizeof(*watch));
        if (!watch)
                return -ENOMEM;
        watch->event = sd_event_ref(event);
        watch->fd = -1;
        memcpy(watch->paths, paths, n * sizeof(*paths));
        watch->n_paths = n;
        watch->changed = changed;
        watch->userdata = userdata;
        r = sd_event_add_time_relative(event, &watch->timer, CLOCK_MONOTONIC, 0, 0, on_timer, watch);
        if (r >= 0)
                r = sd_event_source_set_enabled(watch->timer, SD_EVENT_OFF);
        if (r >= 0)
                r = begin(watch);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(watch);
        return 0;
}

struct host_watch *host_watch_free(struct host_watch *watch)
{
        close_inotify(watch);
        sd_event_source_disable_unref(watch->timer);
        sd_event_unref(watch->event);
        free(watch);
        return NULL;
}
