package store

import "testing"

func TestScope_ParsesWhatItPrints(t *testing.T) {
	t.Parallel()
	for text, scope := range map[string]Scope{
		"contacts,calendars,tasks": FullScope,
		"contacts":                 ContactsRead | ContactsWrite,
		"calendars:ro":             CalendarsRead,
		"contacts:ro,tasks":        ContactsRead | TasksRead | TasksWrite,
	} {
		got, err := ParseScope(text)
		if err != nil || got != scope || got.String() != text {
			t.Errorf("%q: %v (%s), %v", text, got, got, err)
		}
	}
	if got, err := ParseScope(" contacts:rw , contacts:ro"); err != nil || got != ContactsRead|ContactsWrite {
		t.Errorf("got %v, %v", got, err)
	}
	for _, text := range []string{"", "all", "contacts:", "contacts:wo", "Contacts", "contacts,,tasks", "contacts:ro:rw"} {
		if got, err := ParseScope(text); err == nil {
			t.Errorf("%q opens %v", text, got)
		}
	}
	if !FullScope.Has(ContactsRead|TasksWrite) || ContactsRead.Has(ContactsRead|ContactsWrite) {
		t.Error("Has means all bits")
	}
}
