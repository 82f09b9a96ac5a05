package identity

// firstStages are the steps of the pipeline a new workspace begins with; their
// names are in firstWords in the same order.
var firstStages = []struct {
	kind        string // open | won | lost
	probability int64  // percent
	idleDays    int64  // days without a change after which a deal counts as idle; 0 = never
}{
	{"open", 10, 7},
	{"open", 30, 7},
	{"open", 60, 10},
	{"open", 80, 10},
	{"won", 100, 0},
	{"lost", 0, 0},
}

// words name what setup creates. They are data from then on, to be renamed by
// the admin, and so they are kept here and not in the app's catalogues.
type words struct {
	pipeline    string
	stages      [6]string
	lostReasons []string
}

var firstWords = map[string]words{
	"en": {
		"Sales",
		[6]string{"New", "Qualified", "Proposal", "Negotiation", "Won", "Lost"},
		[]string{"Price", "Competitor", "No budget", "No answer", "Bad timing"},
	},
	"ru": {
		"Продажи",
		[6]string{"Новая", "Квалифицирована", "Предложение", "Переговоры", "Выиграна", "Проиграна"},
		[]string{"Цена", "Конкурент", "Нет бюджета", "Нет ответа", "Не вовремя"},
	},
	"es": {
		"Ventas",
		[6]string{"Nuevo", "Cualificado", "Propuesta", "Negociación", "Ganado", "Perdido"},
		[]string{"Precio", "Competencia", "Sin presupuesto", "Sin respuesta", "Mal momento"},
	},
	"zh-Hant": {
		"銷售",
		[6]string{"新案件", "已確認", "提案", "議價", "成交", "未成交"},
		[]string{"價格", "競爭對手", "沒有預算", "沒有回應", "時機不對"},
	},
}
