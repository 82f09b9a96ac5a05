package demo

import (
	"fmt"
	"strings"

	"rapport/server/pipeline"
)

// pipelines are the company's three, each with its board.
var pipelines = []struct {
	name, department, sharedWith string
	stages                       []pipeline.StageArgs
	lostReasons                  []string
}{
	{"New business", "Sales North", "Marketing", []pipeline.StageArgs{
		{Name: "First talk", Kind: "open", Probability: 10, IdleDays: 14},
		{Name: "Needs clear", Kind: "open", Probability: 30, IdleDays: 21},
		{Name: "Proposal", Kind: "open", Probability: 50, IdleDays: 14, Requires: []string{"amount"}, Why: "because finance plans with it"},
		{Name: "Agreed", Kind: "open", Probability: 90, IdleDays: 10},
		{Name: "Won", Kind: "won", Probability: 100},
		{Name: "Lost", Kind: "lost"},
	}, []string{"Price", "Went with somebody else", "No need any more", "No answer"}},
	{"Southern accounts", "Sales South", "", []pipeline.StageArgs{
		{Name: "Visit", Kind: "open", Probability: 20, IdleDays: 21},
		{Name: "Offer", Kind: "open", Probability: 50, IdleDays: 14},
		{Name: "Order expected", Kind: "open", Probability: 80, IdleDays: 14},
		{Name: "Won", Kind: "won", Probability: 100},
		{Name: "Lost", Kind: "lost"},
	}, []string{"Price", "Delivery time", "No answer"}},
	{"Campaign leads", "Marketing", "Sales North", []pipeline.StageArgs{
		{Name: "Interested", Kind: "open", Probability: 5, IdleDays: 7},
		{Name: "Talked to", Kind: "open", Probability: 15, IdleDays: 7},
		{Name: "Handed to sales", Kind: "won", Probability: 100},
		{Name: "Not a fit", Kind: "lost"},
	}, []string{"Too small", "Wrong trade", "No answer"}},
}

var (
	nameBegins = []string{"Nord", "Kestrel", "Olivar", "Vostok", "Tern", "Casa", "Baltika", "Mirto", "Harrow", "Linden", "Faro", "Alder", "Quill", "Sable", "Cobre", "Ember", "Larch", "Pino", "Ostra", "Volga", "Cedar", "Brisa", "Heron", "Ladera", "Onyx"}
	nameEnds   = []string{"havn Foods", " Logistics", " del Sur", " Agro", " Ferries", " Hotels", " Print", " Papers", " Tools", " Works", " Marine", " Dental", " Glass", " Textiles", " Motors", " Seeds", " Optics", " Bakeries", " Clinics", " Timber", " Energy", " Freight", " Studio", " Ceramics"}
	firstNames = []string{"Elena", "Jonas", "Carmen", "Aleksei", "Ingrid", "Rafael", "Noor", "Hugo", "Katya", "Wei", "Marta", "Anders", "Pilar", "Denis", "Clara", "Yara", "Bruno", "Lena", "Omar", "Inés"}
	lastNames  = []string{"Aguilar", "Berg", "Castro", "Dunne", "Egorov", "Fuentes", "Gray", "Holm", "Ibarra", "Jansen", "Kuznetsova", "Lund", "Molina", "Novak", "Ortega", "Prieto", "Quiroga", "Rossi", "Serrano", "Tanaka"}
	titles     = []string{"Head of logistics", "Owner", "Purchasing", "Managing director", "Operations", "Head of IT", "Office manager", "Workshop lead"}
	streets    = []string{"Harbour Street", "Calle Mayor", "Linden Way", "Quay", "Market Square", "Calle del Sol", "Mill Lane", "Station Road"}
	cities     = []string{"Valdoria", "Port Alder", "Santa Brisa", "Lindholm", "Oakmere", "Villaseca del Mar", "Norrvik", "Almendral"}
	things     = []string{"Pallet tracking", "Cold-chain sensors", "Service contract", "Warehouse tablets", "Spare parts framework", "Campaign portal", "Fleet terminals", "Refit of the line", "Ten licences and training", "Renewal with add-ons", "Second site", "Label printers", "Loading dock scanners", "Maintenance plan"}
	extents    = []string{"", "", ", phase 2", " for three depots", ", 12 sites", ": pilot", ", one year", " for the new hall", ", batch 4"}
	sources    = []string{"Trade fair", "Website", "Recommendation", "Cold call", "Newsletter", "Partner"}
	nextSteps  = []string{"Call about the offer", "Send prices", "Visit on site", "Wait for their price list", "Ask who decides", "Contract to their lawyer", "Show the reference", "Agree on a date"}
	remarks    = []string{
		"They need it before the summer season.", "Can we show them the case from last year?", "Talked to purchasing: budget is there.",
		"Prefers a call in the morning.", "Asked for a discount on the second year.", "Decision moves to next month.",
		"Sent the data sheet.", "They compare us with one other supplier.",
	}
)

func (s *story) companyName() string { return pick(s, nameBegins) + pick(s, nameEnds) }

func (s *story) personName() string { return pick(s, firstNames) + " " + pick(s, lastNames) }

func (s *story) dealTitle() string { return pick(s, things) + pick(s, extents) }

// phone makes a number of the range that is kept free for stories
// (Ofcom, numbers for drama use: 020 7946 0000 to 0999).
func (s *story) phone() string { return fmt.Sprintf("+44 20 7946 0%03d", s.rand.IntN(1000)) }

// hostOf makes a host name under .example, which belongs to nobody (RFC 2606).
func hostOf(company string) string { return plain(company) + ".example" }

func mailName(person string) string { return strings.ReplaceAll(plain(person), "-", ".") }

// plain writes a name in the letters of host names.
func plain(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z':
			b.WriteRune(r)
		case r == ' ':
			b.WriteByte('-')
		case strings.ContainsRune("áéíóúñü", r):
			b.WriteRune([]rune("aeiounu")[strings.IndexRune("áéíóúñü", r)/2])
		}
	}
	return b.String()
}
