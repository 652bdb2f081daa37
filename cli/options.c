/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/options.h"

#include <getopt.h>

#include "common/reason.h"

/* Values of getopt_long(3): bits are kept clear of characters. */
#define OPTION_VALUE(bit) (0x1000 + (bit))

static const struct option option_table[] = {
        {"help", no_argument, NULL, OPTION_VALUE(OPTION_HELP)},
        {"version", no_argument, NULL, OPTION_VALUE(OPTION_VERSION)},
        {"json", no_argument, NULL, OPTION_VALUE(OPTION_JSON)},
        {"no-ask-password", no_argument, NULL, OPTION_VALUE(OPTION_NO_ASK_PASSWORD)},
        {"address", required_argument, NULL, OPTION_VALUE(OPTION_ADDRESS)},
        {"persistent", no_argument, NULL, OPTION_VALUE(OPTION_PERSISTENT)},
        {"default-route", no_argument, NULL, OPTION_VALUE(OPTION_DEFAULT_ROUTE)},
        {"validate", no_argument, NULL, OPTION_VALUE(OPTION_VALIDATE)},
        {"block", no_argument, NULL, OPTION_VALUE(OPTION_BLOCK)},
        {"fallthrough", no_argument, NULL, OPTION_VALUE(OPTION_FALLTHROUGH)},
        {"auto-ptr", no_argument, NULL, OPTION_VALUE(OPTION_AUTO_PTR)},
        {},
};

const char *option_name(unsigned int option)
{
        static char name[32];

        for (const struct option *o = option_table; o->name; o++)
                if (o->val == (int)OPTION_VALUE(option)) {
                        snprintf(name, sizeof(name), "--%s", o->name);
                        return name;
                }
        return "";
}

int options_parse(int argc, char *argv[], struct options *ret, char **ret_reason)
{
        _cleanup_(options_done) struct options options = {
                .words = calloc((size_t)argc + 1, sizeof(char *)),
        };
        int c;

        if (!options.words)
                return -ENOMEM;

        /* "-": words come in order, so that POSIXLY_CORRECT changes nothing; 0 begins afresh. */
        optind = 0;
        while ((c = getopt_long(argc, argv, "-:h", option_table, NULL)) >= 0) {
                if (c == 1)
                        options.words[options.n_words++] = optarg;
                else if (c == 'h')
                        options.given |= OPTION_HELP;
                else if (c == ':')
                        return reason_set(ret_reason, -EINVAL, "option %s wants a value", argv[optind - 1]);
                else if (c == '?' && optopt > 0 && optopt < 0x100) {
                        char text[] = {'-', (char)optopt, '\0'};
                        return reason_set(ret_reason, -EINVAL, "unknown option %s", text);
                } else if (c == '?' && optopt >= 0x1000)
                        return reason_set(ret_reason, -EINVAL, "option %s takes no value", argv[optind - 1]);
                else if (c == '?')
                        return reason_set(ret_reason, -EINVAL, "unknown option %s", argv[optind - 1]);
                else {
                        options.given |= (unsigned int)c - 0x1000;
                        if (c == OPTION_VALUE(OPTION_ADDRESS))
                                options.address = optarg;
                }
        }
        while (optind < argc)
                options.words[options.n_words++] = argv[optind++];

        *ret = options;
        options.words = NULL;
        return 0;
}

void options_done(struct options *options)
{
        free(options->words);
        options->words = NULL;
}
