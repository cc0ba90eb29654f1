package remote

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

// zone is a name server in a test: lines of "name TYPE data…". A name without a
// line does not exist; one that begins with "broken" is never answered.
type zone string

// resolver asks the zone and nobody else.
func (z zone) resolver(t testing.TB) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe() // no packet connection, so messages have their length before them
		go func() {
			defer server.Close()
			if err := z.answer(server); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
				t.Log(err)
			}
		}()
		return client, nil
	}}
}

// answer is one exchange. RFC 1035 §4.1 and §4.2.2.
func (z zone) answer(conn net.Conn) error {
	for {
		var length uint16
		if err := binary.Read(conn, binary.BigEndian, &length); err != nil {
			return err
		}
		query := make([]byte, length)
		if _, err := io.ReadFull(conn, query); err != nil {
			return err
		}
		reply, ok := z.reply(query)
		if !ok {
			return nil
		}
		if _, err := conn.Write(binary.BigEndian.AppendUint16(nil, uint16(len(reply)))); err != nil {
			return err
		}
		if _, err := conn.Write(reply); err != nil {
			return err
		}
	}
}

func (z zone) reply(query []byte) ([]byte, bool) {
	name, end := question(query[12:])
	kind := binary.BigEndian.Uint16(query[12+end:])
	if strings.HasPrefix(name, "broken") {
		return nil, false
	}
	records, exists := z.find(name, kind)
	flags := uint16(0x8580) // an answer, with authority
	if !exists {
		flags |= 3 // NXDOMAIN
	}
	reply := append([]byte{}, query[:2]...)
	for _, n := range []uint16{flags, 1, uint16(len(records)), 0, 0} {
		reply = binary.BigEndian.AppendUint16(reply, n)
	}
	reply = append(reply, query[12:12+end+4]...)
	for _, r := range records {
		reply = append(reply, r...)
	}
	return reply, true
}

func question(b []byte) (name string, end int) {
	for b[end] != 0 {
		n := int(b[end])
		name += string(b[end+1:end+1+n]) + "."
		end += n + 1
	}
	return strings.ToLower(name), end + 1
}

const (
	typeA     = 1
	typeCNAME = 5
	typeTXT   = 16
	typeAAAA  = 28
	typeSRV   = 33
)

// find gives whole resource records, following aliases.
func (z zone) find(name string, kind uint16) (records [][]byte, exists bool) {
	types := map[string]uint16{"A": typeA, "CNAME": typeCNAME, "TXT": typeTXT, "AAAA": typeAAAA, "SRV": typeSRV}
	for line := range strings.Lines(string(z)) {
		f := strings.Fields(line)
		if len(f) < 3 || f[0] != name {
			continue
		}
		exists = true
		is := types[f[1]]
		if is != kind && is != typeCNAME {
			continue
		}
		data := rdata(is, f[2:])
		r := wire(f[0])
		r = binary.BigEndian.AppendUint16(r, is)
		r = binary.BigEndian.AppendUint16(r, 1)
		r = binary.BigEndian.AppendUint32(r, 60)
		r = binary.BigEndian.AppendUint16(r, uint16(len(data)))
		records = append(records, append(r, data...))
		if is == typeCNAME && kind != typeCNAME {
			more, _ := z.find(f[2], kind)
			records = append(records, more...)
		}
	}
	return records, exists
}

func rdata(kind uint16, f []string) (b []byte) {
	switch kind {
	case typeA, typeAAAA:
		return netip.MustParseAddr(f[0]).AsSlice()
	case typeTXT:
		text := strings.Trim(strings.Join(f, " "), `"`)
		return append([]byte{byte(len(text))}, text...)
	case typeSRV:
		for _, n := range f[:3] {
			v, _ := strconv.Atoi(n)
			b = binary.BigEndian.AppendUint16(b, uint16(v))
		}
		return append(b, wire(f[3])...)
	}
	return wire(f[0])
}

// wire is a name as messages have it. RFC 1035 §3.1.
func wire(name string) (b []byte) {
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		if label != "" {
			b = append(append(b, byte(len(label))), label...)
		}
	}
	return append(b, 0)
}

func discard() *log.Logger { return log.New(io.Discard, "", 0) }
