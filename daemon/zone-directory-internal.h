/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* zone-directory-*.c's own. */

#include "daemon/dns/zone-file.h"
#include "daemon/zone-directory.h"

/* One file, present or just gone. */
struct directory_file {
        char *path;
        struct name apex;
        bool named;   /* its name is a zone's */
        bool awaited; /* to become dirty when the timer comes */
        bool dirty;   /* to be read */
        bool gone;    /* its zone was removed; remembered until that is sure */
        bool present; /* as the last scan saw it */
        bool serving;
        char *error; /* NULL: none */
};

/* A file that is being read. */
struct directory_load {
        struct directory_file *file; /* NULL: none is */
        struct zone_file *reader;
        struct record_list records;
        int fd;
};

struct zone_directory {
        struct zone_directory_options options;
        char *path;
        struct directory_file **files;
        size_t n_files;
        struct directory_load load;
        bool rescan;
        bool crowded; /* more than ZONE_DIRECTORY_FILES_MAX: logged */

        int inotify_fd;
        int watch;        /* of the directory; -1: none */
        int parent_watch; /* of its parent, while it is not there; -1: none */
        sd_event_source *inotify_source;
        sd_event_source *timer; /* then SLICES goes on */
        sd_event_source *slices;
};

/* zone-directory-load.c: one file. 1: something was done, 0: no file is dirty. Ends by itself at DEADLINE
 * (CLOCK_MONOTONIC, microseconds). -ENOMEM. */
int zone_directory_step(struct zone_directory *directory, uint64_t deadline);
void zone_directory_abort(struct zone_directory *directory); /* forgets what is being read */
uint64_t zone_directory_now(void);

/* Frees FILE; its zone is not touched. */
void zone_directory_forget(struct zone_directory *directory, struct directory_file *file);

/* zone-directory-watch.c */
int zone_directory_watch(struct zone_directory *directory); /* begins, or begins anew where it was lost */
void zone_directory_unwatch(struct zone_directory *directory);
/* Has FILE (NULL: the directory anew) read in USEC. */
void zone_directory_await(struct zone_directory *directory, struct directory_file *file, uint64_t usec);

/* The file of NAME, within the directory; a new one where ADD is wanted and the name is a zone file's. NULL:
 * there is none. -ENOMEM. */
int zone_directory_get_file(
        struct zone_directory *directory, const char *name, bool add, struct directory_file **ret);
