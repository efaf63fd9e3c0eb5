# SPDX-License-Identifier: LGPL-2.1-or-later

"""What docs/guide.md shows is so: each command prints what stands below it, each program runs."""

import os
import re
import subprocess
import sys

import pytest

from daemon import Daemon
from libvirtd import Libvirtd, why_not

GUIDE = os.path.join(os.path.dirname(__file__), '..', 'docs', 'guide.md')
CONFIG = '[Service]\nPredefined=false\n[Connection Test]\nURI=test:///default\n'
PRINTED = {  # by the program below the heading
    'To a URI': 'test\n',
    'To the default': 'test:///default\n',
    'To look, but not to touch': 'org.libvirt1.Error.OperationDenied\n',
}


def examples():
    """The heading above each, its language and its text."""
    with open(GUIDE) as file:
        parts = re.split(r'^(### .*|```(?:console|python)\n(?:.*\n)*?```)$', file.read(), flags=re.M)
    heading = None
    for part in parts:
        if part.startswith('### '):
            heading = part[4:]
        elif part.startswith('```'):
            language, text = part[3:-3].split('\n', 1)
            yield pytest.param(heading, language, text, id=f'{heading}, {language}')


def commands(text):
    """Each with what it prints."""
    for part in re.split(r'^\$ ', text, flags=re.M)[1:]:
        yield part.split('\n', 1)


@pytest.fixture(scope='module')
def server(tmp_path_factory):
    """The URI of a libvirtd, or why there is none."""
    if why_not():
        yield None
        return
    libvirtd = Libvirtd(tmp_path_factory.mktemp('libvirtd'))
    try:
        libvirtd.start()
        yield libvirtd.uri
    finally:
        libvirtd.close()


@pytest.mark.parametrize('heading, language, text', examples())
def test_example(bus, server, heading, language, text):
    environment = bus.environment()
    if 'URI"' in text:
        if not server:
            pytest.skip(why_not())
        environment['URI'] = server
    with Daemon(bus, CONFIG, environment={'LIBVIRT_DEFAULT_URI': 'test:///default'}):
        if language == 'python':
            done = subprocess.run([sys.executable, '-c', text], env=environment, timeout=60,
                                  stdout=subprocess.PIPE, universal_newlines=True, check=True)
            assert done.stdout == PRINTED[heading]
        else:
            for command, printed in commands(text):
                done = subprocess.run(['sh', '-c', command], env=environment, timeout=60,
                                      stdout=subprocess.PIPE, universal_newlines=True, check=True)
                assert done.stdout == printed


def test_nothing_is_left_out():
    shown = [(param.values[0], param.values[1]) for param in examples()]
    assert {heading for heading, language in shown if language == 'python'} == set(PRINTED)
    assert len(shown) == 6
