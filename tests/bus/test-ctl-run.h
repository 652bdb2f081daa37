/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Runs share53ctl as a program on a bus of the test's own, and keeps what came out. */

#include <sys/types.h>

#include "common/util.h"

/* A dbus-daemon that lets everyone do everything, in a directory of its own. */
struct run_bus {
        char directory[32];
        char address[64];
        char log[64]; /* where a fake service may write */
        pid_t pid;
};

/* Assert on failure. */
void run_bus_start(struct run_bus *bus);
void run_bus_stop(struct run_bus *bus);
void run_stop_process(pid_t *pid); /* SIGKILL, and waits; 0 afterwards */

struct run {
        int status; /* exit status, or 128 + signal */
        char *out;  /* of a pipe, or all that a terminal showed */
        char *err;
};
void run_done(struct run *run);

/* Runs it with ARGUMENTS (NULL-terminated); stdin is /dev/null, the bus is BUS's. */
void run_ctl(struct run *ret, const struct run_bus *bus, const char *const *arguments);

/* The same on a terminal of its own, as user UID, with ENVIRONMENT (NULL-terminated, may be NULL) beside the
 * test's own; ERR is NULL. */
void run_ctl_on_terminal(struct run *ret, const struct run_bus *bus, const char *const *arguments,
        const char *const *environment, uid_t uid);

/* Starts it and leaves it running; *RET_OUT reads its stdout. */
pid_t run_ctl_start(const struct run_bus *bus, const char *const *arguments, FILE **ret_out);
int run_wait(pid_t pid); /* as run.status */
