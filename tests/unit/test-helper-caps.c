/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Each wrong set of ids and capabilities that a unit might give, in a child of its own: it must not start. */

#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "common/util.h"
#include "helper/caps.h"
#include "tests/unit/test.h"

#define TWO (1ULL << CAP_BPF | 1ULL << CAP_NET_ADMIN)
#define ONE_MORE (TWO | 1ULL << CAP_NET_RAW)

struct sets {
        uid_t uid;
        gid_t gid;
        uint64_t bounding;
        uint64_t permitted;
        uint64_t inheritable; /* and ambient */
};

static void set_caps(uint64_t permitted, uint64_t inheritable)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2] = {
                {(uint32_t)permitted, (uint32_t)permitted, (uint32_t)inheritable},
                {(uint32_t)(permitted >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)},
        };

        if (syscall(SYS_capset, &header, data) < 0)
                _exit(100);
        for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
                if ((inheritable & 1ULL << cap) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
                        _exit(101);
}

static void become(const struct sets *s)
{
        for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
                if (!(s->bounding & 1ULL << cap))
                        (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
        if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 ||
                setresgid(s->gid, s->gid, s->gid) < 0 || setresuid(s->uid, s->uid, s->uid) < 0)
                _exit(102);
        set_caps(s->permitted, s->inheritable);
}

/* Runs CHECK in a child that has SETS; its exit status is the errno, and WHY the reason. */
static int in_child(const struct sets *sets, int (*check)(struct caps_reason *), struct caps_reason *why)
{
        int fds[2], status;
        pid_t pid;

        assert_int_equal(pipe(fds), 0);
        fflush(NULL);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                struct caps_reason reason = {};
                int r;

                become(sets);
                r = check(&reason);
                if (write(fds[1], &reason, sizeof(reason)) != sizeof(reason))
                        _exit(103);
                _exit(-r);
        }
        close(fds[1]);
        assert_int_equal(read(fds[0], why, sizeof(*why)), sizeof(*why));
        close(fds[0]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

/* As the unit has it, ambient too: what is too much is cleared. */
static void test_right(void **state)
{
        const struct sets sets[] = {
                {1000, 1000, TWO, TWO, TWO}, {1000, 1000, TWO, TWO, 0},
                {1000, 1000, TWO, ONE_MORE, 0}, /* given up by itself */
        };
        struct caps_reason why;

        if (geteuid() != 0)
                skip();
        for (size_t i = 0; i < ELEMENTSOF(sets); i++)
                assert_int_equal(in_child(&sets[i], caps_limit, &why), 0);
}

static void test_wrong(void **state)
{
        const struct {
                struct sets sets;
                const char *why;
        } cases[] = {
                {{1000, 1000, ONE_MORE, TWO, TWO}, "CapBnd:"}, /* cannot be dropped without CAP_SETPCAP */
                {{1000, 1000, UINT64_MAX, TWO, TWO}, "CapBnd:"},
                {{1000, 1000, 1ULL << CAP_BPF, TWO, 0}, "CapBnd:"},
                {{1000, 1000, TWO, 1ULL << CAP_BPF, 1ULL << CAP_BPF},
                        "CapInh:"}, /* capset(2) is all or nothing */
                {{1000, 1000, TWO, 1ULL << CAP_BPF, 0}, "CapPrm:"},
                {{1000, 1000, TWO, 1ULL << CAP_NET_ADMIN, 0}, "CapPrm:"},
                {{1000, 1000, TWO, 0, 0}, "CapPrm:"},
                {{1000, 1000, 0, 0, 0}, "Cap"},
                {{0, 1000, TWO, TWO, TWO}, "Uid:"},
                {{1000, 0, TWO, TWO, TWO}, "Gid:"},
        };
        struct caps_reason why;

        if (geteuid() != 0)
                skip();
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                assert_int_equal(in_child(&cases[i].sets, caps_limit, &why), EPERM);
                assert_int_equal(strncmp(why.text, cases[i].why, strlen(cases[i].why)), 0);
        }
}

/* With CAP_SETPCAP left, even a bounding set that is too big is put right. */
static void test_setpcap(void **state)
{
        const struct sets sets = {1000, 1000, UINT64_MAX, TWO | 1ULL << CAP_SETPCAP, 0};
        struct caps_reason why;

        if (geteuid() != 0)
                skip();
        assert_int_equal(in_child(&sets, caps_limit, &why), 0);
}

static int limit_then_drop(struct caps_reason *why)
{
        struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
        struct __user_cap_data_struct data[2];
        int r;

        r = caps_limit(why);
        if (r < 0)
                return r;
        r = caps_drop(why);
        if (r < 0)
                return r;
        if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
                return -1;
        if (syscall(SYS_capget, &header, data) < 0)
                return -2;
        for (int i = 0; i < 2; i++)
                if (data[i].permitted || data[i].effective || data[i].inheritable)
                        return -3;
        /* For good: what is not permitted cannot be taken up again. */
        data[1].permitted = data[1].effective = 1U << (CAP_BPF - 32);
        return syscall(SYS_capset, &header, data) < 0 ? 0 : -4;
}

static void test_drop(void **state)
{
        const struct sets sets = {1000, 1000, TWO, TWO, TWO};
        struct caps_reason why;

        if (geteuid() != 0)
                skip();
        assert_int_equal(in_child(&sets, limit_then_drop, &why), 0);
}

/* --revert-leftovers drops at once, whatever it was started with. */
static void test_drop_all(void **state)
{
        const struct sets sets = {
                1000, 1000, UINT64_MAX, UINT64_MAX & ((1ULL << (CAP_CHECKPOINT_RESTORE + 1)) - 1), 0};
        const struct sets unit = {1000, 1000, TWO, TWO, TWO};
        struct sets all = sets;
        struct caps_reason why;

        if (geteuid() != 0)
                skip();
        for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
                if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 1)
                        all.permitted &= ~(1ULL << cap);
        assert_int_equal(in_child(&all, caps_drop, &why), 0);
        assert_int_equal(in_child(&unit, caps_drop, &why), 0);
}

static bool may_try(void)
{
        return geteuid() != 0 || (prctl(PR_CAPBSET_READ, CAP_BPF, 0, 0, 0) == 1 &&
                                         prctl(PR_CAPBSET_READ, CAP_NET_ADMIN, 0, 0, 0) == 1 &&
                                         prctl(PR_CAPBSET_READ, CAP_NET_RAW, 0, 0, 0) == 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_right),
                cmocka_unit_test(test_wrong),
                cmocka_unit_test(test_setpcap),
                cmocka_unit_test(test_drop),
                cmocka_unit_test(test_drop_all),
        };

        if (!may_try()) {
                printf("1..0 # SKIP no CAP_BPF, CAP_NET_ADMIN, CAP_NET_RAW\n");
                return 0;
        }
        return cmocka_run_group_tests_name("helper-caps", tests, NULL, NULL);
}
