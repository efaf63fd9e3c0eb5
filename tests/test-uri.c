/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "uri.h"

static const char *const plain[] = {
    "", /* libvirt's default, which the administrator chose */
    "qemu:///system",
    "qemu+unix:///system",
    "qemu:///system?mode=legacy",
    "qemu://host.example.org/system",
    "qemu+tls://host.example.org/system",
    "qemu+tls://host.example.org:16514/system?mode=auto",
    "qemu+tcp://192.0.2.1/system",
    "qemu+tcp://somebody@host/system",
    "qemu+tls://[2001:db8::1]:16514/system",
    "xen:///",
    "xen:///system",
    "xen+tls://host/",
    "lxc:///",
    "lxc+tcp://host/system",
    "ch:///system",
    "bhyve:///system",
    "vz:///system",
    "test:///default",
    "test+unix:///default",
    "test+tcp://127.0.0.1:16509/default",
    "esx://root@esx.example.org/",
    "esx://esx.example.org",
    "hyperv://host/",
    "vpx://user@vcenter/folder/dc/cluster/host.example.org",
};

static const char *const other[] = {
    /* a program is run, or a key of the service's user is read */
    "qemu+ssh://host/system",
    "qemu+ssh://root@host/system?command=/tmp/x",
    "qemu+ssh://host/system?netcat=/tmp/x",
    "qemu+libssh2://host/system?keyfile=/root/.ssh/id_rsa",
    "qemu+libssh://host/system",
    "qemu+ext:///system?command=/tmp/x",
    "qemu+ext://host/system",
    "qemu:///system?command=/tmp/x",
    "qemu+tls://host/system?netcat=/tmp/x",
    "openvz:///system",
    "vbox:///system",
    "vbox:///session",
    "vmwareplayer:///session",
    "vmwarews:///session",
    "vmwarefusion:///session",
    "uml:///system",

    /* a daemon is started for the service's user */
    "qemu:///session",
    "qemu+unix:///session",
    "lxc:///session",
    "qemu+tls://host/session",

    /* a file is read or written, or a socket chosen */
    "qemu:///embed?root=/tmp/x",
    "qemu:///embed",
    "secret:///embed?root=/tmp/x",
    "test:///etc/shadow",
    "test:///tmp/test.xml",
    "test:///default/../tmp/test.xml",
    "test+unix:///tmp/test.xml",
    "qemu:///system?socket=/tmp/x",
    "qemu+unix:///system?socket=/tmp/x",
    "qemu+unix:///system?mode=auto&socket=/tmp/x",
    "qemu+unix:///system?socket=/tmp/x&mode=auto",
    "qemu+unix:///system?mode=auto;socket=/tmp/x",
    "qemu+tls://host/system?pkipath=/tmp",
    "qemu+tls://host/system?authfile=/etc/shadow",
    "esx://host/?authfile=/etc/shadow",
    "qemu+tls://host/system?known_hosts=/tmp/x",
    "qemu+tls://host/system?knownhosts=/tmp/x",
    "qemu+tls://host/system?keyfile=/tmp/x",

    /* something is not verified, or differently */
    "qemu+tls://host/system?no_verify=1",
    "qemu+tls://host/system?no_sanity=1",
    "qemu+tls://host/system?tls_priority=NONE",
    "qemu+tls://host/system?known_hosts_verify=ignore",
    "esx://host/?no_verify=1",
    "esx://host/?transport=http",
    "esx://host/?proxy=http://proxy",
    "esx://host/?auto_answer=1",
    "hyperv://host/?transport=http",
    "vpx://host/dc/cluster?no_verify=1",

    /* the other side is told another URI */
    "qemu+tls://host/system?name=qemu:///session",
    "qemu:///system?name=test:///tmp/x",

    /* an alias, or what libvirt takes for a driver */
    "alias",
    "qemu",
    "xen",
    "Xen",

    /* what another parser may read differently */
    "QEMU:///system",
    "qemu:/system",
    "qemu:system",
    "qemu:///system/",
    "qemu:///system/..",
    "qemu:///system#fragment",
    "qemu:///system?",
    "qemu:///system?mode=auto\n",
    "qemu:///system\n",
    "\nqemu:///system",
    " qemu:///system",
    "qemu:///%73ystem",
    "qemu:///system?%73ocket=/tmp/x",
    "qemu+tls://-oProxyCommand=x/system",
    "qemu+tls://host -x/system",
    "qemu+tls://user:password@host/system",
    "qemu+tls://-user@host/system",
    "qemu+tls://host:port/system",
    "qemu+tls:///system",
    "qemu+tcp:///system",
    "qemu+unix://host/system",
    "qemu+tls+ssh://host/system",
    "test:///default?x=y",
    "test://default",
    "vpx://host/../x?y",
    "http://host/",
    "file:///etc/shadow",
    "qemu:///system\xff",
};

static void
test_plain(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(plain); i++) {
        g_test_message("%s", plain[i]);
        g_assert_true(uri_is_plain(plain[i]));
    }
}

static void
test_other(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(other); i++) {
        g_autofree char *shown = g_strescape(other[i], NULL);

        g_test_message("%s", shown);
        g_assert_false(uri_is_plain(other[i]));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    g_test_add_func("/uri/plain", test_plain);
    g_test_add_func("/uri/other", test_other);

    return g_test_run();
}
