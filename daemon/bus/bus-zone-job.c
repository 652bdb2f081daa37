/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "daemon/bus/bus-error.h"
#include "daemon/bus/bus-zone-job.h"
#include "daemon/manager.h"

struct bus_zone_job {
        TAILQ_ENTRY(bus_zone_job) list;
        struct bus_zone_jobs *jobs;
        sd_bus_message *call;
        uid_t uid;
        struct bus_zone_work work;
        void *userdata;
        sd_bus_slot *gone_slot;  /* the caller leaves */
        sd_bus_slot *there_slot; /* it is there still, after we began to watch */
        sd_event_source *io;     /* on work.poll_fd */
        sd_event_source *timer;  /* the next slice */
        sd_event_source *timeout;
};
TAILQ_HEAD(job_list, bus_zone_job);

struct bus_zone_jobs {
        struct bus_api *api;
        struct job_list list;
};

uint64_t bus_zone_job_now(void)
{
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

struct bus_api *bus_zone_job_api(const struct bus_zone_job *job)
{
        return job->jobs->api;
}

sd_bus_message *bus_zone_job_call(const struct bus_zone_job *job)
{
        return job->call;
}

uid_t bus_zone_job_uid(const struct bus_zone_job *job)
{
        return job->uid;
}

static void job_end(struct bus_zone_job *job)
{
        TAILQ_REMOVE(&job->jobs->list, job, list);
        sd_event_source_disable_unref(job->io);
        sd_event_source_disable_unref(job->timer);
        sd_event_source_disable_unref(job->timeout);
        sd_bus_slot_unref(job->gone_slot);
        sd_bus_slot_unref(job->there_slot);
        sd_bus_message_unref(job->call);
        job->work.free(job->userdata);
        free(job);
}

static void job_fail(struct bus_zone_job *job, int r, const sd_bus_error *error)
{
        if (sd_bus_error_is_set(error))
                (void)sd_bus_reply_method_error(job->call, error);
        else
                (void)sd_bus_reply_method_errno(job->call, r, NULL);
        job_end(job);
}

/* When the next slice is. */
static void job_arm(struct bus_zone_job *job, int state)
{
        bool poll = state == BUS_ZONE_JOB_AGAIN && job->io;

        if (job->io)
                (void)sd_event_source_set_enabled(job->io, poll ? SD_EVENT_ON : SD_EVENT_OFF);
        if (!poll)
                (void)sd_event_source_set_time_relative(
                        job->timer, state == BUS_ZONE_JOB_AGAIN ? BUS_ZONE_JOB_AGAIN_USEC : 0);
        (void)sd_event_source_set_enabled(job->timer, poll ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

static void job_step(struct bus_zone_job *job)
{
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r = job->work.step(job->userdata, job, bus_zone_job_now() + BUS_ZONE_JOB_SLICE_USEC, &error);

        if (r < 0)
                job_fail(job, r, &error);
        else if (r == BUS_ZONE_JOB_DONE)
                job_end(job);
        else
                job_arm(job, r);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        job_step(userdata);
        return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        job_step(userdata);
        return 0;
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;

        (void)sd_bus_error_setf(&error, BUS_ERROR_INVALID_FILE, "Not done within %llu seconds, the limit",
                BUS_ZONE_JOB_USEC / 1000000);
        job_fail(userdata, -ETIMEDOUT, &error);
        return 0;
}

static int on_caller_gone(sd_bus_message *m, void *userdata, sd_bus_error *ret_error)
{
        job_end(userdata);
        return 0;
}

static int on_caller_there(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
        struct bus_zone_job *job = userdata;
        int there = true;

        job->there_slot = sd_bus_slot_unref(job->there_slot);
        if (!sd_bus_message_is_method_error(reply, NULL) && sd_bus_message_read(reply, "b", &there) >= 0 &&
                !there)
                job_end(job);
        return 1;
}

static int watch_caller(struct bus_zone_job *job)
{
        const char *sender = sd_bus_message_get_sender(job->call);
        sd_bus *bus = job->jobs->api->bus;
        char match[512];
        int r;

        if (snprintf(match, sizeof(match),
                    "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
                    "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='%s',arg2=''",
                    sender) >= (int)sizeof(match))
                return -ENAMETOOLONG;
        r = sd_bus_add_match_async(bus, &job->gone_slot, match, on_caller_gone, NULL, job);
        if (r < 0)
                return r;
        return sd_bus_call_method_async(bus, &job->there_slot, "org.freedesktop.DBus",
                "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner", on_caller_there, job, "s",
                sender);
}

int bus_zone_jobs_new(struct bus_api *api, struct bus_zone_jobs **ret)
{
        struct bus_zone_jobs *jobs = calloc(1, sizeof(*jobs));

        if (!jobs)
                return -ENOMEM;
        jobs->api = api;
        TAILQ_INIT(&jobs->list);
        *ret = jobs;
        return 0;
}

struct bus_zone_jobs *bus_zone_jobs_free(struct bus_zone_jobs *jobs)
{
        bus_zone_jobs_reset(jobs);
        free(jobs);
        return NULL;
}

void bus_zone_jobs_reset(struct bus_zone_jobs *jobs)
{
        struct bus_zone_job *job;

        while ((job = TAILQ_FIRST(&jobs->list)))
                job_end(job);
}

int bus_zone_jobs_check(struct bus_zone_jobs *jobs, sd_bus_message *call, uid_t uid, sd_bus_error *error)
{
        const char *sender = sd_bus_message_get_sender(call);
        unsigned int of_uid = 0, total = 0;
        const struct bus_zone_job *job;

        TAILQ_FOREACH(job, &jobs->list, list)
        {
                if (strcmp(sd_bus_message_get_sender(job->call), sender) == 0)
                        return sd_bus_error_setf(error, BUS_ERROR_QUOTA_EXCEEDED,
                                "A zone is being loaded or dumped for this connection already");
                of_uid += job->uid == uid;
                total += job->uid != 0;
        }
        if (uid != 0 && of_uid >= BUS_ZONE_JOBS_PER_UID)
                return sd_bus_error_setf(error, BUS_ERROR_QUOTA_EXCEEDED,
                        "%u zones are being loaded or dumped for uid %u already, the limit",
                        BUS_ZONE_JOBS_PER_UID, uid);
        if (uid != 0 && total >= BUS_ZONE_JOBS_TOTAL)
                return sd_bus_error_setf(error, BUS_ERROR_QUOTA_EXCEEDED,
                        "%u zones are being loaded or dumped already, the limit", BUS_ZONE_JOBS_TOTAL);
        return 0;
}

static int add_sources(struct bus_zone_job *job)
{
        sd_event *event = job->jobs->api->manager->event;
        int r;

        r = sd_event_add_time_relative(event, &job->timer, CLOCK_MONOTONIC, 0, 1, on_timer, job);
        if (r < 0)
                return r;
        r = sd_event_add_time_relative(
                event, &job->timeout, CLOCK_MONOTONIC, BUS_ZONE_JOB_USEC, 0, on_timeout, job);
        if (r < 0 || job->work.poll_fd < 0)
                return r;
        r = sd_event_add_io(event, &job->io, job->work.poll_fd, EPOLLIN, on_io, job);
        return r < 0 ? r : sd_event_source_set_enabled(job->io, SD_EVENT_OFF);
}

int bus_zone_jobs_begin(struct bus_zone_jobs *jobs, sd_bus_message *call, uid_t uid,
        const struct bus_zone_work *work, void *userdata)
{
        struct bus_zone_job *job = calloc(1, sizeof(*job));
        int r;

        if (!job) {
                work->free(userdata);
                return -ENOMEM;
        }
        *job = (struct bus_zone_job){.jobs = jobs,
                .call = sd_bus_message_ref(call),
                .uid = uid,
                .work = *work,
                .userdata = userdata};
        TAILQ_INSERT_TAIL(&jobs->list, job, list);
        r = watch_caller(job);
        if (r >= 0)
                r = add_sources(job);
        if (r < 0) {
                job_end(job);
                return r;
        }
        return 0;
}
