/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "common/name.h"

static uint8_t lower(uint8_t c)
{
        return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

/* One octet of a label at *TEXT, escapes undone; steps over it. */
static int read_octet(const char **text, uint8_t *ret)
{
        const char *t = *text;
        unsigned int v;

        if (*t != '\\') {
                if ((uint8_t)*t <= ' ' || (uint8_t)*t >= 0x7f)
                        return -EINVAL;
                *ret = (uint8_t)*t;
                *text = t + 1;
                return 0;
        }
        t++;
        if (!is_digit(*t)) {
                if ((uint8_t)*t <= ' ' || (uint8_t)*t >= 0x7f)
                        return -EINVAL;
                *ret = (uint8_t)*t;
                *text = t + 1;
                return 0;
        }
        if (!is_digit(t[1]) || !is_digit(t[2]))
                return -EINVAL;
        v = (unsigned int)(t[0] - '0') * 100 + (unsigned int)(t[1] - '0') * 10 + (unsigned int)(t[2] - '0');
        if (v > 255)
                return -EINVAL;
        *ret = (uint8_t)v;
        *text = t + 3;
        return 0;
}

/* One label up to '.' or the end of *TEXT, into OUT; steps over the dot. Says whether there was one. */
static int read_label(const char **text, struct wire *out, bool *ret_dot)
{
        uint8_t label[NAME_LABEL_MAX];
        size_t n = 0;
        int r;

        while (**text != '\0' && **text != '.') {
                uint8_t octet;

                r = read_octet(text, &octet);
                if (r < 0)
                        return r;
                if (n == sizeof(label))
                        return -ENAMETOOLONG;
                label[n++] = octet;
        }
        if (n == 0)
                return -EINVAL;
        *ret_dot = **text == '.';
        if (*ret_dot)
                (*text)++;
        wire_write_u8(out, (uint8_t)n);
        wire_write(out, label, n);
        return 0;
}

int name_from_text_cased(const char *text, const struct name *origin, struct name *ret)
{
        struct name name;
        struct wire w = wire_writer(name.wire, sizeof(name.wire));
        bool absolute = false;
        int r;

        if (*text == '\0')
                return -EINVAL;
        if (strcmp(text, "@") == 0) {
                if (!origin)
                        return -EINVAL;
                *ret = *origin;
                return 0;
        }
        if (strcmp(text, ".") == 0) {
                *ret = (struct name){.size = 1};
                return 0;
        }

        while (*text != '\0') {
                r = read_label(&text, &w, &absolute);
                if (r < 0)
                        return r;
        }
        if (absolute || !origin)
                wire_write_u8(&w, 0);
        else
                wire_write(&w, origin->wire, origin->size);
        if (w.failed)
                return -ENAMETOOLONG;

        name.size = (uint8_t)w.position;
        *ret = name;
        return 0;
}

int name_from_text(const char *text, const struct name *origin, struct name *ret)
{
        int r;

        r = name_from_text_cased(text, origin, ret);
        if (r < 0)
                return r;
        name_lower(ret);
        return 0;
}

const char *name_to_text(const struct name *name, char buf[NAME_TEXT_SIZE])
{
        static const char escaped[] = ".\\\";()@$";
        const uint8_t *p = name->wire;
        char *out = buf;

        if (*p == 0)
                *out++ = '.';
        while (*p != 0) {
                for (const uint8_t *end = p + 1 + *p; ++p < end;) {
                        if (*p <= ' ' || *p >= 0x7f)
                                out += sprintf(out, "\\%03u", *p);
                        else {
                                if (strchr(escaped, *p))
                                        *out++ = '\\';
                                *out++ = (char)*p;
                        }
                }
                *out++ = '.';
        }
        *out = '\0';
        return buf;
}

const char *name_to_text_bare(const struct name *name, char buf[NAME_TEXT_SIZE])
{
        name_to_text(name, buf);
        if (!name_is_root(name))
                buf[strlen(buf) - 1] = '\0';
        return buf;
}

int name_read(struct wire *w, struct name *ret)
{
        struct name name = {};
        struct wire out = wire_writer(name.wire, sizeof(name.wire));
        uint8_t length;

        do {
                length = wire_read_u8(w);
                if (length > NAME_LABEL_MAX)
                        return -EBADMSG;
                const uint8_t *label = wire_take(w, length);
                if (!label)
                        return -EBADMSG;
                wire_write_u8(&out, length);
                wire_write(&out, label, length);
        } while (length > 0);
        if (w->failed || out.failed)
                return -EBADMSG;

        name.size = (uint8_t)out.position;
        name_lower(&name);
        *ret = name;
        return 0;
}

int name_from_wire(const uint8_t *wire, size_t size, struct name *ret)
{
        struct wire w = wire_reader(wire, size);
        struct name name;
        int r;

        r = name_read(&w, &name);
        if (r < 0)
                return r;
        if (wire_left(&w) != 0)
                return -EBADMSG;
        *ret = name;
        return 0;
}

/* Length octets are below 'A', so that the whole wire form may be lowered octet by octet. */
void name_lower(struct name *name)
{
        for (size_t i = 0; i < name->size; i++)
                name->wire[i] = lower(name->wire[i]);
}

bool name_equal(const struct name *a, const struct name *b)
{
        return a->size == b->size && memcmp(a->wire, b->wire, a->size) == 0;
}

unsigned int name_labels(const struct name *name)
{
        unsigned int n = 0;

        for (const uint8_t *p = name->wire; *p != 0; p += 1 + *p)
                n++;
        return n;
}

bool name_is_root(const struct name *name)
{
        return name->wire[0] == 0;
}

bool name_is_below(const struct name *name, const struct name *zone)
{
        const uint8_t *p = name->wire, *end = name->wire + name->size;

        while ((size_t)(end - p) > zone->size)
                p += 1 + *p;
        return (size_t)(end - p) == zone->size && memcmp(p, zone->wire, zone->size) == 0;
}

void name_strip(const struct name *name, unsigned int n, struct name *ret)
{
        const uint8_t *p = name->wire;

        while (n-- > 0 && *p != 0)
                p += 1 + *p;
        ret->size = (uint8_t)(name->wire + name->size - p);
        memmove(ret->wire, p, ret->size);
}

int name_wildcard(const struct name *name, struct name *ret)
{
        if (name->size > NAME_SIZE_MAX - 2)
                return -ENAMETOOLONG;
        memmove(ret->wire + 2, name->wire, name->size);
        ret->wire[0] = 1;
        ret->wire[1] = '*';
        ret->size = (uint8_t)(name->size + 2);
        return 0;
}

bool name_is_wildcard(const struct name *name)
{
        return name->wire[0] == 1 && name->wire[1] == '*';
}

/* Where each label starts, leftmost first; returns their number. */
static unsigned int label_starts(const struct name *name, const uint8_t *starts[NAME_LABELS_MAX])
{
        unsigned int n = 0;

        for (const uint8_t *p = name->wire; *p != 0 && n < NAME_LABELS_MAX; p += 1 + *p)
                starts[n++] = p;
        return n;
}

int name_compare(const struct name *a, const struct name *b)
{
        const uint8_t *as[NAME_LABELS_MAX], *bs[NAME_LABELS_MAX];
        unsigned int an = label_starts(a, as), bn = label_starts(b, bs);

        while (an > 0 && bn > 0) {
                const uint8_t *al = as[--an], *bl = bs[--bn];
                int c = memcmp(al + 1, bl + 1, MIN(*al, *bl));

                if (c == 0)
                        c = (int)*al - (int)*bl;
                if (c != 0)
                        return c;
        }
        return (int)an - (int)bn;
}
