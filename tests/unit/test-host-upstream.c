/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whom the host would ask without us, and that changes of its files are noticed. */

#include "tests/unit/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/host/host-upstream.h"

struct fixture {
        char directory[64];
        char resolv_conf[96], nsswitch[96], resolve[96], resolved[96], networkmanager[96];
        struct host_upstream_files files;
        sd_event *event;
        struct host_upstream *upstream;
        unsigned int n_changes;
        bool displaced;
};

static void write_in_place(const char *path, const char *text)
{
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void write_file(const char *path, const char *text)
{
        char aside[256];

        snprintf(aside, sizeof(aside), "%s.new", path);
        write_in_place(aside, text);
        assert_int_equal(rename(aside, path), 0);
}

static void on_changed(void *userdata)
{
        ((struct fixture *)userdata)->n_changes++;
}

static bool is_displaced(void *userdata)
{
        return ((struct fixture *)userdata)->displaced;
}

static void start(struct fixture *f)
{
        const struct host_upstream_events events = {
                .changed = on_changed, .displaced = is_displaced, .userdata = f};

        assert_int_equal(host_upstream_new(f->event, &f->files, &events, &f->upstream), 0);
}

static void stop(struct fixture *f)
{
        f->upstream = host_upstream_free(f->upstream);
}

/* The servers are SERVERS, with blanks between them, and come from FILE. */
static void found(struct fixture *f, const char *servers, const char *file)
{
        char is[512] = "", text[ENDPOINT_TEXT_SIZE];

        for (size_t i = 0; i < host_upstream_servers(f->upstream); i++)
                sprintf(is + strlen(is), "%s%s", i > 0 ? " " : "",
                        endpoint_to_text(host_upstream_server_at(f->upstream, i), text));
        assert_string_equal(is, servers);
        assert_string_equal(host_upstream_file(f->upstream), file);
}

static void finds(struct fixture *f, const char *servers, const char *file)
{
        start(f);
        found(f, servers, file);
        stop(f);
}

/* Runs the loop until a change is told. */
static void changes(struct fixture *f, const char *servers, const char *file)
{
        for (unsigned int n = f->n_changes, i = 0; f->n_changes == n; i++) {
                assert_true(i < 1000);
                assert_true(sd_event_run(f->event, 10000000) >= 0);
        }
        found(f, servers, file);
}

static int expect_words(void *userdata, const char *step, const char *finding, const char *detail)
{
        const char *const *words = userdata;

        assert_string_equal(step, "upstream of the host");
        if (!strstr(finding, words[0]) || !strstr(detail, words[1]))
                fail_msg("\"%s\", \"%s\"", finding, detail);
        return 7;
}

static void explains(struct fixture *f, const char *finding, const char *detail)
{
        const char *words[] = {finding, detail};

        assert_int_equal(host_upstream_explain(f->upstream, expect_words, words), 7);
}

static void test_plain_file(void **state)
{
        struct fixture *f = *state;

        finds(f, "", "");
        write_file(f->resolv_conf, "# nothing\nsearch example\n");
        finds(f, "", "");
        write_file(f->resolv_conf, "nameserver 192.0.2.1\nnameserver 2001:db8::1\nnameserver 192.0.2.1\n"
                                   "nameserver 192.0.2.3\nnameserver 192.0.2.4\n");
        finds(f, "192.0.2.1:53 [2001:db8::1]:53 192.0.2.3:53", f->resolv_conf);
        write_file(f->resolved, "nameserver 192.0.2.9\n");
        write_file(f->networkmanager, "nameserver 192.0.2.8\n");
        finds(f, "192.0.2.1:53 [2001:db8::1]:53 192.0.2.3:53", f->resolv_conf);
}

static void test_what_cannot_be_asked_is_left_out(void **state)
{
        struct fixture *f = *state;

        write_file(f->resolv_conf, "nameserver 127.0.0.53\nnameserver 127.0.0.54\nnameserver 127.53.0.7\n"
                                   "nameserver 0.0.0.0\nnameserver fe80::1%eth0\nnameserver ff02::1\n"
                                   "nameserver 192.0.2.1\n");
        start(f);
        found(f, "192.0.2.1:53", f->resolv_conf);
        explains(f, "127.0.0.53 (left out: a stub of systemd-resolved)", f->resolv_conf);
        explains(f, "127.53.0.7 (left out: ours)", "whom this host would ask");
        stop(f);
        write_file(f->resolv_conf, "nameserver 127.53.0.1\n");
        start(f);
        found(f, "", "");
        explains(f, "127.53.0.1 (left out: ours)", "nobody to ask");
        stop(f);
}

static void test_own_addresses(void **state)
{
        struct fixture *f = *state;
        struct endpoint own[2];

        assert_int_equal(endpoint_from_text("192.0.2.1", 5353, &own[0]), 0);
        assert_int_equal(endpoint_from_text("2001:db8::1", 53, &own[1]), 0);
        write_file(f->resolv_conf, "nameserver 192.0.2.1\nnameserver 2001:db8::1\nnameserver 192.0.2.3\n");
        start(f);
        assert_int_equal(host_upstream_set_own(f->upstream, own, 2), 1);
        found(f, "192.0.2.3:53", f->resolv_conf);
        assert_int_equal(host_upstream_set_own(f->upstream, own, 2), 0);
        assert_int_equal(host_upstream_set_own(f->upstream, own + 1, 1), 1);
        found(f, "192.0.2.1:53 192.0.2.3:53", f->resolv_conf);
        assert_int_equal(host_upstream_set_own(f->upstream, NULL, 0), 1);
        assert_int_equal(f->n_changes, 0);
        stop(f);
}

static void test_resolved(void **state)
{
        struct fixture *f = *state;

        write_file(f->resolved, "nameserver 192.0.2.9\nnameserver 127.53.0.1\n");
        write_file(f->resolv_conf, "nameserver 127.0.0.53\n");
        finds(f, "192.0.2.9:53", f->resolved);
        /* By nss-resolve. */
        write_file(f->resolv_conf, "nameserver 192.0.2.1\n");
        finds(f, "192.0.2.1:53", f->resolv_conf);
        write_file(f->nsswitch, "hosts: files resolve [!UNAVAIL=return] dns\n");
        finds(f, "192.0.2.9:53", f->resolved);
        assert_int_equal(unlink(f->resolved), 0);
        finds(f, "192.0.2.1:53", f->resolv_conf);
        write_file(f->resolv_conf, "nameserver 127.0.0.53\n");
        finds(f, "", "");
}

static void test_networkmanager(void **state)
{
        struct fixture *f = *state;

        write_file(f->resolv_conf, "nameserver 127.0.0.1\n");
        finds(f, "127.0.0.1:53", f->resolv_conf);
        write_file(f->networkmanager, "nameserver 192.0.2.8\n");
        finds(f, "192.0.2.8:53", f->networkmanager);
        write_file(f->resolv_conf, "nameserver 192.0.2.1\nnameserver 127.0.0.1\n");
        finds(f, "192.0.2.1:53 127.0.0.1:53", f->resolv_conf);
}

static void test_changes_of_a_file(void **state)
{
        struct fixture *f = *state;

        start(f);
        write_file(f->resolv_conf, "nameserver 192.0.2.1\n");
        changes(f, "192.0.2.1:53", f->resolv_conf);
        write_file(f->resolv_conf, "nameserver 192.0.2.2\n");
        changes(f, "192.0.2.2:53", f->resolv_conf);
        write_in_place(f->resolv_conf, "nameserver 192.0.2.3\n");
        changes(f, "192.0.2.3:53", f->resolv_conf);
        assert_int_equal(unlink(f->resolv_conf), 0);
        changes(f, "", "");
        write_in_place(f->resolv_conf, "nameserver 192.0.2.4\n");
        changes(f, "192.0.2.4:53", f->resolv_conf);
        write_file(f->resolv_conf, "# the same\nnameserver 192.0.2.4\n");
        write_file(f->nsswitch, "hosts: resolve\n");
        write_file(f->resolved, "nameserver 192.0.2.9\n");
        changes(f, "192.0.2.9:53", f->resolved);
        stop(f);
}

/* A link that is pointed at us may have been the only one with servers: these are asked on. */
static void test_displaced_servers_are_kept(void **state)
{
        struct fixture *f = *state;
        struct endpoint own;

        write_file(f->resolv_conf, "nameserver 127.0.0.53\n");
        write_file(f->resolved, "nameserver 192.0.2.1\nnameserver 192.0.2.2\n");
        start(f);
        found(f, "192.0.2.1:53 192.0.2.2:53", f->resolved);
        f->displaced = true;
        write_file(f->resolved, "nameserver 127.53.0.1\n");
        assert_int_equal(host_upstream_set_own(f->upstream, NULL, 0), 0);
        found(f, "192.0.2.1:53 192.0.2.2:53", f->resolved);
        explains(f, "192.0.2.1, 192.0.2.2", "before a link was pointed at us");
        /* Not what is ours now. */
        assert_int_equal(endpoint_from_text("192.0.2.1", 53, &own), 0);
        assert_int_equal(host_upstream_set_own(f->upstream, &own, 1), 1);
        found(f, "192.0.2.2:53", f->resolved);
        /* What is new counts, and so does that there is nothing any more once nothing is pointed at us. */
        write_file(f->resolved, "nameserver 127.53.0.1\nnameserver 192.0.2.3\n");
        changes(f, "192.0.2.3:53", f->resolved);
        explains(f, "192.0.2.3", "whom this host would ask");
        f->displaced = false;
        write_file(f->resolved, "nameserver 127.53.0.1\n");
        changes(f, "", "");
        f->displaced = true;
        assert_int_equal(host_upstream_set_own(f->upstream, NULL, 0), 0);
        found(f, "", "");
        stop(f);
}

static void test_changes_behind_links(void **state)
{
        struct fixture *f = *state;
        char target[128], other[128];

        snprintf(target, sizeof(target), "%s/target", f->directory);
        snprintf(other, sizeof(other), "%s/later/stub.conf", f->directory);
        write_file(target, "nameserver 192.0.2.1\n");
        assert_int_equal(symlink("resolve/../target", f->resolv_conf), 0);
        start(f);
        found(f, "192.0.2.1:53", f->resolv_conf);
        write_file(target, "nameserver 192.0.2.2\n");
        changes(f, "192.0.2.2:53", f->resolv_conf);

        /* To a file whose directory is not there yet. */
        assert_int_equal(unlink(f->resolv_conf), 0);
        assert_int_equal(symlink(other, f->resolv_conf), 0);
        changes(f, "", "");
        *strrchr(other, '/') = '\0';
        assert_int_equal(mkdir(other, 0755), 0);
        other[strlen(other)] = '/';
        write_file(other, "nameserver 192.0.2.3\n");
        changes(f, "192.0.2.3:53", f->resolv_conf);
        assert_int_equal(unlink(other), 0);
        *strrchr(other, '/') = '\0';
        assert_int_equal(rmdir(other), 0);
        changes(f, "", "");
        assert_int_equal(mkdir(other, 0755), 0);
        other[strlen(other)] = '/';
        write_file(other, "nameserver 192.0.2.4\n");
        changes(f, "192.0.2.4:53", f->resolv_conf);

        /* A link to itself ends the search. */
        assert_int_equal(unlink(f->resolv_conf), 0);
        assert_int_equal(symlink(f->resolv_conf, f->resolv_conf), 0);
        changes(f, "", "");
        stop(f);
}

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));

        if (!f)
                return -1;
        strcpy(f->directory, "/tmp/share53-upstream.XXXXXX");
        if (!mkdtemp(f->directory) || sd_event_new(&f->event) < 0)
                return -1;
        snprintf(f->resolv_conf, sizeof(f->resolv_conf), "%s/resolv.conf", f->directory);
        snprintf(f->nsswitch, sizeof(f->nsswitch), "%s/nsswitch.conf", f->directory);
        snprintf(f->resolve, sizeof(f->resolve), "%s/resolve", f->directory);
        snprintf(f->resolved, sizeof(f->resolved), "%s/resolve/resolv.conf", f->directory);
        snprintf(f->networkmanager, sizeof(f->networkmanager), "%s/no-stub-resolv.conf", f->directory);
        f->files = (struct host_upstream_files){.resolv_conf = f->resolv_conf,
                .nsswitch = f->nsswitch,
                .resolved = f->resolved,
                .networkmanager = f->networkmanager};
        *state = f;
        return mkdir(f->resolve, 0755);
}

static int teardown(void **state)
{
        struct fixture *f = *state;
        char command[128];

        snprintf(command, sizeof(command), "rm -r %s", f->directory);
        sd_event_unref(f->event);
        free(f);
        return system(command) == 0 ? 0 : -1;
}

#define with_files(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                with_files(test_plain_file),
                with_files(test_what_cannot_be_asked_is_left_out),
                with_files(test_own_addresses),
                with_files(test_resolved),
                with_files(test_networkmanager),
                with_files(test_changes_of_a_file),
                with_files(test_displaced_servers_are_kept),
                with_files(test_changes_behind_links),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
