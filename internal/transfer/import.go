package transfer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"ksync/internal/ical"
	"ksync/internal/vcard"
	"ksync/store"
)

// Import stores what is in the files. The error is a fault: of the store, or
// because ctx has ended; the report then tells of what came before it.
func Import(ctx context.Context, files *Files, o Options) (*Report, error) {
	targets, err := OpenTargets(ctx, o)
	if err != nil {
		return nil, err
	}
	im := &importer{files: files, targets: targets, progress: Progress{Total: files.Size(), Unit: "bytes"}, claims: map[claim]string{}}
	im.putter = startPutter(ctx, o, &im.results)
	err = im.run(ctx)
	err = cmp.Or(im.putter.wait(), err)
	return NewReport(im.results.sorted(), targets.made), err
}

// importer walks through the files on one goroutine, so that who comes first
// among objects with one UID does not depend on chance.
type importer struct {
	files    *Files
	targets  *Targets
	putter   *putter
	results  results
	progress Progress
	claims   map[claim]string // where a UID was seen first
	file     string
	sequence int
}

// claim is a UID of a collection.
type claim struct {
	target *Target
	uid    string
}

func (im *importer) run(ctx context.Context) error {
	for i := range im.files.list {
		f := &im.files.list[i]
		im.file, im.progress.Current = f.name, f.name
		im.tell()
		if err := im.read(ctx, f); err != nil {
			return err
		}
		im.progress.Done += f.size
	}
	im.tell()
	return nil
}

func (im *importer) tell() {
	if im.targets.options.Progress != nil {
		im.progress.Items = im.sequence
		im.targets.options.Progress(im.progress)
	}
}

// read imports one file. What is wrong with it is for the report.
func (im *importer) read(ctx context.Context, f *file) error {
	if f.isTable() {
		return im.table(ctx, f)
	}
	data, err := f.read()
	if errors.Is(err, errOther) {
		return nil
	}
	if err != nil {
		im.fail(0, "", err)
		return nil
	}
	start, before := im.progress.Done, im.sequence
	defer func() { im.progress.Done = start }()
	var calendars []calendar
	seen := map[string]string{}
	for b := range blocks(data) {
		switch b.name {
		case vcardName:
			err = im.cards(ctx, b, seen)
		case vcalendarName:
			calendars = append(calendars, cutCalendar(b, len(calendars)))
		default:
			im.fail(b.line, "", errors.New("neither a card nor a calendar"))
		}
		if err != nil {
			return err
		}
		if len(calendars) == 0 {
			im.progress.Done += int64(len(b.data))
			im.tellSometimes()
		}
	}
	if err := im.calendars(ctx, calendars); err != nil {
		return err
	}
	if im.sequence == before {
		im.fail(0, "", errors.New("nothing inside"))
	}
	return nil
}

// tellSometimes keeps a file of many small objects from telling of each.
func (im *importer) tellSometimes() {
	if im.sequence%64 == 0 {
		im.tell()
	}
}

func (im *importer) fail(line int, uid string, err error) {
	im.results.add(im.next(), Item{File: im.file, Line: line, UID: uid, Outcome: Failed, Reason: reason(err)})
}

func (im *importer) next() int {
	im.sequence++
	return im.sequence
}

// cards imports a block of one card and those that stand in it. Seen are the
// UIDs of the file with a digest of their cards: some programs give the same
// UID to every card, so a second one with other content is another contact, and
// gets a UID of its own.
func (im *importer) cards(ctx context.Context, b block, seen map[string]string) error {
	items, err := vcard.Split(b.data)
	if err != nil {
		im.fail(b.line, "", err)
		return nil
	}
	for _, it := range items {
		it.UID = strings.Clone(it.UID) // else it keeps the text it was read from
		switch {
		case it.Err != nil:
			im.fail(b.line, it.UID, it.Err)
			continue
		case seen[it.UID] != "" && seen[it.UID] != digest(it.Bytes):
			if it.Bytes, it.UID, err = renamed(it.Bytes, it.UID); err != nil {
				im.fail(b.line, it.UID, err)
				continue
			}
		}
		seen[it.UID] = digest(it.Bytes)
		if err := im.put(ctx, found{store.AddressBook, "VCARD", it.UID, it.Bytes, b.line}); err != nil {
			return err
		}
	}
	return nil
}

// calendars imports all calendars of a file together: the instances of one
// event may stand in different ones.
func (im *importer) calendars(ctx context.Context, all []calendar) error {
	for _, c := range all {
		if !c.ended {
			im.fail(c.line, "", errors.New("the calendar has no END: the file may have been cut off"))
		} else if len(c.parts) == 0 {
			im.results.add(im.next(), Item{File: im.file, Line: c.line, Outcome: Skipped, Reason: "a calendar without events, tasks or journal entries"})
		}
	}
	rest, err := im.wholes(ctx, all)
	if err != nil {
		return err
	}
	for batch := range batches(groups(rest), all) {
		if err := im.batch(ctx, batch, all); err != nil {
			return err
		}
		for _, g := range batch {
			im.progress.Done += int64(g.size)
		}
		im.tell()
	}
	return nil
}

// wholes imports the calendars that are one object already, as programs write
// them that keep a file for each: byte for byte. It returns the others.
func (im *importer) wholes(ctx context.Context, all []calendar) (rest []calendar, err error) {
	places := map[string]int{} // how many calendars have components with the UID
	for _, c := range all {
		for uid := range c.uids() {
			places[uid]++
		}
	}
	for _, c := range all {
		uid, one := c.only()
		if !one || places[uid] > 1 || !storable(c.data) {
			rest = append(rest, c)
			continue
		}
		if err := im.put(ctx, found{store.Calendar, c.parts[0].component, uid, c.data, c.parts[0].line}); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

func storable(object []byte) bool {
	o, err := ical.Parse(object)
	return err == nil && o.UID != ""
}

// batch imports groups. If they cannot be read together, each is tried alone.
func (im *importer) batch(ctx context.Context, batch []*group, all []calendar) error {
	items, err := ical.Split(text(batch, all))
	if err != nil && len(batch) > 1 {
		for i := range batch {
			if err := im.batch(ctx, batch[i:i+1], all); err != nil {
				return err
			}
		}
		return nil
	}
	if err != nil {
		im.fail(batch[0].line, batch[0].uid, err)
		return nil
	}
	lines := map[string]*group{}
	for _, g := range batch {
		if lines[g.uid] == nil {
			lines[g.uid] = g
		}
	}
	for _, it := range items {
		it.UID = strings.Clone(it.UID)
		g := cmp.Or(lines[it.UID], lines[""], batch[0])
		if it.Err != nil {
			im.fail(g.line, it.UID, it.Err)
			continue
		}
		if err := im.put(ctx, found{store.Calendar, componentOf(it.Bytes), it.UID, it.Bytes, g.line}); err != nil {
			return err
		}
	}
	return nil
}

// componentOf is what a calendar object is about.
func componentOf(object []byte) string {
	for b := range blocks(object) {
		if c := cutCalendar(b, 0); len(c.parts) > 0 {
			return c.parts[0].component
		}
	}
	return ""
}

// found is an object on its way.
type found struct {
	kind      store.Kind
	component string
	uid       string
	bytes     []byte
	line      int
}

// put hands an object to the putter, unless another of this import had its UID.
func (im *importer) put(ctx context.Context, o found) error {
	target, err := im.targets.For(ctx, o.kind, o.component)
	if none, ok := errors.AsType[*errNoTarget](err); ok {
		im.fail(o.line, o.uid, none)
		return nil
	}
	if err != nil {
		return err
	}
	it := Item{File: im.file, Line: o.line, UID: o.uid, Collection: target.collection.URI}
	if o.uid != "" {
		mine := claim{target, o.uid}
		print := digest(o.bytes)
		if first, taken := im.claims[mine]; taken {
			return im.repeated(it, first, print)
		}
		im.claims[mine] = print + it.Where()
	}
	return im.putter.put(ctx, job{im.next(), target, Object{Bytes: o.bytes}, it})
}

const digestLength = 32

// repeated reports an object whose UID came before.
func (im *importer) repeated(it Item, first, print string) error {
	it.Outcome = Duplicate
	if first[:digestLength] == print {
		it.Outcome = Unchanged
	}
	it.Reason = "the same UID as " + first[digestLength:]
	im.results.add(im.next(), it)
	return nil
}

// results gathers items, which become known in any order.
type results struct {
	mu    sync.Mutex
	items map[int]Item
}

func (r *results) add(n int, it Item) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.items == nil {
		r.items = map[int]Item{}
	}
	r.items[n] = it
}

func (r *results) sorted() []Item {
	r.mu.Lock()
	defer r.mu.Unlock()
	numbers := make([]int, 0, len(r.items))
	for n := range r.items {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	items := make([]Item, len(numbers))
	for i, n := range numbers {
		items[i] = r.items[n]
	}
	return items
}

// job is an object for the putter.
type job struct {
	sequence int
	target   *Target
	object   Object
	item     Item
}

// putter stores objects, many at a time.
type putter struct {
	jobs    chan job
	failed  chan struct{} // closed at the first fault
	once    sync.Once
	fault   error
	workers sync.WaitGroup
	results *results
}

func startPutter(ctx context.Context, o Options, r *results) *putter {
	p := &putter{jobs: make(chan job), failed: make(chan struct{}), results: r}
	for range cmp.Or(o.InFlight, 32) {
		p.workers.Go(func() { p.work(ctx) })
	}
	return p
}

func (p *putter) work(ctx context.Context) {
	for j := range p.jobs {
		stored, err := j.target.Put(ctx, j.object)
		if err != nil {
			p.once.Do(func() { p.fault = err; close(p.failed) })
			continue
		}
		j.item.Outcome, j.item.Reason, j.item.UID = stored.Outcome, stored.Reason, cmp.Or(stored.UID, j.item.UID)
		p.results.add(j.sequence, j.item)
	}
}

func (p *putter) put(ctx context.Context, j job) error {
	select {
	case p.jobs <- j:
		return nil
	case <-p.failed:
		return fmt.Errorf("import stopped at %s: %w", j.item.Where(), p.fault)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// wait ends the workers and gives the first fault.
func (p *putter) wait() error {
	close(p.jobs)
	p.workers.Wait()
	return p.fault
}
