/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

/* polkit, as the authority asks it. For the main thread alone. */
typedef struct Judge Judge;

/* Told when what polkit said before may no longer be so. */
typedef void (*JudgeChanged)(gpointer data);

Judge *judge_new(JudgeChanged changed, gpointer data);
Judge *judge_ref(Judge *judge);
void judge_unref(Judge *judge);

/* Gives up the owner's reference; the owner is told nothing more. */
void judge_close(Judge *judge);

/* May a caller do this? */
typedef struct {
    char *action;    /* (owned) */
    char **details;  /* (owned) what rules can look at, each as NAME=value */
    char *grant;     /* (owned) (nullable) what yes means to the one who asks */
    GError *refusal; /* (owned) (nullable) the answer: none means yes */
} Question;

/* About a permission as libvirt's access control calls it: "storage_pool", "read". */
Question *question_new(const char *object, const char *permission, char **details);
Question *question_copy(const Question *question); /* what is asked alone */
void question_free(Question *question);

typedef enum {
    VERDICT_NO,
    VERDICT_YES,
    VERDICT_CHALLENGE, /* yes, for somebody who proves who they are */
} Verdict;

/* With @error set, polkit did not say. */
typedef void (*JudgeAnswer)(gpointer data, Verdict verdict, const GError *error);

/* Asks about @sender. Answers once, and never at once; also if it cannot ask. @interactive: polkit
 * may ask the user. */
void judge_ask(Judge *judge, const char *sender, const Question *question, gboolean interactive,
               JudgeAnswer answer, gpointer data);

/* Nothing more is asked; what is being asked gets an error, now or soon. */
void judge_end(Judge *judge);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Question, question_free)
