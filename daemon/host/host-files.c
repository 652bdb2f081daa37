/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/host/host-files.h"

#include <fcntl.h>
#include <string.h>

#define BLANKS " \t\r"

/* A malloc'ed string, cut at HOST_FILE_SIZE_MAX; NULL: absent, unreadable, or out of memory. */
static char *read_text(const char *path)
{
        _cleanup_close_ int fd = -1;
        _cleanup_free_ char *text = NULL;
        size_t size = 0;

        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0)
                return NULL;
        text = malloc(HOST_FILE_SIZE_MAX + 1);
        if (!text)
                return NULL;
        while (size < HOST_FILE_SIZE_MAX) {
                ssize_t n = read(fd, text + size, HOST_FILE_SIZE_MAX - size);
                if (n < 0)
                        return NULL;
                if (n == 0)
                        break;
                size += (size_t)n;
        }
        text[size] = '\0';
        return TAKE_PTR(text);
}

/* Of the services behind "hosts:"; what is in brackets are actions. */
static enum host_nss judge_services(char *line)
{
        bool in_action = false;
        char *save = NULL;

        for (char *word = strtok_r(line, BLANKS, &save); word; word = strtok_r(NULL, BLANKS, &save)) {
                in_action = in_action || word[0] == '[';
                if (in_action) {
                        in_action = !strchr(word, ']');
                        continue;
                }
                if (strcmp(word, "dns") == 0)
                        return HOST_NSS_NO_RESOLVE;
                if (strcmp(word, "resolve") == 0)
                        return HOST_NSS_RESOLVE_FIRST;
        }
        return HOST_NSS_NO_RESOLVE;
}

enum host_nss host_nss_read(const char *path)
{
        _cleanup_free_ char *text = read_text(path);
        char *save = NULL;

        for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
                line = strtok_r(NULL, "\n", &save)) {
                line += strspn(line, BLANKS);
                line[strcspn(line, "#")] = '\0';
                if (strncmp(line, "hosts:", 6) == 0)
                        return judge_services(line + 6);
        }
        return HOST_NSS_ABSENT;
}

const char *host_hint_to_text(enum host_hint hint)
{
        static const char *const texts[] = {
                [HOST_HINT_NONE] = NULL,
                [HOST_HINT_RESOLVED] = "systemd-resolved",
                [HOST_HINT_NETWORKMANAGER] = "NetworkManager",
                [HOST_HINT_RESOLVCONF] = "resolvconf",
        };
        return texts[hint];
}

static enum host_hint judge_comment(const char *line)
{
        static const struct {
                const char *word;
                enum host_hint hint;
        } words[] = {
                {"systemd-resolved", HOST_HINT_RESOLVED},
                {"NetworkManager", HOST_HINT_NETWORKMANAGER},
                {"resolvconf", HOST_HINT_RESOLVCONF},
        };

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (strstr(line, words[i].word))
                        return words[i].hint;
        return HOST_HINT_NONE;
}

/* "nameserver ADDRESS", perhaps with a scope, which no stub has. */
static void take_nameserver(struct host_resolv_conf *conf, char *rest)
{
        struct endpoint e;
        char *save = NULL, *word = strtok_r(rest, BLANKS, &save);

        if (!word || conf->n_nameservers == HOST_NAMESERVERS_MAX)
                return;
        word[strcspn(word, "%")] = '\0';
        if (endpoint_from_text(word, 0, &e) >= 0)
                conf->nameservers[conf->n_nameservers++] = e;
}

void host_resolv_conf_read(const char *path, struct host_resolv_conf *ret)
{
        _cleanup_free_ char *text = read_text(path);
        char *save = NULL;

        *ret = (struct host_resolv_conf){.present = text != NULL};
        for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
                line = strtok_r(NULL, "\n", &save)) {
                if (line[0] == '#' || line[0] == ';') {
                        if (ret->hint == HOST_HINT_NONE)
                                ret->hint = judge_comment(line);
                } else if (strncmp(line, "nameserver", 10) == 0 && (line[10] == ' ' || line[10] == '\t'))
                        take_nameserver(ret, line + 10);
        }
}

bool host_resolv_conf_is_stub(const struct host_resolv_conf *conf)
{
        for (size_t i = 0; i < conf->n_nameservers; i++) {
                const uint8_t *a = conf->nameservers[i].addr.bytes;
                if (conf->nameservers[i].family != AF_INET || a[0] != 127 || a[1] != 0 || a[2] != 0 ||
                        (a[3] != 53 && a[3] != 54))
                        return false;
        }
        return conf->n_nameservers > 0;
}
