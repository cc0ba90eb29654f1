package dedup

// Words that are part of names without being names. Each set is folded, so accents and case do not matter.
var (
	// titleWords stand before or after a name and say nothing about who it is.
	titleWords = wordSet("dr drs prof professor pr herr frau hr fr mr mrs ms miss mister sir madam mme mlle monsieur madame me maitre",
		"dott dottore dottoressa dottssa ing avv arch geom rag sig signor signora sra srta sr señor señora dra lic dipl mag med phd md msc bsc mba llm jur rer nat habil",
		"dhr mevr mw drs ir mgr mudr judr phdr inz bc dott rev revd fr capt col lt sgt г-н г-жа др проф д-р κ κα κος 先生 女士 小姐 さん 様 氏 씨 님 السيد السيدة دكتور د",
		"mag bac univ emer sheikh cheikh haji hajj oberst pfarrer pater")
	// juniorWords and seniorWords tell a child from a parent of the same name.
	juniorWords = wordSet("jr jun junior fils fille figlio figlia hijo hija filho filha ii iii iv jnr ifj мл младший ml mladší nuorempi yngre neto jüngere")
	seniorWords = wordSet("sr sen senior snr père pere mère padre madre pai mãe mae id idosb idős ст старший st starší vanhempi äldre aeldre ältere")
	// particles join the parts of family names and are left out as often as not.
	particles = wordSet("de del della delle dei degli di da das do dos du des la le les lo el al van von vom zu zum zur den der ter ten te het y e i of the bin ibn ben bint bou abu af av zu und och og")
	// kinWords stand for one person whom the owner of the book knows; never for two.
	kinWords = wordSet("mum mummy mom mommy ma mama mami mutti mutter maman mamma mamá mamãe mãe mae moeder äiti anne anya anyu matka mamka maminka mor мама μαμά 妈妈 妈 母 엄마 おかあさん お母さん ماما أمي",
		"dad daddy pa papa papi vati vater papà papá papai pai vader isä baba apa apu ojciec tata táta tatko far pappa папа μπαμπάς 爸爸 爸 父 아빠 おとうさん お父さん بابا أبي",
		"granny grandma gran nan nana nanny oma omi omama großmutter mamie mémé meme mamy nonna abuela abuelita yaya avó avo vovó vovo isoäiti mummo babaanne anneanne nagyi nagymama babcia babička babicka mormor farmor бабушка γιαγιά 奶奶 外婆 할머니 おばあちゃん جدتي",
		"grandpa granddad gramps opa opi großvater papi papy pépé pepe papou nonno abuelo abuelito avô vovô isoisä ukki dede nagypapa dziadek děda deda dědeček morfar farfar дедушка παππούς 爷爷 外公 할아버지 おじいちゃん جدي",
		"boss chef chefin patron patronne jefe jefa capo chefe patrão baas pomo patron főnök szef šéf chefen начальник шеф 老板 사장님 المدير",
		"schatz schatzi liebling chéri chérie cheri cherie ma mon amour amore cariño tesoro honey darling hubby wifey wife husband canım aşkım kocham kochanie miláček älskling любимый любимая 老婆 老公 여보 حبيبي حبيبتي",
		"tante onkel aunt auntie uncle tata tonton tatie zio zia tío tía tio tia ich moi myself bro sis brother sister bruder schwester frère soeur hermano hermana fratello sorella")
	// contextWords tell the owner of the book where somebody belongs, and are nobody's name.
	contextWords = wordSet("tennis tenis golf yoga gym fitness fussball football futbol fútbol calcio piłka volley hockey ski chor chorus choir chorale coro turnverein dance danse tanz ballett padel judo karate",
		"schule école ecole school scuola escuela colegio escola szkoła škola iskola okul kita crèche creche kindergarten uni university université universidad università",
		"nachbar nachbarin voisin voisine vicino vicina vecino vecina vizinho vizinha neighbour neighbor buurman buurvrouw sąsiad sąsiadka soused sousedka szomszéd komşu granne nabo naapuri сосед соседка γείτονας 邻居 隣",
		"plombier plumber klempner sanitär idraulico fontanero encanador hydraulik vízszerelő tesisatçı electricien électricien elektriker electrician elettricista electricista eletricista elektryk elektrikář villanyszerelő putzfrau babysitter nounou tagesmutter hauswart hausmeister concierge",
		"büro bureau office oficina ufficio arbeit travail work lavoro trabajo trabalho praca práce ferien vacances holiday urlaub vacanze privat geschäft handy mobile natel")
	// coupleWords join two given names on one card.
	coupleWords = wordSet("und et and y e ed en och og ja i и και & + ve a és")
	// familyWords make a card, or a mailbox, one of several people.
	familyWords = wordSet("familie famille family famiglia familia família fam famil haushalt household rodina rodzina csalad család aile perhe familjen familien семья οικογένεια ehepaar eheleute matrimonio 家族 家")
	// roleBoxes are the mailboxes of a desk, not of a person.
	roleBoxes = wordSet("info infos information office kontakt contact contacto contatto contato mail email post support service services kundenservice kundendienst sales vertrieb verkauf ventes ventas vendite vendas team admin administration administrator webmaster postmaster hostmaster abuse noreply",
		"hello hallo bonjour hola hi ciao accueil empfang reception secretariat sekretariat segreteria secretaria secretaría buchhaltung billing invoice invoices facturation facturacion contabilita compta comptabilite rechnung rechnungen hr jobs karriere recruiting presse press media marketing it helpdesk help order orders order bestellung bestellungen shop commande commandes praxis kanzlei redaktion direktion direction direccion direzione",
		"buero bureau booking reservation reservations reservierung rezeption hotel restaurant club verein administracion amministrazione assistenza soporte suporte ayuda aiuto iroda biuro kancelar sklep obchod dotazy toimisto asiakaspalvelu kundtjanst kontor klantenservice verkoop inkoop iletisim bilgi destek satis")
	// legalForms say how a firm is organised; one card has them, the next has not.
	legalForms = wordSet("ag sa sàrl sarl gmbh kg ohg gbr ug mbh eg ev inc llc ltd limited corp corporation plc co company llp sas sasu snc scop eurl srl spa sapa snc sl slu sau slne scoop bv nv vof cv as asa aps oy oyj ab hb kb kft zrt rt bt nyrt sp zoo spz sro spol eood ood ead doo dd jsc ooo оао ооо зао ао ип ооd",
		"ltda eireli me lda unipessoal kk yk gk pte pty sdn bhd pvt tic san sti şti ltd aş a.ş ae epe ike ανωνυμη εταιρεια αε επε ικε 有限公司 有限责任公司 股份有限公司 公司 株式会社 有限会社 合同会社 주식회사 유한회사 شركة ذمم cia compagnie cie gesellschaft holding group groupe gruppe")
	// firmWords are what shops and practices call themselves.
	firmWords = wordSet("boulangerie garage pharmacie restaurant cabinet fiduciaire coiffure autoecole bäckerei apotheke zahnarztpraxis praxis treuhand coiffeur fahrschule bakery pharmacy practice accounting hairdresser driving school panificio officina farmacia ristorante studio parrucchiere panadería taller clinica clínica restaurante peluquería",
		"hotel hôtel café cafe bar bistro pizzeria trattoria metzgerei boucherie macelleria carnicería butcher schreinerei menuiserie sanitär plomberie elektro electricité kanzlei notariat étude notaire immobilier immobilien immobiliare inmobiliaria agence agentur agency agenzia agencia bank banque banca banco versicherung assurance assicurazione seguros insurance spital hôpital hospital ospedale klinik clinique clinic schule école ecole scuola escuela colegio school universität université university università universidad verein club association stiftung fondation gemeinde mairie commune comune",
		"padaria oficina farmácia consultório cabeleireiro bakkerij apotheek tandarts kapper rijschool piekarnia warsztat apteka restauracja gabinet fryzjer pékség szerviz gyógyszertár étterem fodrászat lékárna pekárna kadeřnictví leipomo apteekki ravintola kampaamo bageri verkstad apotek restaurang frisör fırın eczane lokanta kuaför пекарня аптека ресторан автосервис парикмахерская клиника школа φαρμακείο φούρνος εστιατόριο κομμωτήριο 面包店 药房 餐厅 医院 学校 银行 酒店")
	// deskWords are departments: two of them are two cards.
	deskWords = wordSet("support billing sales buchhaltung verkauf facturation ventes assistenza contabilità vendite soporte facturación ventas marketing service office reception empfang accueil emergency notfall urgences pikett hotline helpdesk kundendienst zentrale sekretariat secrétariat einkauf lager technik")
	// streetWords are kinds of ways, full and short: Bahnhofstrasse and Bahnhofstr. are one street.
	streetWords = wordSet("strasse str street st road rd avenue ave av avda avenida lane ln drive dr boulevard bd blvd boul rue r route rte chemin ch che place pl platz plaza plz piazza pza piazzale via v viale vle vicolo corso calle c cl paseo pº ronda weg gasse allee ring quai kade laan straat plein impasse imp square sq court ct crescent cres close terrace tce parade pde way circuit cct grove gr highway hwy parkway ulica ul ulice utca u út ut körút krt tér ter ulitsa ул улица пр проспект prospekt пер переулок пл площадь gata gatan g vägen väg vej gade gate veien katu tie caddesi cad sokak sk sok rua travessa largo οδος λεωφορος avenida al aleja os osiedle",
		"de la du des del della di le les l d of the am an der den im in zum zur upper lower д дом nr no n º ° numero número номер кв")
)

// commonNames are frequent in their language, whatever the book at hand says: a small book cannot know that its two
// Thomas Müllers need not be one.
var commonNames = nameSet(
	"thomas michael peter andreas stefan christian daniel martin markus hans wolfgang klaus jürgen anna maria ursula monika sabine petra andrea claudia sandra julia müller meier meyer schmidt schmid schneider fischer weber keller huber wagner becker schulz hoffmann koch bauer richter klein wolf",
	"jean pierre michel philippe alain nicolas christophe patrick marie nathalie isabelle sylvie catherine martine françoise martin bernard dubois thomas robert richard petit durand leroy moreau simon laurent lefebvre favre rochat",
	"john james robert michael william david richard thomas paul mark mary patricia jennifer linda elizabeth susan sarah karen emma smith johnson williams brown jones miller davis wilson taylor anderson white harris clark lewis walker green hall wood evans",
	"josé jose antonio juan manuel francisco luis carlos javier miguel carmen ana isabel dolores pilar lucia maria garcía gonzález rodríguez fernández lópez martínez sánchez pérez gómez martín jiménez ruiz hernández díaz moreno",
	"giuseppe giovanni antonio mario luigi francesco marco andrea alessandro luca anna giulia rosa angela giovanna francesca laura rossi russo ferrari esposito bianchi romano colombo ricci marino greco bruno gallo conti costa",
	"joão joao pedro paulo carlos maria silva santos ferreira pereira oliveira costa rodrigues martins sousa fernandes almeida", "jan piotr krzysztof anna nowak kowalski kowalska wiśniewski wójcik kowalczyk novák novotný svoboda dvořák petr jiří",
	"istván lászló józsef jános zoltán nagy kovács tóth szabó horváth varga kiss", "de vries jansen van dijk bakker visser smit johannes mehmet mustafa ahmet ali fatma ayşe yılmaz kaya demir çelik şahin",
	"erik lars anders karl johan andersson johansson karlsson nilsson eriksson hansen olsen larsen jensen nielsen virtanen korhonen juhani", "александр сергей владимир дмитрий андрей алексей иван елена ольга наталья анна иванов петров смирнов кузнецов попов иванова петрова смирнова",
	"王 李 张 刘 陈 杨 黄 赵 吴 周 伟 芳 娜 秀英 敏 静 강 김 이 박 최 정 佐藤 鈴木 高橋 田中 渡辺 伊藤", "محمد أحمد علي حسن حسين عمر يوسف إبراهيم فاطمة مريم mohamed mohammed muhammad ahmed ali hassan omar fatima", "nguyen nguyễn tran trần lê phạm hoàng γεώργιος ιωάννης μαρία παπαδόπουλος",
)

func nameSet(list ...string) map[string]bool {
	set := map[string]bool{}
	for w := range wordSet(list...) {
		set[loosen(w)] = true
	}
	return set
}
