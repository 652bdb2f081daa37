/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "common/reason.h"

#include <stdarg.h>
#include <string.h>

int reason_set(char **ret, int r, const char *format, ...)
{
        va_list ap;
        char *text = NULL;

        if (!ret)
                return r;
        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);
        *ret = text;
        return r;
}

const char *reason_quote(const char *text, char buf[REASON_QUOTE_SIZE])
{
        static const char ellipsis[] = "...";
        const size_t most = REASON_QUOTE_SIZE - sizeof("\"\"") - strlen(ellipsis);
        char *p = buf;
        size_t i;

        *p++ = '"';
        for (i = 0; text[i] != '\0' && i < most; i++)
                *p++ = text[i] >= ' ' && text[i] < 0x7f ? text[i] : '?';
        if (text[i] != '\0')
                p = mempcpy(p, ellipsis, strlen(ellipsis));
        *p++ = '"';
        *p = '\0';
        return buf;
}
