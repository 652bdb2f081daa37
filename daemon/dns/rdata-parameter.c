/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The SvcParams of SVCB and HTTPS (RFC 9460 2.1, 7, 8, appendix A; RFC 9461; RFC 9540). */

#include "daemon/dns/rdata-field.h"

#include <arpa/inet.h>

#define ALPN_MAX 255
#define KEY_TEXT_SIZE 24

enum { KEY_MANDATORY = 0, KEY_ALPN = 1, KEY_NO_DEFAULT_ALPN = 2 };

static bool key_from_text(const char *text, size_t n, uint16_t *ret);
static const char *key_to_text(uint16_t key, char buf[KEY_TEXT_SIZE]);

/* One item of a list, up to a comma; steps over both. */
static bool list_next(const char **at, const char *end, struct rdata_token *ret)
{
        const char *comma;

        if (!*at)
                return false;
        comma = memchr(*at, ',', (size_t)(end - *at));
        *ret = (struct rdata_token){.start = *at, .size = (size_t)((comma ? comma : end) - *at)};
        *at = comma ? comma + 1 : NULL;
        return true;
}

static int compare_keys(const void *a, const void *b)
{
        return memcmp(a, b, sizeof(uint16_t));
}

static bool read_mandatory(struct wire *w, const char *value, size_t n)
{
        size_t start = w->position;
        struct rdata_token item;
        uint16_t key;

        for (const char *p = value; list_next(&p, value + n, &item);) {
                if (!key_from_text(item.start, item.size, &key))
                        return false;
                wire_write_u16(w, key);
        }
        qsort(w->data + start, (w->position - start) / sizeof(key), sizeof(key), compare_keys);
        return true;
}

/* Each once, in order, and never itself (8). */
static bool print_mandatory(struct rdata_printer *p, const uint8_t *data, size_t n)
{
        struct wire w = wire_reader(data, n);
        uint16_t last = KEY_MANDATORY;
        char text[KEY_TEXT_SIZE];

        if (n == 0)
                return false;
        while (wire_left(&w) > 0) {
                uint16_t key = wire_read_u16(&w);

                if (w.failed || key <= last)
                        return false;
                if (last != KEY_MANDATORY)
                        rdata_print(p, ",");
                rdata_print(p, "%s", key_to_text(key, text));
                last = key;
        }
        return true;
}

/* As a word without quotes, which not every reader of zone files takes in the middle of one. */
static void print_word(struct rdata_printer *p, const uint8_t *data, size_t n)
{
        for (size_t i = 0; !p->checking && i < n; i++)
                if (data[i] <= ' ' || data[i] >= 0x7f)
                        rdata_print(p, "\\%03u", data[i]);
                else
                        rdata_print(p, strchr("\";()\\", data[i]) ? "\\%c" : "%c", data[i]);
}

/* Within an item a comma and a backslash are escaped once more (A.1). */
static bool read_alpn(struct wire *w, const char *value, size_t n)
{
        const char *p = value, *end = value + n;

        for (;;) {
                uint8_t octets[ALPN_MAX];
                struct wire id = wire_writer(octets, sizeof(octets));

                for (; p < end && *p != ','; p++) {
                        if (*p == '\\' && (++p == end || (*p != ',' && *p != '\\')))
                                return false;
                        wire_write_u8(&id, (uint8_t)*p);
                }
                if (id.failed || id.position == 0)
                        return false;
                wire_write_u8(w, (uint8_t)id.position);
                wire_write(w, octets, id.position);
                if (p++ == end)
                        return true;
        }
}

static bool print_alpn(struct rdata_printer *p, const uint8_t *data, size_t n)
{
        struct wire w = wire_reader(data, n);

        if (n == 0)
                return false;
        while (wire_left(&w) > 0) {
                bool first = w.position == 0;
                uint8_t size = wire_read_u8(&w);
                const uint8_t *id = wire_take(&w, size);

                if (!id || size == 0)
                        return false;
                if (!first)
                        rdata_print(p, ",");
                for (size_t i = 0; i < size; i++)
                        if (id[i] == ',' || id[i] == '\\')
                                rdata_print(p, "\\\\%s", id[i] == ',' ? "," : "\\\\");
                        else
                                print_word(p, &id[i], 1);
        }
        return true;
}

static bool read_nothing(struct wire *w, const char *value, size_t n)
{
        return n == 0;
}

static bool print_nothing(struct rdata_printer *p, const uint8_t *data, size_t n)
{
        return n == 0;
}

static bool read_port(struct wire *w, const char *value, size_t n)
{
        uint64_t port;

        if (!rdata_read_digits(value, n, UINT16_MAX, &port))
                return false;
        wire_write_u16(w, (uint16_t)port);
        return true;
}

static bool print_port(struct rdata_printer *p, const uint8_t *data, size_t n)
{
        if (n != sizeof(uint16_t))
                return false;
        rdata_print(p, "%u", (unsigned int)(data[0] << 8 | data[1]));
        return true;
}

static bool read_hint(struct wire *w, const char *value, size_t n, int family, size_t size)
{
        char text[INET6_ADDRSTRLEN];
        struct rdata_token item;
        uint8_t address[16];

        for (const char *p = value; list_next(&p, value + n, &item);) {
                if (!rdata_token_copy(&item, text, sizeof(text)) || inet_pton(family, text, address) != 1)
                        return false;
                wire_write(w, address, size);
        }
        return true;
}

static bool print_hint(struct rdata_printer *p, const uint8_t *data, size_t n, int family, size_t size)
{
        char text[INET6_ADDRSTRLEN];

        if (n == 0 || n % size != 0)
                return false;
        for (size_t i = 0; !p->checking && i < n; i += size)
                rdata_print(p, "%s%s", i > 0 ? "," : "", inet_ntop(family, data + i, text, sizeof(text)));
        return true;
}

static bool read_hint4(struct wire *w, const char *value, size_t n)
{
        return read_hint(w, value, n, AF_INET, 4);
}

static bool print_hint4(struct rdata_printer *p, const uint8_t *data, size_t n)
{
        return print_hint(p, data, n, AF_INET, 4);
}

static bool read_hint6(struct wire *w, const char *value, size_t n)
{
        return read_hint(w, value, n, AF_INET6, 16);
}

static bool print_hint6(struct rdata_printer *p, const uint8_t *data, size_t n)
{
        return print_hint(p, data, n, AF_INET6, 16);
}

static bool read_ech(struct wire *w, const char *value, size_t n)
{
        return n > 0 && rdata_read_base64(w, value, n);
}

static bool print_ech(struct rdata_printer *p, const uint8_t *data, size_t n)
{
        rdata_print_base64(p, data, n);
        return n > 0;
}

static bool read_octets(struct wire *w, const char *value, size_t n)
{
        wire_write(w, value, n);
        return true;
}

static bool print_octets(struct rdata_printer *p, const uint8_t *data, size_t n)
{
        print_word(p, data, n);
        return true;
}

static bool print_octets_filled(struct rdata_printer *p, const uint8_t *data, size_t n)
{
        return n > 0 && print_octets(p, data, n);
}

struct parameter {
        const char *name;
        /* The value's escapes are undone. What read writes need not be good: print says whether it is. */
        bool (*read)(struct wire *w, const char *value, size_t n);
        bool (*print)(struct rdata_printer *p, const uint8_t *data, size_t n);
        const char *what;
};

static const struct parameter parameters[] = {
        {"mandatory", read_mandatory, print_mandatory, "a list of other keys, each once"},
        {"alpn", read_alpn, print_alpn, "a list of protocols of 1 to 255 octets"},
        {"no-default-alpn", read_nothing, print_nothing, "allowed to have a value"},
        {"port", read_port, print_port, "a number 0 to 65535"},
        {"ipv4hint", read_hint4, print_hint4, "a list of IPv4 addresses"},
        {"ech", read_ech, print_ech, "base64"},
        {"ipv6hint", read_hint6, print_hint6, "a list of IPv6 addresses"},
        {"dohpath", read_octets, print_octets_filled, "a template of a path"},
        {"ohttp", read_nothing, print_nothing, "allowed to have a value"},
};

static const struct parameter unknown = {NULL, read_octets, print_octets, "a value"};

static bool key_from_text(const char *text, size_t n, uint16_t *ret)
{
        const struct rdata_token token = {.start = text, .size = n};
        uint64_t number;

        for (size_t i = 0; i < ELEMENTSOF(parameters); i++)
                if (rdata_token_is(&token, parameters[i].name)) {
                        *ret = (uint16_t)i;
                        return true;
                }
        /* No zeros in front (2.1); key65535 is reserved as "invalid key" (14.3.2). */
        if (n < 4 || strncasecmp(text, "key", 3) != 0 || (n > 4 && text[3] == '0') ||
                !rdata_read_digits(text + 3, n - 3, UINT16_MAX - 1, &number))
                return false;
        *ret = (uint16_t)number;
        return true;
}

static const char *key_to_text(uint16_t key, char buf[KEY_TEXT_SIZE])
{
        if (key < ELEMENTSOF(parameters))
                return parameters[key].name;
        snprintf(buf, KEY_TEXT_SIZE, "key%u", key);
        return buf;
}

/* A parameter while they are gathered: its value's place in a buffer. */
struct gathered {
        uint16_t key;
        size_t start, size;
};

static int compare_gathered(const void *x, const void *y)
{
        const struct gathered *a = x, *b = y;

        return (int)a->key - (int)b->key;
}

/* KEY[=VALUE]; VALUE may stand in quotes. */
static int read_parameter(
        struct rdata_reader *r, const struct rdata_token *token, struct wire *values, struct gathered *ret)
{
        const char *end = token->start + token->size, *equals = memchr(token->start, '=', token->size);
        size_t key_size = equals ? (size_t)(equals - token->start) : token->size, n = 0;
        _cleanup_free_ char *value = malloc(token->size + 1);
        const struct rdata_token key = {.start = token->start, .size = key_size};
        const char *p = equals ? equals + 1 : end;
        const struct parameter *parameter = &unknown;
        struct rdata_printer check = {.checking = true};

        if (!value)
                return -ENOMEM;
        if (!key_from_text(key.start, key.size, &ret->key))
                return rdata_refuse(r, "key", &key, "the name of a parameter, nor key0 to key65534");
        /* Under its number the value is as on the wire. */
        if (ret->key < ELEMENTSOF(parameters))
                parameter = &parameters[ret->key];
        if (p < end && *p == '"') {
                p++;
                end--;
        }
        while (p < end)
                if (!rdata_read_octet(&p, end, (uint8_t *)&value[n++]))
                        return rdata_refuse(r, "parameter", token, "well escaped");
        ret->start = values->position;
        if (!(parameter->name && rdata_token_is(&key, parameter->name) ? parameter->read : read_octets)(
                    values, value, n))
                return rdata_refuse(r, "parameter", token, parameter->what);
        ret->size = values->position - ret->start;
        if (!values->failed && !parameter->print(&check, values->data + ret->start, ret->size))
                return rdata_refuse(r, "parameter", token, parameter->what);
        return 0;
}

static int write_parameters(struct rdata_reader *r, struct gathered *all, size_t n, const struct wire *values)
{
        char text[KEY_TEXT_SIZE];

        qsort(all, n, sizeof(*all), compare_gathered);
        for (size_t i = 0; i < n; i++) {
                if (i > 0 && all[i].key == all[i - 1].key)
                        return reason_set(r->ret_reason, -EINVAL, "%s: parameter %s is given twice", r->type,
                                key_to_text(all[i].key, text));
                wire_write_u16(&r->w, all[i].key);
                wire_write_u16(&r->w, (uint16_t)all[i].size);
                wire_write(&r->w, values->data + all[i].start, all[i].size);
        }
        return 0;
}

static int read_parameters(struct rdata_reader *r, const char *field)
{
        _cleanup_free_ struct gathered *all = NULL;
        _cleanup_free_ uint8_t *buf = NULL;
        struct rdata_token token;
        struct wire values;
        size_t n = 0;
        int k;

        if (!rdata_more(r))
                return 0;
        buf = malloc(RECORD_RDATA_MAX);
        if (!buf)
                return -ENOMEM;
        values = wire_writer(buf, RECORD_RDATA_MAX);
        while (rdata_more(r) && !values.failed) {
                if ((n & (n - 1)) == 0) {
                        struct gathered *more = reallocarray(all, MAX(2 * n, (size_t)8), sizeof(*all));

                        if (!more)
                                return -ENOMEM;
                        all = more;
                }
                k = rdata_next_word(r, field, &token);
                if (k >= 0)
                        k = read_parameter(r, &token, &values, &all[n++]);
                if (k < 0)
                        return k;
        }
        r->w.failed = r->w.failed || values.failed;
        return values.failed ? 0 : write_parameters(r, all, n, &values);
}

static bool print_parameters(struct rdata_printer *p, struct wire *w)
{
        char text[KEY_TEXT_SIZE];
        int last = -1;

        while (wire_left(w) > 0) {
                uint16_t key = wire_read_u16(w), size = wire_read_u16(w);
                const uint8_t *data = wire_take(w, size);
                const struct parameter *parameter =
                        key < ELEMENTSOF(parameters) ? &parameters[key] : &unknown;

                if (!data || key <= last || key == UINT16_MAX)
                        return false;
                rdata_print_next(p);
                rdata_print(p, "%s", key_to_text(key, text));
                if (size > 0)
                        rdata_print(p, "=");
                if (parameter != &unknown || size > 0)
                        if (!parameter->print(p, data, size))
                                return false;
                last = key;
        }
        return true;
}

const struct rdata_kind rdata_parameters = {read_parameters, print_parameters};

/* All keys that are there, in order; -1 at the end. */
static int key_next(struct wire *w, const uint8_t **ret_data, uint16_t *ret_size)
{
        uint16_t key, size;

        if (wire_left(w) == 0)
                return -1;
        key = wire_read_u16(w);
        size = wire_read_u16(w);
        *ret_size = size;
        *ret_data = wire_take(w, size);
        return w->failed ? -1 : key;
}

const char *rdata_parameters_trouble(const uint8_t *rdata, uint16_t size)
{
        struct wire w = wire_reader(rdata, size), mandatory = {};
        bool no_default = false, alpn = false;
        const uint8_t *data;
        uint16_t n, wanted = 0;
        struct name target;
        int key;

        (void)wire_read_u16(&w);
        (void)name_read(&w, &target);
        while ((key = key_next(&w, &data, &n)) >= 0) {
                if (key == KEY_MANDATORY) {
                        mandatory = wire_reader(data, n);
                        wanted = wire_read_u16(&mandatory);
                } else if (wanted != 0 && key >= wanted) {
                        if (key > wanted)
                                break;
                        wanted = wire_left(&mandatory) > 0 ? wire_read_u16(&mandatory) : 0;
                }
                alpn |= key == KEY_ALPN;
                no_default |= key == KEY_NO_DEFAULT_ALPN;
        }
        if (wanted != 0)
                return "\"mandatory\" names a parameter that is not there";
        return no_default && !alpn ? "\"no-default-alpn\" is there without \"alpn\"" : NULL;
}
