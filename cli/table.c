/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cli/table.h"

#include <pwd.h>
#include <string.h>

struct cell {
        char *text; /* escaped */
        size_t width;
        enum text_style style;
};

struct grid {
        size_t n_rows, n_columns;
        struct cell *cells;
};

static void grid_done(struct grid *grid)
{
        for (size_t i = 0; grid->cells && i < grid->n_rows * grid->n_columns; i++)
                free(grid->cells[i].text);
        free(grid->cells);
}

/* An empty cell would make columns hard to tell apart, for eyes and for scripts. */
static char *text_or_dash(const char *s)
{
        return strdup(s && *s ? s : "-");
}

static int cell_set(struct cell *cell, const char *text, enum text_style style)
{
        cell->text = text ? text_escape(text) : NULL;
        if (!cell->text)
                return -ENOMEM;
        cell->width = text_width(cell->text);
        cell->style = style;
        return 0;
}

static int cell_fill(struct cell *cell, const struct table_column *column, struct json_object *object)
{
        struct json_object *value = json_object_object_get(object, column->key);
        _cleanup_free_ char *text = NULL;

        if (column->format)
                text = column->format(object, value);
        else
                text = text_or_dash(value ? json_object_get_string(value) : NULL);
        return cell_set(cell, text, column->style ? column->style(object, value) : TEXT_PLAIN);
}

static int grid_fill(struct grid *grid, struct json_object *array, const struct table_column *columns)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < grid->n_columns; i++)
                r = cell_set(&grid->cells[i], columns[i].header, TEXT_DIM);
        for (size_t i = grid->n_columns; r >= 0 && i < grid->n_rows * grid->n_columns; i++)
                r = cell_fill(&grid->cells[i], &columns[i % grid->n_columns],
                        json_object_array_get_idx(array, i / grid->n_columns - 1));
        return r;
}

static size_t column_width(const struct grid *grid, size_t column)
{
        size_t width = 0;

        for (size_t row = 0; row < grid->n_rows; row++)
                width = MAX(width, grid->cells[row * grid->n_columns + column].width);
        return width;
}

static void cell_print(FILE *out, const struct cell *cell, size_t width, bool right, bool last, bool colours)
{
        int pad = (int)(width - cell->width);

        if (right)
                fprintf(out, "%*s", pad, "");
        fprintf(out, "%s%s%s", text_style_begin(cell->style, colours), cell->text,
                text_style_end(cell->style, colours));
        if (last)
                fputc('\n', out);
        else
                fprintf(out, "%*s", right ? 2 : pad + 2, "");
}

int table_print(FILE *out, struct json_object *array, const struct table_column *columns, size_t n_columns,
        bool colours)
{
        _cleanup_(grid_done) struct grid grid = {
                .n_rows = json_object_array_length(array) + 1,
                .n_columns = n_columns,
        };
        _cleanup_free_ size_t *widths = calloc(n_columns, sizeof(*widths));
        int r;

        grid.cells = calloc(grid.n_rows * grid.n_columns, sizeof(*grid.cells));
        if (!widths || !grid.cells)
                return -ENOMEM;
        r = grid_fill(&grid, array, columns);
        if (r < 0)
                return r;

        for (size_t i = 0; i < n_columns; i++)
                widths[i] = column_width(&grid, i);
        for (size_t i = 0; i < grid.n_rows * n_columns; i++)
                cell_print(out, &grid.cells[i], widths[i % n_columns], columns[i % n_columns].right,
                        i % n_columns == n_columns - 1, colours);
        return 0;
}

char *table_format_seconds(struct json_object *object, struct json_object *value)
{
        char *text;

        if (!value)
                return text_or_dash(NULL);
        return asprintf(&text, "%" PRIu64 "s", json_object_get_uint64(value)) < 0 ? NULL : text;
}

char *table_format_user(struct json_object *object, struct json_object *value)
{
        const struct passwd *user;

        if (!value)
                return text_or_dash(NULL);
        user = getpwuid((uid_t)json_object_get_uint64(value));
        return text_or_dash(user ? user->pw_name : json_object_get_string(value));
}

char *table_format_words(struct json_object *object, struct json_object *value)
{
        size_t n = value ? json_object_array_length(value) : 0, size = 1;
        char *text, *to;

        for (size_t i = 0; i < n; i++)
                size += strlen(json_object_get_string(json_object_array_get_idx(value, i))) + 1;
        if (n == 0)
                return text_or_dash(NULL);
        text = to = malloc(size);
        if (!text)
                return NULL;
        for (size_t i = 0; i < n; i++) {
                to = stpcpy(to, json_object_get_string(json_object_array_get_idx(value, i)));
                if (i + 1 < n)
                        *to++ = ' ';
        }
        return text;
}

char *table_format_yes_no(struct json_object *object, struct json_object *value)
{
        return strdup(value && json_object_get_boolean(value) ? "yes" : "no");
}
