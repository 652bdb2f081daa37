/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* libunbound's contexts by themselves: made, renewed, destroyed with queries under way; DNS over TLS to a
 * real Unbound. */

#include "tests/unit/upstream-fixture.h"

#include <spawn.h>
#include <sys/wait.h>

#include "daemon/dns/upstream.h"

extern char **environ;

static sd_event *event;
static struct fake_server server;
static struct upstream_pool *pool;
static struct {
        unsigned int n;
        size_t size;
        char reason[200];
} done;

static void on_done(void *userdata, const struct upstream_result *result)
{
        done.n++;
        done.size = result->size;
        assert_ptr_equal(userdata, &done);
}

static unsigned int n_asked;
static bool answers;
static uint16_t source_port;
static uint16_t edns_size;

static void script(struct fake_query *q)
{
        struct fake_answer a;
        struct endpoint from;

        n_asked++;
        assert_int_equal(endpoint_from_sockaddr((struct sockaddr *)&q->from, &from), 0);
        source_port = from.port;
        edns_size = (uint16_t)(q->data[q->question_end + 3] << 8 | q->data[q->question_end + 4]);
        if (!answers)
                return;
        fake_begin(&a, q, 0);
        fake_record(&a, 1, "www.example.org. 60 IN A 192.0.2.1");
        fake_send(q, &a);
}

static int setup(void **state)
{
        memset(&done, 0, sizeof(done));
        n_asked = 0;
        answers = true;
        assert_int_equal(sd_event_new(&event), 0);
        fake_start(&server, event, script);
        assert_int_equal(upstream_pool_new(event, &pool), 0);
        return 0;
}

static int teardown(void **state)
{
        pool = upstream_pool_free(pool);
        fake_stop(&server);
        event = sd_event_unref(event);
        return 0;
}

static struct upstream *new_upstream(
        const struct endpoint *to, const char *tls_name, const char *certificates)
{
        struct upstream_server one = {.endpoint = *to};
        const struct upstream_options options = {
                .servers = &one, .n_servers = 1, .certificates = certificates};
        struct upstream *upstream = NULL;

        (void)snprintf(one.tls_name, sizeof(one.tls_name), "%s", tls_name);
        assert_int_equal(upstream_new(pool, &options, &upstream), 0);
        return upstream;
}

static struct upstream_query *begin(struct upstream *upstream, const char *name)
{
        struct upstream_query *query = NULL;
        struct name n = name_of(name);
        const char *reason = NULL;

        if (upstream_ask(upstream, &n, RDATA_A, false, on_done, &done, &query, &reason) < 0) {
                (void)snprintf(done.reason, sizeof(done.reason), "%s", reason);
                return NULL;
        }
        return query;
}

static void run_until(const unsigned int *what, unsigned int n)
{
        for (int i = 0; i < 10000 && *what < n; i++)
                assert_true(sd_event_run(event, 10000000) >= 0);
        assert_true(*what >= n);
}

static void test_asks(void **state)
{
        struct upstream *upstream = new_upstream(&server.endpoint, "", NULL);

        assert_int_equal(upstream_pool_contexts(pool), 0); /* not before it is needed */
        assert_non_null(begin(upstream, "www.example.org"));
        run_until(&done.n, 1);
        assert_true(done.size > 0);
        assert_int_equal(upstream_pool_contexts(pool), 1);
        assert_in_range(source_port, UPSTREAM_PORT_FIRST, UPSTREAM_PORT_LAST);
        assert_int_equal(edns_size, 1232);
        upstream_free(upstream);
        for (int i = 0; i < 100 && upstream_pool_contexts(pool) > 0; i++)
                assert_true(sd_event_run(event, 10000000) >= 0);
        assert_int_equal(upstream_pool_contexts(pool), 0);
}

static void test_cancelled(void **state)
{
        struct upstream *upstream = new_upstream(&server.endpoint, "", NULL);
        struct upstream_query *query;

        answers = false;
        query = begin(upstream, "www.example.org");
        assert_non_null(query);
        run_until(&n_asked, 1);
        upstream_query_cancel(query);
        answers = true;
        assert_non_null(begin(upstream, "www.example.org"));
        run_until(&done.n, 1);
        assert_int_equal(done.n, 1);
        upstream_free(upstream);
}

/* Retired contexts end with their last query, and all with the pool. */
static void test_renewed_under_way(void **state)
{
        struct upstream *upstream = new_upstream(&server.endpoint, "", NULL);
        struct upstream_query *queries[3];

        answers = false;
        for (size_t i = 0; i < ELEMENTSOF(queries); i++) {
                queries[i] = begin(upstream, "www.example.org");
                assert_non_null(queries[i]);
                upstream_renew(upstream);
        }
        assert_int_equal(upstream_pool_contexts(pool), 3);
        upstream_query_cancel(queries[1]);
        assert_true(sd_event_run(event, 10000000) >= 0);
        for (int i = 0; i < 100 && upstream_pool_contexts(pool) == 3; i++)
                assert_true(sd_event_run(event, 10000000) >= 0);
        assert_int_equal(upstream_pool_contexts(pool), 2);
        upstream_free(upstream);
        assert_int_equal(upstream_pool_contexts(pool), 2);
        assert_int_equal(done.n, 0);
}

/* The set-up of a context takes no more than so many descriptors, and a crowd of queries no more than that.
 */
static void test_crowd(void **state)
{
        struct upstream *upstream = new_upstream(&server.endpoint, "", NULL);
        char name[40];
        int fd;

        answers = false;
        for (int i = 0; i < 1000; i++) {
                (void)snprintf(name, sizeof(name), "n%d.example.org", i);
                assert_non_null(begin(upstream, name));
        }
        fd = dup(0);
        assert_true(fd < 400);
        close(fd);
        upstream_free(upstream);
}

/* Of many rules only so many contexts are there at a time. */
static void test_many(void **state)
{
        struct upstream *upstreams[50];

        for (unsigned int i = 0; i < ELEMENTSOF(upstreams); i++) {
                upstreams[i] = new_upstream(&server.endpoint, "", NULL);
                assert_non_null(begin(upstreams[i], "www.example.org"));
                run_until(&done.n, i + 1);
                assert_true(upstream_pool_contexts(pool) <= 33);
        }
        /* The first is made again. */
        assert_non_null(begin(upstreams[0], "www.example.org"));
        run_until(&done.n, ELEMENTSOF(upstreams) + 1);
        for (size_t i = 0; i < ELEMENTSOF(upstreams); i++)
                upstream_free(upstreams[i]);
}

/* What runs only where these programs are. */
static char directory[] = "/tmp/share53-tls-XXXXXX";
static pid_t unbound = -1;
static struct endpoint tls_endpoint;

static bool run(const char *command)
{
        int status = system(command); /* NOLINT: constant but for a directory of ours */

        return status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void write_file(const char *name, const char *format, const char *a, unsigned int b)
{
        char path[200];
        FILE *f;

        (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
        f = fopen(path, "we");
        assert_non_null(f);
        for (const char *c = format; *c; c++)
                if (*c == '~')
                        assert_true(fputs(a, f) >= 0);
                else if (*c == '%')
                        assert_true(fprintf(f, "%u", b) > 0);
                else
                        assert_true(fputc(*c, f) != EOF);
        assert_int_equal(fclose(f), 0);
}

static bool have_programs(void)
{
        return access("/usr/sbin/unbound", X_OK) == 0 && access("/usr/bin/openssl", X_OK) == 0;
}

static uint16_t free_port(void)
{
        struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t size = sizeof(sa);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&sa, size), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &size), 0);
        close(fd);
        return ntohs(sa.sin_port);
}

static bool is_listening(void)
{
        struct sockaddr_storage sa;
        socklen_t size = endpoint_to_sockaddr(&tls_endpoint, &sa);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), r;

        assert_true(fd >= 0);
        r = connect(fd, (struct sockaddr *)&sa, size);
        close(fd);
        return r == 0;
}

static const char config[] =
        "server:\n"
        "  directory: \"~\"\n  chroot: \"\"\n  username: \"\"\n  pidfile: \"\"\n  do-daemonize: no\n"
        "  use-syslog: no\n  logfile: \"~/log\"\n  num-threads: 1\n"
        "  interface: 127.0.0.1@%\n  tls-port: %\n  tls-service-key: \"~/key\"\n"
        "  tls-service-pem: \"~/certificate\"\n"
        "  local-zone: \"example.org.\" static\n"
        "  local-data: \"www.example.org. 60 IN A 192.0.2.7\"\n"
        "remote-control:\n  control-enable: no\n";

static int start_tls(void **state)
{
        char command[600], file[300];
        char *arguments[] = {(char *)"unbound", (char *)"-d", (char *)"-c", file, NULL};

        (void)setup(state);
        if (upstream_tls_trouble() || !have_programs())
                return 0;
        assert_non_null(mkdtemp(directory));
        for (int i = 0; i < 2; i++) {
                (void)snprintf(command, sizeof(command),
                        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
                        " -subj /CN=dns.example -addext subjectAltName=DNS:dns.example -keyout %s/%s -out "
                        "%s/%s"
                        " >/dev/null 2>&1",
                        directory, i == 0 ? "other-key" : "key", directory, i == 0 ? "other" : "certificate");
                assert_true(run(command));
        }
        assert_int_equal(endpoint_from_text("127.0.0.1", free_port(), &tls_endpoint), 0);
        write_file("config", config, directory, tls_endpoint.port);
        (void)snprintf(file, sizeof(file), "%s/config", directory);
        assert_int_equal(posix_spawn(&unbound, "/usr/sbin/unbound", NULL, NULL, arguments, environ), 0);
        for (int i = 0; i < 1000 && !is_listening(); i++)
                usleep(10000);
        assert_true(is_listening());
        return 0;
}

static int stop_tls(void **state)
{
        char command[100];

        if (unbound > 0) {
                assert_int_equal(kill(unbound, SIGKILL), 0);
                assert_int_equal(waitpid(unbound, NULL, 0), unbound);
                unbound = -1;
                (void)snprintf(command, sizeof(command), "rm -r %s", directory);
                assert_true(run(command));
                (void)strcpy(directory + strlen(directory) - 6, "XXXXXX");
        }
        return teardown(state);
}

static void tls_answers(const char *tls_name, const char *certificates, bool expected)
{
        struct upstream *upstream;
        char path[200];

        (void)snprintf(path, sizeof(path), "%s/%s", directory, certificates);
        upstream = new_upstream(&tls_endpoint, tls_name, path);
        done.n = 0;
        assert_non_null(begin(upstream, "www.example.org"));
        run_until(&done.n, 1);
        assert_int_equal(done.size > 0, expected);
        upstream_free(upstream);
}

static void test_tls(void **state)
{
        if (upstream_tls_trouble()) {
                struct upstream *upstream = new_upstream(&server.endpoint, "dns.example", NULL);

                /* Refused, and nothing is sent in clear. */
                assert_null(begin(upstream, "www.example.org"));
                assert_string_equal(done.reason, upstream_tls_trouble());
                assert_int_equal(n_asked, 0);
                upstream_free(upstream);
                print_message("# no TLS in libunbound here: only that it is refused\n");
                return;
        }
        if (unbound < 0) {
                print_message("# no unbound and openssl here: nothing tested of DNS over TLS\n");
                return;
        }
        tls_answers("dns.example", "certificate", true);
        tls_answers("other.example", "certificate", false);
        tls_answers("dns.example", "other", false);
}

static void test_no_certificates(void **state)
{
        struct upstream *upstream =
                new_upstream(&server.endpoint, "dns.example", "/nonexistent/certificates");

        assert_null(begin(upstream, "www.example.org"));
        assert_string_equal(done.reason,
                upstream_tls_trouble() ?: "the certificate authorities for DNS over TLS cannot be read");
        assert_int_equal(upstream_pool_contexts(pool), 0);
        upstream_free(upstream);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_asks, setup, teardown),
                cmocka_unit_test_setup_teardown(test_cancelled, setup, teardown),
                cmocka_unit_test_setup_teardown(test_renewed_under_way, setup, teardown),
                cmocka_unit_test_setup_teardown(test_crowd, setup, teardown),
                cmocka_unit_test_setup_teardown(test_many, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_certificates, setup, teardown),
                cmocka_unit_test_setup_teardown(test_tls, start_tls, stop_tls),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
