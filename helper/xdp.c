/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "helper/xdp.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>

#include "common/log.h"
#include "share53.skel.h"

#define LOOPBACK_IFINDEX 1 /* of every network namespace (include/net/flow.h) */

struct xdp {
        struct share53_bpf *program;
        struct bpf_link *link;
        int n_cpus;
        size_t n_shares;
        struct xdp_share shares[SHARE53_SHARES_MAX];
};

static void share53_bpf__destroyp(struct share53_bpf **p)
{
        share53_bpf__destroy(*p); /* bears NULL */
}

/* libbpf ends its lines itself. Only its warnings are of use, and only beside our own line. */
_printf_(2, 0) static int print_libbpf(enum libbpf_print_level level, const char *format, va_list ap)
{
        char line[1024];

        if (level != LIBBPF_WARN)
                return 0;
        if (vsnprintf(line, sizeof(line), format, ap) < 0)
                return 0;
        line[strcspn(line, "\n")] = '\0';
        log_debug("%s", line);
        return 0;
}

static struct share53_endpoint endpoint_to_map(const struct endpoint *e)
{
        struct share53_endpoint m = {
                .port = htons(e->port),
                .family = e->family == AF_INET ? 4 : 6,
        };

        memcpy(m.address, e->addr.bytes, endpoint_address_size(e));
        return m;
}

/* The program passes other ports without a look-up. Widened before a listener is there, narrowed after. */
static void set_port_range(struct xdp *xdp, const struct xdp_share *added)
{
        uint16_t first = UINT16_MAX, last = 0;

        for (size_t i = 0; i < xdp->n_shares; i++) {
                first = MIN(first, xdp->shares[i].listener.port);
                last = MAX(last, xdp->shares[i].listener.port);
        }
        if (added) {
                first = MIN(first, added->listener.port);
                last = MAX(last, added->listener.port);
        }
        xdp->program->data->listener_port_first = first;
        xdp->program->data->listener_port_last = last;
}

int xdp_attach(struct xdp **ret)
{
        _cleanup_(share53_bpf__destroyp) struct share53_bpf *program = NULL;
        struct bpf_link *link;
        struct xdp *xdp;
        int n_cpus, r;

        libbpf_set_print(print_libbpf);
        n_cpus = libbpf_num_possible_cpus();
        if (n_cpus < 0)
                return n_cpus;
        program = share53_bpf__open();
        if (!program)
                return -errno;
        r = share53_bpf__load(program);
        if (r < 0)
                return r;
        xdp = calloc(1, sizeof(*xdp));
        if (!xdp)
                return -ENOMEM;
        link = bpf_program__attach_xdp(program->progs.share53, LOOPBACK_IFINDEX);
        if (!link) {
                r = -errno;
                free(xdp);
                return r;
        }
        xdp->link = link;
        xdp->program = TAKE_PTR(program);
        xdp->n_cpus = n_cpus;
        set_port_range(xdp, NULL);
        *ret = xdp;
        return 0;
}

struct xdp *xdp_free(struct xdp *xdp)
{
        if (!xdp)
                return NULL;
        (void)bpf_link__destroy(xdp->link); /* closes the descriptor, whatever it returns */
        share53_bpf__destroy(xdp->program);
        free(xdp);
        return NULL;
}

const struct xdp_share *xdp_shares(const struct xdp *xdp, size_t *ret_n)
{
        *ret_n = xdp ? xdp->n_shares : 0;
        return xdp ? xdp->shares : NULL;
}

int xdp_add_share(struct xdp *xdp, const struct xdp_share *share)
{
        struct share53_endpoint shared = endpoint_to_map(&share->shared);
        struct share53_endpoint listener = endpoint_to_map(&share->listener);
        int shares = bpf_map__fd(xdp->program->maps.shares);
        int listeners = bpf_map__fd(xdp->program->maps.listeners);

        if (xdp->n_shares == SHARE53_SHARES_MAX)
                return -ENOSPC;
        set_port_range(xdp, share);
        /* The way back first, so that no query is redirected whose answer would not be. */
        if (bpf_map_update_elem(listeners, &listener, &shared, BPF_NOEXIST) < 0) {
                int r = -errno;
                set_port_range(xdp, NULL);
                return r;
        }
        if (bpf_map_update_elem(shares, &shared, &listener, BPF_NOEXIST) < 0) {
                int r = -errno;
                (void)bpf_map_delete_elem(listeners, &listener); /* just put there */
                set_port_range(xdp, NULL);
                return r;
        }
        xdp->shares[xdp->n_shares++] = *share;
        return 0;
}

int xdp_delete_share(struct xdp *xdp, const struct xdp_share *share)
{
        struct share53_endpoint shared = endpoint_to_map(&share->shared);
        struct share53_endpoint listener = endpoint_to_map(&share->listener);
        size_t i;

        for (i = 0; i < xdp->n_shares; i++)
                if (endpoint_equal(&xdp->shares[i].shared, &share->shared) &&
                        endpoint_equal(&xdp->shares[i].listener, &share->listener))
                        break;
        if (i == xdp->n_shares)
                return -ENOENT;
        if (bpf_map_delete_elem(bpf_map__fd(xdp->program->maps.shares), &shared) < 0 && errno != ENOENT)
                return -errno;
        if (bpf_map_delete_elem(bpf_map__fd(xdp->program->maps.listeners), &listener) < 0 && errno != ENOENT)
                return -errno;
        xdp->shares[i] = xdp->shares[--xdp->n_shares];
        set_port_range(xdp, NULL);
        return 0;
}

int xdp_counters(struct xdp *xdp, uint64_t ret[SHARE53_COUNTERS_N])
{
        _cleanup_free_ uint64_t *values = NULL;
        uint64_t sums[SHARE53_COUNTERS_N] = {};
        int fd = bpf_map__fd(xdp->program->maps.counters);

        values = calloc((size_t)xdp->n_cpus, sizeof(*values));
        if (!values)
                return -ENOMEM;
        for (uint32_t i = 0; i < SHARE53_COUNTERS_N; i++) {
                if (bpf_map_lookup_elem(fd, &i, values) < 0)
                        return -errno;
                for (int cpu = 0; cpu < xdp->n_cpus; cpu++)
                        sums[i] += values[cpu];
        }
        memcpy(ret, sums, sizeof(sums));
        return 0;
}
