package web

import (
	"strings"
	"time"

	"ksync/internal/dedup"
	"ksync/internal/duplicates"
)

func sampleContact(i int, name string) contact {
	v := &visit{}
	c := v.contact(i, duplicates.Member{Ref: duplicates.Ref{Collection: 1, URI: name + ".vcf", ETag: "e"}, Name: name}, []addressBook{{1, "Contacts"}, {2, "Donaudampfschifffahrtsgesellschaftskapitäne"}})
	return c
}

func sampleListed() []listed {
	anna, robert := sampleContact(0, "<b>Anna</b> Keller"), sampleContact(0, "Robert Wolfeschlegelsteinhausenbergerdorff")
	return []listed{
		{Group: duplicates.Group{Lane: dedup.Sure}, Name: anna.Name, Why: "same mobile: +41796112031 · same birthday: 28 February 1980", Members: []contact{anna, sampleContact(1, "Anna Keller-Brunner"), sampleContact(2, "Keller")}, To: "/duplicates/groups/a"},
		{Group: duplicates.Group{Lane: dedup.Likely}, Name: robert.Name, Why: "same e-mail: robert-wolfeschlegelsteinhausenbergerdorff@example.org · same firm: <b>Acme</b>", Members: []contact{robert, sampleContact(1, "Bob W.")}, To: "/duplicates/groups/b"},
		{Group: duplicates.Group{Lane: dedup.Possible}, Name: "张伟", Members: []contact{sampleContact(0, "张伟"), sampleContact(1, "Zhang Wei")}, To: "/duplicates/groups/c"},
	}
}

// sampleComparison has every state of a value.
func sampleComparison() *comparison {
	kept, other, third := sampleContact(0, "Robert Keller"), sampleContact(1, "<b>Bob</b> Keller"), sampleContact(2, "?")
	kept.Reference, kept.Suggested, third.Name, third.Out = true, true, "Without a name", true
	said := func(of contact, text, state string) cell {
		return cell{Of: of.Name, Says: text != "", Text: text, State: state}
	}
	choice := func(c cell, property string, picked bool) cell {
		c.Pick, c.Picked, c.Token = "pick-"+property, picked, "t"+strings.Fields(c.Text)[0]
		return c
	}
	none := func(of contact) cell { return said(of, "", "") }
	return &comparison{
		decision: decision{search: search{Book: 1, Lane: "likely"}, Group: "ab", Out: []int{2}}, How: "likely", Calm: true, Before: true, CameBack: true,
		Around:  duplicates.Around{Place: 3, Total: 28, Previous: "aa", Next: "ac"},
		Records: []contact{kept, other, third}, Columns: []contact{kept, other},
		Reasons: []reason{{true, "same mobile: +41 79 611 20 31"}, {true, "same birthday: 28 February 1980"}, {false, "names differ: Robert Keller / Bob Keller"}},
		Properties: []property{
			{Name: "Name", Rows: []line{{Cells: []cell{choice(said(kept, "Robert Keller", ""), "FN", true), choice(said(other, "<b>Bob</b> Keller", "conflict"), "FN", false)}}}},
			{Name: "Phone", Rows: []line{
				{Kind: "mobile", Token: "a1", Cells: []cell{said(kept, "+41 79 611 20 31", "identical"), said(other, "079 611 20 31", "same")}},
				{Kind: "work", Token: "a2", Drop: true, Cells: []cell{said(kept, "+41 44 211 20 31", "dropped"), none(other)}},
			}},
			{Name: "E-mail", Rows: []line{{Token: "a3", Cells: []cell{none(kept), said(other, "bob@keller-und-soehne-maschinenbau.example.org", "added")}}}},
			{Name: "Note", Rows: []line{{Token: "a4", Cells: []cell{said(kept, "Likes tea.\nAnd cake.", ""), none(other)}}}},
			{Name: "Web address", Rows: []line{{Token: "a5", Cells: []cell{none(kept), said(other, "https://"+strings.Repeat("long", 20)+".example.org", "added")}}}},
			{Name: "Photo", Rows: []line{{Token: "a6", Cells: []cell{none(kept), said(other, "Photo", "not_taken")}}}},
		},
		Result: []resultLine{
			{Name: "Name", Text: "Robert Keller"}, {Name: "Phone", Kind: "mobile", Text: "+41 79 611 20 31"},
			{Name: "E-mail", Text: "bob@keller-und-soehne-maschinenbau.example.org", Added: true}, {Name: "Note", Text: "Likes tea.\nAnd cake."},
		},
		Touched: []string{"Friends", "<b>Anna's</b> choir"}, Warnings: []string{"One photo is left behind. Choose the better one above."},
		Banner: &banner{Kind: "merged", Made: duplicates.Made{ID: 12, Name: "Anna Keller"}, Removed: 2, Until: sampleNow.Add(30 * 24 * time.Hour).UnixMilli(), From: "aa"},
	}
}

func sampleDeed(id int64, text string, undone, until int64) deed {
	return deed{Made: duplicates.Made{ID: id}, Text: text, At: ago(30 * time.Hour), UndoneAt: undone, Until: until, Open: undone == 0 && until > sampleNow.UnixMilli()}
}

// duplicateSamples are those of the pages of duplicates.
func duplicateSamples() []sample {
	later := sampleNow.Add(700 * time.Hour).UnixMilli()
	lanes := []choice{{"All to look at (28)", "/duplicates", true}, {"Sure (12)", "/duplicates?lane=sure", false}, {"Likely (16)", "/duplicates?lane=likely", false}, {"Possible namesakes (140)", "/duplicates?lane=possible", false}}
	books := []choice{{"All address books", "/duplicates?x", true}, {"Donaudampfschifffahrtsgesellschaftskapitäne und Angehörige", "/duplicates?book=2", false}}
	stale := sampleComparison()
	stale.Banner, stale.Calm = nil, false
	large := sampleComparison()
	large.Banner, large.Calm, large.Result, large.Refused = nil, false, nil, &refusal{}
	long := sampleComparison()
	long.Banner, long.Calm, long.Result, long.Properties, long.Refused = nil, false, nil, nil, &refusal{}
	last := sampleComparison()
	last.Around, last.Banner.Kind, last.Banner.Pairs = duplicates.Around{Place: 1, Total: 1}, "hidden", []int64{4, 5}
	job := work{Job: duplicates.Job{ID: 4, State: duplicates.JobRuns, Total: 120, Merged: 40, Choice: 2, Changed: 1, Failed: 1}, Done: 44}
	done := job
	done.State, done.Merged, done.Done, done.Until = duplicates.JobDone, 116, 120, later
	return []sample{
		{name: "duplicates", path: pathDuplicates, data: groupList{Lanes: lanes, Books: books, Groups: sampleListed(), More: "/duplicates?after=1", First: "/duplicates?y", Sure: 12,
			Banner: &banner{Kind: "undone", Made: duplicates.Made{ID: 12, Name: "Anna Keller"}}}},
		{name: "duplicates-none", page: "duplicates", path: pathDuplicates, data: groupList{Lanes: lanes}},
		{name: "duplicates-group", path: pathGroups + "/ab", data: sampleComparison(), arrive: func(v *visit) { v.form.set(formField, "f") }},
		{name: "duplicates-group-stale", page: "duplicates-group", path: pathGroups + "/ab", data: stale, arrive: func(v *visit) { v.wrong("", "duplicates-stale") }},
		{name: "duplicates-group-large", page: "duplicates-group", path: pathGroups + "/ab", data: large, arrive: func(v *visit) {
			v.wrong("", "duplicates-large", "Size", "12 MB", "Limit", "10 MB", "Property", "Photo", "Part", "9 MB")
		}},
		{name: "duplicates-group-long", page: "duplicates-group", path: pathGroups + "/ab", data: long, arrive: func(v *visit) {
			v.wrong("", "duplicates-long", "All", 2300, "Limit", 2000, "Name", "Anna Keller", "Lines", 1900)
		}},
		{name: "duplicates-group-last", page: "duplicates-group", path: pathGroups + "/ab", data: last},
		{name: "duplicates-sure", path: pathSure, data: review{Groups: sampleListed()[:2], Total: 120, More: "/duplicates/sure?after=1"}},
		{name: "duplicates-sure-none", page: "duplicates-sure", path: pathSure, data: review{}},
		{name: "duplicates-job", path: pathJobs + "/4", data: job},
		{name: "duplicates-job-done", page: "duplicates-job", path: pathJobs + "/4", data: done},
		{name: "duplicates-merge", path: pathMerges + "/4", data: way{deed: sampleDeed(4, "2 records merged into Anna Keller", 0, later), From: "ab", More: 7, Sorry: true, Cards: []outcome{{"Anna Keller", "was edited since: the edits stay, what the merge added goes"}, {"<b>Anna</b>", "comes back as it was"}}}},
		{name: "duplicates-merge-late", page: "duplicates-merge", path: pathMerges + "/4", data: way{deed: sampleDeed(4, "2 records merged into Anna Keller", 0, 1)}},
		{name: "duplicates-history", path: pathHistory, data: past{All: []deed{sampleDeed(4, "2 records merged into <b>Anna</b> Keller", 0, later), sampleDeed(3, "Merge of Bob undone", ago(9*time.Hour), later), sampleDeed(2, "1 record merged into Bob", 0, 1)}, More: "/duplicates/history?after=1"}},
		{name: "duplicates-history-none", page: "duplicates-history", path: pathHistory, data: past{}},
		{name: "duplicates-hidden", path: pathHidden, data: apart{All: []pair{
			{ID: 1, At: ago(30 * time.Hour), A: sampleContact(0, "<b>Anna</b> Keller"), B: sampleContact(1, "Anna Keller sen.")},
			{ID: 2, At: ago(30 * time.Hour), A: sampleContact(0, "Bob"), B: sampleContact(1, "Robert"), Gone: true},
			{ID: 3, At: ago(30 * time.Hour), A: sampleContact(0, "Cy"), B: sampleContact(1, "Cyrus"), Back: true},
		}, More: "/duplicates/hidden?after=1"}},
		{name: "duplicates-hidden-none", page: "duplicates-hidden", path: pathHidden, data: apart{}},
		{name: "duplicates-refused", path: pathGroups + "/ab", data: "/duplicates", arrive: func(v *visit) { v.wrong("", "duplicates-quota") }},
	}
}
