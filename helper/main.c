/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <getopt.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "common/log.h"
#include "helper/caps.h"
#include "helper/dispatch.h"
#include "helper/resolved.h"
#include "share53-config.h"

#define DAEMON_USER "share53"
#define ACCEPT_MSEC 5000             /* started by hand, there is nobody to accept */
#define REVERT_USEC (3 * 1000000ULL) /* below TimeoutStopSec= of the unit */

static void sd_event_unrefp_(sd_event **e)
{
        sd_event_unref(*e);
}

static void help(void)
{
        puts("share53-helper [OPTION]…\n"
             "\n"
             "Does for share53d the few things that want privileges: the XDP program on lo, and\n"
             "link DNS settings in systemd-resolved. Started by share53-helper.socket; what it\n"
             "lets share53d do is in " SHARE53_HELPER_CONFIG_FILE ".\n"
             "\n"
             "      --fd N              serve this connected socket (for tests)\n"
             "      --revert-leftovers  take back the link DNS settings that a killed helper\n"
             "                          has left behind, and end\n"
             "      --help\n"
             "      --version");
}

/* The one connection of this process's life, or -ENOENT. The listening socket is the service manager's. */
static int accept_once(int listening)
{
        struct pollfd p = {.fd = listening, .events = POLLIN};
        int r, fd;

        r = poll(&p, 1, ACCEPT_MSEC);
        if (r <= 0)
                return r < 0 ? -errno : -ENOENT;
        fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        return fd < 0 ? -errno : fd;
}

static int get_channel(int fd)
{
        int n, listening, flag;

        if (fd < 0) {
                n = sd_listen_fds(1);
                if (n != 1)
                        return n < 0 ? n : -EINVAL;
                listening = SD_LISTEN_FDS_START;
                fd = accept_once(listening);
                (void)safe_close(listening);
                return fd;
        }
        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &flag, &(socklen_t){sizeof(flag)}) < 0)
                return -errno;
        return flag ? -EINVAL : fd;
}

static int load_policy(struct policy *ret)
{
        _cleanup_free_ char *reason = NULL;
        int r;

        r = policy_load(SHARE53_HELPER_CONFIG_FILE, 0, ret, &reason);
        if (r < 0 && reason)
                log_error("%s", reason);
        else if (r < 0)
                (void)log_error_errno(r, "%s cannot be read", SHARE53_HELPER_CONFIG_FILE);
        return r;
}

static int get_daemon_uid(uid_t *ret)
{
        const struct passwd *user;

        errno = 0;
        user = getpwnam(DAEMON_USER);
        if (!user)
                return log_error_errno(errno > 0 ? errno : ESRCH, "user " DAEMON_USER " is not there");
        *ret = user->pw_uid;
        return 0;
}

/* SIGTERM and SIGINT end the loop with 0. */
static int prepare_event(sd_event **ret)
{
        _cleanup_(sd_event_unrefp_) sd_event *event = NULL;
        sigset_t signals;
        int r;

        if (sigemptyset(&signals) < 0 || sigaddset(&signals, SIGTERM) < 0 ||
                sigaddset(&signals, SIGINT) < 0 || sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
                return -errno;
        r = sd_event_new(&event);
        if (r >= 0)
                r = sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL);
        if (r >= 0)
                r = sd_event_add_signal(event, NULL, SIGINT, NULL, NULL);
        if (r >= 0)
                r = sd_event_set_watchdog(event, true);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(event);
        return 0;
}

static int serve(int fd)
{
        _cleanup_(dispatch_freep) struct dispatch *dispatch = NULL;
        _cleanup_(sd_event_unrefp_) sd_event *event = NULL;
        static struct policy policy; /* 20 KiB */
        struct caps_reason why;
        uid_t uid = 0;
        int r;

        if (caps_limit(&why) < 0) {
                log_error("capabilities or ids are not what they must be: %s", why.text);
                (void)safe_close(fd);
                return EXIT_FAILURE;
        }
        if (load_policy(&policy) < 0 || get_daemon_uid(&uid) < 0) {
                (void)safe_close(fd);
                return EXIT_FAILURE;
        }
        r = prepare_event(&event);
        if (r < 0) {
                (void)safe_close(fd);
                (void)log_error_errno(r, "event loop");
                return EXIT_FAILURE;
        }
        r = dispatch_new(event, fd, uid, &policy, LEFTOVERS_PATH, &dispatch);
        if (r < 0) {
                (void)log_error_errno(r, r == -EPERM ? "the peer is not user " DAEMON_USER : "channel");
                return EXIT_FAILURE;
        }
        (void)sd_notify(0, "READY=1");
        r = sd_event_loop(event);
        (void)sd_notify(0, "STOPPING=1");
        dispatch_undo(dispatch);
        if (r < 0)
                (void)log_error_errno(r, "event loop");
        return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int revert_leftovers(void)
{
        struct resolved *resolved;
        struct caps_reason why;
        size_t left;
        int r;

        if (caps_drop(&why) < 0) {
                log_error("the capabilities cannot be dropped: %s", why.text);
                return EXIT_FAILURE;
        }
        r = resolved_new(NULL, LEFTOVERS_PATH, NULL, NULL, &resolved);
        if (r < 0) {
                (void)log_error_errno(r, "leftovers");
                return EXIT_FAILURE;
        }
        left = resolved_undo(resolved, REVERT_USEC);
        if (left > 0)
                log_error("%zu links could not be reverted; they stay in " LEFTOVERS_PATH, left);
        resolved_free(resolved);
        return left == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
        static const struct option options[] = {
                {"fd", required_argument, NULL, 'f'},
                {"revert-leftovers", no_argument, NULL, 'r'},
                {"help", no_argument, NULL, 'h'},
                {"version", no_argument, NULL, 'v'},
                {},
        };
        int fd = -1, c;
        char *end;
        long n;

        log_open("share53-helper");
        while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0)
                switch (c) {
                case 'f':
                        n = strtol(optarg, &end, 10);
                        if (end == optarg || *end != '\0' || n <= STDERR_FILENO || n > 1024) {
                                log_error("--fd: not a descriptor: %s", optarg);
                                return EXIT_FAILURE;
                        }
                        fd = (int)n;
                        break;
                case 'r':
                        return revert_leftovers();
                case 'h':
                        help();
                        return EXIT_SUCCESS;
                case 'v':
                        puts("share53-helper " SHARE53_VERSION);
                        return EXIT_SUCCESS;
                default:
                        return EXIT_FAILURE;
                }
        if (optind < argc) {
                log_error("unexpected argument: %s", argv[optind]);
                return EXIT_FAILURE;
        }

        /* First of all, so that whoever waits sees the channel close if it must be refused. */
        fd = get_channel(fd);
        if (fd == -ENOENT) {
                log_notice("nobody has connected, ending");
                return EXIT_SUCCESS;
        }
        if (fd < 0) {
                (void)log_error_errno(fd, "no socket from share53-helper.socket, and no --fd");
                return EXIT_FAILURE;
        }
        return serve(fd);
}
