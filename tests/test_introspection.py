# SPDX-License-Identifier: LGPL-2.1-or-later

"""Introspection."""

from daemon import ROOT


def test_unopened_connections_stay_closed(client):
    assert 'Test' in [node.path for node in client.introspect(ROOT).nodes]
    assert client.get(ROOT + '/Test', 'org.libvirt1.Connection', 'Alive') is False
