package store

import "context"

// Property is a dead property: kept for clients, without meaning to the server.
// RFC 4918 §4.1.
type Property struct {
	Name  string // "{namespace}local"
	Value string // the whole element as XML
}

// Place is what has properties. With Collection 0, URI is "principal",
// "calendars" or "addressbooks"; else URI names an object of the collection
// and "" the collection itself.
type Place struct {
	Account    int64
	Collection int64
	URI        string
}

// Properties returns the dead properties of a place by name. A place that
// does not exist is [ErrNotFound].
func (s *Store) Properties(ctx context.Context, at Place) ([]Property, error) {
	return nil, errUnwritten
}

// SetProperties sets some and removes others (names not there are no error),
// all or none. [ErrLimit] past [Limits.Properties].
func (s *Store) SetProperties(ctx context.Context, at Place, set []Property, remove []string) error {
	return errUnwritten
}

// AllProperties returns the dead properties of a collection (key "") and of
// its objects (by URI); places without any are not in the map.
func (s *Store) AllProperties(ctx context.Context, account, collection int64) (map[string][]Property, error) {
	return nil, errUnwritten
}
