/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * libvirt's errors on their way to the bus. As libvirt has no public function that sets its last
 * error, the two by which the module reads it are replaced here and tell what a test pretends.
 */

#include "error.h"

#include <libvirt/libvirt.h>
#include <string.h>

#include "error-names.h"

static _Thread_local virError pretended; /* libvirt's own if the code is VIR_ERR_OK */

int
virGetLastErrorCode(void)
{
    virError last = { 0 };
    int code = virCopyLastError(&last);

    virResetError(&last);
    return pretended.code != VIR_ERR_OK ? pretended.code : code;
}

virErrorPtr
virSaveLastError(void)
{
    virErrorPtr copy = g_new0(virError, 1);

    if (pretended.code != VIR_ERR_OK) {
        *copy = pretended;
        copy->message = g_strdup(pretended.message);
    } else {
        virCopyLastError(copy);
    }
    return copy;
}

static void
assert_remote_name(GError *error, const char *expected)
{
    g_autofree char *name = g_dbus_error_encode_gerror(error);

    g_assert_cmpstr(name, ==, expected);
}

static void
raise_error(int code, char *message)
{
    pretended = (virError){ .code = code, .domain = VIR_FROM_TEST, .message = message };
}

static void
test_names(void)
{
    g_assert_cmpuint(n_libvirt_error_entries, >, 100);
    for (guint i = 0; i < n_libvirt_error_entries; i++) {
        g_autoptr(GError) error = NULL;

        raise_error(libvirt_error_entries[i].error_code, "message");
        g_assert_null(error_from_libvirt(&error));
        g_assert_error(error, LIBVIRT_ERROR, libvirt_error_entries[i].error_code);
        assert_remote_name(error, libvirt_error_entries[i].dbus_error_name);
    }
}

static void
test_from_driver(void)
{
    virConnectPtr connect = virConnectOpen("test:///default");
    virDomainPtr domain = virDomainLookupByName(connect, "absent");
    g_autoptr(GError) error = NULL;
    virErrorPtr details;

    pretended.code = VIR_ERR_OK;
    g_assert_null(domain);
    g_assert_null(error_from_libvirt(&error));
    g_assert_error(error, LIBVIRT_ERROR, VIR_ERR_NO_DOMAIN);
    assert_remote_name(error, "org.libvirt1.Error.NoDomain");

    details = error_take_details();
    g_assert_nonnull(details);
    g_assert_cmpint(details->code, ==, VIR_ERR_NO_DOMAIN);
    g_assert_cmpint(details->domain, ==, VIR_FROM_TEST);
    g_assert_cmpstr(details->message, ==, error->message);
    virFreeError(details);
    g_assert_null(error_take_details());
    virConnectClose(connect);
}

static void
test_message_verbatim(void)
{
    g_autoptr(GError) error = NULL;

    raise_error(VIR_ERR_OPERATION_FAILED, "100% of %s: \xc3\xa4\n");
    error_from_libvirt(&error);
    g_assert_cmpstr(error->message, ==, "100% of %s: \xc3\xa4\n");
}

static void
test_message_not_utf8(void)
{
    g_autoptr(GError) error = NULL;
    virErrorPtr details;

    raise_error(VIR_ERR_OPERATION_FAILED, "disk '\xff' \xc3");
    error_from_libvirt(&error);
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
    g_assert_true(g_str_has_prefix(error->message, "disk '"));

    details = error_take_details();
    g_assert_cmpstr(details->message, ==, "disk '\xff' \xc3");
    virFreeError(details);
}

static void
test_no_message(void)
{
    g_autoptr(GError) error = NULL;

    raise_error(VIR_ERR_OPERATION_FAILED, NULL);
    error_from_libvirt(&error);
    g_assert_error(error, LIBVIRT_ERROR, VIR_ERR_OPERATION_FAILED);
    g_assert_cmpstr(error->message, !=, "");
}

static void
test_unknown_code(void)
{
    g_autoptr(GError) error = NULL;
    virErrorPtr details;

    raise_error(98765, "from the future");
    error_from_libvirt(&error);
    g_assert_error(error, LIBVIRT_ERROR, VIR_ERR_INTERNAL_ERROR);
    g_assert_cmpstr(error->message, ==, "from the future");
    assert_remote_name(error, "org.libvirt1.Error.InternalError");

    details = error_take_details();
    g_assert_cmpint(details->code, ==, 98765);
    virFreeError(details);
}

static void
test_no_error(void)
{
    g_autoptr(GError) error = NULL;

    raise_error(VIR_ERR_NO_DOMAIN, "stale");
    error_from_libvirt(NULL);
    virResetLastError();
    pretended.code = VIR_ERR_OK;
    error_from_libvirt(&error);
    g_assert_error(error, LIBVIRT_ERROR, VIR_ERR_INTERNAL_ERROR);
    g_assert_cmpstr(error->message, !=, "");
    g_assert_cmpstr(error->message, !=, "stale");
    g_assert_null(error_take_details());
}

static void
test_details_newest(void)
{
    virErrorPtr details;

    raise_error(VIR_ERR_NO_DOMAIN, "first");
    error_from_libvirt(NULL);
    raise_error(VIR_ERR_NO_NETWORK, "second");
    error_from_libvirt(NULL);

    details = error_take_details();
    g_assert_cmpint(details->code, ==, VIR_ERR_NO_NETWORK);
    virFreeError(details);
}

/* Leaves its details behind: the leak checker sees whether they go with the thread. */
static gpointer
fail_on_thread(G_GNUC_UNUSED gpointer data)
{
    g_assert_null(error_take_details());
    raise_error(VIR_ERR_NO_SECRET, "of the thread");
    error_from_libvirt(NULL);
    return NULL;
}

static void
test_details_per_thread(void)
{
    virErrorPtr details;

    raise_error(VIR_ERR_NO_DOMAIN, "of the main thread");
    error_from_libvirt(NULL);
    g_thread_join(g_thread_new("fail", fail_on_thread, NULL));

    details = error_take_details();
    g_assert_cmpint(details->code, ==, VIR_ERR_NO_DOMAIN);
    virFreeError(details);
}

static void
test_invalid(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(error_invalid(&error, "%d is more than %s", 7, "six"));
    g_assert_error(error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
    g_assert_cmpstr(error->message, ==, "7 is more than six");
    g_assert_null(error_invalid(NULL, "nobody hears this"));
}

static void
test_no_support(void)
{
    g_autoptr(GError) error = NULL;

    raise_error(VIR_ERR_NO_DOMAIN, "stale");
    error_from_libvirt(NULL);
    g_assert_null(error_no_support(&error, "virDomainTeleport"));
    g_assert_error(error, LIBVIRT_ERROR, VIR_ERR_NO_SUPPORT);
    g_assert_nonnull(strstr(error->message, "virDomainTeleport"));
    g_assert_null(error_take_details());
    assert_remote_name(error, "org.libvirt1.Error.NoSupport");
}

static void
be_silent(G_GNUC_UNUSED void *data, G_GNUC_UNUSED virErrorPtr error)
{
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(virInitialize(), ==, 0);
    virSetErrorFunc(NULL, be_silent);
    g_test_add_func("/error/names", test_names);
    g_test_add_func("/error/from-driver", test_from_driver);
    g_test_add_func("/error/message-verbatim", test_message_verbatim);
    g_test_add_func("/error/message-not-utf8", test_message_not_utf8);
    g_test_add_func("/error/no-message", test_no_message);
    g_test_add_func("/error/unknown-code", test_unknown_code);
    g_test_add_func("/error/no-error", test_no_error);
    g_test_add_func("/error/details-newest", test_details_newest);
    g_test_add_func("/error/details-per-thread", test_details_per_thread);
    g_test_add_func("/error/invalid", test_invalid);
    g_test_add_func("/error/no-support", test_no_support);
    return g_test_run();
}
