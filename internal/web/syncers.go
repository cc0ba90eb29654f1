package web

import (
	"cmp"
	"slices"

	"ksync/internal/assistant"
	"ksync/store"
)

// syncer is something that can sync: a device that was set up here, or an app
// password that somebody typed into one, or that an app fetched.
type syncer struct {
	device
	Icon string
	Path string // where it is looked after
}

// syncers are all that can sync, the latest used first.
func (v *visit) syncers() ([]syncer, error) {
	known, others, err := v.connected()
	if err != nil {
		return nil, err
	}
	var all []syncer
	for _, d := range known {
		if d.State == assistant.Connected || d.State == assistant.Waiting {
			one := appPasswordOf(d)
			one.Name = d.Name
			all = append(all, syncer{one, platformIcon(d.Platform), devicePath(d.ID)})
		}
	}
	for _, p := range others {
		all = append(all, syncer{p, "key", pathAppPasswords})
	}
	slices.SortStableFunc(all, func(a, b syncer) int { return cmp.Compare(b.LastUsed, a.LastUsed) })
	return all, nil
}

// connected returns the devices that were set up here, and the app passwords
// that work and are of none of them.
func (v *visit) connected() (known []assistant.Device, others []device, err error) {
	passwords, err := v.devices()
	if err != nil || v.site.Assistant == nil {
		return nil, passwords.Active, err
	}
	if known, err = v.site.Assistant.Devices(v.ctx(), *v.person); err != nil {
		return nil, nil, err
	}
	taken := map[int64]bool{}
	for _, d := range known {
		taken[d.AppPassword] = true
	}
	for _, p := range passwords.Active { // the newest first
		if !taken[p.ID] {
			others = append(others, p)
			continue
		}
		taken[p.Replaces] = true // of a device that was set up again: both are its own until the new one is used
	}
	return known, others, nil
}

// appPasswordOf is a device's app password, as far as its last use.
func appPasswordOf(d assistant.Device) device {
	return device{AppPassword: store.AppPassword{ID: d.AppPassword, LastUsed: d.LastUsed, LastPlace: d.LastPlace, LastAgent: d.LastAgent}}
}
