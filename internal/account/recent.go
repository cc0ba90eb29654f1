package account

import "container/list"

// recent is a map that holds only so much: when it is full, what was not
// looked up for longest is forgotten.
type recent[K comparable, V any] struct {
	most    int
	entries map[K]*list.Element
	order   *list.List // of *entry[K, V], the latest in front
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

func newRecent[K comparable, V any](most int) *recent[K, V] {
	return &recent[K, V]{most: most, entries: map[K]*list.Element{}, order: list.New()}
}

// at returns the place of a key's value, which fresh fills when it is new.
func (r *recent[K, V]) at(key K, fresh V) *V {
	if e, ok := r.entries[key]; ok {
		r.order.MoveToFront(e)
		return &e.Value.(*entry[K, V]).value
	}
	if r.order.Len() >= r.most {
		r.remove(r.order.Back())
	}
	e := &entry[K, V]{key, fresh}
	r.entries[key] = r.order.PushFront(e)
	return &e.value
}

func (r *recent[K, V]) forget(key K) {
	if e, ok := r.entries[key]; ok {
		r.remove(e)
	}
}

func (r *recent[K, V]) remove(e *list.Element) {
	delete(r.entries, e.Value.(*entry[K, V]).key)
	r.order.Remove(e)
}
