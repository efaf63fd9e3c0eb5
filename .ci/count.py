# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts the single tests in meson's testlog.json: prints how many passed and how many failed, and which
programs could not run.

A program of GTest (TAP), pytest or unittest tells its tests one by one or in sum; what tells
nothing is one test. What was skipped is in neither number.
"""

import json
import re
import sys


def sum_of(pattern, text):
    return sum(int(number) for number in re.findall(pattern, text, re.MULTILINE))


def count(entry):
    out, err = entry.get('stdout', ''), entry.get('stderr', '')
    good = len(re.findall(r'^ok \d+(?!.*# SKIP)', out, re.MULTILINE))
    bad = len(re.findall(r'^not ok \d+', out, re.MULTILINE))

    for line in re.findall(r'^=+ (.*) in [\d.]+s.*=+$', out, re.MULTILINE):
        good += sum_of(r'(\d+) passed', line)
        bad += sum_of(r'(\d+) (?:failed|errors?)', line)

    ran, wrong = sum_of(r'^Ran (\d+) tests?', err), sum_of(r'(?:failures|errors)=(\d+)', err)
    good += ran - wrong - sum_of(r'skipped=(\d+)', err)
    bad += wrong

    if entry['result'] in ('OK', 'EXPECTEDFAIL'):
        return max(good, 1), bad
    if entry['result'] == 'SKIP':
        return good, bad
    return good, max(bad, 1)


def main():
    with open(sys.argv[1], encoding='utf-8') as log:
        entries = [json.loads(line) for line in log]
    counts = [count(entry) for entry in entries]
    skipped = [entry['name'].split(' / ')[-1] for entry in entries if entry['result'] == 'SKIP']
    print(sum(good for good, _ in counts), sum(bad for _, bad in counts), *skipped)


main()
