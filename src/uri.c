/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What URI anybody may have this service open, as the service's own user, who has libvirtd's ear.
 *
 * A libvirt URI can name a program to run (command=, netcat=, all of +ssh and +ext, openvz:, vbox:,
 * vmware*:), a file to read or write (socket=, keyfile=, pkipath=, authfile=, test:///FILE,
 * qemu:///embed?root=), a daemon to be started for the service's user (/session), a key of that
 * user (+ssh, +libssh2, +libssh), and checks to be left out (no_verify=, no_sanity=,
 * tls_priority=). libvirt gets new ones with time, so what is not known to be plain is not.
 *
 * The whole text must match, and no character may be escaped: thus libvirt's parser cannot read it
 * as anything else. */

#include "uri.h"

#define DAEMONS "(qemu|ch|bhyve|vz)" /* drivers that run in a daemon, not in this process */
#define USER "([A-Za-z0-9][A-Za-z0-9._-]*@)?"
#define HOST "([A-Za-z0-9][A-Za-z0-9.-]*|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?"
#define WHERE "(\\+unix)?://|(\\+tls|\\+tcp)?://" USER HOST
#define MODE "(\\?mode=(auto|direct|legacy))?"

static const char plain[] = "(" DAEMONS "(" WHERE ")/system" MODE "|(xen|lxc)(" WHERE
                            ")/(system)?" MODE "|test(" WHERE ")/default"
                            /* These speak HTTPS, and nothing else without parameters. */
                            "|(esx|gsx|hyperv)://" USER HOST "/?"
                            "|vpx://" USER HOST "/[A-Za-z0-9][A-Za-z0-9._/-]*"
                            ")?\\z";

gboolean
uri_is_plain(const char *uri)
{
    return g_regex_match_simple(plain, uri, G_REGEX_RAW | G_REGEX_DOLLAR_ENDONLY,
                                G_REGEX_MATCH_ANCHORED);
}
