/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "helper/caps.h"

#include <cap-ng.h>
#include <inttypes.h>
#include <string.h>
#include <sys/prctl.h>

#include "common/util.h"

#define CAPS_TWO (UINT64_C(1) << CAP_BPF | UINT64_C(1) << CAP_NET_ADMIN)

static int fail(struct caps_reason *reason, int error, const char *what)
{
        snprintf(reason->text, sizeof(reason->text), "%.*s", (int)strcspn(what, "\n"), what);
        return error;
}

/* "Uid:" and "Gid:": real, effective, saved, file system; none may be root's. */
static bool ids_not_root(const char *ids)
{
        unsigned int id[4];

        return sscanf(ids, "%u %u %u %u", &id[0], &id[1], &id[2], &id[3]) == 4 && id[0] != 0 && id[1] != 0 &&
               id[2] != 0 && id[3] != 0;
}

static bool caps_are(const char *hex, uint64_t expected)
{
        uint64_t mask;

        return sscanf(hex, "%" SCNx64, &mask) == 1 && mask == expected;
}

/* Each of these lines must be there once and be so; HELD is what must be permitted and effective. */
static int read_back(uint64_t held, bool whole, struct caps_reason *reason)
{
        enum { UID = 1, GID = 2, INH = 4, PRM = 8, EFF = 16, BND = 32, AMB = 64, NNP = 128 };
        const unsigned int expected = whole ? 255 : PRM | EFF | AMB;
        _cleanup_fclose_ FILE *file = NULL;
        unsigned int right = 0;
        char line[512];

        file = fopen("/proc/self/status", "re");
        if (!file)
                return fail(reason, -errno, "/proc/self/status cannot be opened");
        while (fgets(line, sizeof(line), file)) {
                unsigned int bit = 0;
                bool ok = false;

                if (strncmp(line, "Uid:", 4) == 0)
                        bit = UID, ok = ids_not_root(line + 4);
                else if (strncmp(line, "Gid:", 4) == 0)
                        bit = GID, ok = ids_not_root(line + 4);
                else if (strncmp(line, "CapInh:", 7) == 0)
                        bit = INH, ok = caps_are(line + 7, 0);
                else if (strncmp(line, "CapPrm:", 7) == 0)
                        bit = PRM, ok = caps_are(line + 7, held);
                else if (strncmp(line, "CapEff:", 7) == 0)
                        bit = EFF, ok = caps_are(line + 7, held);
                else if (strncmp(line, "CapBnd:", 7) == 0)
                        bit = BND, ok = caps_are(line + 7, CAPS_TWO);
                else if (strncmp(line, "CapAmb:", 7) == 0)
                        bit = AMB, ok = caps_are(line + 7, 0);
                else if (strncmp(line, "NoNewPrivs:", 11) == 0)
                        bit = NNP, ok = atoi(line + 11) == 1;

                if ((bit & expected) && !ok)
                        return fail(reason, -EPERM, line);
                right |= bit;
        }
        if ((right & expected) != expected)
                return fail(reason, -EPERM, "/proc/self/status lacks a line");
        return 0;
}

/* What fails here shows when the sets are read back. */
static void apply(uint64_t held)
{
        bool bounds; /* libcap-ng complains to syslog where the bounding set cannot be changed */

        bounds = capng_get_caps_process() == 0 && capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP);
        capng_clear(CAPNG_SELECT_ALL);
        (void)capng_updatev(CAPNG_ADD, CAPNG_BOUNDING_SET, CAP_BPF, CAP_NET_ADMIN, -1);
        if (held == CAPS_TWO)
                (void)capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_BPF, CAP_NET_ADMIN, -1);
        (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        if (bounds)
                (void)capng_apply(CAPNG_SELECT_BOUNDS);
        (void)capng_apply(CAPNG_SELECT_CAPS);
}

int caps_limit(struct caps_reason *reason)
{
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return fail(reason, -errno, "no_new_privs cannot be set");
        apply(CAPS_TWO);
        return read_back(CAPS_TWO, true, reason);
}

int caps_drop(struct caps_reason *reason)
{
        apply(0);
        return read_back(0, false, reason);
}
