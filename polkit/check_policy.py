# SPDX-License-Identifier: LGPL-2.1-or-later
"""polkitd reads what was built: a polkitd with no other actions than these, on a bus of its own,
shows all of them as they were meant. It reads them from a fixed place, so that it has a mount
namespace of its own, which takes root."""

import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

ACTIONS = '/usr/share/polkit-1/actions'
POLKITD = next((path for path in ('/usr/lib/polkit-1/polkitd', '/usr/libexec/polkitd')
                if os.path.exists(path)), None)
NEEDED = ('dbus-daemon', 'gdbus', 'pkaction', 'unshare')
SKIPPED = 77  # which Meson knows

BUS = '''\
<busconfig>
  <type>system</type>
  <listen>unix:path={directory}/bus</listen>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow send_type="signal"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
'''
RUN = f'mount --bind "$1" {ACTIONS} && exec "$2"'


def why_not():
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing or not POLKITD:
        return 'not installed: ' + ', '.join(missing or ['polkitd'])
    if os.geteuid() != 0 or subprocess.run(['unshare', '--mount', 'true'], check=False).returncode:
        return 'only root has a mount namespace'
    return None


def start_bus(directory):
    config = directory / 'bus.conf'
    config.write_text(BUS.format(directory=directory), encoding='utf-8')
    bus = subprocess.Popen(['dbus-daemon', f'--config-file={config}', '--nofork',
                            '--print-address'], stdout=subprocess.PIPE, text=True)
    os.environ['DBUS_SYSTEM_BUS_ADDRESS'] = bus.stdout.readline().strip()
    return bus


def start_polkitd(actions):
    polkitd = subprocess.Popen(['unshare', '--mount', 'sh', '-c', RUN, 'sh', str(actions), POLKITD],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run(['gdbus', 'wait', '--system', '--timeout=20', 'org.freedesktop.PolicyKit1'],
                   check=True)
    return polkitd


def shown():
    """Of each action that polkitd knows, the lines that pkaction has about it."""
    text = subprocess.run(['pkaction', '--verbose'], stdout=subprocess.PIPE, check=True,
                          env={**os.environ, 'LANG': 'C'}, text=True).stdout
    actions, lines = {}, []
    for line in text.splitlines():
        if line and not line.startswith(' '):
            lines = actions.setdefault(line.removesuffix(':'), [])
        elif line:
            lines.append(' '.join(line.split()))
    return actions


def meant(policy):
    for action in ET.parse(policy).getroot().findall('action'):
        defaults = action.find('defaults')
        lines = [f'description: {action.findtext("description")}',
                 f'message: {action.findtext("message")}', 'vendor: virtbus', 'vendor_url:', 'icon:',
                 *(f'implicit {e.tag.removeprefix("allow_")}: {e.text}' for e in defaults)]
        lines += [f'annotation: {e.get("key")} -> {e.text}' for e in action.findall('annotate')]
        yield action.get('id'), lines


def main(policy):
    reason = why_not()
    if reason:
        print(reason)
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        actions = directory / 'actions'
        actions.mkdir()
        shutil.copy(policy, actions)
        for path in (directory, actions):
            path.chmod(0o755)  # polkitd is no longer root when it reads them
        processes = [start_bus(directory)]
        try:
            processes.append(start_polkitd(actions))
            found, expected = shown(), dict(meant(policy))
            assert found == expected, [(k, found.get(k), expected.get(k))
                                       for k in {*found, *expected}
                                       if found.get(k) != expected.get(k)]
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait()


if __name__ == '__main__':
    main(sys.argv[1])
