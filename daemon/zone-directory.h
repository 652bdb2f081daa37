/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The administrator's zone files: DIRECTORY/ZONE.zone is zone ZONE, in the format of daemon/dns/zone-file.h.
 * They are read at the start, and again as inotify tells of what was written, renamed, linked or deleted;
 * files behind symbolic links are only looked at by zone_directory_reload.
 *
 * The content of a file becomes that of its zone as one change, or, where it is wrong, not at all: the former
 * content stays, and the error is kept for Explain and logged once. A zone whose file goes, goes. A zone that
 * was made over the bus stays; the file's is taken when that one is removed.
 *
 * A file's name is the zone's, in lower case, in the presentation format, without the last dot ("/" is
 * written "\047"). Hidden files, and those that do not end in ".zone", are none of ours.
 *
 * Files are read in slices of ZONE_DIRECTORY_SLICE_USEC; the change itself is one step.
 */

#include <systemd/sd-event.h>

#include "daemon/dns/change.h"

#define ZONE_DIRECTORY_FILES_MAX 1024                    /* more are not looked at */
#define ZONE_DIRECTORY_OCTETS_MAX (512ULL * 1024 * 1024) /* of one file */
#define ZONE_DIRECTORY_RECORDS_MAX 4000000U              /* of one file */
#define ZONE_DIRECTORY_QUIET_USEC (100 * 1000ULL)        /* from the first word of a change to reading */
#define ZONE_DIRECTORY_RETRY_USEC (2 * 1000000ULL)       /* after a change that could not be made */
#define ZONE_DIRECTORY_SLICE_USEC 2000ULL

struct zone_directory;

struct zone_directory_options {
        const char *path; /* copied; need not exist */
        struct zone_store *zones;
        sd_event *event; /* NULL: nothing is watched */
        /* Makes CHANGE, which it takes over in every case. NULL: it is applied, and that is all. */
        int (*submit)(void *userdata, struct change *change);
        void *userdata;
};

int zone_directory_new(const struct zone_directory_options *options, struct zone_directory **ret);
struct zone_directory *zone_directory_free(struct zone_directory *directory);
DEFINE_CLEANUP(struct zone_directory *, zone_directory_free)

/* Reads all files, now. Errors of files are theirs; fails where the directory is there and cannot be read. */
int zone_directory_load(struct zone_directory *directory);

/* The same, when the loop comes to it. */
void zone_directory_reload(struct zone_directory *directory);

/*
 * Has the file of zone APEX, if there is one, looked at in USEC: the zone of this name that was another's is
 * gone, or a change that was submitted was taken back.
 */
void zone_directory_touch(struct zone_directory *directory, const struct name *apex, uint64_t usec);

struct zone_directory_file {
        const char *path;
        const char *error; /* NULL: none */
        bool serving; /* its zone has this file's content: the present, or, where ERROR is set, a former one
                       */
};

/* I from 0; false at the end. Good until the next return to the loop. */
bool zone_directory_get(const struct zone_directory *directory, size_t i, struct zone_directory_file *ret);

/* The path of the file of zone APEX, be it taken or not; NULL: there is none. */
const char *zone_directory_find(const struct zone_directory *directory, const struct name *apex);

const char *zone_directory_path(const struct zone_directory *directory);
