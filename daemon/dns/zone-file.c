/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/dns/zone-file.h"

#include <string.h>
#include <strings.h>

#include "common/period.h"
#include "common/reason.h"
#include "daemon/dns/rdata.h"
#include "daemon/dns/zone-file-lexer.h"

struct zone_file {
        struct zone_file_options options;
        char *display; /* options.file; or NULL */
        struct zone_lexer lexer;
        struct name origin;
        struct name owner; /* of the last record; size 0: there was none */
        uint32_t ttl;      /* of a record that gives none */
        bool ttl_directed; /* by $TTL, so that no record's counts any more */
        uint64_t octets;
        int error; /* negative: it has ended */
};

/* WHAT as an error at LINE. */
static int fail_at(
        struct zone_file *f, int r, unsigned int line, const char *word, const char *what, char **ret_reason)
{
        const char *file = f->display ? f->display : "line", *colon = f->display ? ":" : " ";
        char quoted[REASON_QUOTE_SIZE];

        if (!word)
                return reason_set(ret_reason, r, "%s%s%u: %s", file, colon, line, what);
        return reason_set(
                ret_reason, r, "%s%s%u: %s: %s", file, colon, line, reason_quote(word, quoted), what);
}

static const char *word_text(const struct zone_file *f, size_t i)
{
        return f->lexer.text + f->lexer.words[i].offset;
}

static int fail_word(struct zone_file *f, size_t i, const char *what, char **ret_reason)
{
        return fail_at(f, -EINVAL, f->lexer.words[i].line, word_text(f, i), what, ret_reason);
}

static int fail_lexer(struct zone_file *f, int r, const char *what, char **ret_reason)
{
        if (r == -ENOMEM)
                return r;
        if (zone_lexer_in_word(&f->lexer))
                return fail_word(f, f->lexer.n_words - 1, what, ret_reason);
        return fail_at(f, r, f->lexer.line, NULL, what, ret_reason);
}

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

static int read_ttl(struct zone_file *f, size_t i, uint32_t *ret, char **ret_reason)
{
        const char *text = word_text(f, i);
        int r = period_from_text(text, strlen(text), RECORD_TTL_MAX, ret);

        if (r == -ERANGE)
                return fail_word(f, i, "a TTL is at most 2147483647 seconds", ret_reason);
        if (r < 0)
                return fail_word(f, i, "not a TTL: seconds, or numbers with s, m, h, d or w", ret_reason);
        return 0;
}

static int read_name(struct zone_file *f, size_t i, struct name *ret, char **ret_reason)
{
        int r = f->lexer.words[i].quoted ? -EINVAL : name_from_text(word_text(f, i), &f->origin, ret);

        if (r == -ENAMETOOLONG)
                return fail_word(f, i, "a label over 63 octets, or a name over 255", ret_reason);
        if (r < 0)
                return fail_word(f, i, "not a domain name", ret_reason);
        return 0;
}

static int take_directive(struct zone_file *f, char **ret_reason)
{
        const char *word = word_text(f, 0);
        int r;

        if (strcasecmp(word, "$INCLUDE") == 0)
                return fail_word(f, 0, "not supported: put its records into this file", ret_reason);
        if (strcasecmp(word, "$GENERATE") == 0)
                return fail_word(f, 0, "not supported: write the records out", ret_reason);
        if (strcasecmp(word, "$ORIGIN") != 0 && strcasecmp(word, "$TTL") != 0)
                return fail_word(
                        f, 0, "not a directive (an owner's first \"$\" is written \"\\$\")", ret_reason);
        if (f->lexer.n_words != 2)
                return fail_word(f, 0, "one word must follow", ret_reason);
        if (strcasecmp(word, "$ORIGIN") == 0)
                return read_name(f, 1, &f->origin, ret_reason);
        r = read_ttl(f, 1, &f->ttl, ret_reason);
        if (r < 0)
                return r;
        f->ttl_directed = true;
        return 0;
}

/* The owner, which may be the former one; *I steps over its word. */
static int take_owner(struct zone_file *f, size_t *i, char **ret_reason)
{
        int r;

        if (f->lexer.blank) {
                if (f->owner.size == 0)
                        return fail_word(f, 0,
                                "no owner: the line begins with a blank, and no record is before it",
                                ret_reason);
                return 0;
        }
        r = read_name(f, 0, &f->owner, ret_reason);
        if (r < 0)
                return r;
        if (!name_is_below(&f->owner, &f->options.zone))
                return fail_word(f, 0, "outside of the zone", ret_reason);
        *i = 1;
        return 0;
}

static bool is_class(const char *word)
{
        static const char *const classes[] = {"CH", "CHAOS", "CS", "CSNET", "HS", "HESIOD", "NONE"};

        for (size_t i = 0; i < ELEMENTSOF(classes); i++)
                if (strcasecmp(word, classes[i]) == 0)
                        return true;
        return strncasecmp(word, "CLASS", 5) == 0 && is_digit(word[5]);
}

static bool is_class_in(const char *word)
{
        return strcasecmp(word, "IN") == 0 || strcasecmp(word, "CLASS1") == 0;
}

/* TTL and class, in either order. */
static int take_ttl_and_class(struct zone_file *f, size_t *i, uint32_t *ret, char **ret_reason)
{
        bool have_ttl = false, have_class = false;
        uint32_t ttl = f->ttl;
        int r;

        for (; *i < f->lexer.n_words && !f->lexer.words[*i].quoted; (*i)++) {
                const char *word = word_text(f, *i);

                if (is_digit(*word) && !have_ttl) {
                        r = read_ttl(f, *i, &ttl, ret_reason);
                        if (r < 0)
                                return r;
                        have_ttl = true;
                } else if (is_class_in(word) && !have_class)
                        have_class = true;
                else if (is_class(word))
                        return fail_word(f, *i, "not supported: the class is always IN", ret_reason);
                else
                        break;
        }
        if (have_ttl && !f->ttl_directed)
                f->ttl = ttl;
        *ret = ttl;
        return 0;
}

static int take_type(struct zone_file *f, size_t *i, uint16_t *ret, char **ret_reason)
{
        uint16_t type;

        if (*i == f->lexer.n_words)
                return fail_word(f, *i - 1, "no record type behind it", ret_reason);
        if (f->lexer.words[*i].quoted || rdata_type_from_text(word_text(f, *i), &type) < 0)
                return fail_word(f, *i, "not a record type", ret_reason);
        if (!rdata_type_stored(type))
                return fail_word(f, *i, "records of this type cannot be stored", ret_reason);
        (*i)++;
        *ret = type;
        return 0;
}

static int hand_over(struct zone_file *f, const struct record *record, unsigned int line, char **ret_reason)
{
        _cleanup_free_ char *reason = NULL;
        int r = f->options.record(f->options.userdata, record, &reason);

        if (r < 0)
                return fail_at(f, r, line, NULL, reason ? reason : strerror(-r), ret_reason);
        return 0;
}

static int take_record(struct zone_file *f, char **ret_reason)
{
        _cleanup_free_ char *reason = NULL;
        _cleanup_free_ uint8_t *rdata = NULL;
        struct record record = {};
        unsigned int line;
        size_t i = 0;
        int r;

        r = take_owner(f, &i, ret_reason);
        if (r >= 0)
                r = take_ttl_and_class(f, &i, &record.ttl, ret_reason);
        if (r >= 0)
                r = take_type(f, &i, &record.type, ret_reason);
        if (r < 0)
                return r;
        line = f->lexer.words[i - 1].line;
        r = rdata_from_text(
                record.type, zone_lexer_join(&f->lexer, i), &f->origin, &rdata, &record.rdata_size, &reason);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return fail_at(f, -EINVAL, line, NULL, reason ? reason : strerror(-r), ret_reason);
        record.owner = f->owner;
        record.rdata = rdata;
        return hand_over(f, &record, line, ret_reason);
}

static int take_entry(struct zone_file *f, char **ret_reason)
{
        if (!f->lexer.blank && *word_text(f, 0) == '$')
                return take_directive(f, ret_reason);
        return take_record(f, ret_reason);
}

int zone_file_new(const struct zone_file_options *options, struct zone_file **ret)
{
        _cleanup_(zone_file_freep) struct zone_file *f = calloc(1, sizeof(*f));

        if (!f)
                return -ENOMEM;
        f->options = *options;
        f->lexer.line = 1;
        f->origin = options->zone;
        f->ttl = ZONE_FILE_TTL;
        if (options->file) {
                f->display = strdup(options->file);
                if (!f->display)
                        return -ENOMEM;
        }
        *ret = TAKE_PTR(f);
        return 0;
}

struct zone_file *zone_file_free(struct zone_file *f)
{
        zone_lexer_clear(&f->lexer);
        free(f->display);
        free(f);
        return NULL;
}

static int feed(struct zone_file *f, const char *data, size_t size, char **ret_reason)
{
        const char *what = NULL;
        bool entry = false;

        f->octets += size;
        if (f->options.octets_max > 0 && f->octets > f->options.octets_max)
                return fail_at(f, -EFBIG, f->lexer.line, NULL, "larger than a zone file may be", ret_reason);
        while (size > 0) {
                ssize_t n = zone_lexer_read(&f->lexer, data, size, &entry, &what);
                int r;

                if (n < 0)
                        return fail_lexer(f, (int)n, what, ret_reason);
                data += n;
                size -= (size_t)n;
                r = entry ? take_entry(f, ret_reason) : 0;
                if (r < 0)
                        return r;
        }
        return 0;
}

int zone_file_feed(struct zone_file *f, const void *data, size_t size, char **ret_reason)
{
        if (f->error == 0)
                f->error = feed(f, data, size, ret_reason);
        else if (ret_reason)
                *ret_reason = NULL;
        return f->error;
}

static int end(struct zone_file *f, char **ret_reason)
{
        const char *what = NULL;
        bool entry = false;
        int r = zone_lexer_end(&f->lexer, &entry, &what);

        if (r < 0)
                return fail_lexer(f, r, what, ret_reason);
        return entry ? take_entry(f, ret_reason) : 0;
}

int zone_file_end(struct zone_file *f, char **ret_reason)
{
        if (f->error == 0)
                f->error = end(f, ret_reason);
        else if (ret_reason)
                *ret_reason = NULL;
        return f->error;
}
