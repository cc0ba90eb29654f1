package api

import "time"

// The examples of the reference are values of the types that they are examples of.

func exampleCards() (ann, anne Card) {
	return Card{Book: 3, URI: "ann.vcf", ETag: "9f86d081884c7d659a2feaa0c55ad015", UID: "4d1f0c3e", Name: "Ann Keller", Photo: "/api/v1/duplicates/photo?book=3&uri=ann.vcf"},
		Card{Book: 3, URI: "anne.vcf", ETag: "60303ae22b998861bce3b28f33eec1be", UID: "b7a2e9d0", Name: "Anne Keller"}
}

func exampleGroups() DuplicateGroups {
	g := exampleGroup()
	g.Pairs = nil
	for i := range g.Cards {
		g.Cards[i].Values = nil
	}
	return DuplicateGroups{Groups: []DuplicateGroup{g}, Total: 1}
}

func exampleGroup() DuplicateGroup {
	ann, anne := exampleCards()
	ann.Values = []CardValue{{ValueRef: ValueRef{0, 3}, Property: "TEL", Text: "+41 79 611 20 31", Types: []string{"cell"}}}
	anne.Values = []CardValue{{ValueRef: ValueRef{1, 3}, Property: "TEL", Text: "079 611 20 31"}}
	reasons := []DuplicateReason{
		{Field: "phone", Verdict: "same", Bits: 6.3, A: "41796112031", B: "41796112031"},
		{Field: "name", Verdict: "similar", Bits: 4.9, A: "ann keller", B: "anne keller"},
	}
	return DuplicateGroup{
		ID: "a1b2c3d4e5f60718293a4b5c", Lane: "sure", Score: 0.998, Reference: 0, Cards: []Card{ann, anne}, Why: []string{"phone same", "name similar"},
		Pairs: []DuplicatePair{{A: 0, B: 1, Score: 0.998, Reasons: reasons}},
	}
}

func exampleMerge() MergeRequest {
	ann, anne := exampleCards()
	return MergeRequest{
		Reference: CardRef{ann.Book, ann.URI, ann.ETag}, Duplicates: []CardRef{{anne.Book, anne.URI, anne.ETag}},
		Choices: MergeChoices{Pick: map[string]ValueRef{"BDAY": {1, 7}}, Drop: []ValueRef{{1, 9}}},
	}
}

func exampleDone() MergeDone {
	until := time.Date(2026, 12, 21, 12, 0, 0, 0, time.UTC)
	return MergeDone{Card: CardRef{3, "ann.vcf", "fd61a03af4f77d870fc21e05e7e80678"}, UID: "4d1f0c3e", Undo: 42, Until: &until, Removed: 1, Regrouped: 2}
}
