package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"

	"ksync/internal/contentline"
	"ksync/internal/davxml"
	"ksync/internal/ical"
	"ksync/internal/vcard"
	"ksync/store"
)

// Check reads an object that is to be stored and gives its index. It is the
// check of a PUT, so that an import accepts what a client may send, no less and
// no more.
type Check func(*store.Collection, []byte) (store.Index, error)

// Target is a collection that objects are put into. Its methods may be called
// at the same time; two objects with one UID go one after the other.
type Target struct {
	store      *store.Store
	collection store.Collection
	check      Check
	by         store.Author
	maxBytes   int64

	mu    sync.Mutex
	known map[string]*known // by key: what is there
	names map[string]bool   // URIs in use
}

// known is an object that is there, or is being put.
type known struct {
	mu        sync.Mutex
	uri, etag string
}

// Collection is the collection as it is now.
func (t *Target) Collection() store.Collection {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.collection
}

// Object is what is put into a Target.
type Object struct {
	Name  string // wished URI; made from the UID when it is "" or taken
	Bytes []byte
}

// Stored is what became of an Object.
type Stored struct {
	UID     string
	Outcome Outcome
	Reason  string // of Failed
}

// openTarget reads what the collection has, without the bytes.
func openTarget(ctx context.Context, o Options, c store.Collection) (*Target, error) {
	t := &Target{
		store: o.Store, collection: c, check: o.Checks[c.Kind], by: store.Author{Agent: o.Agent}, maxBytes: o.Limits.withDefaults().Object,
		known: make(map[string]*known, c.Count), names: make(map[string]bool, c.Count),
	}
	for list := o.Store.List(c, store.Query{Limit: 5000}, nil); ; {
		page, err := list.Next(ctx)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", c.URI, err)
		}
		if len(page) == 0 {
			return t, nil
		}
		for i := range page {
			t.learn(&page[i])
		}
	}
}

func (t *Target) learn(o *store.Object) {
	t.names[o.URI] = true
	t.known[key(o.UID, o.URI)] = &known{uri: o.URI, etag: o.ETag}
}

// key finds an object again: by its UID, or by its name if it has none.
func key(uid, uri string) string {
	if uid == "" {
		return "/" + uri
	}
	return "=" + uid
}

// Put stores an object: anew, in place of the one with its UID, or not at all
// if the same bytes are there. The error is a fault of the store; what is wrong
// with the object is told in Stored.
func (t *Target) Put(ctx context.Context, o Object) (Stored, error) {
	if int64(len(o.Bytes)) > t.maxBytes {
		return failed("", fmt.Errorf("larger than %d MiB", t.maxBytes>>20)), nil
	}
	c := t.Collection()
	index, err := t.check(&c, o.Bytes)
	if err != nil {
		return failed(index.UID, err), nil
	}
	index.UID = strings.Clone(index.UID) // else it keeps the text it was read from
	k := t.find(index.UID, o)
	k.mu.Lock()
	defer k.mu.Unlock()
	for range 4 {
		put := store.Put{
			Account: t.collection.Account, Collection: t.collection.ID, URI: k.uri, Bytes: o.Bytes, Index: index,
			By: t.by, Reason: "import",
		}
		if k.etag == "" {
			put.Cond.NoneMatchAny = true
		} else {
			put.Cond.Match = []string{k.etag}
		}
		result, err := t.store.PutObject(ctx, put)
		if err == nil {
			k.etag = result.ETag
			return Stored{UID: index.UID, Outcome: outcome(result)}, nil
		}
		again, err := t.settle(ctx, k, index.UID, o, err)
		if err != nil {
			return Stored{}, err
		}
		if !again.retry {
			return failed(index.UID, again.reason), nil
		}
	}
	return failed(index.UID, errors.New("somebody else keeps changing it; import it again")), nil
}

func outcome(r store.PutResult) Outcome {
	switch {
	case r.Created:
		return Created
	case r.Unchanged:
		return Unchanged
	}
	return Updated
}

func failed(uid string, err error) Stored {
	return Stored{UID: uid, Outcome: Failed, Reason: reason(err)}
}

// reason puts an error in words for a person. The name of a condition says
// what its cause says better, and the parsers count lines in the piece that
// they were given, not in the file.
func reason(err error) string {
	if cond, ok := errors.AsType[*davxml.Error](err); ok && cond.Cond == davxml.CalendarComponent && cond.Err != nil {
		return "the calendar does not take " + cond.Err.Error()
	}
	if e, ok := errors.AsType[*contentline.SyntaxError](err); ok {
		return e.Reason
	}
	if e, ok := errors.AsType[*ical.Error](err); ok {
		return e.Reason
	}
	if e, ok := errors.AsType[*vcard.Error](err); ok {
		return e.Reason
	}
	if cond, ok := errors.AsType[*davxml.Error](err); ok && cond.Err != nil {
		return cond.Err.Error()
	}
	return err.Error()
}

// find gives the entry of the object to be put, a new one if there is none.
func (t *Target) find(uid string, o Object) *known {
	t.mu.Lock()
	defer t.mu.Unlock()
	name := o.Name
	if name == "" || uid != "" && t.names[name] {
		name = t.name(uid, o.Bytes)
	}
	id := key(uid, name)
	k := t.known[id]
	if k == nil {
		k = &known{uri: t.free(name, o.Bytes)}
		t.known[id], t.names[k.uri] = k, true
	}
	return k
}

// verdict says how to go on after a refused put.
type verdict struct {
	retry  bool
	reason error
}

// settle learns from a refused put what has changed since the collection was
// read: a client may write at the same time.
func (t *Target) settle(ctx context.Context, k *known, uid string, o Object, err error) (verdict, error) {
	if other, ok := errors.AsType[*store.UIDConflict](err); ok {
		k.uri, k.etag = other.URI, ""
		return verdict{retry: true}, t.refresh(ctx, k, uid, o)
	}
	switch {
	case errors.Is(err, store.ErrPrecondition):
		return verdict{retry: true}, t.refresh(ctx, k, uid, o)
	case errors.Is(err, store.ErrQuota), errors.Is(err, store.ErrInvalid), errors.Is(err, store.ErrLimit):
		return verdict{reason: err}, nil
	}
	return verdict{}, fmt.Errorf("store %s in %s: %w", uid, t.collection.URI, err)
}

// refresh asks what is at the entry's name now. If that is another object, the
// entry gets another name.
func (t *Target) refresh(ctx context.Context, k *known, uid string, o Object) error {
	found, err := t.store.ObjectsByURI(ctx, t.collection.Account, t.collection.ID, []string{k.uri}, false)
	if err != nil {
		return err
	}
	k.etag = ""
	if len(found) == 0 {
		return nil
	}
	if found[0].UID == uid {
		k.etag = found[0].ETag
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.names[k.uri] = true
	k.uri = t.free(k.uri, o.Bytes)
	t.names[k.uri] = true
	return nil
}

// name makes a URI of a UID: the UID itself where every client and file system
// takes it as a name, else its hash.
func (t *Target) name(uid string, data []byte) string {
	if uid == "" {
		return digest(data) + t.extension()
	}
	const longest = 120
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._@", r)
	}
	if len(uid) > longest || uid[0] == '.' || strings.ContainsFunc(uid, func(r rune) bool { return !plain(r) }) {
		return digest([]byte(uid)) + t.extension()
	}
	return uid + t.extension()
}

// free gives the name, or one like it that is not in use.
func (t *Target) free(name string, data []byte) string {
	if !t.names[name] {
		return name
	}
	name = strings.TrimSuffix(name, t.extension()) + "-" + digest(data)[:8]
	for i := 0; ; i++ {
		candidate := name + t.extension()
		if i > 0 {
			candidate = fmt.Sprintf("%s-%d%s", name, i, t.extension())
		}
		if !t.names[candidate] {
			return candidate
		}
	}
}

func (t *Target) extension() string {
	if t.collection.Kind == store.AddressBook {
		return ".vcf"
	}
	return ".ics"
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:16])
}
