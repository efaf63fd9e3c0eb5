/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a connection tells about its host and changes there: CPUs, memory, huge pages. Only the
 * functions whose arrays and statistics follow no rule are here; the generator writes the others.
 * A size that comes from the caller is checked before anything is allocated for it.
 */

#include "bindings.h"
#include "call.h"
#include "error.h"
#include "value.h"

/* libvirt's own protocol refuses more. */
#define MAX_CELLS 1024
#define MAX_PAGE_SIZES 1024
#define MAX_PAGE_COUNTS 65536

G_STATIC_ASSERT(sizeof(unsigned int) == sizeof(guint32));
G_STATIC_ASSERT(sizeof(unsigned long long) == sizeof(guint64));

static GVariant *
counts_to_variant(const unsigned long long *counts, gsize n)
{
    return g_variant_new_fixed_array(G_VARIANT_TYPE_UINT64, counts, n, sizeof(*counts));
}

static void
add_statistic(GVariantBuilder *builder, const char *name, guint64 value)
{
    g_variant_builder_add(builder, "{@st}", value_from_string(name), value);
}

GVariant *
connection_node_alloc_pages(Call *call, GVariant *arguments, GError **error)
{
    g_autoptr(GVariant) sizes = NULL;
    g_autoptr(GVariant) counts = NULL;
    gint32 start_cell;
    guint32 n_cells;
    guint32 flags;

    g_variant_get(arguments, "(@au@atiuu)", &sizes, &counts, &start_cell, &n_cells, &flags);

    gsize n_sizes;
    gsize n_counts;
    const guint32 *size = g_variant_get_fixed_array(sizes, &n_sizes, sizeof(*size));
    const guint64 *count = g_variant_get_fixed_array(counts, &n_counts, sizeof(*count));

    if (n_sizes != n_counts)
        return error_invalid(error, "pageSizes and pageCounts differ in length");
    if (n_sizes > MAX_PAGE_SIZES)
        return error_invalid(error, "pageSizes has more than %d elements", MAX_PAGE_SIZES);
    if (n_cells > MAX_CELLS)
        return error_invalid(error, "cellCount is more than %d", MAX_CELLS);

    /* libvirt only reads them, though its prototype does not say so. */
    int n = virNodeAllocPages(call->connect, n_sizes, (unsigned int *)size,
                              (unsigned long long *)count, start_cell, n_cells, flags);
    if (n < 0)
        return error_from_libvirt(error);

    return g_variant_new("(i)", n);
}

GVariant *
connection_node_get_cells_free_memory(Call *call, GVariant *arguments, GError **error)
{
    gint32 start_cell;
    gint32 max_cells;

    g_variant_get(arguments, "(ii)", &start_cell, &max_cells);

    if (max_cells < 1 || max_cells > MAX_CELLS)
        return error_invalid(error, "maxCells is not between 1 and %d", MAX_CELLS);

    g_autofree unsigned long long *free_memory = g_new0(unsigned long long, max_cells);

    int n = virNodeGetCellsFreeMemory(call->connect, free_memory, start_cell, max_cells);
    if (n < 0)
        return error_from_libvirt(error);

    return g_variant_new("(@at)", counts_to_variant(free_memory, n));
}

GVariant *
connection_node_get_cpu_map(Call *call, GVariant *arguments, GError **error)
{
    guint32 flags;

    g_variant_get(arguments, "(u)", &flags);

    g_autofree unsigned char *map = NULL;

    int n = virNodeGetCPUMap(call->connect, &map, NULL, flags);
    if (n < 0)
        return error_from_libvirt(error);

    return g_variant_new("(@ab)", value_from_bitmap(map, n));
}

GVariant *
connection_node_get_cpu_stats(Call *call, GVariant *arguments, GError **error)
{
    gint32 cpu;
    guint32 flags;

    g_variant_get(arguments, "(iu)", &cpu, &flags);

    int n = 0;
    if (virNodeGetCPUStats(call->connect, cpu, NULL, &n, flags) < 0)
        return error_from_libvirt(error);

    g_autofree virNodeCPUStats *stats = g_new0(virNodeCPUStats, n);
    if (n > 0 && virNodeGetCPUStats(call->connect, cpu, stats, &n, flags) < 0)
        return error_from_libvirt(error);

    g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{st}"));
    for (int i = 0; i < n; i++)
        add_statistic(&builder, stats[i].field, stats[i].value);

    return g_variant_new("(a{st})", &builder);
}

GVariant *
connection_node_get_free_pages(Call *call, GVariant *arguments, GError **error)
{
    g_autoptr(GVariant) sizes = NULL;
    gint32 start_cell;
    guint32 n_cells;
    guint32 flags;

    g_variant_get(arguments, "(@auiuu)", &sizes, &start_cell, &n_cells, &flags);

    gsize n_sizes;
    const guint32 *size = g_variant_get_fixed_array(sizes, &n_sizes, sizeof(*size));

    if (n_sizes > MAX_PAGE_COUNTS || n_sizes * (guint64)n_cells > MAX_PAGE_COUNTS)
        return error_invalid(error, "pages times cellCount is more than %d", MAX_PAGE_COUNTS);

    g_autofree unsigned long long *counts = g_new0(unsigned long long, n_sizes *n_cells);

    /* libvirt only reads the sizes, though its prototype does not say so. */
    int n = virNodeGetFreePages(call->connect, n_sizes, (unsigned int *)size, start_cell, n_cells,
                                counts, flags);
    if (n < 0)
        return error_from_libvirt(error);

    return g_variant_new("(@at)", counts_to_variant(counts, n));
}

GVariant *
connection_node_get_memory_stats(Call *call, GVariant *arguments, GError **error)
{
    gint32 cell;
    guint32 flags;

    g_variant_get(arguments, "(iu)", &cell, &flags);

    int n = 0;
    if (virNodeGetMemoryStats(call->connect, cell, NULL, &n, flags) < 0)
        return error_from_libvirt(error);

    g_autofree virNodeMemoryStats *stats = g_new0(virNodeMemoryStats, n);
    if (n > 0 && virNodeGetMemoryStats(call->connect, cell, stats, &n, flags) < 0)
        return error_from_libvirt(error);

    g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{st}"));
    for (int i = 0; i < n; i++)
        add_statistic(&builder, stats[i].field, stats[i].value);

    return g_variant_new("(a{st})", &builder);
}
