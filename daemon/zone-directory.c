/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <string.h>
#include <time.h>

#include "common/log.h"
#include "daemon/zone-directory-internal.h"

#define SUFFIX ".zone"

/* The zone that a file of this name is of. Each zone has one spelling, so that no two files are of one. */
static bool read_apex(const char *file_name, struct name *ret)
{
        _cleanup_free_ char *text = strndup(file_name, strlen(file_name) - strlen(SUFFIX));
        char canonical[NAME_TEXT_SIZE], spelled[4 * NAME_TEXT_SIZE], *out = spelled;

        if (!text || name_from_text(text, NULL, ret) < 0 || name_is_root(ret) || name_is_wildcard(ret))
                return false;
        for (const char *p = name_to_text_bare(ret, canonical); *p; p++)
                if (*p == '/')
                        out = stpcpy(out, "\\047");
                else
                        *out++ = *p;
        *out = '\0';
        return strcmp(text, spelled) == 0;
}

static bool is_zone_file(const char *name)
{
        size_t n = strlen(name);

        return *name != '.' && n > strlen(SUFFIX) && strcmp(name + n - strlen(SUFFIX), SUFFIX) == 0;
}

static int add_file(struct zone_directory *d, const char *name, struct directory_file **ret)
{
        _cleanup_free_ struct directory_file *file = calloc(1, sizeof(*file));
        struct directory_file **files =
                reallocarray(d->files, d->n_files + 1, sizeof(struct directory_file *));

        if (files)
                d->files = files;
        if (!file || !files)
                return -ENOMEM;
        if (asprintf(&file->path, "%s/%s", d->path, name) < 0)
                return -ENOMEM;
        file->named = read_apex(name, &file->apex);
        *ret = files[d->n_files++] = TAKE_PTR(file);
        return 0;
}

static struct directory_file *find_file(const struct zone_directory *d, const char *name)
{
        for (size_t i = 0; i < d->n_files; i++)
                if (strcmp(d->files[i]->path + strlen(d->path) + 1, name) == 0)
                        return d->files[i];
        return NULL;
}

int zone_directory_get_file(struct zone_directory *d, const char *name, bool add, struct directory_file **ret)
{
        *ret = find_file(d, name);
        if (*ret || !add || !is_zone_file(name))
                return 0;
        if (d->n_files < ZONE_DIRECTORY_FILES_MAX)
                return add_file(d, name, ret);
        if (!d->crowded)
                log_error("%s: more than %d zone files; the others are not read", d->path,
                        ZONE_DIRECTORY_FILES_MAX);
        d->crowded = true;
        return 0;
}

static int list_directory(struct zone_directory *d)
{
        DIR *dir = opendir(d->path);
        struct dirent *entry;
        int r = 0;

        if (!dir)
                return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
        while (r >= 0 && (entry = readdir(dir))) {
                struct directory_file *file = NULL;

                r = zone_directory_get_file(d, entry->d_name, true, &file);
                if (file)
                        file->present = true;
        }
        closedir(dir);
        return r;
}

static void forget_file(struct zone_directory *d, struct directory_file *file)
{
        if (d->load.file == file)
                zone_directory_abort(d);
        zone_directory_forget(d, file);
}

/* All files are to be read, those that are gone too, for their zones to go. */
static int scan(struct zone_directory *d)
{
        int r;

        d->rescan = d->crowded = false;
        r = zone_directory_watch(d); /* first: what changes from now on is told */
        if (r < 0)
                log_warning_errno(r, "%s is not watched", d->path);
        for (size_t i = 0; i < d->n_files; i++)
                d->files[i]->present = false;
        r = list_directory(d);
        if (r < 0)
                return r;
        for (size_t i = d->n_files; i-- > 0;)
                if (d->files[i]->present || d->files[i]->named)
                        d->files[i]->dirty = true;
                else
                        forget_file(d, d->files[i]);
        return 0;
}

static int on_slice(sd_event_source *source, void *userdata)
{
        struct zone_directory *d = userdata;

        if (zone_directory_step(d, zone_directory_now() + ZONE_DIRECTORY_SLICE_USEC) == 0)
                (void)sd_event_source_set_enabled(d->slices, SD_EVENT_OFF);
        return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        struct zone_directory *d = userdata;

        if (d->rescan) {
                int r = scan(d);
                if (r < 0)
                        log_error_errno(r, "%s cannot be read; its zones stay as they were", d->path);
        }
        for (size_t i = 0; i < d->n_files; i++) {
                d->files[i]->dirty = d->files[i]->dirty || d->files[i]->awaited;
                d->files[i]->awaited = false;
        }
        (void)sd_event_source_set_enabled(d->slices, SD_EVENT_ON);
        return 0;
}

static int add_sources(struct zone_directory *d)
{
        int r;

        if (!d->options.event)
                return 0;
        r = sd_event_add_time_relative(d->options.event, &d->timer, CLOCK_MONOTONIC, 0, 1, on_timer, d);
        if (r >= 0)
                r = sd_event_source_set_enabled(d->timer, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_defer(d->options.event, &d->slices, on_slice, d);
        if (r >= 0)
                r = sd_event_source_set_enabled(d->slices, SD_EVENT_OFF);
        return r;
}

int zone_directory_new(const struct zone_directory_options *options, struct zone_directory **ret)
{
        _cleanup_(zone_directory_freep) struct zone_directory *d = calloc(1, sizeof(*d));
        int r;

        if (!d)
                return -ENOMEM;
        d->options = *options;
        d->inotify_fd = d->watch = d->parent_watch = d->load.fd = -1;
        d->path = strdup(options->path);
        if (!d->path)
                return -ENOMEM;
        if (d->options.event)
                sd_event_ref(d->options.event);
        r = add_sources(d);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(d);
        return 0;
}

struct zone_directory *zone_directory_free(struct zone_directory *d)
{
        zone_directory_abort(d);
        zone_directory_unwatch(d);
        while (d->n_files > 0)
                zone_directory_forget(d, d->files[0]);
        free(d->files);
        sd_event_source_disable_unref(d->timer);
        sd_event_source_disable_unref(d->slices);
        sd_event_unref(d->options.event);
        free(d->path);
        free(d);
        return NULL;
}

int zone_directory_load(struct zone_directory *d)
{
        int r = scan(d);

        while (r >= 0 && zone_directory_step(d, UINT64_MAX) > 0)
                ;
        return r;
}

void zone_directory_reload(struct zone_directory *d)
{
        zone_directory_await(d, NULL, 0);
}

void zone_directory_touch(struct zone_directory *d, const struct name *apex, uint64_t usec)
{
        for (size_t i = 0; i < d->n_files; i++)
                if (d->files[i]->named && name_equal(&d->files[i]->apex, apex))
                        zone_directory_await(d, d->files[i], usec);
}

bool zone_directory_get(const struct zone_directory *d, size_t i, struct zone_directory_file *ret)
{
        size_t k = 0;

        for (; k < d->n_files && (d->files[k]->gone || i > 0); k++)
                i -= !d->files[k]->gone;
        if (k == d->n_files)
                return false;
        *ret = (struct zone_directory_file){
                .path = d->files[k]->path,
                .error = d->files[k]->error,
                .serving = d->files[k]->serving,
        };
        return true;
}

const char *zone_directory_find(const struct zone_directory *d, const struct name *apex)
{
        for (size_t i = 0; i < d->n_files; i++)
                if (d->files[i]->named && name_equal(&d->files[i]->apex, apex))
                        return d->files[i]->path;
        return NULL;
}

const char *zone_directory_path(const struct zone_directory *d)
{
        return d->path;
}
