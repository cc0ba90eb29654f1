package assistant

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"ksync/internal/account"
	"ksync/store"
)

// What a ticket is good for (config-assistant.md 3.3).
const (
	ticketKind      = account.DeliveryTicket
	ticketBytes     = 16 // 128 random bits
	ticketLife      = 10 * time.Minute
	ticketDownloads = 5
	ticketsAtOnce   = 20 // of one account
	unusedLife      = 24 * time.Hour

	ticketTries  = 30 // of unknown tickets, of one address
	ticketWindow = time.Minute

	sealInfo = "profile-blob"
	sealKey  = 32
)

// PathDelivery is where tickets lead; the ticket follows, and then, after a
// slash, the name of the profile.
const PathDelivery = "/p/"

// parcel is what is handed over. It is kept only sealed.
type parcel struct {
	Locale   string
	Password account.Secret
	Mail     account.Secret
}

// sealedParcel is a parcel in the moment of sealing, where it has to be read.
type sealedParcel struct {
	Locale   string `json:"locale,omitempty"`
	Password string `json:"password"`
	Mail     string `json:"mail,omitempty"`
}

// ticketData is what is kept of a ticket beside its hash.
type ticketData struct {
	Device    int64  `json:"device"`
	Active    bool   `json:"active"` // the app password is one
	Downloads int    `json:"downloads"`
	Sealed    []byte `json:"sealed"`
}

func ticketHash(ticket account.Secret) []byte {
	sum := sha256.Sum256([]byte(ticketKind + "\x00" + ticket.Reveal()))
	return sum[:]
}

func encoding() *base32.Encoding {
	return base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)
}

// asker is who wants a delivery.
type asker struct {
	visit  account.Visit
	person account.Person
}

// draw makes a ticket. That of a form is always the same, so that whoever sent
// it twice is led to the one device that it made; the form's name was drawn for
// it and is kept nowhere (package account has a hash of it), so the database
// and the keys do not tell the ticket.
func (s *Service) draw(a asker) (account.Secret, error) {
	raw := make([]byte, ticketBytes)
	if a.visit.Form == "" {
		if _, err := io.ReadFull(s.Rand, raw); err != nil {
			return "", fmt.Errorf("draw ticket: %w", err)
		}
		return account.Secret(encoding().EncodeToString(raw)), nil
	}
	sum := hmac.New(sha256.New, s.ticketKey)
	fmt.Fprintf(sum, "%d %d %s", a.person.Account.ID, a.person.Session.ID, a.visit.Form)
	copy(raw, sum.Sum(nil))
	return account.Secret(encoding().EncodeToString(raw)), nil
}

// deliver makes the device that row returns, and a ticket for it.
func (s *Service) deliver(ctx context.Context, by asker, content parcel, row func(*store.Tx, account.Person) (store.Device, error)) (Delivery, error) {
	ticket, err := s.draw(by)
	if err != nil {
		return Delivery{}, err
	}
	d := Delivery{Ticket: ticket, Expires: s.Now().Add(ticketLife)}
	d.URL = account.Secret(s.Settings.URL.Scheme + "://" + s.Settings.URL.Host + PathDelivery + d.Ticket.Reveal())
	data := ticketData{Active: content.Password != "", Downloads: ticketDownloads}
	if !data.Active {
		if content.Password, err = s.Accounts.DrawAppPassword(); err != nil {
			return Delivery{}, err
		}
	}
	err = s.Accounts.ActFresh(ctx, by.person, func(tx *store.Tx, p account.Person) error {
		if err := s.Accounts.SentOnce(ctx, tx, by.visit, p); err != nil {
			return err
		}
		device, err := row(tx, p)
		if err != nil {
			return err
		}
		data.Device = device.ID
		if d.Device, err = s.view(ctx, tx, device); err != nil {
			return err
		}
		if data.Sealed, err = s.seal(d.Ticket, device, content); err != nil {
			return err
		}
		return putDelivery(ctx, tx, store.Ticket{Hash: ticketHash(d.Ticket), Account: device.Account, Expires: d.Expires.UnixMilli()}, data)
	})
	if errors.Is(err, account.ErrRepeated) {
		return d, err
	}
	if err != nil {
		return Delivery{}, err
	}
	return d, nil
}

func putDelivery(ctx context.Context, tx *store.Tx, t store.Ticket, data ticketData) error {
	text, err := json.Marshal(data)
	if err != nil {
		return err
	}
	t.Kind, t.Data = ticketKind, string(text)
	_, err = tx.PutTicket(ctx, t, ticketsAtOnce)
	return err
}

// dropDeliveries ends the tickets of a device.
func dropDeliveries(ctx context.Context, tx *store.Tx, d store.Device) error {
	all, err := tx.Tickets(ctx, d.Account, ticketKind)
	for _, t := range all {
		var data ticketData
		if err := json.Unmarshal([]byte(t.Data), &data); err != nil {
			return fmt.Errorf("decode ticket: %w", err)
		}
		if data.Device == d.ID {
			err = errors.Join(err, tx.DeleteTicket(ctx, d.Account, ticketKind, t.ID))
		}
	}
	return err
}

// seal encrypts what only the ticket shall open, for one device.
func (s *Service) seal(ticket account.Secret, d store.Device, content parcel) ([]byte, error) {
	aead, err := ticketAEAD(ticket)
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(sealedParcel{content.Locale, content.Password.Reveal(), content.Mail.Reveal()})
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := io.ReadFull(s.Rand, nonce); err != nil {
		return nil, fmt.Errorf("draw nonce: %w", err)
	}
	return aead.Seal(nonce, nonce, plain, sealedFor(d.Account, d.ID)), nil
}

func unseal(ticket account.Secret, t store.Ticket, data ticketData) (parcel, error) {
	aead, err := ticketAEAD(ticket)
	if err != nil {
		return parcel{}, err
	}
	n := aead.NonceSize()
	if len(data.Sealed) < n {
		return parcel{}, errors.New("ticket: too little is sealed")
	}
	plain, err := aead.Open(nil, data.Sealed[:n], data.Sealed[n:], sealedFor(t.Account, data.Device))
	if err != nil {
		return parcel{}, fmt.Errorf("ticket: %w", err)
	}
	var read sealedParcel
	if err := json.Unmarshal(plain, &read); err != nil {
		return parcel{}, fmt.Errorf("decode ticket: %w", err)
	}
	return parcel{read.Locale, account.Secret(read.Password), account.Secret(read.Mail)}, nil
}

func ticketAEAD(ticket account.Secret) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(ticket.Reveal()), nil, sealInfo, sealKey)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func sealedFor(account, device int64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(account)), uint64(device))
}

// clean is a ticket as it was made: whoever types it may use capitals.
func clean(ticket account.Secret) (account.Secret, bool) {
	text := strings.ToLower(ticket.Reveal())
	raw, err := encoding().DecodeString(text[:min(len(text), 2*ticketBytes)])
	return account.Secret(text), err == nil && len(raw) == ticketBytes && encoding().EncodeToString(raw) == text
}
