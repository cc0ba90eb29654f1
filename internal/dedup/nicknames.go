package dedup

import (
	"strings"
	"sync"
)

// nicknames are the short and pet forms of given names, one name a line, the full form first. A form may belong to
// several names. Only forms that no rule finds are listed (see pet); what is missing only lowers a score.
const nicknames = `
aaron ron ronnie|abigail abby gail|abraham abe bram|adelaide addie heidi|adrian ade|agnes nes nessie|albert al bert bertie|albrecht brecht|alejandro alex jandro sandro|alejandra sandra ale
alexander alexandre alessandro aleksandr alex alec sandy sascha sasha xander lex sandro aleks|alexandra alessandra aleksandra alex sandra sasha sascha sandy lexi ola|alfred alf fred fredi|alice ali elsie lisette|alison ali
alois lois wisel|amalia mali|amanda mandy|amelia amy millie mel|ana anita|anastasia nastja nastya stasia stacy ana|andrea andi drea|andreas andi andy anders|andrew andy drew|andré andrew|angela angie angi|angelika geli
anja ania|anna annie anni anita nan anya ania anka nina annina ännchen anouk|annemarie annemie|anthony tony ant|anton toni tony|antonia toni tonia|antonio toni tony antón toño tonino nino tonio|antoine toine tony titi
antonella nella|armand mando|arnold arno noldi|arthur art turi|aurélie lily|barbara barb babs bärbel babsi barbie basia bara bobbie|bartholomew bart|bartłomiej bartek|bastian basti|beatrice bea trix|beatrix bea trixi|benedikt beni bene
benjamin ben benny benji beni|bernadette bernie detta|bernard bernie nardo|bernhard berni hardy|bertha berti|bertrand bert|brigitte gitte gitta bri|carl charly|carlos carlitos charly|carla carlotta|carlo carletto|carmen mamen menchu
caroline carol carrie caro line lina|carolin caro|catherine cathy kate katie kitty cath cat trina kathy|caterina cate rina katia|charles charlie chuck chas charly carlo|charlotte lotte lottie charlie lotti|christa chrissie
christian chris christl krischan kris|christina chris tina chrissy christy|christine chris tina christel chrissy|christoph chris stoffel|christopher chris kit topher|christophe chris kiki|cindy cynthia|clara klara|claudia claudi|claude claudi
concepción concha conchita conchi|consuelo chelo|cornelia conny nelly nele lia|cornelius kees cor niels|cristina cris tina|daniel dan danny dani|daniela dani dana|david dave davy davey dawid|deborah deb debbie debra|denis den|diana di
diego santiago yago tiago|dieter didi|dietrich dieter|dmitri dmitrij dmitry dmitriy dima mitja mitya|dolores lola loli lolita|dominik domi nick|dominique domi|donald don donnie|dorothea thea dora doro|dorothy dot dottie dolly|douglas doug
edith edi|eduard edi edu ed|eduardo edu lalo|edward ed eddie ted teddy ned|ekaterina katja katya katia|elena lena lenka ljena lenotschka lenochka nela ela|eleonora nora ella leo|elisabeth elizabeth lisa lise liesel sissi betty liz lizzie eliza beth bess libby elsa elsbeth lilibet lisbeth bettina sisi babette lili
elisabetta betta lisa elisa|élise lise|emily em emmy millie|emilie emmi milli|emma emmy|emmanuel manu manny|emmanuelle manu|enrique quique kike|enrico rico|eric rick ricky|ernst ernstli|erzsébet erzsi zsóka bözsi|esther esti|eugene gene
eugen geni|evgeny evgenij yevgeny jewgeni zhenya schenja|eva evi evita|evelyn evi lyn|felix lix|ferdinand ferdi nando|ferenc feri|fernando nando fer|fernanda nanda|filip fip|filippo pippo|florence flo flossie|florian flori flo|francesca fran franca cesca
francesco franco cecco checco ciccio|francis frank fran frankie|francisca paca paquita fran|francisco paco pancho curro fran quico kiko chico|françois franck fanfan|françoise fanfan soizic|frank franky|franz franzl fränzi|franziska franzi fanny sissi ziska
frederick fred freddie freddy rick|frédéric fred fredo|frédérique fred|friedrich fritz fredi friedel|gabriel gabe gabi|gabriela gabi|gabriele gabi lele|gabrielle gabby gaby elle ella|galina galja galya|geoffrey geoff jeff|georg schorsch jörg jürg görgi
george georgie|georges jojo|georgios giorgos yorgos|gerald gerry jerry|gérard gé gégé|gerhard gerd hardy geri|gertrud trudi traudl gerti trude|gertrude trudy gert|giacomo mino|gianluca luca|gianfranco franco|giorgio gio|giovanna gianna vanna nanna
giovanni gianni nanni vanni gio|giulia giuly|giuseppe beppe peppe pino peppino geppo|giuseppina pina giusy|gottfried göpf friedel|grażyna grażka|graziella lella|gregory greg|gregor gregi grischa|grigori grisha grischa|grzegorz grzesiek|guillaume guy will|guillermo memo guille
günter günther günti|gustav gustl gusti|guadalupe lupe|hannah hanna anna|hans hansi hänsel johannes hannes|harald harry|harold harry hal|harriet hattie|heinrich heini heinz heiri hinnerk|heinz heini|helen nell nellie lena|helena lena leni hela|helene leni lene lena
helga helgi|helmut helmi|hendrik henk rik|henri riri|henrik rik|henry harry hank hal|herbert herb bert|hermann menne|hildegard hilde hilla|howard howie|hubert hubi bert|hugo hugi|ignacio nacho|ignaz nazi naz|ilona ili|ines nes|inga ingi|ingeborg inge|ingrid inge
irina ira|irene reni rena|irmgard irmi|isaac ike|isabel isa belen bel chabela|isabella bella isa|isabelle isa belle zaza|isidoro isi|ivan wanja vanya vanja|iwan wanja|jacob jake jakob|jacqueline jackie jacky|jacques jacky|jakob köbi jockel jack|jakub kuba|james jim jimmy jamie
jan janek jeannot|jana janka|janet jan|jaroslav jarda|javier javi|jean jeannot|jeanne jeannette|jeffrey jeff|jennifer jen jenny|jeremy jerry jez|jérôme jéjé|jessica jess jessie|jesús chus chucho suso|jiří jirka|joachim jochen jojo achim|joan joanie|joana juana|joanna asia joasia jo
joão joãozinho|joaquín quino ximo|johanna hanna hanni jo joha|johannes hannes hans john jo johan joop|john jack johnny jon|jonathan jon jonny|jorge jordi coque|jose joselito|josé pepe chepe joselito pepito|josé maría chema josema|josée jo|josef sepp seppi pepi jupp joschi beppi
josefa pepa|josefina fina pepita|joseph joe joey jos jojo|josephine jo josie fini|josip joso|józef józek|judith judy jude ditti|juan juanito juancho|juana juanita|julia jule julie jula|julian jules jul|juliana julie liana|julien jules|julio julito|jürg jürgi|jürgen jürg
justine titine|justyna justa|karel karlík|karin kari|karl karli charly kalle kari|karolina karola lina karo|katarzyna kasia kaśka|kateřina katka káťa|katharina kathi käthe kati trina kathrin katja tina|katherine kate kathy katie kat kitty kay|kathleen kathy kate
kathryn kate kathy|kenneth ken kenny|kimberly kim|klaus klausi|konrad konni kurt radi|konstantin kostja kostya kosta|konstantinos kostas|krystyna krysia|krzysztof krzysiek|lászló laci|larissa lara lora|laura lauri laurie|laurence laurie|laurent lolo|lawrence larry laurie
leonardo leo nardo|leonhard leo hardy|leopold leo poldi|lidia lida|lieselotte lilo lotte|lorenzo renzo|louis lou louie loulou|louise lou lulu|luca luchino|luca luke|lucas luke|lucía luz|ludmila ljuda lyuda mila|ludwig lutz wiggerl luki|luigi gigi gino luigino|luigia gina
luis lucho luisito|luisa lulu|madeleine mado|magdalena lena leni magda madeleine gosia|małgorzata gosia małgosia|manfred manni fredi|manuel manu manolo lolo|manuela manu ela|marc marco|marcel marci|margaret maggie meg peggy margie daisy greta madge|margarete grete gretel greti gretchen gitta rita
margarita marga rita|margareta greta|margherita rita ghita|margrit gritli grit|maría mari maruja mariquita|maria mia mary marie mizzi ria mimi mariechen masha mascha marusya maja maryla marysia miep mieke|maría del carmen maricarmen mamen|maría dolores lola mariló|maría isabel maribel|maría josé
maría josefa pepa|maría luisa marisa|maría teresa maite marité|maría jesús chus|marianne nanni marie|maricarmen mamen|mariam maryam meriem|marie mimi|marina mara|mario mariuccio|martha marti patty|martin marti märtu tinu|martina tina|mary molly polly mamie|mateo teo|matteo teo
mathias matthias hias matze mätthu matti thias|matilde mati tilde|mathilde tilda|matthew matt matty|maurice moritz|maxim max|maximilian max maxi mäx|maxime max|melanie mel|melissa mel lissa|mercedes merche merce|michael mike mick mickey mike michi micha michel mischa mitch misha
michaela michi ela|michail mikhail misha mischa|michał michałek|michel michou|michelle shelly micky|miguel migue miky|mihály misi|milan milánek|mildred millie|mohamed mohammed muhammad mo momo hamada|monica moni|monika moni|monique momo|montserrat montse|moritz mo|nadezhda nadja nadya|nancy nan
natalia natasha natascha nati tasha nata|natalie nat|nathalie nath|nathan nat nate|nathaniel nate nat|nicholas nick nicky|nicola nico nicky|nicolas nico colas|nicole nicky nic niki|nikolai kolja kolya|nikolaus klaus niklas niko nik|nikolaos nikos|norbert norbi|oleg olezhka|olga olja olya
oliver ollie olli noldi|olivia liv livvy|oscar ossi|oskar ossi|otto ottl|pamela pam|paolo paolino|pascal pasci|pascale|patricia pat patty trish patsy tricia patrizia pati|patricio pato|patrick pat paddy rick|paul pauli|paula pauli polly|paulina paula pola|pavel pascha pasha pavlik|pawel pawełek
pedro perico peio|penelope penny|peter pete petr pit peterli pitt|petra peti|petr péťa|philip phil pip|philipp phil lipp|philippe phil fifi|pier|pierre pierrot|piero|pietro piero|pilar pili|piotr piotrek|priscilla cilla|rachel rae|rafael rafa raffi rafi|raimund mundi|ramón moncho|rebecca becky becca
regina gina reni|regula regi vreni|reinhard reini hardy|renata reni|renate reni nate|renato|rené|richard rick dick rich ritchie richie|rita|robert bob rob bobby robbie bert robi röbi robin|roberto berto robi tito beto|roberta bobbi|rodolfo fito|roger rog|roland roli|rolf rolfi|romain|roman romy
ronald ron ronnie|rosa rosi rosita|rosario charo|rosemarie rosi romy|rosmarie rosi|rudolf rudi ruedi rolf|rupert|ruth ruthie ruthli|salvador salva chava|salvatore totò toto turi salvo|samantha sam|samuel sam sami sämi|sandra sandi|santiago santi chago|sarah sally sara sadie|sébastien seb bastien
sebastian basti seb bastian wastl|sebastián sebas|sergei sergey sergej serjoscha seryozha|sergio checo|siegfried sigi|sigrid sigi|silvia silvi sissi|simon simi simeon|sofia sofi fia|sofie fie|sophia sophie|sophie soso|stanislav stas standa|stanisław staszek|stefan steff steffen|stefania stefi
stefanie steffi fanny|stefano ste|stéphane steph|stéphanie steph fanny|stephanie steph steffi annie|stephen steve stevie|steven steve|susan sue susie suzy|susana susi|susanna susi sanna|susanne susi sanne|suzanne sue suzy|svetlana sveta lana|sylvie|szymon szymek|tamara tomka toma|tatiana tanja tanya tania
tatjana tanja|teresa tere terry tess tessa resi teresita|terence terry|theodor theo teddy|theodore ted theo teddy|theresa terry tess resi|therese resi thesi|thérèse|thomas tom tommy thommy tömu|timothy tim timmy|timothée tim|tobias tobi tobe|tomás tomi|tomasz tomek|tommaso maso|trinidad trini
ulrich uli ueli utz|ulrike uli rike|ulla ursula|urs ursli|ursula uschi ursi ulla|václav vašek|valentin valli|valentina vale tina|valérie val|vasily vasili vasya wassja|verena vreni vrena|véronique véro|veronica vero ronnie|veronika vroni vera nika|victor vic|victoria vicky tori vicki|vincent vince vinnie
vincenzo enzo|vicente chente|viktor vitja|viktoria vicky viki|virginia ginny ginger|vito|vladimir wladimir vova volodya wowa wolodja vlad|walter walti wälti wat wally|waldemar waldi|wendelin wendel|werner wernerli|wilhelm willi willy helmi wim|willem wim pim|william bill will billy willy liam
wilhelmina minna mina|winfried winni|winston|władysław władek|wojciech wojtek|wolfgang wolf wolfi|xavier xavi|yevgeni zhenya|yolanda yoli|yvonne|yves yvon|yuri jura yura|zachary zach zack|zoltán zoli|zsuzsanna zsuzsa zsuzsi
aleksej alexei alexey aljoscha alyosha ljoscha lyosha|andrei andrey andrej andrjuscha|boris borja borya|jewgenij schenja|ljudmila ljuda|nadeschda nadja|pjotr petja petya|roman roma|wladislaw vladik slava|vyacheslav slava slawa
sofya sonya sonja|александр саша шура|александра саша шура|алексей лёша алёша|анастасия настя|андрей андрюша|анна аня|борис боря|валентина валя|валерий валера|василий вася|виктор витя|виктория вика|владимир вова володя|владислав влад|вячеслав слава|галина галя|георгий гоша жора|григорий гриша
дарья даша|дмитрий дима митя|евгений женя|евгения женя|екатерина катя|елена лена алёна|елизавета лиза|иван ваня|игорь гоша|ирина ира|константин костя|ксения ксюша|лариса лара|леонид лёня|любовь люба|людмила люда мила|маргарита рита|мария маша|михаил миша|надежда надя|наталья наташа|николай коля|олег|ольга оля
павел паша|пётр петя|роман рома|светлана света|сергей серёжа|софья соня|станислав стас|степан стёпа|татьяна таня|юлия юля|юрий юра|яков яша
istván pista pisti isti|jános jancsi jani|józsef józsi jóska|sándor sanyi sanyika|katalin kati kata katinka|ilona ica ili|margit manci|györgy gyuri|gyula gyuszi|andrás andris bandi|tamás tomi|balázs balu|zsófia zsófi|mária mari marika marcsi|tibor tibi|károly karcsi|lajos lali|mihály misi miska|dániel dani|éva évi vica
agnieszka aga agusia|tomasz tomuś|grzegorz grześ|elżbieta ela elka|małgorzata gośka|stanisław staś|jerzy jurek|andrzej jędrek|zbigniew zbyszek|tadeusz tadek|kazimierz kazik|marek mareczek|rafał rafałek|dorota dorotka|ewa ewka|jadwiga jadzia|krystyna kryśka|henryk heniek|bogdan bodzio|mirosław mirek|jarosław jarek|sławomir sławek|dariusz darek|mariusz mario|łukasz łuki|michał misiek|zofia zosia|natalia nati|monika monia|magdalena madzia|marta martusia
josé zé|josé carlos zeca|antônio toninho tonho|antónio tó toninho|eduardo edu dudu|luiz lula lu|fernanda nanda fê|felipe lipe|francisco chico kiko xico|joaquim quim|manuel nelo manelinho|conceição são|aparecida cida|sebastião tião|raimundo mundinho|isabel bela|guilherme gui|gustavo guga|rodrigo digo|leonardo léo|mariana mari|juliana ju juli|patrícia paty|gabriel biel|rafaela rafa
hendrik henk rik|cornelis kees cor|jacobus koos jaap ko|wilhelmina mien mina willie|johannes jo joop hannes|gerardus gerard gerrit|adrianus adri ad janus|petrus piet peter|pieter piet|antonius toon ton teun|theodorus theo dirk|johanna joke jopie hanneke|elisabeth els betje lies liesbeth|catharina toos trijntje kaatje|margaretha greet greetje margriet|maria riet mieke marijke|willem wim pim
ibrahim ibo|mustafa mıstık|mehmet memo memet|fatma fatoş|ayşe ayşegül|süleyman sülo|hüseyin hüso|yusuf yusi|osman ossi
vojtěch vojta|jan honza jenda|josef pepa jožka|jana janička|františek franta|stanislav standa|miroslav mirek míra|jaroslav jára|ladislav láďa|vladimír vláďa|marie maruška mařenka|alžběta běta bětka|zdeněk zdenda|václav venca vašík|tomáš tomášek|lukáš luky|jakub kubík|michal míša|barbora bára|magdalena majda|ludmila lída
lars lasse|karl kalle|nils nisse|bengt benke|gunnar gurra|margareta greta maggan|kristina stina kicki|birgitta gittan|katarina kajsa karin|sven svenne|anders ante|johan jonte|jens jesper|søren|rasmus ras|johannes hannu juhani|antero antti|heikki henrik|kaarina kaisa|yrjö georg
γεώργιος γιώργος|ιωάννης γιάννης|κωνσταντίνος κώστας ντίνος|δημήτριος δημήτρης μήτσος|νικόλαος νίκος|παναγιώτης πάνος τάκης|βασίλειος βασίλης|αθανάσιος θανάσης|ευάγγελος βαγγέλης|σπυρίδων σπύρος|αικατερίνη κατερίνα καίτη|βασιλική βάσω|αγγελική κική|παρασκευή βούλα|ελένη λένα`

// formsOf maps each form to the numbers of the names it is a form of. It is read
// when first needed: a server may never look for duplicates.
var formsOf = sync.OnceValue(readNicknames)

func readNicknames() map[string][]uint16 {
	of := map[string][]uint16{}
	n := uint16(0)
	for line := range strings.Lines(nicknames) {
		for _, row := range strings.Split(strings.TrimSpace(line), "|") {
			n++
			for _, form := range strings.Fields(row) {
				key := loosen(fold(form))
				of[key] = append(of[key], n)
			}
		}
	}
	return of
}

// sameGiven says whether two forms belong to one given name.
func sameGiven(a, b string) bool {
	all := formsOf()
	for _, i := range all[a] {
		for _, j := range all[b] {
			if i == j {
				return true
			}
		}
	}
	return false
}

// pet finds forms that are made by rule: cut off (Alex, Max, Nico), and with an ending (Gabi, Susie, Jürgli, Carlitos).
// One of two letters left off is more often another name: Paul and Paula, Jean and Jeanne.
func pet(long, short string) bool {
	if len(long) < len(short) {
		long, short = short, long
	}
	if len(short) >= 3 && strings.HasPrefix(long, short) {
		return len(long)-len(short) >= 3
	}
	for _, ending := range []string{"chen", "lein", "ito", "ita", "inho", "inha", "ino", "ina", "etto", "etta", "li", "ie", "i", "y", "ek", "ka", "ko"} {
		stem, ok := strings.CutSuffix(short, ending)
		if !ok {
			continue
		}
		if len(stem) > 2 && stem[len(stem)-1] == stem[len(stem)-2] {
			stem = stem[:len(stem)-1]
		}
		if len(stem) >= 3 && strings.HasPrefix(long, stem) && len(long)-len(stem) >= 1+len(ending)/3 && long != short {
			return !genderPair(long, short)
		}
	}
	return false
}

// genderPair finds two names that only differ in how they end, as those of a man and a woman do: Daniel and Daniela,
// Andrea and Andreas, Martin and Martina, Julien and Julienne, Christian and Christina, Novák and Nováková.
func genderPair(a, b string) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	common := 0
	for common < len(b) && a[common] == b[common] {
		common++
	}
	restA, restB := a[common:], b[common:]
	if common < 3 || len(restA) > 4 || len(restB) > 2 {
		return false
	}
	endA, endB := genderEnding(restA), genderEnding(restB)
	return endA != endB && endA != 0 && endB != 0
}

// genderEnding is 'f' for endings that make a woman's name, 'm' for those of a man's.
func genderEnding(rest string) byte {
	switch rest {
	case "a", "e", "ne", "na", "ina", "ine", "ia", "ie", "le", "la", "lla", "lle", "te", "tte", "tta", "ette", "ova", "ska", "aya", "eva", "ce", "cia", "zia", "ienne", "elle", "ella":
		return 'f'
	case "", "o", "s", "us", "as", "os", "io", "an", "en", "n", "k", "ck", "zio", "cio", "ki", "i", "y", "iy", "ij":
		return 'm'
	}
	return 0
}
