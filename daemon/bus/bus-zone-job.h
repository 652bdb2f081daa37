/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * LoadZone and DumpZone take their time: a job does their work in slices, between which the loop answers
 * queries, and replies at its end. A job ends early, without a trace, where its caller leaves the bus or the
 * connection is lost; with an error where it takes longer than BUS_ZONE_JOB_USEC.
 */

#include "daemon/bus/bus-api.h"

#define BUS_ZONE_JOB_USEC (60 * 1000000ULL)
#define BUS_ZONE_JOB_SLICE_USEC 2000ULL
#define BUS_ZONE_JOB_AGAIN_USEC 1000ULL /* until what could not be had at once is asked for again */
#define BUS_ZONE_JOBS_PER_UID 2U        /* and one of each connection; root is not limited so */
#define BUS_ZONE_JOBS_TOTAL 8U          /* of all but root */

struct bus_zone_jobs;
struct bus_zone_job;

/* What becomes of a job after a slice. */
enum bus_zone_job_state {
        BUS_ZONE_JOB_MORE,  /* go on, when others have had their turn */
        BUS_ZONE_JOB_AGAIN, /* there was nothing to be had: poll, or try again in a moment */
        BUS_ZONE_JOB_DONE,  /* replied */
};

struct bus_zone_work {
        /* One slice, until DEADLINE (CLOCK_MONOTONIC, microseconds). Negative: the job has failed, and ERROR
         * may say why. */
        int (*step)(void *work, struct bus_zone_job *job, uint64_t deadline, sd_bus_error *error);
        void (*free)(void *work);
        int poll_fd; /* what to wait for after AGAIN; -1: nothing */
};

int bus_zone_jobs_new(struct bus_api *api, struct bus_zone_jobs **ret);
struct bus_zone_jobs *bus_zone_jobs_free(struct bus_zone_jobs *jobs);
DEFINE_CLEANUP(struct bus_zone_jobs *, bus_zone_jobs_free)
void bus_zone_jobs_reset(struct bus_zone_jobs *jobs); /* the connection is lost */

/* Whether CALL, of UID, may begin one; ERROR says why not. */
int bus_zone_jobs_check(struct bus_zone_jobs *jobs, sd_bus_message *call, uid_t uid, sd_bus_error *error);

/* Begins WORK, which it takes over in every case. */
int bus_zone_jobs_begin(struct bus_zone_jobs *jobs, sd_bus_message *call, uid_t uid,
        const struct bus_zone_work *work, void *userdata);

struct bus_api *bus_zone_job_api(const struct bus_zone_job *job);
sd_bus_message *bus_zone_job_call(const struct bus_zone_job *job);
uid_t bus_zone_job_uid(const struct bus_zone_job *job);

uint64_t bus_zone_job_now(void); /* CLOCK_MONOTONIC, microseconds */
