package duplicates

import (
	"runtime"
	"strings"
	"testing"

	"ksync/store"
)

// What is kept of a card does not keep its bytes: a book of photos would fill the memory.
func TestShelf_KeepsNoPhotos(t *testing.T) {
	photo := strings.Repeat("QUJD", 50_000)
	var kept []reading
	held := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := held()
	for range 50 {
		data := text("UID:urn:uuid:1234", "FN:Anna Keller", "N:Keller;Anna;;;", "ORG:Firm", "TEL:+41796112031", "EMAIL:a@x.example", "ADR:;;Street 1;City;;1234;", "URL:https://x.example/a", "BDAY:1980-01-01", "NICKNAME:Nan", "REV:20200101T000000Z", "PHOTO;ENCODING=b:"+photo)
		kept = append(kept, readCard(1, store.Object{URI: "a", ETag: "b", Bytes: []byte(data)}, "CH"))
	}
	if after := held(); after > before+1<<20 {
		t.Errorf("%d bytes are held for %d cards", after-before, len(kept))
	}
	runtime.KeepAlive(kept)
}
