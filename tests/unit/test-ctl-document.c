/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tests/unit/test.h"

#include <string.h>
#include <sys/socket.h>

#include "cli/document.h"
#include "cli/failure.h"
#include "cli/service.h"
#include "cli/table.h"

/* A bus that nobody answers on: messages want one to belong to. */
struct fixture {
        sd_bus *bus;
        sd_bus_message *m;
        int peer;
};

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof(*f));
        int fds[2];

        if (!f || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
                return -1;
        f->peer = fds[1];
        if (sd_bus_new(&f->bus) < 0 || sd_bus_set_fd(f->bus, fds[0], fds[0]) < 0 || sd_bus_start(f->bus) < 0)
                return -1;
        if (sd_bus_message_new_signal(f->bus, &f->m, "/x", "x.x", "X") < 0)
                return -1;
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        sd_bus_message_unref(f->m);
        sd_bus_close_unref(f->bus);
        close(f->peer);
        free(f);
        return 0;
}

static char *print(struct json_object *document, bool pretty)
{
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        assert_int_equal(document_print(out, document, pretty), 0);
        fclose(out);
        return text;
}

static void reads(sd_bus_message *m, const char *const *members, const char *expected)
{
        _cleanup_json_ struct json_object *value = NULL;
        _cleanup_free_ char *text = NULL;

        assert_int_equal(document_read(m, members, &value), 0);
        text = print(value, false);
        assert_string_equal(text, expected);
}

static void test_reads_what_the_api_sends(void **state)
{
        static const char *const members[] = {"name", "ttl", NULL};
        struct fixture *f = *state;

        assert_true(sd_bus_message_append(f->m, "a(su)", 2, "a.", 60, "b.", UINT32_MAX) >= 0);
        assert_true(sd_bus_message_append(f->m, "(sut)", "c.", 1, UINT64_MAX) >= 0);
        assert_true(sd_bus_message_append(
                            f->m, "a{sv}", 3, "S", "s", "x", "N", "i", -7, "A", "as", 2, "p", "q") >= 0);
        assert_true(sd_bus_message_append(f->m, "bynqixo", 1, 255, -1, 65535, -1, INT64_MIN, "/p") >= 0);
        assert_true(sd_bus_message_append(f->m, "a(su)", 0) >= 0);
        assert_true(sd_bus_message_seal(f->m, 1, 0) >= 0);

        reads(f->m, members, "[{\"name\":\"a.\",\"ttl\":60},{\"name\":\"b.\",\"ttl\":4294967295}]\n");
        reads(f->m, members, "{\"name\":\"c.\",\"ttl\":1}\n");
        reads(f->m, NULL, "{\"S\":\"x\",\"N\":-7,\"A\":[\"p\",\"q\"]}\n");
        reads(f->m, NULL, "true\n");
        reads(f->m, NULL, "255\n");
        reads(f->m, NULL, "-1\n");
        reads(f->m, NULL, "65535\n");
        reads(f->m, NULL, "-1\n");
        reads(f->m, NULL, "-9223372036854775808\n");
        reads(f->m, NULL, "\"/p\"\n");
        reads(f->m, members, "[]\n");
}

static void test_refuses_what_it_does_not_know(void **state)
{
        static const char *const three[] = {"a", "b", "c", NULL};
        struct fixture *f = *state;
        struct json_object *value = NULL;

        assert_true(sd_bus_message_append(f->m, "(su)d", "a", 1, 1.5) >= 0);
        assert_true(sd_bus_message_seal(f->m, 1, 0) >= 0);
        assert_int_equal(document_read(f->m, three, &value), -EBADMSG);
        assert_true(sd_bus_message_rewind(f->m, true) >= 0);
        assert_true(sd_bus_message_skip(f->m, "(su)") >= 0);
        assert_int_equal(document_read(f->m, NULL, &value), -EBADMSG);
        assert_int_equal(document_read(f->m, NULL, &value), -ENXIO);
        assert_null(value);
}

static void test_depth_has_an_end(void **state)
{
        struct fixture *f = *state;
        struct json_object *value = NULL;

        assert_true(
                sd_bus_message_append(f->m, "v", "v", "v", "v", "v", "v", "v", "v", "v", "s", "deep") >= 0);
        assert_true(sd_bus_message_seal(f->m, 1, 0) >= 0);
        assert_int_equal(document_read(f->m, NULL, &value), -EBADMSG);
        assert_null(value);
}

static void test_makes_objects(void **state)
{
        _cleanup_json_ struct json_object *object = NULL;
        _cleanup_free_ char *plain = NULL, *pretty = NULL;

        assert_int_equal(
                document_new(&object, "t", DOCUMENT_TEXT, "a/b\x1b", "n", DOCUMENT_NUMBER, UINT64_MAX, "b",
                        DOCUMENT_TRUTH, true, "v", DOCUMENT_VALUE, json_object_new_array(), NULL),
                0);
        plain = print(object, false);
        assert_string_equal(plain, "{\"t\":\"a/b\\u001b\",\"n\":18446744073709551615,\"b\":true,\"v\":[]}\n");
        pretty = print(object, true);
        assert_non_null(strstr(pretty, "\n  \"t\": \"a/b\\u001b\""));
        assert_string_equal(document_text(object, "t"), "a/b\x1b");
        assert_string_equal(document_text(object, "absent"), "");
        assert_int_equal(document_number(object, "absent"), 0);
}

static void test_a_value_that_is_not_there_is_no_memory(void **state)
{
        struct json_object *object = NULL;

        /* What comes behind it is released all the same: the sanitizer watches. */
        assert_int_equal(document_new(&object, "v", DOCUMENT_VALUE, NULL, "w", DOCUMENT_VALUE,
                                 json_object_new_array(), NULL),
                -ENOMEM);
        assert_null(object);
}

static void prints_table(const char *json, bool colours, const char *expected)
{
        static const struct table_column columns[] = {
                {.header = "NAME", .key = "name"},
                {.header = "TTL", .key = "ttl", .right = true, .format = table_format_seconds},
                {.header = "WORDS", .key = "words", .format = table_format_words},
                {.header = "YES", .key = "yes", .format = table_format_yes_no},
        };
        _cleanup_json_ struct json_object *array = json_tokener_parse(json);
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        assert_non_null(array);
        assert_int_equal(table_print(out, array, columns, ELEMENTSOF(columns), colours), 0);
        fclose(out);
        assert_string_equal(text, expected);
}

static void test_tables_line_up(void **state)
{
        prints_table("[{\"name\":\"a\",\"ttl\":5,\"words\":[\"x\",\"y\"],\"yes\":true},"
                     "{\"name\":\"b\u00fccher\",\"ttl\":3600,\"words\":[],\"yes\":false},"
                     "{\"name\":\"\u4e2d\u6587\",\"ttl\":4294967295}]",
                false,
                "NAME            TTL  WORDS  YES\n"
                "a                5s  x y    yes\n"
                "b\u00fccher        3600s  -      no\n"
                "\u4e2d\u6587    4294967295s  -      no\n");
}

static void test_an_empty_table_has_its_header(void **state)
{
        prints_table("[]", false, "NAME  TTL  WORDS  YES\n");
}

static void test_tables_disarm_their_cells(void **state)
{
        prints_table("[{\"name\":\"\\u001b[2J\\n\",\"ttl\":1,\"words\":[\"\\u009b\"],\"yes\":true}]", true,
                "\x1b[2mNAME\x1b[0m         \x1b[2mTTL\x1b[0m  \x1b[2mWORDS\x1b[0m     \x1b[2mYES\x1b[0m\n"
                "\\027[2J\\010   1s  \\194\\155  yes\n");
}

static void reports(const struct ctl *ctl, int error, enum ctl_exit status, const char *expected)
{
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);

        assert_int_equal(failure_report(out, ctl, error), status);
        fclose(out);
        assert_string_equal(text, expected);
}

#define ERROR(n, m) \
        (sd_bus_error) \
        { \
                .name = (n), .message = (m) \
        }

static void test_failures_are_one_clear_line(void **state)
{
        char task[] = "add zone x";
        struct ctl ctl = {.task = task, .action = "org.share53.Resolver1.manage-zones"};

        ctl.error = ERROR(SERVICE_NAME ".Error.ZoneExists", "Zone \"x\" exists.\n\x1b[1m");
        reports(&ctl, -EIO, CTL_FAILED, "share53ctl: Cannot add zone x: Zone \"x\" exists.\\010\\027[1m.\n");
        ctl.error = ERROR(SERVICE_NAME ".Error.NoSuchZone", "No zone \"x\".");
        reports(&ctl, -EIO, CTL_NOT_FOUND,
                "share53ctl: Cannot add zone x: No zone \"x\"; \"share53ctl zone list\" shows the zones.\n");
        ctl.error = ERROR(SD_BUS_ERROR_ACCESS_DENIED, "Not allowed");
        reports(&ctl, -EACCES, CTL_DENIED,
                "share53ctl: Cannot add zone x: Not allowed; run it with sudo, or let a polkit rule allow it "
                "(org.share53.Resolver1.manage-zones).\n");
        ctl.error =
                ERROR(SD_BUS_ERROR_ACCESS_DENIED, "Not authorized for org.share53.Resolver1.manage-zones");
        reports(&ctl, -EACCES, CTL_DENIED,
                "share53ctl: Cannot add zone x: Not authorized for org.share53.Resolver1.manage-zones; run "
                "it with "
                "sudo, or let a polkit rule allow it.\n");
        ctl.error = ERROR(SD_BUS_ERROR_SERVICE_UNKNOWN, "The name is not there");
        reports(&ctl, -EHOSTUNREACH, CTL_UNREACHABLE,
                "share53ctl: Cannot add zone x: The name is not there; start it with \"systemctl start "
                "share53d\".\n");
        ctl.error = SD_BUS_ERROR_NULL;
        reports(&ctl, -ENOMEM, CTL_FAILED, "share53ctl: Cannot add zone x: Cannot allocate memory.\n");
}

static void test_every_error_has_its_status(void **state)
{
        static const struct {
                const char *name;
                int error;
                enum ctl_exit status;
        } table[] = {
                {SERVICE_NAME ".Error.NoSuchRecord", 0, CTL_NOT_FOUND},
                {SERVICE_NAME ".Error.NoSuchLink", 0, CTL_NOT_FOUND},
                {SERVICE_NAME ".Error.InvalidRecord", 0, CTL_FAILED},
                {SERVICE_NAME ".Error.OfTomorrow", 0, CTL_FAILED},
                {SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, 0, CTL_DENIED},
                {SD_BUS_ERROR_NAME_HAS_NO_OWNER, 0, CTL_UNREACHABLE},
                {"org.freedesktop.DBus.Error.Spawn.ExecFailed", 0, CTL_UNREACHABLE},
                {"org.freedesktop.systemd1.NoSuchUnit", 0, CTL_UNREACHABLE},
                {SD_BUS_ERROR_NO_REPLY, 0, CTL_UNREACHABLE},
                {SD_BUS_ERROR_UNKNOWN_METHOD, 0, CTL_FAILED},
                {"System.Error.ENOTCONN", -ENOTCONN, CTL_UNREACHABLE},
                {"System.Error.EXFULL", -EXFULL, CTL_FAILED},
                {NULL, -ECONNREFUSED, CTL_UNREACHABLE},
                {NULL, -EACCES, CTL_DENIED},
                {NULL, -ENODEV, CTL_NOT_FOUND},
                {NULL, -EBADMSG, CTL_FAILED},
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                sd_bus_error error = {.name = table[i].name, .message = "m"};
                const char *hint;

                assert_int_equal(failure_judge(table[i].error, &error, &hint), table[i].status);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_reads_what_the_api_sends, setup, teardown),
                cmocka_unit_test_setup_teardown(test_refuses_what_it_does_not_know, setup, teardown),
                cmocka_unit_test_setup_teardown(test_depth_has_an_end, setup, teardown),
                cmocka_unit_test(test_makes_objects),
                cmocka_unit_test(test_a_value_that_is_not_there_is_no_memory),
                cmocka_unit_test(test_tables_line_up),
                cmocka_unit_test(test_an_empty_table_has_its_header),
                cmocka_unit_test(test_tables_disarm_their_cells),
                cmocka_unit_test(test_failures_are_one_clear_line),
                cmocka_unit_test(test_every_error_has_its_status),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
