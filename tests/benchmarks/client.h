/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#define TIMEOUT_MS 600000

/* The private bus. */
extern GDBusConnection *bus;

/* Says what went wrong and ends the program. */
void die(const char *format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;

/* Opens the connection, or dies. */
virConnectPtr open_libvirt(const char *uri);
virDomainPtr find_domain(virConnectPtr connect, const char *name);

/* Prints the median of times in microseconds. */
void print_median(const char *label, GArray *times);

/* A call, made again and again: of a method on the bus, written
 * LABEL|DESTINATION|PATH|INTERFACE|METHOD|ARGUMENTS, or of virDomainGetState(), written
 * LABEL|libvirt|URI|DOMAIN. */
typedef struct Probe Probe;

Probe *probe_new(const char *text);

/* (owned) (nullable) the answer */
GVariant *probe_call(Probe *probe);

/* What the program can be told to do; see where they are. */
void latency(char **arguments);
void flight(char **arguments);
void pipelined(char **arguments);
void changes(char **arguments);
