// Package mail writes the letters that accounts cause, and sees that they get
// to a mail server.
//
// # Model
//
// Package account puts notices into an outbox, in the transaction of what they
// tell of. A [Composer] makes a [Letter] of a notice: plain text and HTML in
// the language of its reader. A [Sender] hands letters on: [SMTP] to a mail
// server, [Preview] to a file. An [Outbox] is the one goroutine that moves
// notices from the outbox to the sender, and reports what became of them.
//
// # Invariants
//
//   - A link in a letter starts with the configured public address. Notices
//     have none that does anything: they name the address to open.
//   - What people or programs chose to be called is printed as one short line
//     in which nothing can be clicked, and never in a header.
//   - Nothing in a header can end its line.
//   - A letter goes to one bare address.
//   - Logs name neither addresses nor what letters say; only debug does.
package mail

import (
	"context"
	"errors"
	"time"
)

// Letter is a finished letter to one person.
type Letter struct {
	ID       string // of Message-ID, without its brackets; the same at each try
	To       string // a bare address
	Subject  string
	Text     string
	HTML     string
	Language string // tag, like "de"
	Date     time.Time
}

// Sender hands a letter on. A nil error means that somebody took it over. An
// error that is [ErrRefused] means that nobody ever will; others may pass.
type Sender interface {
	Send(ctx context.Context, l Letter) error
}

// ErrRefused is the word of a server for good about one letter.
var ErrRefused = errors.New("refused for good")
