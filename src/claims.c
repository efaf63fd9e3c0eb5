/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "claims.h"

void
claims_init(Claims *claims)
{
    claims->questions = g_ptr_array_new_with_free_func((GDestroyNotify)question_free);
    claims->granted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void
claims_clear(Claims *claims)
{
    g_ptr_array_unref(claims->questions);
    g_hash_table_unref(claims->granted);
}

static char *
make_grant(const Permission *need, const char *subject)
{
    return g_strjoin(" ", need->object, need->permission, subject, NULL);
}

void
claims_add(Claims *claims, const Permission *needs, char **details, const char *subject)
{
    for (; needs->object; needs++) {
        Question *question = question_new(needs->object, needs->permission, details);

        question->grant = make_grant(needs, subject);
        g_ptr_array_add(claims->questions, question);
    }
}

void
claims_take(Claims *claims, GError **refusal)
{
    for (guint i = 0; i < claims->questions->len; i++) {
        Question *question = claims->questions->pdata[i];

        if (!question->refusal)
            g_hash_table_add(claims->granted, g_steal_pointer(&question->grant));
        else if (refusal && !*refusal)
            *refusal = g_steal_pointer(&question->refusal);
    }
    g_ptr_array_set_size(claims->questions, 0);
}

gboolean
claims_has(Claims *claims, const Permission *needs, const char *subject)
{
    for (; needs->object; needs++) {
        g_autofree char *grant = make_grant(needs, subject);

        if (!g_hash_table_contains(claims->granted, grant))
            return FALSE;
    }

    return TRUE;
}
