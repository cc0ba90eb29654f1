#!/bin/sh
# After the files of the package are there, new or over older ones.
set -e
if command -v systemd-sysusers >/dev/null 2>&1; then
  systemd-sysusers ksyncd.conf || true
fi
if ! getent passwd ksyncd >/dev/null 2>&1 && command -v useradd >/dev/null 2>&1; then
  useradd --system --home-dir /var/lib/ksyncd --shell /usr/sbin/nologin ksyncd
fi
if getent passwd ksyncd >/dev/null 2>&1; then
  chgrp ksyncd /etc/ksyncd /etc/ksyncd/ksyncd.conf
  chmod 0750 /etc/ksyncd
  chmod 0640 /etc/ksyncd/ksyncd.conf
fi
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  # An upgrade goes on with the new program; a first install waits for its settings.
  # The package is installed also where the program does not start: mending a
  # setting must not need dpkg.
  systemctl try-restart ksyncd.service ||
    echo "ksyncd did not start again; journalctl -u ksyncd says why." >&2
fi
