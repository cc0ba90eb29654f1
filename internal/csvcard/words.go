package csvcard

import (
	"strings"
	"sync"
)

// nameTable has the properties and what columns with them are called, without accents and signs, in English, German,
// French, Spanish and Italian: the exports of Google and of Outlook first, then what people call such columns.
const nameTable = `
N.given: first name, given name, firstname, vorname, prenom, nombre, nombre de pila, nome
N.family: last name, family name, surname, lastname, nachname, familienname, zuname, nom, nom de famille, apellidos, apellido, primer apellido, cognome
N.additional: middle name, additional name, middlename, weitere vornamen, zweiter vorname, deuxieme prenom, autres prenoms, segundo nombre, secondo nome
N.prefix: name prefix, prefix, anrede, civilite, tratamiento, namensprafix
N.suffix: name suffix, suffix, suffixe, sufijo, suffisso, namenszusatz
FN: name, full name, display name, vollstandiger name, anzeigename, nom complet, nom affiche, nom d affichage, nombre completo, nombre para mostrar, nome completo, nome visualizzato
NICKNAME: nickname, nick name, spitzname, surnom, pseudonyme, apodo, alias, soprannome
X-PHONETIC-FIRST-NAME: phonetic first name, given name yomi, given yomi
X-PHONETIC-MIDDLE-NAME: phonetic middle name, additional name yomi
X-PHONETIC-LAST-NAME: phonetic last name, family name yomi, surname yomi
ORG.name: company, company name, organization, organisation, organization name, firma, unternehmen, societe, entreprise, organizacion, compania, empresa, societa, azienda, ditta
ORG.unit: department, organization department, abteilung, service, departement, departamento, reparto, dipartimento
TITLE: job title, organization title, position, jobtitel, fonction, poste, titre professionnel, puesto, cargo, posizione, posizione professionale, qualifica, title, titre, titulo, titolo, titel
ROLE: profession, occupation, beruf, profesion, professione, role, rolle
BDAY: birthday, birth date, birthdate, date of birth, geburtstag, geburtsdatum, anniversaire, date de naissance, cumpleanos, fecha de nacimiento, compleanno, data di nascita
X-ABDATE;TYPE=anniversary: anniversary, jahrestag, hochzeitstag, anniversaire de mariage ou fete, anniversaire de mariage, aniversario, anniversario
X-ABRELATEDNAMES;TYPE=spouse: spouse, partner, partner in, ehepartner, conjoint, conjoint e, conyuge, coniuge, nome del coniuge
X-ABRELATEDNAMES;TYPE=manager: manager, manager s name, name des der vorgesetzten, responsable, nom du responsable, nombre del responsable, nome manager
X-ABRELATEDNAMES;TYPE=assistant: assistant s name, name assistent, nom de l assistant e, nombre del ayudante, nome assistente
X-ABRELATEDNAMES;TYPE=child: children, kinder, enfants, hijos, figli
NOTE: notes, note, notizen, notiz, bemerkungen, bemerkung, kommentar, comments, comment, remarques, commentaires, notas, nota, observaciones, description
CATEGORIES: categories, category, labels, group membership, groups, tags, kategorien, kategorie, gruppen, categorias, etiquetas, grupos, categorie, etichette, groupes, gruppi
URL: web page, website, web site, homepage, url, webseite, internetseite, page web, site web, pagina web, sitio web, sito web, sito
URL;TYPE=home: personal web page, personliche webseite, page web personnelle, pagina web personal, pagina web personale
IMPP: imaddress, im address, im, chat
PHOTO: photo
UID: uid
TEL;TYPE=home: abitazione, abitazione 2, particular, particular 2, domicile, domicile 2
TEL;TYPE=work: ufficio, ufficio 2
TEL;TYPE=callback: callback, ruckmeldung, rappel, devolucion de llamada, richiamata
TEL;TYPE=isdn: isdn, rnis, numero rdsi
TEL;TYPE=telex: telex
ADR.formatted: full address, formatted address, vollstandige adresse, adresse complete, direccion completa, indirizzo completo
`

// classTable has the words that tell what a column of a phone, an e-mail address or an address is.
const classTable = `
beside: type, typ, tipo, display, angezeigter, complet, completo, mostrar, visualizzato, pantalla, affiche
email: email, emails, mail, emailadresse, emailaddress, correo, messagerie, courriel, posta
fax: fax, telefax, faxnummer, telecopie, telecopieur
pager: pager, localizador, cercapersone, radiomessagerie, beeper
mobile: mobile, mobil, mobiltelefon, mobilnummer, mobiltelefonnummer, handy, handynummer, natel, cell, cellphone, cellular, cellulare, movil, celular, portable, gsm
car: car, autotelefon, voiture, automovil, auto
phone: phone, telephone, telefon, telefonnummer, tel, telefono, rufnummer, phones, haupttelefon, radiotelefono, centralita, fon
pobox: pobox, box, postfach, bp, boite, casella, apartado
code: zip, zipcode, postcode, postal, postale, postleitzahl, plz, cap
country: country, land, pays, pais, paese, staat
region: state, region, province, bundesland, kanton, county, provincia, estado, regione, dep
city: city, town, ort, stadt, wohnort, ville, ciudad, citta, localite, localidad
street: street, strasse, address, adresse, rue, calle, direccion, via, indirizzo
home: home, privat, private, personal, domicile, domicilio, particular, casa, abitazione, ab, residencia, perso
work: work, business, office, geschaftlich, dienstlich, arbeit, buro, firma, company, bureau, professionnel, professionnelle, pro, travail, trabajo, oficina, empresa, organizacion, ufficio, uff, lavoro, societe
main: primary, main, haupttelefon, principal, principale
other: other, weitere, weiterer, weiteres, autre, otro, otra, altro, altra, sonstige
assistant: assistant, assistent, assistente, ayudante
`

// rows reads "key: word, word" lines.
func rows(table string, each func(key string, words []string)) {
	for line := range strings.Lines(strings.TrimSpace(table)) {
		key, words, _ := strings.Cut(strings.TrimSpace(line), ": ")
		each(key, strings.Split(words, ", "))
	}
}

// names gives the property of a whole name.
var names = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	rows(nameTable, func(property string, words []string) {
		for _, w := range words {
			all[w] = property
		}
	})
	return all
})

// classes gives the words of a class.
var classes = sync.OnceValue(func() map[string][]string {
	all := map[string][]string{}
	rows(classTable, func(class string, words []string) { all[class] = words })
	return all
})
