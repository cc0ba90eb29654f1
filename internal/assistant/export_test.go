package assistant

import (
	"ksync/internal/account"
	"ksync/store"
)

// Settle waits until what was seen is written, and remembers that it was.
func (s *Service) Settle() {
	s.watch.close()
	seen := s.watch.seen
	s.watch = newWatch(s.saw, s.Logger)
	s.watch.seen = seen
}

// TicketHash is how a ticket is kept.
func TicketHash(ticket string) []byte { return ticketHash(account.Secret(ticket)) }

// Unseal opens what is kept, as somebody would who has the database.
func Unseal(ticket string, t store.Ticket, sealed []byte, device int64) error {
	_, err := unseal(account.Secret(ticket), t, ticketData{Device: device, Sealed: sealed})
	return err
}
