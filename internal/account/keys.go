package account

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"ksync/store"
)

const (
	keyBytes  = 32
	keysIntro = "# Keys of this ksyncd. Who has this file and the database can test guesses of app passwords;\n" +
		"# without it no app password works. Keep it secret. `ksyncd backup` takes it along unless told not to.\n" +
		"# One key a line, `id key`; the first makes new hashes, the others still check old ones.\n"
)

// Keys are the server's secret keys. They live in a file of their own, so that
// a copy of the database alone tells nothing about app passwords.
type Keys struct {
	keys []key
}

type key struct {
	id    string
	bytes []byte
	macs  *sync.Pool // of hash.Hash
}

// OpenKeys reads the key file, or makes it, readable by its owner only, when
// there is none; created tells which. Two processes that start at once end up
// with the same keys.
func OpenKeys(path string, random io.Reader) (keys *Keys, created bool, err error) {
	keys, err = readKeys(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, false, err
	}
	if err := makeKeys(path, random); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, false, fmt.Errorf("make keys: %w", err)
	} else {
		created = err == nil
	}
	keys, err = readKeys(path)
	return keys, created, err
}

func readKeys(path string) (*Keys, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	k := &Keys{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		id, text, _ := strings.Cut(line, " ")
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil || len(raw) != keyBytes {
			return nil, fmt.Errorf("%s:%d: not a key of the form `id key`", path, n)
		}
		k.keys = append(k.keys, newKey(id, raw))
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	if len(k.keys) == 0 {
		return nil, fmt.Errorf("%s: holds no key; restore it from a backup, or remove it to begin with a new one (all app passwords end)", path)
	}
	return k, nil
}

// makeKeys writes the whole file aside and then links it to its name: whoever
// finds the name finds all of it, and a crash leaves all or nothing.
func makeKeys(path string, random io.Reader) error {
	raw := make([]byte, keyBytes+4)
	if _, err := io.ReadFull(random, raw); err != nil {
		return err
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".keys-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // a second name of the file, or an unfinished one
	_, err = fmt.Fprintf(f, "%s%s %s\n", keysIntro, hex.EncodeToString(raw[keyBytes:]), base64.StdEncoding.EncodeToString(raw[:keyBytes]))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return store.SyncDir(dir)
}

// hash is the index of an app password under one key. 130 random bits need
// no slow hash (ASVS 6.5.2: from 112 bits on); clients send the password with
// every request, and this takes a microsecond.
func (k key) hash(digits string) []byte {
	mac := k.macs.Get().(hash.Hash)
	defer k.macs.Put(mac)
	mac.Reset() // to what it was when it had read the key, which costs half of the work
	mac.Write([]byte(digits))
	return mac.Sum(nil)
}

func newKey(id string, bytes []byte) key {
	return key{id, bytes, &sync.Pool{New: func() any { return hmac.New(sha256.New, bytes) }}}
}
