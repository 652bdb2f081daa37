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

/* Asks the kernel itself, with the smallest program that wants both capabilities. */
static int probe(void)
{
        const struct bpf_insn code[] = {
                {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
                {.code = BPF_JMP | BPF_EXIT},
        };
        union bpf_attr attr = {
                .prog_type = BPF_PROG_TYPE_XDP,
                .insns = (uintptr_t)code,
                .insn_cnt = ELEMENTSOF(code),
                .license = (uintptr_t) "GPL",
        };
        _cleanup_close_ int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

        return fd < 0 ? -errno : 0;
}

const char *privilege_keep_bpf(void)
{
        static char reason[128];
        uint64_t permitted = status_set("CapPrm");
        int r;

        if (geteuid() != 0)
                return "not root";
        if ((permitted & PRIVILEGE_BPF) != PRIVILEGE_BPF)
                return "root without CAP_BPF and CAP_NET_ADMIN";
        if (!(permitted >> CAP_SETPCAP & 1) || !(permitted >> CAP_SETUID & 1) ||
                !(permitted >> CAP_SETGID & 1))
                return "root without CAP_SETPCAP, CAP_SETUID and CAP_SETGID";
        r = probe();
        if (r < 0) {
                snprintf(reason, sizeof(reason), "bpf() refuses a program to root: %s", strerror(-r));
                return reason;
        }
        drop();
        return NULL;
}
