#!/bin/sh
# Before the files go; the data in /var/lib/ksyncd stays.
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl disable --now ksyncd.service ||
    echo "systemd did not stop ksyncd." >&2
fi
