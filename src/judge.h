/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

/* polkit, as the authority asks it. For the main thread alone. */
typedef struct Judge Judge;

/* Told when what polkit said before may no longer be so. */
typedef void (*JudgeChanged)(gpointer data);

Judge *judge_new(JudgeChanged changed, gpointer data);
void judge_free(Judge *judge);

typedef enum {
    VERDICT_NO,
    VERDICT_YES,
    VERDICT_CHALLENGE, /* yes, for somebody who proves who they are */
} Verdict;

/* With @error set, polkit did not say. */
typedef void (*JudgeAnswer)(gpointer data, Verdict verdict, const GError *error);

/* Asks whether @sender may do @action, to which @details belong, each as NAME=value. Answers once,
 * and never at once; also if it cannot ask. @interactive: polkit may ask the user. */
void judge_ask(Judge *judge, const char *sender, const char *action, char **details,
               gboolean interactive, JudgeAnswer answer, gpointer data);

/* Ends all that is being asked, with errors that come soon. */
void judge_hurry(Judge *judge);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Judge, judge_free)
