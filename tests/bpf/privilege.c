/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <assert.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "common/util.h"
#include "tests/bpf/privilege.h"

#define NOBODY 65534

static_assert(PRIVILEGE_BPF == (1ULL << CAP_BPF | 1ULL << CAP_NET_ADMIN), "numbers of linux/capability.h");

static int capabilities_set(uint64_t permitted)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2] = {
                {.permitted = (uint32_t)permitted, .effective = (uint32_t)permitted},
                {.permitted = permitted >> 32, .effective = permitted >> 32},
        };
        return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static uint64_t status_set(const char *name)
{
        _cleanup_fclose_ FILE *f = fopen("/proc/self/status", "re");
        size_t size = strlen(name);
        char line[256];

        while (f && fgets(line, sizeof(line), f))
                if (strncmp(line, name, size) == 0 && line[size] == ':')
                        return strtoull(line + size + 1, NULL, 16);
        return UINT64_MAX;
}

_Bool privilege_is_exactly(unsigned long long permitted, unsigned long long bounding)
{
        return status_set("CapPrm") == permitted && status_set("CapEff") == permitted &&
               status_set("CapBnd") == bounding && status_set("CapInh") == 0 && status_set("CapAmb") == 0 &&
               status_set("NoNewPrivs") == 1 && getuid() == NOBODY && geteuid() == NOBODY;
}

int privilege_drop_all(void)
{
        return capabilities_set(0);
}

static void drop(void)
{
        for (int i = 0; i <= CAP_LAST_CAP; i++)
                if (!(PRIVILEGE_BPF >> i & 1))
                        (void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0); /* read back below */

        if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 ||
                setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0 ||
                capabilities_set(PRIVILEGE_BPF) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
                prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 /* for the leak sanitizer */ ||
                !privilege_is_exactly(PRIVILEGE_BPF, PRIVILEGE_BPF)) {
                printf("Bail out! privileges could not be dropped to CAP_BPF and CAP_NET_ADMIN\n");
                exit(EXIT_FAILURE);
        }
}

const char *privilege_keep_bpf(void)
{
        static char reason[128];
        union bpf_attr attr = {
                .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1};

        if (geteuid() != 0)
                return "not root";
        if ((status_set("CapPrm") & PRIVILEGE_BPF) != PRIVILEGE_BPF)
                return "root without CAP_BPF and CAP_NET_ADMIN";
        if (!(status_set("CapPrm") >> CAP_SETPCAP & 1) || !(status_set("CapPrm") >> CAP_SETUID & 1))
                return "root without CAP_SETPCAP and CAP_SETUID";
        drop();

        _cleanup_close_ int fd = syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
        if (fd < 0) {
                snprintf(reason, sizeof(reason), "bpf() is refused: %s", strerror(errno));
                return reason;
        }
        return NULL;
}
