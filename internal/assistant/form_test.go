package assistant_test

import (
	"testing"

	"ksync/internal/account"
	"ksync/internal/assistant"
)

// A form that is sent twice makes one device, and leads both times to it; the
// same name in another session, or in another form, leads elsewhere.
func TestSetUp_AFormMakesOneDevice(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	v := from(1)
	v.Form = "AAAAAAAAAAAAAAAAAAAAAA"
	first, err := d.SetUp(t.Context(), v, d.ann, phone())
	d.must(err)
	second, err := d.SetUp(t.Context(), v, d.ann, phone())
	d.want(err, account.ErrRepeated)
	if first.Ticket == "" || first.Ticket != second.Ticket || first.URL != second.URL {
		t.Error("the second leads elsewhere")
	}
	if all, err := d.Devices(t.Context(), d.ann); err != nil || len(all) != 1 {
		t.Errorf("%d devices, %v", len(all), err)
	}
	again, err := d.SetUpAgain(t.Context(), v, d.ann, first.Device.ID, assistant.Again{})
	d.want(err, account.ErrRepeated)
	if again.Ticket != first.Ticket {
		t.Error("the form is another one")
	}

	elsewhere := d.signIn(d.ann.Account.Login)
	other, err := d.SetUp(t.Context(), v, elsewhere, phone())
	d.must(err)
	v.Form = "BAAAAAAAAAAAAAAAAAAAAA"
	next, err := d.SetUp(t.Context(), v, d.ann, phone())
	d.must(err)
	if other.Ticket == first.Ticket || next.Ticket == first.Ticket || len(next.Ticket) != len(first.Ticket) {
		t.Error("two forms have one ticket")
	}
	d.download(first.Ticket)
	d.download(other.Ticket)
}

// Set up again, and then removed: the app password that the new one was to
// replace, and those before it, end as well.
func TestRemove_EndsWhatWasToBeReplaced(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.setUp(phone())
	secrets := []string{secretIn(t, d.download(made.Ticket))}
	for range 2 {
		again, err := d.SetUpAgain(t.Context(), from(1), d.ann, made.Device.ID, assistant.Again{})
		d.must(err)
		secrets = append(secrets, secretIn(t, d.download(again.Ticket)))
	}
	_, err := d.Remove(t.Context(), from(1), d.ann, made.Device.ID)
	d.must(err)
	for i, secret := range secrets {
		if d.dav(secret) == nil {
			t.Errorf("app password %d still signs in", i+1)
		}
	}
}
