# SPDX-License-Identifier: LGPL-2.1-or-later

"""Fixtures: each test file has a bus of its own and a virtbusd on it.

VIRTBUSD names the program; VIRTBUSD_WRAPPER, if set, is a command that runs it (valgrind). A test
file with a variable CONFIG gets a virtbusd with that configuration.
"""

import os

import pytest

from daemon import Client, Daemon, PrivateBus

if 'VIRTBUSD' not in os.environ:
    raise pytest.UsageError('VIRTBUSD must name the virtbusd to test; "meson test" sets it')


@pytest.fixture(scope='module')
def bus():
    private = PrivateBus()
    yield private
    private.remove()


@pytest.fixture(scope='module')
def daemon(bus, request):
    """Its end is checked too: status 0, and nothing said that a healthy run does not say."""
    started = Daemon(bus, getattr(request.module, 'CONFIG', ''))
    try:
        started.wait_for_name()
        yield started
        started.stop()
    finally:
        started.kill()


@pytest.fixture(scope='module')
def client(bus, daemon):
    connected = Client(bus)
    yield connected
    connected.close()
