package duplicates

import (
	"context"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"ksync/internal/dedup"
	"ksync/internal/vcard"
	"ksync/store"
)

// library is the shelves of the accounts that were asked about lately.
type library struct {
	mu      sync.Mutex
	shelves map[int64]*shelf
	uses    int64
	room    int // cards that may be held
}

// shelf is what is in memory of one account. Who holds mu brings it up to date and reads it.
type shelf struct {
	mu       sync.Mutex
	used     int64 // guarded by the library, as is size
	size     int
	region   string
	book     *dedup.Book
	at       map[int64]position // by collection
	cards    map[string]*spine  // by id
	uids     map[string]string  // of collection and UID: the id
	hidden   []hidden
	settled  bool              // hidden pairs are kept apart, as the cards are
	memories map[string]memory // by UID
	forget   int64             // ms: when they must be read again, if no card changes before
	back     map[[2]string]bool
	groups   []dedup.Group // as of the last change; nil: not asked for
	possible []dedup.Group
	why      map[[2]string][]dedup.Reason // of pairs that were asked for
	byID     map[string]int               // of groups, the possible ones behind the others
}

// position is how far a collection has been read.
type position struct {
	epoch  string
	change int64
}

// spine is what is kept of a card besides what it is compared by.
type spine struct {
	Ref
	uid, name string
	photo     bool
	substance dedup.Substance
}

func newShelf(region string) *shelf {
	return &shelf{region: region, book: dedup.NewBook(), at: map[int64]position{}, cards: map[string]*spine{}, uids: map[string]string{}}
}

func (r Ref) id() string { return strconv.FormatInt(r.Collection, 36) + "/" + r.URI }

// open returns the shelf of an account, locked, which the caller unlocks with [Service.close].
func (l *library) open(account int64) *shelf {
	l.mu.Lock()
	s := l.shelves[account]
	if s == nil {
		s = newShelf("")
		l.shelves[account] = s
	}
	l.uses++
	s.used = l.uses
	l.mu.Unlock()
	s.mu.Lock()
	return s
}

// close unlocks a shelf and lets go of those used longest ago if there are too many cards on all.
func (l *library) close(s *shelf) {
	size := len(s.cards)
	s.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	s.size = size
	total := 0
	for _, o := range l.shelves {
		total += o.size
	}
	for total > l.room && len(l.shelves) > 1 {
		oldest := int64(0)
		for account, o := range l.shelves {
			if oldest == 0 || o.used < l.shelves[oldest].used {
				oldest = account
			}
		}
		total -= l.shelves[oldest].size
		delete(l.shelves, oldest) // who is reading it may go on
	}
}

// with runs f on the shelf of an account once it is up to date.
func (s *Service) with(ctx context.Context, account int64, f func(*shelf) error) error {
	sh := s.library.open(account)
	defer s.library.close(sh)
	if len(sh.at) == 0 { // a first scan takes all processors: few at a time
		select {
		case s.scans <- struct{}{}:
			defer func() { <-s.scans }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	whole := false
	defer func() {
		s.report(account, sh.book.Faults())
		if !whole { // a fault of ours, which the caller's recovers from: half of a change must not stay
			sh.clear("")
		}
	}()
	err := s.catchUp(ctx, account, sh)
	if err == nil {
		err = f(sh)
	}
	whole = true
	return err
}

// catchUp reads what has changed since the last time.
func (s *Service) catchUp(ctx context.Context, account int64, sh *shelf) error {
	a, err := s.o.Store.Account(ctx, account)
	if err != nil {
		return err
	}
	books, err := s.o.Store.Collections(ctx, account, store.AddressBook)
	if err != nil {
		return err
	}
	total := int64(0)
	for _, c := range books {
		total += c.Count
	}
	if total > int64(s.o.Limits.Cards) {
		return ErrTooMany
	}
	if region := s.o.Region(a); region != sh.region {
		sh.clear(region)
	}
	there := map[int64]bool{}
	for _, c := range books {
		there[c.ID] = true
		if err := s.read(ctx, c, sh); err != nil {
			return err
		}
	}
	for id := range sh.at {
		if !there[id] {
			sh.drop(id)
		}
	}
	return s.recall(ctx, account, sh)
}

// clear forgets everything.
func (sh *shelf) clear(region string) {
	fresh := newShelf(region)
	sh.region, sh.book, sh.at, sh.cards, sh.uids = region, fresh.book, fresh.at, fresh.cards, fresh.uids
	sh.hidden, sh.memories, sh.back = nil, nil, nil
	sh.moved()
}

// drop forgets an address book.
func (sh *shelf) drop(collection int64) {
	for id, c := range sh.cards {
		if c.Collection == collection {
			sh.remove(id)
		}
	}
	delete(sh.at, collection)
	sh.moved()
}

// moved notes that groups, and what is hidden, may be others.
func (sh *shelf) moved() {
	sh.groups, sh.possible, sh.byID, sh.why, sh.settled = nil, nil, nil, nil, false
}

// read brings one address book up to date.
func (s *Service) read(ctx context.Context, c store.Collection, sh *shelf) error {
	at := sh.at[c.ID]
	if at.epoch != c.Epoch && at.epoch != "" {
		sh.drop(c.ID)
		at = position{}
	}
	if at.epoch != "" && at.change == c.Change {
		return nil
	}
	var began int64 // of a first reading: see store.Page.Valid
	for {
		page, err := s.o.Store.Changes(ctx, c.Account, c.ID, at.change, 5000, true)
		if err != nil {
			if _, known := sh.at[c.ID]; !known { // a first reading begins anew, and is told of nothing that has gone
				sh.drop(c.ID)
			}
			return err
		}
		known := at.change
		if began != 0 {
			known = began
		}
		if !page.Valid(known) || at.epoch != "" && page.Epoch != at.epoch {
			sh.drop(c.ID)
			at, began = position{}, 0
			continue
		}
		if at.change == 0 {
			began = page.Now
		}
		for id, err := range sh.apply(c.ID, page.Objects) {
			s.o.Logger.Error("duplicates: a card was left out", slog.Int64("account", c.Account), slog.String("card", mark(id)), slog.Any("err", err))
		}
		at = position{page.Epoch, page.Now}
		if !page.More {
			sh.at[c.ID] = at
			return nil
		}
		at.change = page.Objects[len(page.Objects)-1].Change
	}
}

// reading is what is made of a card's bytes.
type reading struct {
	card  *dedup.Card // nil: a group, or nothing that can be read
	spine spine
	fault error // of ours
}

// apply takes changes over. Reading cards is a good part of a first scan and done on all processors. Cards that a fault of
// ours keeps from being read are left out, and returned by their ids.
func (sh *shelf) apply(collection int64, changes []store.Change) (faults map[string]error) {
	read := make([]reading, len(changes))
	workers := max(1, min(runtime.GOMAXPROCS(0), 8, len(changes)/16))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(changes); i += workers {
				if !changes[i].Deleted {
					read[i].fault = guarded(func() error {
						read[i] = readCard(collection, changes[i].Object, sh.region)
						return nil
					})
				}
			}
		})
	}
	wg.Wait()
	faults = map[string]error{}
	for i, c := range changes {
		id := Ref{Collection: collection, URI: c.URI}.id()
		sh.remove(id)
		err := read[i].fault
		if err == nil && read[i].card != nil {
			err = guarded(func() error {
				sh.place(id, read[i])
				return nil
			})
		}
		if err != nil {
			faults[id] = err
		}
	}
	if len(changes) > 0 {
		sh.moved()
	}
	return faults
}

// place puts a card that was read on the shelf.
func (sh *shelf) place(id string, r reading) {
	sh.book.Put(id, r.card)
	sh.cards[id] = &r.spine
	sh.uids[uidPlace(r.spine.Collection, r.spine.uid)] = id
}

func uidPlace(collection int64, uid string) string { return Ref{Collection: collection, URI: uid}.id() }

func (sh *shelf) remove(id string) {
	sp := sh.cards[id]
	if sp == nil {
		return
	}
	if key := uidPlace(sp.Collection, sp.uid); sh.uids[key] == id {
		delete(sh.uids, key)
	}
	delete(sh.cards, id)
	sh.book.Remove(id)
}

func readCard(collection int64, o store.Object, region string) reading {
	card, err := vcard.Parse(o.Bytes)
	if err != nil {
		return reading{} // kept for its owner, but nobody knows what it says
	}
	name, photo := summary(card)
	// Copies: what is kept must not keep the whole card.
	return reading{card: dedup.Normalise(card, region), spine: spine{
		Ref: Ref{collection, o.URI, o.ETag}, uid: strings.Clone(vcard.BareUID(card.UID)), name: strings.Clone(name), photo: photo, substance: dedup.SubstanceOf(card)}}
}
