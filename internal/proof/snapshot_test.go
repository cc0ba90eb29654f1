package proof_test

import (
	"sync"
	"testing"

	"ksync/internal/proof"
)

// TestListing_IsOfOneMoment: while a card moves to and fro, which is one step,
// every list that fits in a page has it once, be it a PROPFIND or a query.
func TestListing_IsOfOneMoment(t *testing.T) {
	t.Parallel()
	c, done := engine(t, t.TempDir())
	defer done()
	book := c.AddressBooks + "moving/"
	if err := c.MakeAddressBook(t.Context(), book); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Put(t.Context(), book+"a.vcf", proof.Card("moving", 1, 0)); err != nil {
		t.Fatal(err)
	}
	const moves = 300
	over := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(over)
		from, to := book+"a.vcf", book+"z.vcf"
		for range moves {
			if _, err := c.Want(t.Context(), []int{201}, "MOVE", from, proof.Header{"Destination", "http://in.process" + to}, nil); err != nil {
				t.Error(err)
				return
			}
			from, to = to, from
		}
	})
	for name, ask := range map[string][3]string{
		"PROPFIND": {"PROPFIND", "1", `<D:propfind xmlns:D="DAV:"><D:prop><D:getcontenttype/></D:prop></D:propfind>`},
		"query":    {"REPORT", "1", `<C:addressbook-query xmlns:D="DAV:" xmlns:C="` + proof.CardDAV + `"><D:prop><D:getcontenttype/></D:prop></C:addressbook-query>`},
	} {
		wg.Go(func() {
			for moving := true; moving; { // once more when all is over
				select {
				case <-over:
					moving = false
				default:
				}
				ms, err := c.Query(t.Context(), ask[0], book, ask[1], ask[2])
				if err != nil {
					t.Error(err)
					return
				}
				seen := 0
				for _, a := range ms.Answers {
					if a.Href != book {
						seen++
					}
				}
				if seen != 1 {
					t.Errorf("%s: the card is there %d times", name, seen)
					return
				}
			}
		})
	}
	wg.Wait()
}
