package csvcard_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ksync/internal/contentline"
	"ksync/internal/csvcard"
)

func read(t *testing.T, text string) *csvcard.Table {
	t.Helper()
	table, err := csvcard.Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// cards gives the cards' lines without what all of them have.
func cards(t *testing.T, table *csvcard.Table) string {
	t.Helper()
	var b strings.Builder
	for c := range table.Cards() {
		if c.Err != nil {
			t.Fatal(c.Err)
		}
		text := strings.ReplaceAll(strings.ReplaceAll(string(c.Bytes), "\r\n ", ""), "\r\n", "\n")
		text = strings.TrimSuffix(strings.TrimPrefix(text, "BEGIN:VCARD\nVERSION:3.0\n"), "END:VCARD\n")
		fmt.Fprintf(&b, "%d\n%s", c.Line, text)
	}
	return b.String()
}

func TestCards(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, csv, want string }{
		{"Google since 2024", `First Name,Middle Name,Last Name,Phonetic First Name,Name Prefix,Name Suffix,Nickname,File As,Organization Name,Organization Title,Organization Department,Birthday,Notes,Photo,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value,Address 1 - Label,Address 1 - Formatted,Address 1 - Street,Address 1 - City,Address 1 - PO Box,Address 1 - Region,Address 1 - Postal Code,Address 1 - Country,Address 1 - Extended Address,Website 1 - Label,Website 1 - Value,Event 1 - Label,Event 1 - Value,Relation 1 - Label,Relation 1 - Value,Custom Field 1 - Label,Custom Field 1 - Value
Anna,M.,Keller,Ana,Dr.,MA,Anni,,"Keller & Co, Ltd",CEO,Board,--05-12,"Two
lines",https://example.org/a.jpg,* myContacts ::: Friends,* Work,anna@example.org,Lake,anna@lake.example ::: a@lake.example,Mobile,+41 79 555 01 23,Work Fax,=1+1,Home,"Main 1
8001 Zürich","Main 1
2nd floor",Zürich,,ZH,8001,CH,,Blog,https://anna.example,Anniversary,2009-08-08,Spouse,Ben,Shoe size,38
`, `2
FN:Dr. Anna M. Keller MA
N:Keller;Anna;M.;Dr.;MA
ORG:Keller & Co\, Ltd;Board
NICKNAME:Anni
TITLE:CEO
X-PHONETIC-FIRST-NAME:Ana
CATEGORIES:Friends
BDAY;X-APPLE-OMIT-YEAR=1604:1604-05-12
PHOTO;VALUE=uri:https://example.org/a.jpg
EMAIL;TYPE=PREF,WORK:anna@example.org
item1.EMAIL:anna@lake.example
item1.X-ABLabel:Lake
item2.EMAIL:a@lake.example
item2.X-ABLabel:Lake
TEL;TYPE=CELL:+41 79 555 01 23
TEL;TYPE=WORK,FAX:=1+1
ADR;TYPE=HOME:;;Main 1\n2nd floor;Zürich;ZH;8001;CH
item3.URL:https://anna.example
item3.X-ABLabel:Blog
item4.X-ABDATE:2009-08-08
item4.X-ABLabel:_$!<Anniversary>!$_
item5.X-ABRELATEDNAMES:Ben
item5.X-ABLabel:_$!<Spouse>!$_
NOTE:Two\nlines\nShoe size: 38
`},
		{"two columns of one name", `Name,Phone 1 - Label,Phone 1 - Value,Phone 1 - Value,Phone 1 - Label
Ann Lee,Work,1,2,Mobile
`, `2
FN:Ann Lee
N:Lee;Ann;;;
TEL;TYPE=WORK:1
TEL;TYPE=CELL:2
`},
		{"a label of one's own", `Name,IM 1 - Label,IM 1 - Service,IM 1 - Value
Ann Lee,Games,Skype,ann
`, `2
FN:Ann Lee
N:Lee;Ann;;;
item1.IMPP;X-SERVICE-TYPE=Skype:skype:ann
item1.X-ABLabel:Games
`},
		{"Google before", `Name,Given Name,Additional Name,Family Name,Yomi Name,Initials,Birthday,Group Membership,E-mail 1 - Type,E-mail 1 - Value,IM 1 - Type,IM 1 - Service,IM 1 - Value,Organization 1 - Type,Organization 1 - Name,Organization 1 - Title
Anna Keller,Anna,,Keller,,AK,1985-04-12,Friends ::: * My Contacts ::: Ski,Home,anna@example.org,Home,Jabber,anna@jabber.example,,ACME,CEO
`, `2
FN:Anna Keller
N:Keller;Anna;;;
ORG:ACME
TITLE:CEO
CATEGORIES:Friends,Ski
BDAY:1985-04-12
EMAIL;TYPE=HOME:anna@example.org
IMPP;X-SERVICE-TYPE=Jabber;TYPE=HOME:jabber:anna@jabber.example
`},
		{"Outlook in English", `"Title","First Name","Last Name","Company","Department","Job Title","Business Street","Business Street 2","Business City","Business Postal Code","Business Country/Region","Home Address PO Box","Home City","Business Fax","Business Phone","Business Phone 2","Home Phone","Mobile Phone","Assistant's Phone","Birthday","Anniversary","Categories","E-mail Address","E-mail Type","E-mail Display Name","E-mail 2 Address","Spouse","Notes","Web Page","Priority","Private"
"Ms.","Anna","Keller","ACME","R&D","Engineer","Main 1","Floor 2","Berne","3000","Switzerland","77","Thun","1","2","3","4","5","6","4/12/1985","0/0/00","Friends;Work, hard","a@example.org","SMTP","Anna","b@example.org","Ben","+note","https://example.org","Normal","False"
`, `2
FN:Ms. Anna Keller
N:Keller;Anna;;Ms.;
ORG:ACME;R&D
TITLE:Engineer
CATEGORIES:Friends,Work\, hard
BDAY:1985-04-12
ADR;TYPE=WORK:;;Main 1\nFloor 2;Berne;;3000;Switzerland
ADR;TYPE=HOME:77;;;Thun;;;
TEL;TYPE=WORK,FAX:1
TEL;TYPE=WORK:2
TEL;TYPE=WORK:3
TEL;TYPE=HOME:4
TEL;TYPE=CELL:5
item1.TEL:6
item1.X-ABLabel:assistant
EMAIL:a@example.org
EMAIL:b@example.org
item2.X-ABRELATEDNAMES:Ben
item2.X-ABLabel:_$!<Spouse>!$_
URL:https://example.org
NOTE:+note
`},
		{"Outlook in German", "Anrede;Vorname;Weitere Vornamen;Nachname;Suffix;Firma;Abteilung;Position;Straße geschäftlich;Ort geschäftlich;Bundesland/Kanton geschäftlich;Postleitzahl geschäftlich;Land/Region geschäftlich;Straße privat;Ort privat;Weiterer Ort;Fax geschäftlich;Telefon geschäftlich;Telefon (privat);Mobiltelefon;Haupttelefon;Weiteres Telefon;E-Mail-Adresse;E-Mail-Typ;E-Mail: Angezeigter Name;E-Mail 2: Adresse;Geburtstag;Jahrestag;Partner/in;Notizen;Webseite;Postfach privat\n" +
			"Herr;Jörg;;Müller;;ACME;IT;Chef;Weg 1;Bern;BE;3000;Schweiz;Gasse 2;Thun;Genf;1;2;3;4;5;6;j@example.org;SMTP;Jörg;k@example.org;03.04.1985;0.0.00;Zoë;n;https://example.org;9\n", `2
FN:Herr Jörg Müller
N:Müller;Jörg;;Herr;
ORG:ACME;IT
TITLE:Chef
BDAY:1985-04-03
ADR;TYPE=WORK:;;Weg 1;Bern;BE;3000;Schweiz
ADR;TYPE=HOME:9;;Gasse 2;Thun;;;
ADR:;;;Genf;;;
TEL;TYPE=WORK,FAX:1
TEL;TYPE=WORK:2
TEL;TYPE=HOME:3
TEL;TYPE=CELL:4
TEL;TYPE=PREF:5
TEL:6
EMAIL:j@example.org
EMAIL:k@example.org
item1.X-ABRELATEDNAMES:Zoë
item1.X-ABLabel:_$!<Spouse>!$_
URL:https://example.org
NOTE:n
`},
		{"Outlook in French", "Titre;Prénom;Deuxième prénom;Nom;Société;Service;Fonction;Rue (bureau);Ville (bureau);Dép/Région (bureau);Code postal (bureau);Pays/Région (bureau);Ville (domicile);B.P. professionnelle;Télécopie (bureau);Téléphone (bureau);Téléphone (domicile);Tél. mobile;Adresse de messagerie;Type de messagerie;Nom complet de l'adresse de messagerie;Anniversaire;Anniversaire de mariage ou fête;Catégories;Page Web\n" +
			"Mme;Zoé;;Dupont;ACME;RH;Chef;Rue 1;Lyon;Rhône;69000;France;Nice;8;1;2;3;4;z@example.org;SMTP;Zoé;03/04/1985;13/05/2010;Amis;https://example.org\n", `2
FN:Mme Zoé Dupont
N:Dupont;Zoé;;Mme;
ORG:ACME;RH
TITLE:Chef
CATEGORIES:Amis
BDAY:1985-04-03
ADR;TYPE=WORK:8;;Rue 1;Lyon;Rhône;69000;France
ADR;TYPE=HOME:;;;Nice;;;
TEL;TYPE=WORK,FAX:1
TEL;TYPE=WORK:2
TEL;TYPE=HOME:3
TEL;TYPE=CELL:4
EMAIL:z@example.org
item1.X-ABDATE:2010-05-13
item1.X-ABLabel:_$!<Anniversary>!$_
URL:https://example.org
`},
		{"Outlook in Spanish", "Título,Nombre,Segundo nombre,Apellidos,Compañía,Departamento,Puesto,Calle del trabajo,Ciudad del trabajo,Provincia o estado del trabajo,Código postal del trabajo,País o región del trabajo,Calle particular,Teléfono del trabajo,Fax del trabajo,Particular,Móvil,Dirección de correo electrónico,Tipo de correo electrónico,Cumpleaños,Notas\n" +
			"Sra.,Ana,,García Pérez,ACME,TI,Jefa,Calle 1,Madrid,Madrid,28001,España,Calle 2,1,2,3,4,a@example.org,SMTP,03/04/1985,n\n", `2
FN:Sra. Ana García Pérez
N:García Pérez;Ana;;Sra.;
ORG:ACME;TI
TITLE:Jefa
BDAY:1985-04-03
ADR;TYPE=WORK:;;Calle 1;Madrid;Madrid;28001;España
ADR;TYPE=HOME:;;Calle 2;;;;
TEL;TYPE=WORK:1
TEL;TYPE=WORK,FAX:2
TEL;TYPE=HOME:3
TEL;TYPE=CELL:4
EMAIL:a@example.org
NOTE:n
`},
		{"Outlook in Italian", "Titolo;Nome;Secondo nome;Cognome;Società;Reparto;Posizione professionale;Via (uff.);Città (uff.);Provincia (uff.);CAP (uff.);Paese (uff.);Città (ab.);Fax (uff.);Telefono (uff.);Abitazione;Cellulare;Cercapersone;Indirizzo posta elettronica;Compleanno;Note;Pagina Web\n" +
			"Sig.ra;Anna;;Rossi;ACME;IT;Capo;Via 1;Roma;RM;00100;Italia;Pisa;1;2;3;4;5;a@example.org;03/04/1985;n;https://example.org\n", `2
FN:Sig.ra Anna Rossi
N:Rossi;Anna;;Sig.ra;
ORG:ACME;IT
TITLE:Capo
BDAY:1985-04-03
ADR;TYPE=WORK:;;Via 1;Roma;RM;00100;Italia
ADR;TYPE=HOME:;;;Pisa;;;
TEL;TYPE=WORK,FAX:1
TEL;TYPE=WORK:2
TEL;TYPE=HOME:3
TEL;TYPE=CELL:4
TEL;TYPE=PAGER:5
EMAIL:a@example.org
URL:https://example.org
NOTE:n
`},
		{"a list that somebody keeps", "Name\tVorname\tHandy\tE-Mail\tGeburtsdatum\nMüller\tJörg\t079\tj@example.org\tim Frühling\n\t\t\t\t\nKeller\tAnna\t\t\t\n",
			"2\nFN:Jörg Müller\nN:Müller;Jörg;;;\nTEL;TYPE=CELL:079\nEMAIL:j@example.org\nNOTE:Birthday: im Frühling\n4\nFN:Anna Keller\nN:Keller;Anna;;;\n"},
		{"names in one column", "Full name,Phone\nAnna Maria Keller,1\nACME,\n,3\n", "2\nFN:Anna Maria Keller\nN:Keller;Anna Maria;;;\nTEL:1\n3\nFN:ACME\nN:;ACME;;;\n4\nFN:3\nN:;;;;\nTEL:3\n"},
		{"formulas are text", "Name,Notes,Phone\n=HYPERLINK(\"x\"),@SUM(1),-41\n", "2\nFN:=HYPERLINK(\"x\")\nN:;=HYPERLINK(\"x\");;;\nTEL:-41\nNOTE:@SUM(1)\n"},
		{"no way out of a line", "Name,Phone,Website\n\"A\nEND:VCARD\",\"1\r\nTEL:2\",\"x\nTEL:3\"\n", "2\nFN:A\\nEND:VCARD\nN:;A\\nEND:VCARD;;;\nTEL:1\\nTEL:2\nURL:x\\nTEL:3\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, cards(t, read(t, tt.csv))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRead_FindsOutHowItIsWritten(t *testing.T) {
	t.Parallel()
	wide := func(order string, mark bool) string {
		var b strings.Builder
		text := "Name,Phone\nJörg,1\n"
		if mark {
			text = "\ufeff" + text
		}
		for _, r := range text {
			if order == "little" {
				b.WriteString(string([]byte{byte(r), byte(r >> 8)}))
			} else {
				b.WriteString(string([]byte{byte(r >> 8), byte(r)}))
			}
		}
		return b.String()
	}
	for _, tt := range []struct {
		name, text, encoding string
		delimiter            rune
	}{
		{"UTF-8", "Name,Phone\nJörg,1\n", "UTF-8", ','},
		{"byte order mark, semicolons", "\ufeffName;Phone\nJörg;1\n", "UTF-8", ';'},
		{"tabs", "Name\tPhone\nJörg\t1\n", "UTF-8", '\t'},
		{"said to Excel", "sep=;\r\nName;Phone\nJörg;1\n", "UTF-8", ';'},
		{"commas in quotes", "\"Name, all of it, and more\";Name;Phone\n;Jörg;1\n", "UTF-8", ';'},
		{"Windows-1252", "Name;Phone\nJ\xf6rg;1\n", "Windows-1252", ';'},
		{"UTF-16", wide("little", true), "UTF-16", ','},
		{"UTF-16, big end first", wide("big", true), "UTF-16", ','},
		{"UTF-16 without a mark", wide("little", false), "UTF-16", ','},
		{"UTF-16, big end first, without a mark", wide("big", false), "UTF-16", ','},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			table := read(t, tt.text)
			if table.Encoding != tt.encoding || table.Delimiter != tt.delimiter {
				t.Errorf("got %s, %q", table.Encoding, table.Delimiter)
			}
			if got := cards(t, table); !strings.HasSuffix(got, "\nFN:Jörg\nN:;Jörg;;;\nTEL:1\n") {
				t.Errorf("got %q", got)
			}
		})
	}
}

// Which of day and month comes first: a date that cannot be otherwise tells, then the language of the columns.
func TestDates(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, header, first, second, want string }{
		{"English", "Birthday", "1/2/1990", "", "1990-01-02"},
		{"English, of Britain", "Birthday", "1/2/1990", "13/2/1990", "1990-02-01"},
		{"French", "Date de naissance", "1/2/1990", "", "1990-02-01"},
		{"French, of an American program", "Date de naissance", "1/2/1990", "1/13/1990", "1990-01-02"},
		{"points", "Birthday", "1.2.1990", "", "1990-02-01"},
		{"ISO", "Birthday", "1990-2-1", "", "1990-02-01"},
		{"with a time", "Birthday", "1990-02-01T00:00:00", "", "1990-02-01"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := cards(t, read(t, tt.header+",Email\n"+tt.first+",a\n"+tt.second+",b\n"))
			if !strings.Contains(got, "BDAY:"+tt.want+"\n") {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestMap(t *testing.T) {
	t.Parallel()
	table := read(t, "Wer,Wo,Was,Shoe size,Phone\nAnna,Bern,x,38,1\n")
	if diff := cmp.Diff([]string{"Wer", "Wo", "Was", "Shoe size"}, table.Left()); diff != "" {
		t.Error(diff)
	}
	for _, rule := range []string{"wer=FN", "Wo = ADR.locality;TYPE=home", "Was=X-FOO", "Shoe size=NOTE", "Phone="} {
		if err := table.Map(rule); err != nil {
			t.Error(err)
		}
	}
	want := "2\nFN:Anna\nN:;Anna;;;\nX-FOO:x\nADR;TYPE=HOME:;;;Bern;;;\nNOTE:38\n"
	if diff := cmp.Diff(want, cards(t, table)); diff != "" {
		t.Error(diff)
	}
	for _, rule := range []string{"Wer", "Wann=FN", "Wer=PHONE", "Wer=N", "Wer=N.first", "Wer=FN.x", "Wer=TEL;PREF=1", "Wer=X-A:B"} {
		if err := table.Map(rule); err == nil {
			t.Errorf("%s: no error", rule)
		}
	}
}

func TestProperty_ReadsWhatItPrints(t *testing.T) {
	t.Parallel()
	table := read(t, "First Name,Home City,Business Fax,E-mail 1 - Label,Address 2 - Street,Anniversary,Junk\n")
	for _, c := range table.Columns {
		again, err := csvcard.ParseProperty(c.Property.String())
		if err != nil || again != c.Property && c.Property.Name != "ADR" {
			t.Errorf("%s: %v, %v", c.Property, again, err)
		}
	}
}

func TestRead_Bounds(t *testing.T) {
	t.Parallel()
	if _, err := csvcard.Read([]byte(strings.Repeat("a,", 2000))); err == nil {
		t.Error("2000 columns")
	}
	if _, err := csvcard.Read(nil); err == nil {
		t.Error("nothing")
	}
	if _, err := csvcard.Read([]byte("Name\n" + strings.Repeat("a\n", 100_001))); err == nil || !strings.Contains(err.Error(), "100000 rows; split it") {
		t.Errorf("100,001 rows: %v", err)
	}
	if _, err := csvcard.Read([]byte("Name\n" + strings.Repeat("a\n", 100_000))); err != nil {
		t.Errorf("100,000 rows: %v", err)
	}
	for c := range read(t, "Name\n"+strings.Repeat("x", 300<<10)+"\nAnna\n").Cards() {
		if c.Line == 2 && c.Err == nil {
			t.Error("a cell of 300 KiB")
		}
	}
	start := time.Now()
	n := 0
	for range read(t, "Name,Phone,Notes\n"+strings.Repeat("Anna \"x,1,\"\"\n", 100_000)).Cards() {
		n++
	}
	if took := time.Since(start); took > 20*time.Second || n == 0 {
		t.Errorf("%d cards in %v", n, took)
	}
}

// FuzzRead: every row is a card that can be read, or has an error.
func FuzzRead(f *testing.F) {
	f.Add([]byte("Name;Phone;E-mail 1 - Label;E-mail 1 - Value\nAnna;\"1\n2\";x;y ::: z\n"))
	f.Add([]byte("\xff\xfeN\x00a\x00m\x00e\x00\n\x00=\x00"))
	f.Add([]byte("sep=|\nHome Street|Birthday|Labels|IM 1 - Value|IM 1 - Service\na|1/2/1990|* x|http:|\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := csvcard.Read(data)
		if err != nil {
			return
		}
		for c := range table.Cards() {
			if c.Err != nil {
				continue
			}
			doc, err := contentline.Parse(c.Bytes, contentline.Limits{})
			if err != nil || len(doc.Components()) != 1 || doc.Components()[0].First("FN") == nil || doc.Components()[0].First("N") == nil {
				t.Fatalf("%q: %v", c.Bytes, err)
			}
		}
	})
}
