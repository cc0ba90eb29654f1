package mail

import (
	"context"
	"io"
	netmail "net/mail"
)

// Preview writes letters as they would be sent, instead of sending them.
type Preview struct {
	From netmail.Address
	W    io.Writer
}

// Send writes the letter.
func (p Preview) Send(_ context.Context, l Letter) error {
	m, err := message(p.From, l)
	if err != nil {
		return err
	}
	_, err = m.WriteTo(p.W)
	return err
}
