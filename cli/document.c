/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/document.h"

#include <string.h>

#include "cli/text.h"

/* D-Bus allows 64 levels of containers; the API uses three. */
#define DEPTH_MAX 8

static int object_add(struct json_object *object, const char *key, struct json_object *value)
{
        if (!value)
                return -ENOMEM;
        if (json_object_object_add(object, key, value) < 0) {
                json_object_put(value);
                return -ENOMEM;
        }
        return 0;
}

static int array_add(struct json_object *array, struct json_object *value)
{
        if (!value)
                return -ENOMEM;
        if (json_object_array_add(array, value) < 0) {
                json_object_put(value);
                return -ENOMEM;
        }
        return 0;
}

int document_new(struct json_object **ret, ...)
{
        _cleanup_json_ struct json_object *object = json_object_new_object();
        const char *key;
        va_list ap;
        int r = object ? 0 : -ENOMEM;

        va_start(ap, ret);
        while ((key = va_arg(ap, const char *))) {
                struct json_object *value = NULL;

                switch ((enum document_kind)va_arg(ap, int)) {
                case DOCUMENT_TEXT:
                        value = json_object_new_string(va_arg(ap, const char *));
                        break;
                case DOCUMENT_NUMBER:
                        value = json_object_new_uint64(va_arg(ap, uint64_t));
                        break;
                case DOCUMENT_TRUTH:
                        value = json_object_new_boolean(va_arg(ap, int));
                        break;
                case DOCUMENT_VALUE:
                        value = va_arg(ap, struct json_object *);
                        break;
                }
                if (r < 0)
                        json_object_put(value);
                else
                        r = object_add(object, key, value);
        }
        va_end(ap);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(object);
        return 0;
}

static int read_value(
        sd_bus_message *m, const char *const *members, unsigned int depth, struct json_object **ret);

static int read_basic(sd_bus_message *m, char type, struct json_object **ret)
{
        union {
                const char *text;
                uint8_t octet;
                int16_t i16;
                uint16_t u16;
                int32_t i32;
                uint32_t u32;
                int64_t i64;
                uint64_t u64;
                int truth;
        } v;
        struct json_object *value = NULL;
        int r = sd_bus_message_read_basic(m, type, &v);

        if (r < 0)
                return r;
        switch (type) {
        case 's':
        case 'o':
        case 'g':
                value = json_object_new_string(v.text);
                break;
        case 'b':
                value = json_object_new_boolean(v.truth);
                break;
        case 'y':
                value = json_object_new_int64(v.octet);
                break;
        case 'n':
                value = json_object_new_int64(v.i16);
                break;
        case 'q':
                value = json_object_new_int64(v.u16);
                break;
        case 'i':
                value = json_object_new_int64(v.i32);
                break;
        case 'u':
                value = json_object_new_int64(v.u32);
                break;
        case 'x':
                value = json_object_new_int64(v.i64);
                break;
        case 't':
                value = json_object_new_uint64(v.u64);
                break;
        default:
                return -EBADMSG;
        }
        if (!value)
                return -ENOMEM;
        *ret = value;
        return 0;
}

static int read_struct(
        sd_bus_message *m, const char *const *members, unsigned int depth, struct json_object **ret)
{
        _cleanup_json_ struct json_object *container =
                members ? json_object_new_object() : json_object_new_array();
        size_t i = 0;
        int r;

        if (!container)
                return -ENOMEM;
        while ((r = sd_bus_message_at_end(m, false)) == 0) {
                struct json_object *value = NULL;

                if (members && !members[i]) {
                        r = sd_bus_message_skip(m, NULL);
                        if (r < 0)
                                return r;
                        continue;
                }
                r = read_value(m, NULL, depth, &value);
                if (r < 0)
                        return r;
                r = members ? object_add(container, members[i++], value) : array_add(container, value);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        if (members && members[i])
                return -EBADMSG;
        *ret = TAKE_PTR(container);
        return 0;
}

static int read_array(
        sd_bus_message *m, const char *const *members, unsigned int depth, struct json_object **ret)
{
        _cleanup_json_ struct json_object *array = json_object_new_array();
        int r;

        if (!array)
                return -ENOMEM;
        while ((r = sd_bus_message_at_end(m, false)) == 0) {
                struct json_object *value = NULL;

                r = read_value(m, members, depth, &value);
                if (r < 0)
                        return r;
                r = array_add(array, value);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        *ret = TAKE_PTR(array);
        return 0;
}

static int read_dictionary(sd_bus_message *m, const char *entry, unsigned int depth, struct json_object **ret)
{
        _cleanup_json_ struct json_object *object = json_object_new_object();
        int r;

        if (!object)
                return -ENOMEM;
        while ((r = sd_bus_message_enter_container(m, SD_BUS_TYPE_DICT_ENTRY, entry)) > 0) {
                struct json_object *value = NULL;
                const char *key;

                r = sd_bus_message_read_basic(m, 's', &key);
                if (r < 0)
                        return r;
                r = read_value(m, NULL, depth, &value);
                if (r < 0)
                        return r;
                r = object_add(object, key, value);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        *ret = TAKE_PTR(object);
        return 0;
}

static int read_container(sd_bus_message *m, char type, const char *contents, const char *const *members,
        unsigned int depth, struct json_object **ret)
{
        _cleanup_json_ struct json_object *value = NULL;
        _cleanup_free_ char *entry = NULL;
        int r;

        /* An array of dictionary entries names them "{sX}". */
        if (type == SD_BUS_TYPE_ARRAY && contents[0] == '{') {
                if (contents[1] != 's')
                        return -EBADMSG;
                entry = strndup(contents + 1, strlen(contents) - 2);
                if (!entry)
                        return -ENOMEM;
        }
        r = sd_bus_message_enter_container(m, type, contents);
        if (r < 0)
                return r;
        if (entry)
                r = read_dictionary(m, entry, depth, &value);
        else if (type == SD_BUS_TYPE_ARRAY)
                r = read_array(m, members, depth, &value);
        else if (type == SD_BUS_TYPE_STRUCT)
                r = read_struct(m, members, depth, &value);
        else
                r = read_value(m, members, depth, &value);
        if (r < 0)
                return r;
        r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(value);
        return 0;
}

static int read_value(
        sd_bus_message *m, const char *const *members, unsigned int depth, struct json_object **ret)
{
        const char *contents;
        char type;
        int r = sd_bus_message_peek_type(m, &type, &contents);

        if (r < 0)
                return r;
        if (r == 0)
                return -ENXIO;
        switch (type) {
        case SD_BUS_TYPE_ARRAY:
        case SD_BUS_TYPE_STRUCT:
        case SD_BUS_TYPE_VARIANT:
                if (depth >= DEPTH_MAX)
                        return -EBADMSG;
                return read_container(m, type, contents, members, depth + 1, ret);
        default:
                return read_basic(m, type, ret);
        }
}

int document_read(sd_bus_message *m, const char *const *members, struct json_object **ret)
{
        return read_value(m, members, 0, ret);
}

int document_read_members(sd_bus_message *m, const char *const *keys, struct json_object **ret)
{
        _cleanup_json_ struct json_object *object = json_object_new_object();

        if (!object)
                return -ENOMEM;
        for (size_t i = 0; keys[i]; i++) {
                struct json_object *value = NULL;
                int r = document_read(m, NULL, &value);

                if (r < 0)
                        return r;
                r = object_add(object, keys[i], value);
                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(object);
        return 0;
}

int document_print(FILE *out, struct json_object *document, bool pretty)
{
        int flags = JSON_C_TO_STRING_NOSLASHESCAPE |
                    (pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : JSON_C_TO_STRING_PLAIN);
        const char *plain = json_object_to_json_string_ext(document, flags);
        _cleanup_free_ char *text = plain ? text_escape_json(plain) : NULL;

        if (!text)
                return -ENOMEM;
        fprintf(out, "%s\n", text);
        return 0;
}

const char *document_text(struct json_object *object, const char *key)
{
        struct json_object *value = json_object_object_get(object, key);
        const char *text = value ? json_object_get_string(value) : NULL;

        return text ?: "";
}

uint64_t document_number(struct json_object *object, const char *key)
{
        struct json_object *value = json_object_object_get(object, key);

        return value ? json_object_get_uint64(value) : 0;
}
